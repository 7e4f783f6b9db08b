/** Diagnostic notation (RFC 8949 §8): what a person reads instead of hex. */
import { toHex } from "../bytes.ts";
import { NyckelfriError } from "../errors.ts";
import { limits } from "../registry.ts";
import { decode } from "./decode.ts";
import type { CborLimits, CborValue } from "./value.ts";

/** `embedded` shows a byte string that holds an encoded array or map as `<<…>>` (RFC 8610 §G.3). */
export interface DiagnosticOptions extends CborLimits {
  readonly embedded?: boolean;
}

/** One item in diagnostic notation (SPEC CBR-13). Throws as `decode` does. */
export function diagnose(bytes: Uint8Array, options: DiagnosticOptions = {}): string {
  return notation(decode(bytes, options), options.embedded === true ? limits.cborDepth : 0);
}

/** `layers` is how many byte strings inside each other are still opened; it bounds the recursion. */
function notation(value: CborValue, layers: number): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Uint8Array) return bytesNotation(value, layers);
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${key}: ${notation(item, layers)}`).join(", ")}}`;
  }
  return `[${(value as readonly CborValue[]).map((item) => notation(item, layers)).join(", ")}]`;
}

function bytesNotation(bytes: Uint8Array, layers: number): string {
  const inner = layers > 0 ? embeddedIn(bytes) : undefined;
  return inner === undefined ? `h'${toHex(bytes)}'` : `<<${notation(inner, layers - 1)}>>`;
}

/** The array or map that a byte string holds. Other items are too short to tell from chance. */
function embeddedIn(bytes: Uint8Array): CborValue | undefined {
  try {
    const value = decode(bytes, { maxBytes: bytes.length });
    return typeof value === "object" && value !== null && !(value instanceof Uint8Array) ? value : undefined;
  } catch (error) {
    if (error instanceof NyckelfriError) return undefined;
    throw error;
  }
}
