/**
 * Exact bytes of signed objects, in slots that are all alike. A slot counts for nothing until the settings name it, so an
 * object is written first and becomes the one that holds by the settings' commit alone (SPEC OPN-7).
 */
import { concatBytes } from "@nyckelfri/protocol";
import { erases, type Stage, stageOf } from "./commit.ts";
import { type PartedRegion, POOLED_BYTES } from "./layout.ts";
import { type Memory, readSpan, wordsFor } from "./memory.ts";
import { CRC_BYTES, Packer, sealed, Unpacker, unsealed } from "./packing.ts";
import type { StoreContext } from "./stores.ts";

export interface Pooled {
  readonly bytes: Uint8Array;
  /** protocol's `verificationDigest`: the device has verified exactly these bytes (SPEC OPN-10). */
  readonly digest: Uint8Array;
}

const DIGEST_BYTES = 32;
const HEAD_LENGTH = 2 + DIGEST_BYTES;

export function slotPage(region: PartedRegion, slot: number): number {
  return region.page + slot * region.pagesPerPart;
}

/** Erased, as far as a reader can find out. */
export function isBlankSlot({ findings, layout: { objects } }: StoreContext, memory: Memory, slot: number): boolean {
  return erases(findings, memory, slotPage(objects, slot), objects.pagesPerPart).length === 0;
}

export function planObject(
  { profile, findings, layout: { objects: region } }: StoreContext,
  memory: Memory,
  slot: number,
  pooled: Pooled,
): Stage {
  const page = slotPage(region, slot);
  const head = new Packer().u16(pooled.bytes.length).bytes(pooled.digest).done();
  const bytes = sealed(concatBytes(head, pooled.bytes));
  return stageOf(profile, erases(findings, memory, page, region.pagesPerPart), [{ page, word: 0, bytes }]);
}

/** What a slot holds; undefined for one that was never written whole. */
export function readObject(
  { findings, layout: { objects: region } }: StoreContext,
  memory: Memory,
  slot: number,
): Pooled | undefined {
  const page = slotPage(region, slot);
  return findings.object.of(memory.nvm, page, region.pagesPerPart, () => objectAt(memory, region, slot));
}

function objectAt(memory: Memory, region: PartedRegion, slot: number): Pooled | undefined {
  const page = slotPage(region, slot);
  const start = readSpan(memory, { page, word: 0, words: wordsFor(memory.nvm.profile, 2) });
  if (start === "trap") return undefined;
  const length = HEAD_LENGTH + new Unpacker(start).u16();
  if (length + CRC_BYTES > POOLED_BYTES) return undefined;
  const words = wordsFor(memory.nvm.profile, length + CRC_BYTES);
  const whole = unsealed(readSpan(memory, { page, word: 0, words }), length);
  if (whole === undefined) return undefined;
  return { digest: whole.slice(2, HEAD_LENGTH), bytes: whole.slice(HEAD_LENGTH) };
}
