/** P16 (SPEC LOG-1, ACT-2, ACT-4, TIM-2, TIM-4, TIM-11, TIM-13): doors open, keys stay unlocked, and clocks and floors stay true. */
import { type EpochPair, limits, toHex } from "@nyckelfri/protocol";
import type { BoxOwn } from "../devices/activation-box/types.ts";
import type { HappeningOf } from "../world/happenings.ts";
import type { Checker, Truth } from "./checker.ts";
import { hear, lineOf, replyIn, requestIn, type Said, type Sessions } from "./hearing.ts";
import { asKey, cylinderStep, hasRogue, holdingOf, roleOf, secondsOf } from "./observed.ts";
import { checkerOf, type Scene } from "./watching.ts";

interface Memory {
  readonly sessions: Sessions;
  /** By key: PINs that it was asked about since it answered a collector last. */
  readonly pins: Map<string, number>;
  /** By key: what it has made of PINs since it was in a station, or got a ticket; under which pepper, and in which sessions. */
  readonly proofs: Map<string, PinProofs>;
  /** By line of an activation box. */
  readonly typed: Map<string, TypedPins>;
}
/** What a box has been given of PINs in one session. */
interface TypedPins {
  readonly session: number;
  readonly count: number;
  /** The verifiers that it holds: a newer one ends what was counted. */
  readonly verifiers: unknown;
  readonly sequence: number;
}
interface PinProofs {
  readonly pepper: string;
  /** Session and sequence of each. */
  readonly given: readonly string[];
}

/** Bounds are rounded to whole ms. */
const ROUNDING_MS = 1;
const DRIFT_PPM = 200;
const NOTHING = new Uint8Array(0);

export function oneRogueHarmsNobody(): Checker {
  return checkerOf<Memory>({
    property: "P16",
    says: "any one rogue: nothing honest fails or waits, nobody else is locked, no clock or floor goes where no issuer sent it",
    begin: () => ({ sessions: new Map(), pins: new Map(), proofs: new Map(), typed: new Map() }),
    watch: {
      liveness: ({ key, cylinder, opened }, { truth, breach }) => {
        if (opened === "no" && hasRogue(truth)) breach(cylinder, `${key} did not open it, with a rogue about`);
      },
      sent: (sent, { memory, truth, breach }) => {
        const said = hear(memory.sessions, sent);
        if (said === undefined) return;
        if (roleOf(sent.from, truth) === "key" && replyIn(said, "activate", "pin")?.v !== undefined) {
          const key = asKey(truth.state(sent.from));
          const tries = countProof(memory, sent.from, toHex(key?.holdings.pin?.pepper ?? NOTHING), said);
          if (tries > limits.pinAttempts) breach(sent.from, `it has answered ${tries} PINs since it was in a station`);
        }
        if (said.exchange === "activate") judgeBox(sent, said, memory, truth, breach);
        // SPEC ACT-4: a station's visit, or a ticket, ends what was counted; whether the key has taken it, its memory knows.
        const request = said.exchange === "dock" ? requestIn(said, "dock") : requestIn(said, "activate");
        if (said.exchange === "dock" ? request?.name === "prove" : request?.name === "activate")
          memory.proofs.delete(sent.to);
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

/** SPEC ACT-2: when a box says what it made of a PIN, its memory has counted it. */
function judgeBox(
  { from, to }: HappeningOf<"sent">,
  said: Said,
  { typed }: Memory,
  truth: Truth,
  breach: Scene<Memory>["breach"],
): void {
  const line = lineOf(from, to);
  const box = roleOf(from, truth) === "activation-box" ? from : to;
  if (roleOf(box, truth) !== "activation-box") return;
  const own = (truth.state(box) as { readonly own?: BoxOwn }).own;
  const known = typed.get(line);
  const before = known?.session === said.session && known.verifiers === own?.pins ? known.count : 0;
  const { sequence } = said.frame;
  // The same answer once more is the same PIN (SPEC FRM-8).
  const isRepeated = before > 0 && known?.sequence === sequence;
  if (replyIn(said, "activate", "pin")?.v !== undefined && !isRepeated)
    typed.set(line, { session: said.session, sequence, count: before + 1, verifiers: own?.pins });
  const asked = from === box ? requestIn(said, "activate")?.name : undefined;
  // The PIN was right, and with its ticket begins what is counted.
  if (asked === "activate") typed.delete(line);
  if (asked !== "pin-verdict") return;
  // Behind somebody in between sits another key than their own.
  if (roleOf(to, truth) === "rogue") return;
  const kid = truth.find(to)?.party.kid;
  const counted = kid === undefined ? undefined : own?.attempts.get(`attempts/${toHex(kid)}`)?.count;
  if (before > (counted ?? 0)) breach(box, `it judges PIN ${before} of ${to}, and has counted ${counted ?? 0}`);
}

/** How many PINs a key has answered, this one among them; a cached answer is the same once more. */
function countProof({ proofs }: Memory, key: string, pepper: string, { session, frame }: Said): number {
  const known = proofs.get(key);
  const before = known?.pepper === pepper ? known.given : [];
  const name = `${session} ${frame.sequence}`;
  const given = before.includes(name) ? before : [...before, name];
  proofs.set(key, { pepper, given });
  return given.length;
}

/** A key is locked by PINs that were tried at it, and by nothing that happens to others. */
function judgeLock(key: string, after: unknown, before: unknown, { memory, breach }: Scene<Memory>): void {
  const attempts = asKey(after)?.holdings.pin?.attempts ?? 0;
  if (attempts < limits.pinAttempts || attempts === asKey(before)?.holdings.pin?.attempts) return;
  const tried = memory.pins.get(key) ?? 0;
  if (tried < limits.pinAttempts) breach(key, `it is locked after ${tried} PINs`);
}
