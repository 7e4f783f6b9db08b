/** Rules that several objects share. */
import { compareBytes } from "../bytes.ts";
import { checkPublicKey } from "../crypto/check-public-key.ts";
import type { Violation } from "./signed-object.ts";

/** Items in strictly ascending order: none twice, and one encoding for one set. */
export function ascending<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
  list: string,
): Violation | undefined {
  for (let index = 1; index < items.length; index++) {
    if (compare(items[index - 1] as T, items[index] as T) >= 0)
      return { code: "objects/not-ascending", details: { list, index } };
  }
  return undefined;
}

export const byNumber = (a: number, b: number): number => a - b;
export const byBytes: (a: Uint8Array, b: Uint8Array) => number = compareBytes;

/** Times that must follow each other: `nbf < exp`, `from < until`. */
export function nonEmptyWindow(begin: number, end: number): Violation | undefined {
  return begin < end ? undefined : { code: "objects/window-empty", details: { begin, end } };
}

/** SPEC CRY-7: a key that is about to be trusted. */
export function soundPublicKey(publicKey: Uint8Array): Violation | undefined {
  const verdict = checkPublicKey(publicKey);
  return verdict === "valid" ? undefined : { code: "objects/public-key", details: { verdict } };
}
