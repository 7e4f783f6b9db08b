/** Rules that several objects share. */
import { compareBytes, equalBytes } from "../bytes.ts";
import { type Schema, text } from "../cbor/schema.ts";
import { PeerError } from "../errors.ts";
import type { Unverified, Violation } from "./signed-object.ts";

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

/** What a holder types at a box, and a host shows once at an enrolment (SPEC DCK-8, ACT-2). */
export const pin: Schema<string> = text({ min: 4, max: 8, pattern: /[0-9]{4,8}/ });

export const byNumber = (a: number, b: number): number => a - b;
export const byBytes: (a: Uint8Array, b: Uint8Array) => number = compareBytes;

/** Times that must follow each other: `nbf < exp`, `from < until`. */
export function nonEmptyWindow(begin: number, end: number): Violation | undefined {
  return begin < end ? undefined : { code: "objects/window-empty", details: { begin, end } };
}

/** An object that answers a nonce answers the one that was given in this session, or nothing (SPEC MSG-5). */
export function requireNonce<T extends { readonly nonce: Uint8Array }>(object: Unverified<T>, given: Uint8Array): void {
  if (!equalBytes(object.value.nonce, given)) throw new PeerError("objects/nonce", { object: object.kind.name });
}

/** An object that is bound to one device is for this one. */
export function requireDevice<T extends { readonly device: Uint8Array }>(object: Unverified<T>, kid: Uint8Array): void {
  if (!equalBytes(object.value.device, kid)) throw new PeerError("objects/other-device", { object: object.kind.name });
}
