/**
 * Schemas: each object and message of the protocol is described once, and both parsed and built by that description.
 * Maps are closed, lengths exact, codes listed; what a schema does not allow is refused both ways (SPEC CBR-14).
 */
import { PeerError } from "../errors.ts";
import { utf8Length } from "../utf8.ts";
import type { LengthRange } from "./cursor.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { misdefined, notBuildable, refuse } from "./schema-fault.ts";
import { type CborLimits, type CborValue, isArray } from "./value.ts";

export * from "./object-schema.ts";

/**
 * One place of the protocol: a CBOR value there, and the typed value `T` that stands for it.
 * `parse` throws a `PeerError` `schema/…`, `build` a `CallerError` `schema/not-buildable`; both name `details.path`.
 */
export interface Schema<T> {
  /** Exists in types only, and first: makes a missing or misspelt optional field of a hand-written `T` a compile error. */
  readonly "~fields"?: (value: Required<T>) => Required<T>;
  readonly parse: (value: CborValue, path: string) => T;
  readonly build: (value: T, path: string) => CborValue;
}

/** Any schema, whatever its type. */
export interface AnySchema {
  readonly parse: (value: CborValue, path: string) => unknown;
  readonly build: (value: never, path: string) => CborValue;
}

/** The type that a schema stands for. */
export type TypeOf<S extends AnySchema> = ReturnType<S["parse"]>;

/** `name` begins the path of errors; "value" where it is absent. */
export interface SchemaOptions extends CborLimits {
  readonly name?: string;
}

/** Decodes one item (see `decode`) and parses it. Throws `cbor/…` and `schema/…` `PeerError`s. */
export function decodeAs<T>(schema: Schema<T>, bytes: Uint8Array, options?: SchemaOptions): T {
  return schema.parse(decode(bytes, options), options?.name ?? "value");
}

/** Builds a value and encodes it (see `encode`). Throws `CallerError`s. */
export function encodeAs<T>(schema: Schema<T>, value: NoInfer<T>, options?: SchemaOptions): Uint8Array {
  return encode(schema.build(value, options?.name ?? "value"), options);
}

/** Bounds of an integer, both inclusive. */
export interface IntegerRange {
  readonly min?: number;
  readonly max?: number;
}

/** An unsigned integer up to `max`, 2^32-1 where absent; at most 2^53-1. */
export function uint(range: IntegerRange = {}): Schema<number> {
  return int({ min: range.min ?? 0, max: range.max ?? 0xffff_ffff });
}

/** An integer from `min` to `max`, within ±(2^53-1). */
export function int(range: { readonly min: number; readonly max: number }): Schema<number> {
  const { min, max } = range;
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min > max)
    misdefined("range", "min ≤ max, both safe");
  const takes = `an integer from ${min} to ${max}`;
  return {
    parse(value, path) {
      if (typeof value === "bigint") refuse("schema/out-of-range", path, takes);
      if (typeof value !== "number") refuse("schema/type", path, takes);
      if (value < min || value > max) refuse("schema/out-of-range", path, takes);
      return value;
    },
    build(value, path) {
      if (!Number.isSafeInteger(value) || value < min || value > max) notBuildable(path, takes);
      return value;
    },
  };
}

/** A byte string of one length, or of a range of lengths. */
export function bytes(length: LengthRange): Schema<Uint8Array> {
  const [min, max] = boundsOf(length);
  const takes = `a byte string of ${lengthText(min, max)} bytes`;
  return {
    parse(value, path) {
      if (!(value instanceof Uint8Array)) refuse("schema/type", path, takes);
      if (value.length < min || value.length > max) refuse("schema/length", path, takes);
      return value;
    },
    build(value, path) {
      if (!(value instanceof Uint8Array) || value.length < min || value.length > max) notBuildable(path, takes);
      return value;
    },
  };
}

/** Text whose UTF-8 form has `min` to `max` bytes, and which the whole of `pattern`, if given, matches. */
export function text(range: { readonly min: number; readonly max: number; readonly pattern?: RegExp }): Schema<string> {
  const [min, max] = boundsOf(range);
  // A copy without `g` and `y`: those keep state between calls.
  const whole = range.pattern && new RegExp(`^(?:${range.pattern.source})$`, range.pattern.flags.replace(/[gmy]/g, ""));
  const takes = `text of ${lengthText(min, max)} bytes${range.pattern ? ` like ${range.pattern.source}` : ""}`;
  return {
    parse(value, path) {
      if (typeof value !== "string") refuse("schema/type", path, takes);
      const length = utf8Length(value);
      if (length < min || length > max) refuse("schema/length", path, takes);
      if (whole?.test(value) === false) refuse("schema/text", path, takes);
      return value;
    },
    build(value, path) {
      const length = typeof value === "string" ? utf8Length(value) : -1;
      if (length < 0 || length < min || length > max || whole?.test(value) === false) notBuildable(path, takes);
      return value;
    },
  };
}

/** true or false. */
export function boolean(): Schema<boolean> {
  return {
    parse(value, path) {
      if (typeof value !== "boolean") refuse("schema/type", path, "true or false");
      return value;
    },
    build(value, path) {
      if (typeof value !== "boolean") notBuildable(path, "true or false");
      return value;
    },
  };
}

