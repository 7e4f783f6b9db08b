/**
 * Does a CBOR value match a rule of a schema? The matching is that of RFC 8610 appendices A and C: the first choice that
 * matches wins, occurrences take as much as they can, maps are closed.
 */
import {
  type Comparison,
  type Item,
  type Member,
  type MemberOne,
  type Members,
  type Node,
  print,
  type Sequence,
} from "./node.ts";
import type { Literal } from "./parse.ts";
import type { Schema } from "./schema.ts";

/** A decoded data item. Integers beyond ±(2^53-1) are bigints, all others numbers. */
export type Value =
  | number
  | bigint
  | boolean
  | null
  | string
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<Value, Value>;

/** Decodes exactly one data item; throws for anything else. */
export type Decode = (bytes: Uint8Array) => Value;

/** `path` leads to the fault: `/key` in a map, `/index` in an array, `/<cbor>` into a byte string; empty at the top. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly path: string; readonly reason: string };

/** Throws `RangeError` for a rule that the schema does not have as a type without parameters. */
export function validate(schema: Schema, ruleName: string, value: Value, decode: Decode): Verdict {
  const node = schema.types.get(ruleName);
  if (node === undefined) throw new RangeError(`no type without parameters is called ${ruleName}`);
  const run: Run = { decode, path: [], fault: undefined };
  if (matches(run, node, value)) return { ok: true };
  const { path, reason } = run.fault ?? { path: [], reason: () => `does not match ${ruleName}` };
  return { ok: false, path: path.map((step) => `/${step}`).join(""), reason: reason() };
}

/** {@link validate} for the bytes of one data item. */
export function validateBytes(schema: Schema, ruleName: string, bytes: Uint8Array, decode: Decode): Verdict {
  let value: Value;
  try {
    value = decode(bytes);
  } catch (error) {
    return { ok: false, path: "", reason: `is not CBOR: ${error}` };
  }
  return validate(schema, ruleName, value, decode);
}

type Step = string | number | bigint;
/** `type`: a value is of another type; `content`: of the right type with a wrong content, which tells more. */
interface Fault {
  readonly path: readonly Step[];
  readonly rank: "type" | "content";
  readonly reason: () => string;
}
interface Run {
  readonly decode: Decode;
  readonly path: Step[];
  /** The deepest fault so far; among equally deep ones the last that tells most. */
  fault: Fault | undefined;
}

function fail(run: Run, rank: Fault["rank"], reason: () => string): false {
  const known = run.fault;
  const tellsLess =
    known !== undefined &&
    (run.path.length < known.path.length ||
      (run.path.length === known.path.length && rank === "type" && known.rank === "content"));
  if (!tellsLess) run.fault = { path: run.path.slice(), rank, reason };
  return false;
}

/** Matches a part of a value; a part that matches in the end has no faults, whatever was tried on it before. */
function matchesPart(run: Run, step: Step, node: Node, value: Value): boolean {
  const before = run.fault;
  run.path.push(step);
  const matched = matches(run, node, value);
  if (matched) run.fault = run.path.every((part, index) => before?.path[index] === part) ? undefined : before;
  run.path.pop();
  return matched;
}

function matches(run: Run, node: Node, value: Value): boolean {
  const wrongType = (): false => fail(run, "type", () => `expected ${print(node)}, found ${describe(value)}`);
  switch (node.kind) {
    case "literal":
      return equals(value, node.value) || wrongType();
    case "range": {
      const within = isInteger(value) && value >= node.low && (node.open ? value < node.high : value <= node.high);
      return within || wrongType();
    }
    case "prelude":
      return isOfPrelude(node.name, value) || wrongType();
    case "rule":
      return matches(run, node.target as Node, value);
    case "choice":
      return node.options.some((option) => matches(run, option, value)) || wrongType();
    case "array":
      return isArray(value) ? matchesArray(run, node.group, value) : wrongType();
    case "map":
      return value instanceof Map ? matchesMap(run, node.group, value) : wrongType();
    case "both":
      return matches(run, node.target, value) && matches(run, node.other, value);
    case "cbor":
      return matches(run, node.target, value) && matchesContent(run, node.content, value as Uint8Array);
    case "size": {
      if (!matches(run, node.target, value)) return false;
      const fits = isInteger(value)
        ? node.uintMax !== undefined && value <= node.uintMax
        : silently(run, () => matches(run, node.size, sizeOf(value)));
      return fits || fail(run, "content", () => `expected ${print(node)}, found ${describe(value)}`);
    }
    case "compare": {
      if (!matches(run, node.target, value)) return false;
      const holds = compares(node.operator, value, node.value);
      return holds || fail(run, "content", () => `expected ${print(node)}, found ${describe(value)}`);
    }
    case "regexp": {
      if (!matches(run, node.target, value)) return false;
      const fits = node.pattern.test(value as string);
      return fits || fail(run, "content", () => `expected ${print(node)}, found ${describe(value)}`);
    }
  }
}

function matchesContent(run: Run, content: Node, bytes: Uint8Array): boolean {
  let inner: Value;
  try {
    inner = run.decode(bytes);
  } catch (error) {
    return fail(run, "content", () => `is not CBOR: ${error}`);
  }
  return matchesPart(run, "<cbor>", content, inner);
}

function matchesArray(run: Run, group: Sequence, items: readonly Value[]): boolean {
  const end = takeSequence(run, group, items, 0);
  if (end === undefined) return false;
  return end === items.length || fail(run, "content", () => `expected ${end} items, found ${items.length}`);
}

