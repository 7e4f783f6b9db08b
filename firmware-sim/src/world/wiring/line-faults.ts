/**
 * What a line does with several transmissions: one overtakes another, one breaks off and the line is silent, and one that was sent long
 * ago comes once more. Faults of single bytes are the UART's own (hardware/uart.ts).
 */
import { between, oneOf } from "../../hardware/draws.ts";
import type { UartFault } from "../../hardware/uart.ts";
import { FAULT_ON_LINE } from "../conditions.ts";
import type { Hands } from "../entity.ts";
import type { Arrival, Line } from "./line.ts";
import type { Wiring } from "./wiring.ts";

interface Transmission {
  readonly from: string;
  readonly to: string;
  readonly bytes: Uint8Array;
}

/** How late a transmission is that others overtake, and how long a line is silent. */
const OVERTAKEN_MICROSECONDS = 600_000;
/** So long after a line has opened, at most, an older frame is played into it, and bytes that stood in a buffer come. */
const REPLAY_MICROSECONDS = 1_500_000;
const STALE_MICROSECONDS = 60_000;
/** Of each sender. */
const FRAMES_REMEMBERED = 6;

/** What arrives of a transmission, where `transmit` tells what the line itself makes of it. */
export function disturbed(
  wiring: Wiring,
  world: Hands,
  { from, to, bytes }: Transmission,
  transmit: (struck: (fault: UartFault) => void) => readonly Arrival[],
): readonly Arrival[] {
  const conditions = world.part(wiring.conditions);
  const arrivals = transmit((fault) => {
    const name = FAULT_ON_LINE[fault];
    if (name !== undefined) conditions.strikesSoFar.strike(name, to);
  });
  const { linkReorderPerMillion, linkStallPerMillion, linkStaleBytes, linkReplayPerMillion } = conditions.options;
  if (linkStaleBytes + linkReplayPerMillion > 0) remember(wiring, world, from, bytes);
  if (linkReorderPerMillion + linkStallPerMillion === 0) return arrivals;
  const draws = world.stream(`disturbance ${from}`);
  if (conditions.strikes("linkStallPerMillion", to, draws)) return brokenOff(arrivals, between(draws, 0, bytes.length));
  if (!conditions.strikes("linkReorderPerMillion", to, draws)) return arrivals;
  const late = between(draws, 1, OVERTAKEN_MICROSECONDS);
  return arrivals.map((arrival) => ({ ...arrival, from: arrival.from + late, at: arrival.at + late }));
}

/** The first so many bytes, at the time at which all of them would have been there. */
function brokenOff(arrivals: readonly Arrival[], kept: number): readonly Arrival[] {
  let left = kept;
  return arrivals.flatMap((arrival) => {
    const bytes = arrival.bytes.subarray(0, left);
    left -= bytes.length;
    return bytes.length === 0 ? [] : [{ ...arrival, bytes }];
  });
}

/** What comes out of a line that has just been opened and that nobody has sent on yet. */
export function openingNoise(
  wiring: Wiring,
  world: Hands,
  { a, b }: Line,
): readonly (Arrival & { readonly to: string })[] {
  const conditions = world.part(wiring.conditions);
  const { linkStaleBytes, linkReplayPerMillion } = conditions.options;
  if (linkStaleBytes + linkReplayPerMillion === 0) return [];
  const { spoken } = world.part(wiring.bodies);
  const draws = world.stream(`noise on lines of ${a}`);
  return [
    { from: a, to: b },
    { from: b, to: a },
  ].flatMap(({ from, to }) => {
    const [newest, ...older] = [...(spoken.get(from) ?? [])].reverse();
    if (newest === undefined) return [];
    const noise: (Arrival & { readonly to: string })[] = [];
    if (linkStaleBytes > 0) {
      const at = world.now + between(draws, 1, STALE_MICROSECONDS);
      conditions.strikesSoFar.strike("linkStaleBytes", to);
      noise.push({ to, from: at, at, bytes: newest.slice(-between(draws, 1, linkStaleBytes)) });
    }
    if (conditions.strikes("linkReplayPerMillion", to, draws)) {
      const at = world.now + between(draws, 1, REPLAY_MICROSECONDS);
      noise.push({ to, from: at, at, bytes: oneOf(draws, [newest, ...older]) });
    }
    return noise;
  });
}

function remember(wiring: Wiring, world: Hands, from: string, bytes: Uint8Array): void {
  const { spoken } = world.part(wiring.bodies);
  spoken.set(from, [...(spoken.get(from) ?? []), bytes].slice(-FRAMES_REMEMBERED));
}