/** Exactly one value. */
export function constant<const C extends number | string | boolean | null>(expected: C): Schema<C> {
  const takes = `${expected}`;
  return {
    parse(value, path) {
      if (typeof value !== typeof expected) refuse("schema/type", path, takes);
      if (value !== expected) refuse("schema/out-of-range", path, takes);
      return expected;
    },
    build(value, path) {
      if (value !== expected) notBuildable(path, takes);
      return expected;
    },
  };
}

/** A closed list of codes with a name each: integers on the wire, names in the program. */
export function choice<const C extends Readonly<Record<string, number>>>(codes: C): Schema<keyof C & string> {
  const codeOf = new Map<string, number>(Object.entries(codes));
  const nameOf = new Map<number, keyof C & string>(Object.entries(codes).map(([name, code]) => [code, name]));
  if (nameOf.size !== codeOf.size || ![...nameOf.keys()].every(Number.isSafeInteger))
    misdefined("codes", "unlike integers");
  const takes = `one of ${[...codeOf].map(([name, code]) => `${code} (${name})`).join(", ")}`;
  return {
    parse(value, path) {
      if (typeof value !== "number" && typeof value !== "bigint") refuse("schema/type", path, takes);
      return (typeof value === "number" ? nameOf.get(value) : undefined) ?? refuse("schema/out-of-range", path, takes);
    },
    build(value, path) {
      return codeOf.get(value) ?? notBuildable(path, takes);
    },
  };
}

/** An array of one kind of item, with `min` to `max` of them, or exactly so many. */
export function array<T>(item: Schema<T>, length: LengthRange): Schema<readonly T[]> {
  const [min, max] = boundsOf(length);
  const takes = `an array of ${lengthText(min, max)} items`;
  return {
    parse(value, path) {
      if (!isArray(value)) refuse("schema/type", path, takes);
      if (value.length < min || value.length > max) refuse("schema/length", path, takes);
      return value.map((element, index) => item.parse(element, `${path}[${index}]`));
    },
    build(value, path) {
      if (!Array.isArray(value) || value.length < min || value.length > max) notBuildable(path, takes);
      return Array.from(value as readonly T[], (element, index) => item.build(element, `${path}[${index}]`));
    },
  };
}

/** An array in which each place has its own kind. */
export function tuple<const S extends readonly AnySchema[]>(
  ...items: S
): Schema<{ readonly [I in keyof S]: TypeOf<S[I]> }> {
  type Built = { readonly [I in keyof S]: TypeOf<S[I]> };
  const takes = `an array of ${items.length} items`;
  return {
    parse(value, path) {
      if (!isArray(value)) refuse("schema/type", path, takes);
      if (value.length !== items.length) refuse("schema/length", path, takes);
      return items.map((item, index) => item.parse(value[index] as CborValue, `${path}[${index}]`)) as unknown as Built;
    },
    build(value, path) {
      if (!Array.isArray(value) || value.length !== items.length) notBuildable(path, takes);
      return items.map((item, index) => item.build(value[index] as never, `${path}[${index}]`));
    },
  };
}

/** A place that takes an integer, a byte string or text, each with its own schema: the type of the item selects. */
export function either<
  const A extends Partial<{ integer: Schema<number>; bytes: Schema<Uint8Array>; text: Schema<string> }>,
>(alternatives: A): Schema<TypeOf<Extract<A[keyof A], AnySchema>>> {
  type Built = TypeOf<Extract<A[keyof A], AnySchema>>;
  const takes = `one of: ${Object.keys(alternatives).join(", ")}`;
  const schemaFor = (value: unknown): AnySchema | undefined => {
    if (typeof value === "number" || typeof value === "bigint") return alternatives.integer;
    return typeof value === "string" ? alternatives.text : value instanceof Uint8Array ? alternatives.bytes : undefined;
  };
  return {
    parse: (value, path) => (schemaFor(value) ?? refuse("schema/type", path, takes)).parse(value, path) as Built,
    build: (value, path) => (schemaFor(value) ?? notBuildable(path, takes)).build(value as never, path),
  };
}

/** A byte string that holds the encoding of one item (`bstr .cbor`, RFC 8610 §3.8.4). */
export function embedded<T>(schema: Schema<T>): Schema<T> {
  return {
    parse(value, path) {
      if (!(value instanceof Uint8Array)) refuse("schema/type", path, "a byte string with an encoded item");
      return schema.parse(decodeAt(value, path), path);
    },
    // Unlimited here: the item around it has a limit.
    build: (value, path) => encode(schema.build(value, path), { maxBytes: Number.MAX_SAFE_INTEGER }),
  };
}

function decodeAt(bytes: Uint8Array, path: string): CborValue {
  try {
    return decode(bytes, { maxBytes: bytes.length });
  } catch (error) {
    // The offset counts inside the byte string, so the path must say which one.
    if (error instanceof PeerError) throw new PeerError(error.code, { ...error.details, path });
    throw error;
  }
}

function boundsOf(length: LengthRange): readonly [min: number, max: number] {
  const [min, max] = typeof length === "number" ? [length, length] : [length.min, length.max];
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min < 0 || min > max)
    misdefined("length", "0 ≤ min ≤ max");
  return [min, max];
}

function lengthText(min: number, max: number): string {
  return min === max ? `${min}` : `${min} to ${max}`;
}
