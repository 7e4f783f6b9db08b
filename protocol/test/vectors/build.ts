// Signed objects put together from plain CBOR values. The library's own issuing refuses what breaks a rule, and a
// vector often has to break one; nothing here is shared with src/objects or src/cose, so the vectors judge them.
import { concatBytes, fromHex, toHex } from "#src/bytes.ts";
import { diagnose } from "#src/cbor/diagnostic.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { NyckelfriError } from "#src/errors.ts";
import type { ObjectName } from "#src/objects/signed-object.ts";
import { objects } from "#src/registry.ts";
import { fleetId, type Party, provider } from "../support/city.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** One case: `valid: false` has one thing wrong, and `reason` names it. */
export interface Vector {
  readonly name: string;
  readonly clauses: readonly string[];
  readonly valid: boolean;
  readonly reason?: string;
  readonly note?: string;
  readonly [field: string]: unknown;
}

export interface VectorFile {
  readonly description: string;
  readonly source?: string;
  /** Fields that every vector has unless it says otherwise. */
  readonly common?: Fields;
  readonly vectors: readonly Vector[];
}

export const accepted = (name: string, clauses: string, fields: Fields): Vector => ({
  name,
  clauses: clauses.split(" "),
  valid: true,
  ...fields,
});

export const refused = (name: string, clauses: string, reason: string, fields: Fields): Vector => ({
  name,
  clauses: clauses.split(" "),
  valid: false,
  reason,
  ...fields,
});

/** A CBOR map by its labels; labels whose value is undefined are left out. */
export type Labels = Readonly<Record<number, CborValue | undefined>>;

export function mapOf(labels: Labels): ReadonlyMap<number, CborValue> {
  const entries: (readonly [number, CborValue])[] = [];
  for (const [label, value] of Object.entries(labels)) if (value !== undefined) entries.push([Number(label), value]);
  return new Map(entries);
}

export const bytesOf = (labels: Labels): Uint8Array => encode(mapOf(labels));

export function typOf(name: ObjectName): number {
  const entry = objects.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new RangeError(`no object ${name}`);
  return entry.typ;
}

export interface Signing {
  readonly by: Party;
  /** What the signer's library would put into external_aad after the object format. */
  readonly fleet?: Uint8Array;
  readonly extra?: readonly Uint8Array[];
  /** Stands in the protected header; the signer's own where absent. */
  readonly kid?: Uint8Array | "implied";
  readonly typ?: number;
  /** 1, unless another object format is the fault (SPEC VER-4). */
  readonly format?: number;
}

export interface Made {
  readonly bytes: Uint8Array;
  readonly protectedBytes: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** RFC 9052 §4.4 and SPEC COS-6, through the general encoder. */
export function toBeSigned(
  protectedBytes: Uint8Array,
  payload: Uint8Array,
  fleet: Uint8Array,
  extra: readonly Uint8Array[] = [],
  format = 1,
): Uint8Array {
  const aad = encode(["nyckelfri", format, fleet, ...extra]);
  return encode(["Signature1", protectedBytes, aad, payload], { maxBytes: 1 << 17 });
}

export function protectedHeader(typ: number, kid: Uint8Array | "implied"): Uint8Array {
  return kid === "implied" ? bytesOf({ 1: -19, 16: typ }) : bytesOf({ 1: -19, 4: kid, 16: typ });
}

/** Signs whatever it is given; `payload` as bytes may be anything at all. */
export function make(name: ObjectName, payload: Labels | Uint8Array, signing: Signing): Made {
  const { by, fleet = fleetId, extra = [], typ = typOf(name), format = 1 } = signing;
  const kid = signing.kid ?? (name === "open-proof" ? "implied" : by.kid);
  const protectedBytes = protectedHeader(typ, kid);
  const content = payload instanceof Uint8Array ? payload : bytesOf(payload);
  const signature = provider.sign(by.seed, toBeSigned(protectedBytes, content, fleet, extra, format));
  const bytes = encode([protectedBytes, new Map(), content, signature]);
  return { bytes, protectedBytes, payload: content, signature };
}

/** What a verifier of a vector is given, and what it has to arrive at. */
export interface Checking {
  readonly publicKey: Uint8Array;
  readonly fleet?: Uint8Array;
  readonly extra?: readonly Uint8Array[];
}

/** A file's `common` has the city's own fleet id. */
export const fleetField = (fleet: Uint8Array): Fields => (fleet === fleetId ? {} : { fleetId: toHex(fleet) });

/** `shown` is whether a person needs to read it: where only the signature is wrong, there is nothing to see. */
export function checkFields(made: Made, { publicKey, fleet = fleetId, extra = [] }: Checking, shown = true): Fields {
  return {
    ...(shown ? encoded(made.bytes) : { bytes: toHex(made.bytes) }),
    publicKey: toHex(publicKey),
    ...fleetField(fleet),
    extra: extra.map(toHex),
    toBeSigned: toHex(toBeSigned(made.protectedBytes, made.payload, fleet, extra)),
  };
}

/** Bytes and, where they follow the profile, what a person reads instead. */
export function encoded(bytes: Uint8Array): Fields {
  const diagnostic = notationOf(bytes);
  return diagnostic === undefined ? { bytes: toHex(bytes) } : { bytes: toHex(bytes), diagnostic };
}

function notationOf(bytes: Uint8Array): string | undefined {
  try {
    return diagnose(bytes, { embedded: true });
  } catch (error) {
    if (error instanceof NyckelfriError) return undefined;
    throw error;
  }
}

/** The bytes with one bit changed, at a place counted from the end where it is negative. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const other = new Uint8Array(bytes);
  const index = at < 0 ? bytes.length + at : at;
  other[index] = (other[index] ?? 0) ^ 1;
  return other;
}

export const hex = (text: string): Uint8Array => fromHex(text.replaceAll(" ", ""));
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** h_0 … h_n of a store's records (SPEC LOG-2). */
export function chainOf(kid: Uint8Array, store: number, records: readonly Uint8Array[]): readonly Uint8Array[] {
  let head = provider.sha256(concatBytes(ascii("nyckelfri log"), kid, Uint8Array.of(store))).slice(0, 16);
  const heads = [head];
  for (const [index, record] of records.entries()) {
    head = provider.sha256(concatBytes(head, uint32(index + 1), record)).slice(0, 16);
    heads.push(head);
  }
  return heads;
}

/** `count` items made from their index. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
