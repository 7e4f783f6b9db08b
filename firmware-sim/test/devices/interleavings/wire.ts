/** What somebody has asked a device that keeps frames while it writes, and what it has said to that. */
import { decodeError, equalBytes, type Frame, MESSAGE_BUSY, MESSAGE_ERROR } from "@nyckelfri/protocol";
import { demand } from "./explore.ts";

export interface Asked {
  readonly frame: Frame;
  readonly reply: Uint8Array | undefined;
}

export function isSameRequest(a: Frame, b: Frame): boolean {
  return a.session === b.session && a.sequence === b.sequence && a.message === b.message && equalBytes(a.body, b.body);
}

export function asking(asked: readonly Asked[], frame: Frame): readonly Asked[] {
  return asked.some((one) => isSameRequest(one.frame, frame)) ? asked : [...asked, { frame, reply: undefined }];
}

/**
 * An answer goes to something that was asked, and repeats bit for bit (SPEC FRM-6, FRM-7). `first`: nobody has had it yet, and it is no
 * BUSY and none of framing's own errors; `error` is what the device refuses with.
 */
export function answering(
  asked: readonly Asked[],
  frame: Frame,
  bytes: Uint8Array,
): { readonly asked: readonly Asked[]; readonly kind: "first" | "error" | "again" } {
  const { session, sequence } = frame;
  const ofNumber = asked.filter((one) => one.frame.session === session && one.frame.sequence === sequence);
  const [first] = ofNumber;
  demand(first !== undefined, "SPEC FRM-6: an answer to nothing that was asked");
  const code = frame.message === MESSAGE_ERROR ? decodeError(frame.body).code : undefined;
  if (frame.message === MESSAGE_BUSY || code?.startsWith("framing/")) return { asked, kind: "again" };
  const replied = ofNumber.find(({ reply }) => reply !== undefined)?.reply;
  demand(replied === undefined || equalBytes(replied, bytes), "SPEC FRM-7: a second answer differs from the first");
  if (replied !== undefined) return { asked, kind: "again" };
  const kept = asked.map((one) => (one === first ? { ...one, reply: bytes } : one));
  return { asked: kept, kind: code === undefined ? "first" : "error" };
}

/**
 * Requests out of their turn: the last one again and with another body, one that leaves a number out after `current`, and the next one of
 * another session than this.
 */
export function strays(
  asked: readonly Asked[],
  session: number,
  { last, current }: { readonly last: Frame; readonly current: Frame },
): Readonly<Record<"repeat" | "reused" | "gap" | "before", Frame | undefined>> {
  const before = asked.findLast(({ frame }) => frame.session !== session)?.frame;
  return {
    repeat: last,
    reused: { ...last, body: Uint8Array.of(0xa0) },
    gap: { ...current, sequence: current.sequence + 2 },
    before: before && { ...before, sequence: before.sequence + 1 },
  };
}
