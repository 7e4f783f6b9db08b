/** From located nodes to typed values: each reader takes a node and gives its value, or a finding at its place. */
import type { Entry, Findings, Node, Place } from "./node.ts";

/** Undefined only after a finding. */
export type Read<T> = (node: Node, findings: Findings) => T | undefined;

/** One field of a record. */
export interface Field<T, Presence extends "required" | "optional"> {
  readonly presence: Presence;
  readonly read: Read<T>;
}

/** A reader for every field of T; what may be undefined is optional. */
export type FieldsOf<T> = {
  readonly [N in keyof T]-?: undefined extends T[N]
    ? Field<Exclude<T[N], undefined>, "optional">
    : Field<T[N], "required">;
};

/** A record as it was written. */
export type Written<T> = T & {
  /** Where the field's value stands, or its record where it is absent; without a name the record. */
  readonly place: (name?: keyof T & string) => Place;
};

export function required<T>(read: Read<T>): Field<T, "required"> {
  return { presence: "required", read };
}

/** Absent, and empty text, is undefined: a cell of a table is always there. */
export function optional<T>(read: Read<T>): Field<T, "optional"> {
  return { presence: "optional", read };
}

/** A map with these fields and no others. */
export function record<T>(fields: FieldsOf<T>): Read<Written<T>> {
  return (node, findings) => {
    if (node.kind !== "map") return wrongType(node, findings, "fields (name: value)");
    const known = Object.keys(fields);
    const found = new Map<string, Entry>();
    for (const entry of node.entries) {
      if (!known.includes(entry.name)) {
        findings.error(
          entry.nameAt,
          "document/unknown-field",
          `there is no field ${entry.name} here`,
          suggestion(entry.name, known),
        );
      } else if (found.has(entry.name)) {
        findings.error(
          entry.nameAt,
          "document/duplicate-field",
          `${entry.name} stands here twice`,
          "leave one of them out",
        );
      } else if (!isEmpty(entry.value)) found.set(entry.name, entry);
    }
    const values: Record<string, unknown> = {};
    let complete = true;
    for (const [name, { presence, read }] of Object.entries<Field<unknown, "required" | "optional">>(fields)) {
      const entry = found.get(name);
      if (entry === undefined) {
        if (presence === "optional") continue;
        findings.error(node.at, "document/missing", `${name} is missing`, `add \`${name}\``);
        complete = false;
      } else {
        const value = read(entry.value, findings);
        if (value === undefined) complete = false;
        values[name] = value;
      }
    }
    if (!complete) return undefined;
    const place = (name?: string): Place => (name === undefined ? node.at : (found.get(name)?.value.at ?? node.at));
    return { ...values, place } as unknown as Written<T>;
  };
}

/** A list; in a cell of a table, or on one line, items may stand separated by spaces. */
export function list<T>(read: Read<T>): Read<readonly T[]> {
  return (node, findings) => {
    if (node.kind === "map") return wrongType(node, findings, "a list");
    const items = node.kind === "list" ? node.items : words(node.text, node.at);
    const values = items.map((item) => read(item, findings));
    return values.every((value) => value !== undefined) ? (values as T[]) : undefined;
  };
}

/** Each with its place, for whoever looks the name up. */
export interface Named {
  readonly id: string;
  readonly at: Place;
}

/** A short name that others refer to: letters, digits, `-`, `_` and `.`. */
export const identifier: Read<Named> = (node, findings) => {
  const text = textOf(node, findings);
  if (text === undefined) return undefined;
  if (/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,39}$/u.test(text)) return { id: text, at: node.at };
  return findings.error(
    node.at,
    "document/value",
    `${quote(text)} is no identifier`,
    "use 1 to 40 letters, digits, dots, hyphens and underscores",
  );
};

export const text: Read<string> = (node, findings) => textOf(node, findings);

export function choice<const T extends string>(...values: readonly T[]): Read<T> {
  return (node, findings) => {
    const written = textOf(node, findings);
    if (written === undefined) return undefined;
    const value = values.find((candidate) => candidate === written);
    return (
      value ??
      findings.error(node.at, "document/value", `${quote(written)} is not known here`, suggestion(written, values))
    );
  };
}

export function integer(least: number, most: number): Read<number> {
  return (node, findings) => {
    const written = textOf(node, findings);
    if (written === undefined) return undefined;
    const value = /^\d{1,15}$/.test(written) ? Number(written) : Number.NaN;
    if (value >= least && value <= most) return value;
    return findings.error(
      node.at,
      "document/value",
      `${quote(written)} is not a whole number in range`,
      `write ${least} to ${most}`,
    );
  };
}

const UNITS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: 86_400 };

/** `30 min`, `2 h`, `90 s`, in seconds. */
export function duration(mostSeconds: number): Read<number> {
  return (node, findings) => {
    const written = textOf(node, findings);
    if (written === undefined) return undefined;
    const [, digits, unit = ""] = /^(\d{1,9}) ?(s|min|h|d)$/.exec(written) ?? [];
    const seconds = digits === undefined ? Number.NaN : Number(digits) * (UNITS[unit] ?? 0);
    if (seconds <= mostSeconds) return seconds;
    return findings.error(
      node.at,
      "document/value",
      `${quote(written)} is no length of time up to ${mostSeconds} s`,
      "write a number with its unit: 30 min, 2 h, 90 s, 400 d",
    );
  };
}

/** Bytes in hex, of one length where `length` says so. */
export function hexBytes(length?: number): Read<Uint8Array> {
  return (node, findings) => {
    const written = textOf(node, findings);
    if (written === undefined) return undefined;
    const fits = /^([0-9a-f]{2})+$/i.test(written) && (length === undefined || written.length === 2 * length);
    if (fits) return Uint8Array.from(written.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    const takes = length === undefined ? "hex digits, two a byte" : `${2 * length} hex digits`;
    return findings.error(
      node.at,
      "document/value",
      `${quote(written)} is not hex of the right length`,
      `write ${takes}`,
    );
  };
}

export function textOf(node: Node, findings: Findings): string | undefined {
  return node.kind === "scalar" ? node.text : wrongType(node, findings, "one value");
}

function wrongType(node: Node, findings: Findings, takes: string): undefined {
  const found = node.kind === "map" ? "fields" : node.kind === "list" ? "a list" : quote(node.text);
  return findings.error(node.at, "document/type", `${found} stands where ${takes} belongs`, `write ${takes}`);
}

function isEmpty(node: Node): boolean {
  return node.kind === "scalar" && node.text === "";
}

function words(line: string, { line: row, column }: Place): readonly Node[] {
  return [...line.matchAll(/\S+/g)].map((match) => ({
    kind: "scalar",
    text: match[0],
    at: { line: row, column: column + match.index },
  }));
}

export function quote(written: string): string {
  return JSON.stringify(written.length > 60 ? `${written.slice(0, 57)}...` : written);
}

/** "did you mean" where one is close, else all that there are. */
export function suggestion(written: string, known: readonly string[]): string {
  const close = known
    .map((name) => ({ name, distance: editDistance(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance, name }) => distance <= Math.max(1, Math.trunc(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  if (close !== undefined) return `did you mean ${close.name}?`;
  const shown = known.length > 12 ? [...known.slice(0, 12), "..."] : known;
  return known.length === 0 ? "there is none to choose from" : `one of: ${shown.join(", ")}`;
}

/** Letters to insert, delete, replace or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + same);
      row.push(swapped ? Math.min(least, cell(i - 2, j - 2) + 1) : least);
    }
  }
  return cell(a.length, b.length);
}