/** The index after what the group takes from `start` on, or undefined. */
function takeSequence(run: Run, group: Sequence, items: readonly Value[], start: number): number | undefined {
  for (const choice of group) {
    let position: number | undefined = start;
    for (const entry of choice) {
      position = takeEntry(run, entry, items, position);
      if (position === undefined) break;
    }
    if (position !== undefined) return position;
  }
  return undefined;
}

function takeEntry(run: Run, entry: Item, items: readonly Value[], start: number): number | undefined {
  let position = start;
  for (let count = 0; count < entry.max; count++) {
    const next = takeOnce(run, entry.body, items, position);
    if (next === undefined) return count < entry.min ? undefined : position;
    if (next === position) return position; // took nothing: it would do so for ever
    position = next;
  }
  return position;
}

function takeOnce(run: Run, body: Item["body"], items: readonly Value[], position: number): number | undefined {
  if (body.kind === "group") return takeSequence(run, body.group, items, position);
  const item = items[position];
  if (item === undefined) {
    fail(run, "content", () => `item ${position} is missing, expected ${print(body.type)}`);
    return undefined;
  }
  return matchesPart(run, position, body.type, item) ? position + 1 : undefined;
}

/** The members that entries have taken, and the keys that a cut closes to later entries (RFC 8610 §3.5.4). */
interface Taken {
  keys: Set<Value>;
  cut: Set<Value>;
}

function matchesMap(run: Run, group: Members, map: ReadonlyMap<Value, Value>): boolean {
  const taken: Taken = { keys: new Set(), cut: new Set() };
  if (!takeMembers(run, group, map, taken)) return false;
  if (taken.keys.size === map.size) return true;
  const extra = [...map.keys()].filter((key) => !taken.keys.has(key)).map(describe);
  return fail(run, "content", () => `has members that the map does not allow, keys ${extra.join(", ")}`);
}

function takeMembers(run: Run, group: Members, map: ReadonlyMap<Value, Value>, taken: Taken): boolean {
  if (group.length === 1) return (group[0] as readonly Member[]).every((entry) => takeMember(run, entry, map, taken));
  return group.some((choice) => {
    const attempt = { keys: new Set(taken.keys), cut: new Set(taken.cut) };
    if (!choice.every((entry) => takeMember(run, entry, map, attempt))) return false;
    Object.assign(taken, attempt);
    return true;
  });
}

function takeMember(run: Run, { min, max, body }: Member, map: ReadonlyMap<Value, Value>, taken: Taken): boolean {
  for (let count = 0; count < max; count++) {
    if (body.kind === "member") {
      if (!takeOneMember(run, body, count < min, map, taken)) return count >= min;
      continue;
    }
    const before = new Set(taken.keys);
    if (!takeMembers(run, body.group, map, taken)) {
      taken.keys = before; // a cut stays: its key did match
      return count >= min;
    }
    if (taken.keys.size === before.size) return true;
  }
  return true;
}

function takeOneMember(
  run: Run,
  { key, cut, type }: MemberOne,
  isRequired: boolean,
  map: ReadonlyMap<Value, Value>,
  taken: Taken,
): boolean {
  const candidates = key.kind === "literal" ? [key.value as Value] : map.keys();
  for (const candidate of candidates) {
    const value = map.get(candidate);
    if (value === undefined || taken.keys.has(candidate) || taken.cut.has(candidate)) continue;
    if (key.kind !== "literal" && !silently(run, () => matches(run, key, candidate))) continue;
    if (cut) taken.cut.add(candidate);
    if (matchesPart(run, candidate as Step, type, value)) {
      taken.keys.add(candidate);
      return true;
    }
  }
  if (isRequired && !(key.kind === "literal" && map.has(key.value as Value))) {
    fail(run, "content", () => `key ${print(key)} is missing, expected ${print(type)}`);
  }
  return false;
}

/** Tries without leaving a fault behind. */
function silently(run: Run, attempt: () => boolean): boolean {
  const before = run.fault;
  const result = attempt();
  run.fault = before;
  return result;
}

function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function isInteger(value: Value): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

function isOfPrelude(name: Extract<Node, { kind: "prelude" }>["name"], value: Value): boolean {
  switch (name) {
    case "uint":
      return isInteger(value) && value >= 0 && value < 1n << 64n;
    case "nint":
      return isInteger(value) && value < 0 && value >= -(1n << 64n);
    case "int":
      return isInteger(value) && value >= -(1n << 64n) && value < 1n << 64n;
    case "bstr":
      return value instanceof Uint8Array;
    case "tstr":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "true":
      return value === true;
    case "false":
      return value === false;
    case "null":
      return value === null;
    case "any":
      return true;
  }
}

function equals(value: Value, literal: Literal): boolean {
  if (literal instanceof Uint8Array) return value instanceof Uint8Array && Buffer.compare(value, literal) === 0;
  if (typeof literal === "string") return value === literal;
  return isInteger(value) && !(value < literal) && !(value > literal); // a number and a bigint can be the same integer
}

function compares(operator: Comparison, value: Value, literal: Literal): boolean {
  if (operator === "eq") return equals(value, literal);
  if (operator === "ne") return !equals(value, literal);
  const bound = literal as number | bigint;
  if (!isInteger(value)) return false;
  if (operator === "lt") return value < bound;
  if (operator === "le") return value <= bound;
  return operator === "gt" ? value > bound : value >= bound;
}

/** RFC 8610 §3.8.1: the size of a text is that of its UTF-8. */
function sizeOf(value: Value): number {
  return value instanceof Uint8Array ? value.length : Buffer.byteLength(value as string);
}

function describe(value: Value): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Map) return `a map of ${value.size}`;
  if (isArray(value)) return `an array of ${value.length}`;
  return typeof value === "string" ? `text ${JSON.stringify(value)}` : String(value);
}
