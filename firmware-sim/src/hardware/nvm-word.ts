/**
 * One word of a non-volatile memory: how it reads, and what programming makes of it.
 *
 * A word is *erased* (all ones), *good*, *torn* (cut short: neither its old value nor its new one, for good) or
 * *marginal* (cut short, or too worn: each reading may show the old value, the new one, or neither; field/simulation.md
 * §4.4).
 */
import { type Draws, oneOf } from "./draws.ts";
import type { NvmProfile } from "./nvm.ts";

/** The truth about a word, for checkers: a device sees only what it reads. */
export type NvmWord =
  | { readonly state: "erased" }
  | { readonly state: "good"; readonly bytes: Uint8Array }
  | { readonly state: "torn"; readonly bytes: Uint8Array }
  | MarginalWord;

/** What a reading may show: the one, the other, or some bits of each. */
export interface MarginalWord {
  readonly state: "marginal";
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** What is wrong with a word; a torn word's bits are those in the page. */
export type NvmDamage = { readonly state: "torn" } | MarginalWord;
export type NvmInjury = NvmDamage["state"];

/** A word as its page holds it. */
export interface HeldWord {
  readonly bytes: Uint8Array;
  readonly damage: NvmDamage | undefined;
}

const ONES = 0xff;

export function wordState(bytes: Uint8Array, damage: NvmDamage | undefined): NvmWord {
  if (damage?.state === "marginal") return damage;
  if (damage?.state === "torn") return { state: "torn", bytes };
  return isErased(bytes) ? { state: "erased" } : { state: "good", bytes };
}

/** One reading of a word that is hurt; with ECC a trap where more than one bit is wrong. */
export function readHurtWord(
  cells: NvmProfile["cells"],
  bytes: Uint8Array,
  damage: NvmDamage,
  draws: Draws,
): Uint8Array | "trap" {
  if (damage.state === "torn") return cells === "ecc-once" ? "trap" : bytes;
  const seen = sense(damage, draws);
  if (cells !== "ecc-once") return seen;
  // Single error correction, double error detection: one bit away from a value that was written is that value; `to` first,
  // which is what a fading word held.
  return [damage.to, damage.from].find((value) => differingBits(seen, value) <= 1) ?? "trap";
}

/** What becomes of a word that is programmed, or why nothing does. `cycles` is the wear of its page. */
export function programWord(
  profile: NvmProfile,
  held: HeldWord,
  target: Uint8Array,
  { cycles, injury, draws }: { readonly cycles: number; readonly injury: NvmInjury | undefined; readonly draws: Draws },
): HeldWord | "not-erased" | "worn-out" | "silent-no-op" {
  const { cells } = profile;
  const marginal = held.damage?.state === "marginal" ? held.damage : undefined;
  // The part looks at the word as a reader would: a marginal one may look erased and take the program, badly.
  const seen = marginal === undefined ? held.bytes : sense(marginal, draws);
  if (!takesProgram(cells, seen, target, held.damage)) return profile.refusedProgram;
  const wearOut = cycles > profile.enduranceCycles ? profile.wearOut : undefined;
  if (cells === "overwrite" && wearOut === "fails") return "worn-out";
  if (cells === "overwrite" && wearOut === "silent-no-op") return wearOut;
  // What was not quite erased pulls bits down that the program leaves alone.
  const pulls = marginal !== undefined && cells !== "overwrite";
  const low = pulls ? both(both(marginal.from, marginal.to), target) : target;
  if (injury === "torn") return { bytes: mixed(seen, low, draws), damage: { state: "torn" } };
  const isWeak = injury === "marginal" || wearOut === "programs-marginal";
  return { bytes: target, damage: isWeak ? marginalUnlessSame(seen, low) : marginalUnlessSame(low, target) };
}

export function isErased(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === ONES);
}

export function both(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((byte, index) => byte & (other[index] ?? 0));
}

export function marginalUnlessSame(from: Uint8Array, to: Uint8Array): MarginalWord | undefined {
  return differingBits(from, to) === 0 ? undefined : { state: "marginal", from: from.slice(), to: to.slice() };
}

function takesProgram(
  cells: NvmProfile["cells"],
  seen: Uint8Array,
  target: Uint8Array,
  damage: NvmDamage | undefined,
): boolean {
  switch (cells) {
    case "overwrite":
      return true;
    case "clear-bits":
      return target.every((byte, index) => (byte & ~(seen[index] ?? 0)) === 0);
    case "once":
      return isErased(seen);
    case "ecc-once":
      // The bits of the ECC are torn too, although the data may look erased.
      return isErased(seen) && damage?.state !== "torn";
  }
}

/** As often right as wrong, so that a word which read well once proves nothing. */
function sense({ from, to }: MarginalWord, draws: Draws): Uint8Array {
  const seen = oneOf(draws, ["from", "to", "mixed"]);
  if (seen === "mixed") return mixed(from, to, draws);
  return seen === "from" ? from : to;
}

/** Each bit that differs is taken from the one or the other. */
function mixed(from: Uint8Array, to: Uint8Array, draws: Draws): Uint8Array {
  return from.map((byte, index) => byte ^ ((byte ^ (to[index] ?? 0)) & draws.below(256)));
}

function differingBits(one: Uint8Array, other: Uint8Array): number {
  if (one === other) return 0;
  let bits = 0;
  for (let index = 0; index < one.length; index++) {
    for (let left = (one[index] ?? 0) ^ (other[index] ?? 0); left !== 0; left &= left - 1) bits++;
  }
  return bits;
}
