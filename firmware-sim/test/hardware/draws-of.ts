import type { Draws } from "#src/hardware/draws.ts";

/** Draws that follow from a seed alone (mulberry32). */
export function drawsOf(seed: number): Draws {
  let state = seed | 0;
  return {
    below(bound) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
    },
  };
}

/** For what must not draw at all. */
export const NO_DRAWS: Draws = {
  below() {
    throw new Error("a draw was taken");
  },
};

/** These draws, each below its bound, then no more. */
export function drawsListed(...values: readonly number[]): Draws {
  const left = [...values];
  return {
    below(bound) {
      const value = left.shift();
      if (value === undefined || value >= bound) throw new Error(`no draw below ${bound}: ${value}`);
      return value;
    },
  };
}
