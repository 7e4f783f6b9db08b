/** A roster as it is written: its fields with their places, before anything is held against anything else. */
import {
  choice,
  duration,
  type FieldsOf,
  identifier,
  integer,
  list,
  type Named,
  optional,
  type Read,
  record,
  required,
  text,
  type Written,
} from "../documents/fields.ts";
import type { Entry, Findings, Node } from "../documents/node.ts";
import { calendarDate, localTimeIn, zoneName } from "../documents/time-fields.ts";
import { isDate, isZone } from "../times/zoned-time.ts";

/** Longest margin: a shift with its margin is bounded by limits of the protocol besides. */
const LONGEST_MARGIN_SECONDS = 4 * 3600;

/** Read first, because the times of all other records depend on it. */
interface Head {
  readonly title: string;
  readonly notice: string | undefined;
  readonly zone: string;
  readonly date: string | undefined;
  readonly margin: number;
}

export type WrittenProvider = Written<{
  readonly id: Named;
  readonly name: string;
  readonly kind: "municipal" | "private";
}>;
export type WrittenPatrol = Written<{
  readonly id: Named;
  readonly name: string;
  readonly provider: Named;
  readonly kind: "day" | "evening" | "night" | "alarm";
  readonly group: number;
  readonly from: number;
  readonly until: number;
}>;
export type WrittenWorker = Written<{
  readonly id: Named;
  readonly name: string;
  readonly provider: Named;
  readonly key: Named;
  readonly patrols: readonly Named[];
}>;
export type WrittenClient = Written<{
  readonly id: Named;
  readonly name: string;
  readonly patrols: readonly Named[];
  readonly doors: readonly Named[];
}>;
export type WrittenDoor = Written<{
  readonly id: Named;
  readonly kind: "apartment" | "entrance";
  readonly address: string;
}>;
export type WrittenVisit = Written<{ readonly at: number; readonly worker: Named; readonly client: Named }>;
export type WrittenIncident = Written<{
  readonly kind: "battery-change" | "lost-key" | "late-key" | "alarm-visit" | "wrong-door";
  readonly at: number;
  readonly worker: Named;
  readonly client: Named | undefined;
  readonly door: Named | undefined;
  readonly reported: number | undefined;
}>;

interface Lists {
  readonly providers: readonly WrittenProvider[];
  readonly patrols: readonly WrittenPatrol[];
  readonly workers: readonly WrittenWorker[];
  readonly clients: readonly WrittenClient[];
  readonly doors: readonly WrittenDoor[];
  readonly visits: readonly WrittenVisit[] | undefined;
  readonly incidents: readonly WrittenIncident[] | undefined;
}

export interface WrittenRoster extends Omit<Head, "date">, Omit<Lists, "visits" | "incidents"> {
  readonly visits: readonly WrittenVisit[];
  readonly incidents: readonly WrittenIncident[];
}

type Unplaced<W> = Omit<W, "place">;

const headFields: FieldsOf<Head> = {
  title: required(text),
  notice: optional(text),
  zone: required(zoneName),
  date: optional(calendarDate),
  margin: required(duration(LONGEST_MARGIN_SECONDS)),
};

const providerFields: FieldsOf<Unplaced<WrittenProvider>> = {
  id: required(identifier),
  name: required(text),
  kind: required(choice("municipal", "private")),
};

const workerFields: FieldsOf<Unplaced<WrittenWorker>> = {
  id: required(identifier),
  name: required(text),
  provider: required(identifier),
  key: required(identifier),
  patrols: required(list(identifier)),
};

const clientFields: FieldsOf<Unplaced<WrittenClient>> = {
  id: required(identifier),
  name: required(text),
  patrols: required(list(identifier)),
  doors: required(list(identifier)),
};

const doorFields: FieldsOf<Unplaced<WrittenDoor>> = {
  id: required(identifier),
  kind: required(choice("apartment", "entrance")),
  address: required(text),
};

