/**
 * The map of a cylinder's memory (SPEC chapter 11): which pages belong to what, for any part with words and pages.
 *
 * | region   | holds                                                       | how it is kept                     |
 * |----------|-------------------------------------------------------------|------------------------------------|
 * | identity | private key, device secret, serial number                   | written once, at the factory       |
 * | nonces   | the nonce counter                                           | counter-ring.ts, wear-levelled     |
 * | counted  | refusals that were not authenticated                        | counter-ring.ts                    |
 * | settings | trust, floor, versions, lifecycle, marks, where objects are | settings-store.ts, a ring of banks     |
 * | objects  | exact bytes of policy, lists, certificates, grants, tickets | object-pool.ts, named by settings  |
 * | openings | intents, outcomes and the door's own events                 | record-store.ts                    |
 * | refusals | authenticated refusals                                      | record-store.ts                    |
 */
import { CallerError } from "@nyckelfri/protocol";
import type { NvmProfile } from "../../hardware/nvm.ts";
import { RING_SIZES } from "../shared/ring-sizes.ts";
import { wordsFor } from "./memory.ts";

export interface Region {
  readonly page: number;
  readonly pages: number;
}

/** A ring of counters, each `entryWords` long. */
export interface CounterRegion extends Region {
  readonly entryWords: number;
  readonly entriesPerPage: number;
}

/** A ring of records: each block begins with two copies of its number, then come slots of body, mark 1 and mark 2. */
export interface RingRegion extends Region {
  readonly blocks: number;
  /** Erased together: more than one where pages are small. */
  readonly pagesPerBlock: number;
  readonly numberWords: number;
  readonly bodyWords: number;
  readonly slotWords: number;
  readonly slotsPerBlock: number;
}

/** Of equal parts: the banks, or the slots of the pool. */
export interface PartedRegion extends Region {
  readonly parts: number;
  readonly pagesPerPart: number;
}

export interface CylinderLayout {
  readonly identity: Region;
  readonly nonces: CounterRegion;
  readonly counted: CounterRegion;
  readonly settings: PartedRegion;
  readonly objects: PartedRegion;
  readonly openings: RingRegion;
  readonly refusals: RingRegion;
  /** All of them. */
  readonly pages: number;
}

/** SPEC LOG-8: what the counters must stand. */
export const INSERTIONS = 5_000_000;
export const IDENTITY_BYTES = 128;
export const COUNTER_BYTES = 8;
export const SETTINGS_BYTES = 640;
/** An object of 1,000 bytes (SPEC COS-1), its length, the digest of its verification, CRC. */
export const POOLED_BYTES = 1_040;
/** The one that holds, the one before it, and what a visit with three updates and a new grant commits (SPEC OPN-7, OPN-10). */
export const SETTINGS_BANKS = 6;
export const RECORD_BODY_BYTES = 64;
/** One policy, 8 lists, 8 certificates, 8 grants with their tickets, and what one session brings anew. */
export const POOL_SLOTS = 48;
const LEAST_SLOTS = 4;

/** One of each: a city has thousands of doors and a few kinds of memory. */
const layouts = new WeakMap<NvmProfile, CylinderLayout>();

/** Where everything is. Throws `caller/argument` for a memory that is too small; `pages` of the result says how many it takes. */
export function layoutOf(profile: NvmProfile): CylinderLayout {
  const known = layouts.get(profile);
  if (known !== undefined) return known;
  const layout = planned(profile);
  if (layout.pages > profile.pages) {
    throw new CallerError("caller/argument", {
      argument: "profile",
      takes: `${layout.pages} pages`,
      pages: profile.pages,
    });
  }
  layouts.set(profile, layout);
  return layout;
}

/** The part with as many pages as a cylinder takes. */
export function cylinderMemory(part: Omit<NvmProfile, "pages">): NvmProfile {
  return { ...part, pages: planned({ ...part, pages: 0 }).pages };
}

function planned(profile: NvmProfile): CylinderLayout {
  let pages = 0;
  const place = <R>(region: R & { readonly pages: number }): R & Region => {
    const page = pages;
    pages += region.pages;
    return { ...region, page };
  };
  const pageBytes = profile.wordBytes * profile.wordsPerPage;
  const parted = (parts: number, bytes: number): Omit<PartedRegion, "page"> => {
    // Two words more: the marks of a bank.
    const pagesPerPart = Math.ceil((wordsFor(profile, bytes) + 2) / profile.wordsPerPage);
    return { parts, pagesPerPart, pages: parts * pagesPerPart };
  };
  return {
    identity: place({ pages: Math.ceil(IDENTITY_BYTES / pageBytes) }),
    nonces: place(counterRegion(profile)),
    counted: place(counterRegion(profile)),
    settings: place(parted(SETTINGS_BANKS, SETTINGS_BYTES)),
    objects: place(parted(POOL_SLOTS, POOLED_BYTES)),
    openings: place(ringRegion(profile, RING_SIZES.openings)),
    refusals: place(ringRegion(profile, RING_SIZES.refusals)),
    pages,
  };
}

function counterRegion(profile: NvmProfile): Omit<CounterRegion, "page"> {
  const entryWords = wordsFor(profile, COUNTER_BYTES);
  const entriesPerPage = Math.floor(profile.wordsPerPage / entryWords);
  // The first entry of a page repeats the last value. Cells that are overwritten wear with each word.
  const perCycle = profile.cells === "overwrite" ? 1 : entriesPerPage - 1;
  const worn = profile.cells === "overwrite" ? 2 * entryWords : 1;
  const counts = Math.max(1, Math.floor((profile.enduranceCycles * perCycle) / worn));
  // One page is always being prepared.
  return { entryWords, entriesPerPage, pages: 1 + Math.max(2, Math.ceil(INSERTIONS / counts)) };
}

function ringRegion(profile: NvmProfile, records: number): Omit<RingRegion, "page"> {
  const numberWords = wordsFor(profile, COUNTER_BYTES);
  const bodyWords = wordsFor(profile, RECORD_BODY_BYTES);
  const slotWords = bodyWords + 2;
  const leastWords = 2 * numberWords + LEAST_SLOTS * slotWords;
  const pagesPerBlock = Math.ceil(leastWords / profile.wordsPerPage);
  const slotsPerBlock = Math.floor((pagesPerBlock * profile.wordsPerPage - 2 * numberWords) / slotWords);
  // Two blocks more: the one that is being filled, and the next one, which is erased ahead.
  const blocks = 2 + Math.ceil(records / slotsPerBlock);
  const pages = blocks * pagesPerBlock;
  return { numberWords, bodyWords, slotWords, slotsPerBlock, blocks, pagesPerBlock, pages };
}
