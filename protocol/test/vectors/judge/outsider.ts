// How a stranger reads the vectors: the JSON files through the package's exports, hex, and a verdict to hold against a vector.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { CryptoProvider } from "#src/crypto/provider.ts";
import { PeerError } from "#src/errors.ts";

// biome-ignore lint/suspicious/noExplicitAny: the vectors are read as plain JSON, and each judge knows its own file.
export type Vector = any;
export interface VectorFile {
  readonly format: number;
  readonly description: string;
  readonly common?: Readonly<Record<string, unknown>>;
  readonly vectors: readonly Vector[];
}

/** A part of the vector, as the library finds it. */
export type Judged = Readonly<Record<string, unknown>>;
export type Judge = (vector: Vector, provider: CryptoProvider) => Judged;

const resolve = createRequire(import.meta.url).resolve;

export function textOf(file: string): string {
  return readFileSync(resolve(`@nyckelfri/protocol/vectors/${file}`), "utf8");
}

/** The vectors of a file, with what they have in common. */
export function vectorsOf(file: string): readonly Vector[] {
  const { common, vectors } = JSON.parse(textOf(file)) as VectorFile;
  return vectors.map((vector) => merged(common ?? {}, vector));
}

/** The vector's own fields; objects that both have are put together member by member. */
function merged(common: Readonly<Record<string, unknown>>, vector: Vector): Vector {
  const shared = Object.entries(common).map(([name, value]) => {
    const isObject = typeof value === "object" && typeof vector[name] === "object";
    return [name, isObject ? { ...value, ...vector[name] } : (vector[name] ?? value)];
  });
  return { ...vector, ...Object.fromEntries(shared) };
}

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
export const hex = (content: Uint8Array): string => Buffer.from(content).toString("hex");
export const optional = (text: string | null): Uint8Array | undefined => (text === null ? undefined : bytes(text));

/** What is found, or that the other side's bytes were refused and why. */
export function verdict(find: () => Judged): Judged {
  try {
    return { valid: true, ...find() };
  } catch (error) {
    if (error instanceof PeerError) return { valid: false, reason: error.code };
    throw error;
  }
}

/** Byte strings of a value in hex, for comparison with JSON. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}