function patrolFields(time: Read<number>): FieldsOf<Unplaced<WrittenPatrol>> {
  return {
    id: required(identifier),
    name: required(text),
    provider: required(identifier),
    kind: required(choice("day", "evening", "night", "alarm")),
    group: required(integer(1, 0xffff_ffff)),
    from: required(time),
    until: required(time),
  };
}

function visitFields(time: Read<number>): FieldsOf<Unplaced<WrittenVisit>> {
  return { at: required(time), worker: required(identifier), client: required(identifier) };
}

function incidentFields(time: Read<number>): FieldsOf<Unplaced<WrittenIncident>> {
  return {
    kind: required(choice("battery-change", "lost-key", "late-key", "alarm-visit", "wrong-door")),
    at: required(time),
    worker: required(identifier),
    client: optional(identifier),
    door: optional(identifier),
    reported: optional(time),
  };
}

/** In the place of times that cannot be read yet. */
const anyTime: Read<number> = () => 0;

/** The names of the lists of a roster, and what one row of each is called in a table. */
export const ROWS = {
  providers: "provider",
  patrols: "patrol",
  workers: "worker",
  clients: "client",
  doors: "door",
  visits: "visit",
  incidents: "incident",
} as const;

/** What every kind of row can have, in the order in which a table has its columns. */
export const COLUMNS: readonly string[] = [
  ...new Set([
    ...[headFields, providerFields, workerFields, clientFields, doorFields].flatMap((fields) => Object.keys(fields)),
    ...[patrolFields(anyTime), visitFields(anyTime), incidentFields(anyTime)].flatMap((fields) => Object.keys(fields)),
  ]),
];

/** Undefined where anything of the form is wrong; the findings say all of it. */
export function readWritten(node: Node, findings: Findings): WrittenRoster | undefined {
  if (node.kind !== "map") {
    return findings.error(node.at, "document/type", "this is no roster", "begin with `title: …` and the other fields");
  }
  const rows = Object.keys(ROWS);
  const isRow = ({ name }: Entry): boolean => rows.includes(name);
  const head = record(headFields)({ ...node, entries: node.entries.filter((entry) => !isRow(entry)) }, findings);
  // Times are read as soon as there is a zone, whatever else is wrong with the head.
  const zone = textIn(node.entries, "zone");
  const date = textIn(node.entries, "date");
  const time =
    zone === undefined || !isZone(zone)
      ? anyTime
      : localTimeIn({ zone, date: date !== undefined && isDate(date) ? date : undefined });
  const lists = record<Lists>({
    providers: required(rowsOf(record(providerFields))),
    patrols: required(rowsOf(record(patrolFields(time)))),
    workers: required(rowsOf(record(workerFields))),
    clients: required(rowsOf(record(clientFields))),
    doors: required(rowsOf(record(doorFields))),
    visits: optional(rowsOf(record(visitFields(time)))),
    incidents: optional(rowsOf(record(incidentFields(time)))),
  })({ ...node, entries: node.entries.filter(isRow) }, findings);
  if (head === undefined || lists === undefined) return undefined;
  const { title, notice, margin } = head;
  return {
    title,
    notice,
    zone: head.zone,
    margin,
    ...lists,
    visits: lists.visits ?? [],
    incidents: lists.incidents ?? [],
  };
}

function rowsOf<T>(read: Read<T>): Read<readonly T[]> {
  return (node, findings) => {
    if (node.kind !== "list") {
      return findings.error(node.at, "document/type", "a list belongs here", "write one `- ` line for each");
    }
    const values = node.items.map((item) => read(item, findings));
    return values.every((value) => value !== undefined) ? (values as T[]) : undefined;
  };
}

function textIn(entries: readonly Entry[], wanted: string): string | undefined {
  const value = entries.find(({ name }) => name === wanted)?.value;
  return value?.kind === "scalar" ? value.text : undefined;
}
