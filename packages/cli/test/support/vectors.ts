/** The protocol's own vectors: what every reader here is held against. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export interface Vector {
  readonly name: string;
  readonly valid: boolean;
  readonly bytes?: string;
  readonly diagnostic?: string;
  readonly reason?: string;
  readonly object?: string;
  readonly body?: string;
  readonly kind?: string;
  readonly wire?: string;
  readonly header?: {
    readonly kind: string;
    readonly message: number;
    readonly session: number;
    readonly sequence: number;
  };
}

export function vectorsOf(topic: string): readonly Vector[] {
  const file = createRequire(import.meta.url).resolve(`@nyckelfri/protocol/vectors/${topic}.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly vectors: readonly Vector[] }).vectors;
}
