/** What a swarm tells a person: how far it is, and at the end everything that was counted. */
import {
  marks,
  neverHit,
  type OptionName,
  optionTable,
  type SwarmFailure,
  type SwarmReport,
} from "@nyckelfri/firmware-sim";
import type { Style } from "../program/terminal.ts";
import type { Campaign } from "./campaign.ts";

const DAY_SECONDS = 86_400;

export function progressText(report: SwarmReport, { seeds, shard }: Pick<Campaign, "seeds" | "shard">): string {
  const share = Math.ceil((seeds - shard.index + 1) / shard.of);
  const broken = report.failures.length === 0 ? "" : `, ${report.failures.length} failed`;
  return `${report.seeds} of ${share} seeds, ${counted(report.openings)} openings, ${speedOf(report)} a second${broken}`;
}

export function reportText(report: SwarmReport, style: Style): string {
  const { seeds, openings, healedOpenings, insertions, records, cuts, acts, virtualSeconds, twice } = report;
  const perCore = report.coreSeconds === 0 ? 0 : Math.round(openings / report.coreSeconds);
  const missed = neverHit(report);
  return [
    ...report.failures.map((failure) => failureText(failure, style)),
    style(
      "heading",
      "faults that struck: in how many worlds they were on, how often they struck, how often somebody felt it",
    ),
    ...Object.entries(report.faults).map(([name, { worlds, struck, felt }]) => {
      const row = `  ${name.padEnd(30)} ${counted(worlds)} ${counted(struck)} ${counted(felt)}  ${optionTable[name as OptionName]?.what ?? ""}`;
      return struck === 0 ? style("doubtful", row) : row;
    }),
    style("heading", "marks that were seen"),
    ...Object.entries(report.marks).map(([name, count]) => {
      const row = `  ${name.padEnd(30)} ${counted(count)}  ${(marks as Readonly<Record<string, string>>)[name] ?? ""}`;
      return count === 0 ? style("doubtful", row) : row;
    }),
    missed.length === 0 ? "every fault and every mark was hit" : style("doubtful", `never hit: ${missed.join(", ")}`),
    style("heading", `${counted(openings)} openings under faults, and ${counted(healedOpenings)} after them`),
    `  ${seeds} seeds, ${counted(insertions)} insertions, ${counted(acts)} acts, ${counted(cuts)} power cuts by chance, ${counted(records)} records in the city`,
    `  ${Math.floor(virtualSeconds / DAY_SECONDS)} days in ${Math.ceil(report.wallSeconds)} s; ${perCore} openings a second and core; ${twice} seeds run twice`,
    report.failures.length === 0
      ? seeds === 0
        ? style("doubtful", "no seed was run to its end, so nothing is shown")
        : style("good", "no property was broken")
      : style("bad", `${report.failures.length} of ${seeds} seeds failed`),
  ].join("\n");
}

function failureText(
  { seed, property, seconds, device, what, table, line, shrunk }: SwarmFailure,
  style: Style,
): string {
  return [
    style("bad", `seed ${seed}: ${property} after ${seconds} s, ${device}: ${what}`),
    table,
    `to repeat it: ${line}`,
    ...(shrunk === undefined
      ? []
      : [
          `smaller (${shrunk.tried} tried, ${shrunk.ended}): ${shrunk.what}`,
          shrunk.acts,
          `to repeat that: ${shrunk.line}`,
        ]),
    "",
  ].join("\n");
}

function speedOf({ openings, wallSeconds }: SwarmReport): string {
  return String(wallSeconds === 0 ? 0 : Math.round(openings / wallSeconds));
}

function counted(count: number): string {
  return String(count)
    .replace(/\B(?=(\d{3})+$)/g, ",")
    .padStart(9);
}
