/** The results of the cost model as Markdown, and beside each result the estimates that it rests on. */
import { type BatteryLife, batteryLife, usualDay } from "./battery-life.ts";
import { type Figure, type FiguresUsed, figuresOf } from "./figure.ts";
import { challengeCheck, type LimitVerdict, REFUSALS, refusalCheck, timeoutChecks, timerCheck } from "./limits.ts";
import { memories } from "./memories.ts";
import { openingCost, usualHeldMilliseconds } from "./opening-cost.ts";
import { type HardwarePair, layoutFigures, PHASES } from "./opening-steps.ts";
import { cylinderOf, type NamedPair, pairs, usualKey } from "./pairs.ts";
import { batteries } from "./peripherals.ts";
import { cortexM0PlusAt16MHz } from "./processors.ts";
import { firstVisit, fullVisit, heaviestVisit, repeatVisit, repeatWithLog, visits } from "./visits.ts";

/** Thousandths, rounded up, with one decimal: 1,234 µs are 1.3 ms. */
export function thousandths(value: number): string {
  const tenths = Math.ceil(value / 100);
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}

/** Estimates of all tables, numbered in the order of their first use. */
class Estimates {
  readonly #numbers: Map<Figure, number> = new Map();
  readonly #names: Map<Figure, string> = new Map([[usualHeldMilliseconds, "Opening: usualHeldMilliseconds"]]);

  /** The numbers of a result's estimates. Names of the pair's figures are kept for the list. */
  marks(used: FiguresUsed, pair: HardwarePair): string {
    for (const { name, figure } of figuresOf(pair)) {
      if (!this.#names.has(figure)) this.#names.set(figure, `${owner(name, pair)}: ${last(name)}`);
    }
    const marks = [...used].filter((figure) => "estimated" in figure).map((figure) => this.#number(figure));
    return ranges([...new Set(marks)].sort((a, b) => a - b));
  }

  #number(figure: Figure): number {
    const known = this.#numbers.get(figure);
    if (known !== undefined) return known;
    const next = this.#numbers.size + 1;
    this.#numbers.set(figure, next);
    return next;
  }

  list(): string[] {
    return [...this.#numbers].map(([figure, number]) => {
      const why = "why" in figure ? figure.why : "";
      return `${number}. ${this.#names.get(figure) ?? "figure"} = ${figure.value}. ${why}`;
    });
  }
}

function last(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** The profile that a figure's path in a pair goes through: `cylinder.memory.erase.bytesPerPage` belongs to the memory. */
function owner(name: string, pair: HardwarePair): string {
  const [side, part] = name.split(".");
  const profiles = (side === "key" ? pair.key : pair.cylinder) as unknown as Readonly<
    Record<string, { readonly name: string }>
  >;
  return profiles[part ?? ""]?.name ?? "";
}

/** 1, 2, 3 and 7 are `1–3, 7`. */
function ranges(numbers: readonly number[]): string {
  const runs: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run.to === number - 1) run.to = number;
    else runs.push({ from: number, to: number });
  }
  return runs.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function marked(value: string, verdict: LimitVerdict): string {
  return verdict === "met" ? value : `**${value}**`;
}

/** Every table, with the list of estimates at the end. The same profiles give the same text. */
export function costTables(rows: readonly NamedPair[] = pairs): string {
  const estimates = new Estimates();
  return [
    "Figures marked in the last column of a row are estimates, listed at the end. **Bold** misses the limit.",
    "",
    "#### Openings by phase: ms / mJ at the cylinder / mJ at the key",
    "",
    ...openingTable(rows, estimates),
    "",
    "#### The challenge: ms from contact, from power, and power to readiness; limit 30",
    "",
    ...challengeTable(estimates),
    "",
    "#### A refusal: ms / mJ at the cylinder; limits 1,500 ms and 8 mJ",
    "",
    ...refusalTable(rows, estimates),
    "",
    "#### Timers from the challenge, ms: A to the last byte of `open` (2,000), B to the engagement (4,500)",
    "",
    ...timerTable(rows, estimates),
    "",
    "#### Handling of a request against its time-out, ms, and BUSY answers",
    "",
    ...timeoutTable(rows, estimates),
    "",
    `#### Openings per key battery: ${usualDay.name}, ${usualKey.processor.name} at ${cortexM0PlusAt16MHz.name}`,
    "",
    ...batteryTable(estimates),
    "",
    "#### Estimates",
    "",
    ...estimates.list(),
    "",
    "Every result rests on these as well:",
    "",
    ...figuresOf(layoutFigures).map(
      ({ name, figure }) => `- ${name} = ${figure.value}. ${"why" in figure ? figure.why : figure.source}`,
    ),
    "",
  ].join("\n");
}

function openingTable(rows: readonly NamedPair[], estimates: Estimates): string[] {
  const cells = rows.flatMap(({ name, pair }) =>
    visits.map((visit) => {
      const used: FiguresUsed = new Set();
      const { phases, total, resultMicroseconds, batteryNanojoules, ...opening } = openingCost(
        visit,
        pair,
        undefined,
        used,
      );
      const triple = ({ microseconds, cylinderNanojoules, keyNanojoules }: typeof total): string =>
        `${thousandths(microseconds)} / ${thousandths(cylinderNanojoules / 1_000)} / ${thousandths(keyNanojoules / 1_000)}`;
      return [
        name,
        visit.name,
        `${opening.verifications}`,
        ...PHASES.map((phase) => triple(phases[phase])),
        thousandths(resultMicroseconds),
        `${opening.contactBytes}`,
        thousandths(batteryNanojoules / 1_000),
        estimates.marks(used, pair),
      ];
    }),
  );
  const head = [
    "cylinder",
    "visit",
    "verifications",
    ...PHASES,
    "contact to result, ms",
    "bytes",
    "battery, mJ",
    "estimates",
  ];
  return table(head, cells);
}

