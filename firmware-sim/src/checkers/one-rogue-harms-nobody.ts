/** P16 (SPEC LOG-1, ACT-4, TIM-2, TIM-4, TIM-11, TIM-13): doors open, keys stay unlocked, and clocks and floors stay true. */
import { type EpochPair, limits } from "@nyckelfri/protocol";
import type { Checker, Truth } from "./checker.ts";
import { hear, replyIn, requestIn, type Sessions } from "./hearing.ts";
import { asKey, cylinderStep, hasRogue, holdingOf, secondsOf } from "./observed.ts";
import { checkerOf, type Scene } from "./watching.ts";

interface Memory {
  readonly sessions: Sessions;
  /** By key: PINs that it was asked about since it answered a collector last. */
  readonly pins: Map<string, number>;
}

/** Bounds are rounded to whole ms. */
const ROUNDING_MS = 1;
const DRIFT_PPM = 200;

export function oneRogueHarmsNobody(): Checker {
  return checkerOf<Memory>({
    property: "P16",
    says: "any one rogue: nothing honest fails or waits, nobody else is locked, no clock or floor goes where no issuer sent it",
    begin: () => ({ sessions: new Map(), pins: new Map() }),
    watch: {
      liveness: ({ key, cylinder, opened }, { truth, breach }) => {
        if (opened === "no" && hasRogue(truth)) breach(cylinder, `${key} did not open it, with a rogue about`);
      },
      sent: (sent, { memory }) => {
        const said = hear(memory.sessions, sent);
        if (said === undefined) return;
        if (requestIn(said, "activate")?.name === "pin") memory.pins.set(sent.to, (memory.pins.get(sent.to) ?? 0) + 1);
        // SPEC ACT-4: in a station it begins anew.
        if (said.exchange === "dock" && replyIn(said, "dock", "prove") !== undefined) memory.pins.delete(sent.from);
      },
      step: ({ moment }, scene) => {
        const { entity, before, after, input } = moment;
        if (before === after) return;
        const stepped = cylinderStep(moment, scene.truth);
        if (stepped !== undefined) {
          const { floor, bank } = stepped.after.stores;
          if (floor !== stepped.before?.stores.floor) judgeFloor(entity, floor, bank.settings.trust.epoch, scene);
          return;
        }
        const member = scene.truth.find(entity);
        if (member === undefined) return;
        const holding = holdingOf(member.role, after);
        const old = holdingOf(member.role, before);
        if (holding === undefined || holding === old) return;
        if (holding.floor !== old?.floor) judgeFloor(entity, holding.floor, holding.trust.epoch, scene);
        const { tickMs, stopFlag = "clear" } = input as { readonly tickMs?: number; readonly stopFlag?: string };
        // SPEC TIM-9: what it finds when it starts after a stop, or has committed over one, it gives up before it does anything else.
        const isStopped = stopFlag !== "clear" || knowsOfStop(before);
        if (holding.clock !== old?.clock && member.clock === "as-assumed" && tickMs !== undefined && !isStopped) {
          judgeClock(entity, holding.clock, tickMs, scene);
        }
        if (member.role === "key") judgeLock(entity, after, before, scene);
      },
    },
  });
}

function judgeFloor(device: string, floor: EpochPair, epoch: number, { truth, breach }: Scene<Memory>): void {
  const signed = truth.ledger.newestDateOf(floor.epoch);
  // What is still in the factory has neither.
  if (epoch > 0 && truth.ledger.newestDateOf(epoch) === undefined)
    breach(device, `it is in epoch ${epoch}, which nobody opened`);
  else if (floor.value > secondsOf(truth) && floor.value > (signed ?? 0)) {
    breach(device, `its floor (${floor.epoch}, ${floor.value}) is past all that was ever signed`);
  }
}

/** Word that the oscillator stopped waits for the memory. */
function knowsOfStop(state: unknown): boolean {
  const { waiting = [] } = state as { readonly waiting?: readonly { readonly kind: string }[] };
  return waiting[0]?.kind === "clock-stopped";
}

type Clock = NonNullable<ReturnType<typeof holdingOf>>["clock"];

/** Where the sources were honest and the crystal good, true time lies in the interval (SPEC TIM-1). */
function judgeClock(device: string, clock: Clock, tickMs: number, { truth, breach }: Scene<Memory>): void {
  if (clock.quality !== "running") return;
  const { loMs, hiMs, atTickMs } = clock.bounds;
  const elapsed = tickMs - atTickMs;
  const drift = Math.ceil((elapsed * DRIFT_PPM) / 1_000_000) + ROUNDING_MS;
  const offMs = offBy(truth, loMs + elapsed - drift, hiMs + elapsed + drift);
  if (offMs !== 0) breach(device, `true time is ${offMs} ms outside of what its clock says`);
}

function offBy({ unixMicroseconds }: Truth, loMs: number, hiMs: number): number {
  const trueMs = Math.floor(unixMicroseconds / 1_000);
  if (trueMs < loMs) return trueMs - loMs;
  return trueMs > hiMs ? trueMs - hiMs : 0;
}

/** A key is locked by PINs that were tried at it, and by nothing that happens to others. */
function judgeLock(key: string, after: unknown, before: unknown, { memory, breach }: Scene<Memory>): void {
  const attempts = asKey(after)?.holdings.pin?.attempts ?? 0;
  if (attempts < limits.pinAttempts || attempts === asKey(before)?.holdings.pin?.attempts) return;
  const tried = memory.pins.get(key) ?? 0;
  if (tried < limits.pinAttempts) breach(key, `it is locked after ${tried} PINs`);
}
