/** A roster file: text to typed roster, or everything that is wrong with it. */

import { type Finding, Findings, type Node } from "../documents/node.ts";
import { readYaml } from "../documents/yaml.ts";
import { readText } from "../files/read-file.ts";
import { checkRoster } from "./check.ts";
import type { Roster } from "./roster.ts";
import { readTable } from "./table.ts";
import { readWritten } from "./written.ts";

export type RosterFormat = "yaml" | "csv";

export type RosterReading =
  /** `findings` are warnings. */
  | { readonly kind: "roster"; readonly roster: Roster; readonly findings: readonly Finding[] }
  /** At least one finding is an error. */
  | { readonly kind: "refused"; readonly findings: readonly Finding[] };

/** Never throws for a text, whatever it holds. Positions count lines and columns from 1. */
export function parseRoster(text: string, format: RosterFormat): RosterReading {
  const findings = new Findings();
  const node: Node | undefined = format === "csv" ? readTable(text, findings) : readYaml(text, findings);
  const written = node === undefined || findings.hasErrors ? undefined : readWritten(node, findings);
  const roster = written === undefined || findings.hasErrors ? undefined : checkRoster(written, findings);
  return roster === undefined
    ? { kind: "refused", findings: findings.sorted }
    : { kind: "roster", roster, findings: findings.sorted };
}

/** `.csv` and `.tsv` are tables, everything else is YAML (which JSON is too). Throws a `Failure` `cli/file-…`, `cli/wrong-file`. */
export function readRoster(path: string): RosterReading {
  return parseRoster(readText(path), formatOf(path));
}

export function formatOf(path: string): RosterFormat {
  return /\.(csv|tsv)$/i.test(path) ? "csv" : "yaml";
}

/** `rosters/day.yaml:12:5: error: … -> … [roster/unknown]`, as compilers and editors write places. */
export function findingLine(path: string, { line, column, severity, message, remedy, code }: Finding): string {
  return `${path}:${line}:${column}: ${severity}: ${message} -> ${remedy} [${code}]`;
}