function challengeTable(estimates: Estimates): string[] {
  const rows = memories.flatMap((memory) =>
    batteries
      .filter(({ name }) => name === "CR2 lithium" || name === "CR2032 coin cell")
      .flatMap((battery) =>
        (["after-outcome", "after-cut", "erase-due"] as const).map((boot) => {
          const pair = { key: { ...usualKey, battery }, cylinder: cylinderOf(cortexM0PlusAt16MHz, memory) };
          const used: FiguresUsed = new Set();
          const check = challengeCheck(pair, boot, used);
          return [
            memory.name,
            battery.name,
            boot,
            marked(thousandths(check.fromContactMicroseconds), check.fromContact),
            marked(thousandths(check.fromPowerMicroseconds), check.fromPower),
            marked(thousandths(check.readyMicroseconds), check.ready),
            estimates.marks(used, pair),
          ];
        }),
      ),
  );
  return table(
    [
      `memory at ${cortexM0PlusAt16MHz.name}`,
      "key battery",
      "boot",
      "from contact",
      "from power",
      "ready",
      "estimates",
    ],
    rows,
  );
}

function refusalTable(rows: readonly NamedPair[], estimates: Estimates): string[] {
  const cells = rows.map(({ name, pair }) => {
    const used: FiguresUsed = new Set();
    const checks = REFUSALS.map((refusal) => refusalCheck(refusal, pair, used));
    const shown = checks.map(({ microseconds, time, cylinderNanojoules, energy, verifications }) => {
      const energyText = marked(thousandths(cylinderNanojoules / 1_000), energy);
      return `${marked(thousandths(microseconds), time)} / ${energyText} (${verifications})`;
    });
    return [name, ...shown, estimates.marks(used, pair)];
  });
  return table(["cylinder", ...REFUSALS.map((refusal) => `${refusal} (verifications)`), "estimates"], cells);
}

const TIMED = [repeatVisit, firstVisit, fullVisit, heaviestVisit] as const;

function timerTable(rows: readonly NamedPair[], estimates: Estimates): string[] {
  const cells = rows.map(({ name, pair }) => {
    const used: FiguresUsed = new Set();
    const shown = TIMED.map((visit) => {
      const { timerA, timerAMicroseconds, timerB, timerBMicroseconds } = timerCheck(visit, pair, used);
      return `${marked(thousandths(timerAMicroseconds), timerA)} / ${marked(thousandths(timerBMicroseconds), timerB)}`;
    });
    return [name, ...shown, estimates.marks(used, pair)];
  });
  return table(["cylinder", ...TIMED.map(({ name }) => `${name}: A / B`), "estimates"], cells);
}

function timeoutTable(rows: readonly NamedPair[], estimates: Estimates): string[] {
  const cells = rows.map(({ name, pair }) => {
    const used: FiguresUsed = new Set();
    const shown = TIMED.map((visit) =>
      timeoutChecks(visit, pair, used)
        .map(({ message, handlingMicroseconds, verdict, answers }) => {
          const text = `${message} ${thousandths(handlingMicroseconds)}`;
          return verdict === "in-time" ? text : `**${text}** (${verdict}, ${answers} BUSY)`;
        })
        .join(", "),
    );
    return [name, ...shown, estimates.marks(used, pair)];
  });
  return table(["cylinder", ...TIMED.map(({ name }) => name), "estimates"], cells);
}

function batteryTable(estimates: Estimates): string[] {
  const rows = batteries.map((battery) => {
    const pair: HardwarePair = { key: { ...usualKey, battery }, cylinder: cylinderOf(cortexM0PlusAt16MHz) };
    const used: FiguresUsed = new Set();
    const life = batteryLife(pair, usualDay, used);
    const { ladder, pulse } = life;
    return [
      battery.name,
      pulse.verdict === "met" ? `${life.openings}` : "none: the pulse",
      pulse.verdict === "met" ? `${life.days}` : "–",
      thousandths(life.idleMicrojoulesPerDay),
      thousandths(openingCost(repeatWithLog, pair, undefined, used).batteryNanojoules / 1_000),
      thousandths(life.dearestMicrojoules),
      ...[ladder.lowMicrojoules, ladder.criticalMicrojoules, ladder.emptyMicrojoules].map((step) => share(step, life)),
      marked(`${Math.ceil(pulse.microamps / 1_000)} of ${Math.floor(pulse.allowedMicroamps / 1_000)}`, pulse.verdict),
      estimates.marks(used, pair),
    ];
  });
  const head = [
    "battery",
    "openings",
    "days",
    "idle, mJ a day",
    "a repeat that carries log, mJ",
    "dearest opening, mJ",
  ];
  return table([...head, "low below, J", "critical below, J", "empty below, J", "pulse, mA", "estimates"], rows);
}

/** A threshold in joules and as a share of what is usable, in percent, rounded up to a tenth. */
function share(microjoules: number, { usableMicrojoules }: BatteryLife): string {
  const perMille = Math.ceil((microjoules * 1_000) / usableMicrojoules);
  return `${thousandths(Math.ceil(microjoules / 1_000))} (${Math.floor(perMille / 10)}.${perMille % 10} %)`;
}
