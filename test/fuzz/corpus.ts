/** What fuzzing begins with: the protocol's vectors, which hold one thing of each kind, and much that has one thing wrong. */
import { readFileSync } from "node:fs";
import { fromHex } from "@nyckelfri/protocol";
import { ROOT } from "./subject.ts";

export interface Vector {
  readonly name: string;
  readonly valid?: boolean;
  readonly [field: string]: unknown;
}

/** The vectors of one file of protocol/vectors. */
export function vectorsOf(topic: string): readonly Vector[] {
  const text = readFileSync(`${ROOT}protocol/vectors/${topic}.json`, "utf8");
  return (JSON.parse(text) as { readonly vectors: readonly Vector[] }).vectors;
}

/** The bytes in a field of those that have it. */
export function bytesOf(vectors: readonly Vector[], field = "bytes"): readonly Uint8Array[] {
  const texts = vectors.map((vector) => vector[field]).filter((text) => typeof text === "string");
  return [...new Set(texts)].map(fromHex);
}

export function textBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "utf8"));
}

/** A file of the repository, as bytes. */
export function fileBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(`${ROOT}${path}`));
}
