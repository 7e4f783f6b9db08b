/** The matrix: mutants against checkers, for a terminal, for a document and as data. */
import type { PropertyId } from "@nyckelfri/firmware-sim";
import type { Style } from "../program/terminal.ts";
import { type Judged, withoutCheckers } from "./matrix.ts";
import { type Catalogued, DEVICES, type Mutant, type MutantDevice } from "./mutant.ts";

/** A mutant and what became of it. */
export interface Row {
  readonly mutant: Catalogued;
  readonly judged: Judged;
}

export interface Column {
  readonly property: PropertyId;
  /** Mutants that this checker noticed. */
  readonly caught: number;
  /** Those of its own property that nobody would have noticed without it. */
  readonly alone: readonly string[];
}

export interface Matrix {
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  /** Absent where it was not run. */
  readonly canary: { readonly mutant: Mutant; readonly judged: Judged } | undefined;
}

export function matrixOf(rows: readonly Row[], properties: readonly PropertyId[], canary: Matrix["canary"]): Matrix {
  const columns = properties.map((property): Column => {
    const caught = rows.filter(({ judged }) => judged.catches.some((one) => one.property === property)).length;
    const alone = rows.filter(({ mutant, judged }) => {
      return mutant.property === property && withoutCheckers(mutant, judged, [property]).verdict === "missed";
    });
    return { property, caught, alone: alone.map(({ mutant }) => mutant.name) };
  });
  return { rows, columns, canary };
}

/** What is wrong with a matrix; nothing where every mutant was caught, every checker has caught one, and the canary lives. */
export function faultsOf({ rows, columns, canary }: Matrix): readonly string[] {
  const survivors = rows.filter(({ judged }) => judged.verdict !== "caught");
  const idle = canary === undefined ? [] : columns.filter(({ caught }) => caught === 0);
  return [
    ...survivors.map(({ mutant, judged }) => `${mutant.name} was not caught by ${mutant.property}: ${judged.verdict}`),
    ...idle.map(({ property }) => `the checker of ${property} has caught nothing`),
    ...(canary === undefined || canary.judged.verdict === "missed"
      ? []
      : [`the canary ${canary.mutant.name} was ${canary.judged.verdict}, and nothing is wrong with it`]),
  ];
}

export function countsByDevice(rows: readonly Row[]): Readonly<Record<MutantDevice, number>> {
  const count = (device: MutantDevice): number => rows.filter(({ mutant }) => mutant.device === device).length;
  return Object.fromEntries(DEVICES.map((device) => [device, count(device)])) as Record<MutantDevice, number>;
}

export function matrixText(matrix: Matrix, style: Style): string {
  const { rows, columns, canary } = matrix;
  const width = Math.max(0, ...rows.map(({ mutant }) => mutant.name.length));
  const deviceWidth = Math.max(...DEVICES.map((device) => device.length));
  const lines = rows.map(({ mutant, judged }) => {
    const { name, device, property, scenario } = mutant;
    const verdict = judged.verdict === "caught" ? style("good", "caught") : style("bad", judged.verdict);
    const where = `${name.padEnd(width)}  ${device.padEnd(deviceWidth)}`;
    return `${property.padEnd(3)}  ${where}  ${verdict} ${firstTime(judged, property).padStart(10)}  ${othersOf(judged, property).padEnd(11)} ${style("faint", scenario)}`;
  });
  const devices = DEVICES.map((device) => `${countsByDevice(rows)[device]} ${device}`).join(", ");
  const caught = rows.filter(({ judged }) => judged.verdict === "caught").length;
  return [
    style("heading", "property, mutant, device, by its own checker after, other checkers, scenario"),
    ...lines,
    "",
    style("heading", "checkers: mutants noticed, and those that nobody else would have"),
    ...columns
      .filter((column) => column.caught > 0)
      .map(({ property, caught, alone }) => {
        return `${property.padEnd(3)}  ${String(caught).padStart(3)}  ${String(alone.length).padStart(3)}`;
      }),
    "",
    ...(canary === undefined ? [] : [canaryLine(canary)]),
    ...faultsOf(matrix).map((fault) => style("bad", fault)),
    `${caught} of ${rows.length} mutants caught, each by the checkers of one scenario: ${devices}`,
  ].join("\n");
}

/** A table for a document. */
export function matrixMarkdown({ rows, columns, canary }: Matrix): string {
  const head = ["mutant", "device", "scenario", "caught after", ...columns.map(({ property }) => property)];
  const lines = rows.map(({ mutant, judged }) => [
    ...[`\`${mutant.name}\``, mutant.device, `\`${mutant.scenario}\``, firstTime(judged, mutant.property)],
    ...columns.map(({ property }) => markOf(mutant, judged, property)),
  ]);
  const counts = columns.map(({ caught }) => String(caught));
  const table = [head, head.map(() => "---"), ...lines, ["**caught by**", "", "", "", ...counts]];
  const canaryNote = canary === undefined ? [] : ["", canaryLine(canary)];
  return [...table.map((cells) => `| ${cells.join(" | ")} |`), ...canaryNote].join("\n");
}

export function matrixData(matrix: Matrix): unknown {
  const { rows, columns, canary } = matrix;
  return {
    mutants: rows.map(({ mutant, judged }) => {
      const { name, device, property, file, scenario } = mutant;
      const { verdict, worlds, catches } = judged;
      return { name, device, property, file, scenario, verdict, worlds, catches };
    }),
    checkers: columns,
    ...(canary && { canary: { name: canary.mutant.name, verdict: canary.judged.verdict } }),
    devices: countsByDevice(rows),
    faults: faultsOf(matrix),
  };
}

function canaryLine({ mutant, judged }: NonNullable<Matrix["canary"]>): string {
  return `canary ${mutant.name}: ${judged.verdict === "missed" ? "ran, and was caught by nobody, as it must be" : judged.verdict}`;
}

/** `●` the checker of its own property, `○` another one. */
function markOf(mutant: Mutant, { catches }: Judged, property: PropertyId): string {
  if (!catches.some((one) => one.property === property)) return "";
  return mutant.property === property ? "●" : "○";
}

function othersOf({ catches }: Judged, own: PropertyId): string {
  return catches.flatMap(({ property }) => (property === own ? [] : property)).join(" ");
}

/** Virtual time from the beginning of its world. */
function firstTime({ catches }: Judged, own: PropertyId): string {
  const found = catches.find(({ property }) => property === own);
  if (found === undefined) return "-";
  const tenths = Math.floor(found.at / 100_000);
  const [hours, minutes, seconds] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  return `${hours}:${String(minutes).padStart(2, "0")}:${seconds.toFixed(1).padStart(4, "0")}`;
}
