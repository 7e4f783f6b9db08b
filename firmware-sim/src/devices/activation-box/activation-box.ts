/**
 * The activation box: a key in its contact, a holder who types, and a ticket for the shift (SPEC 8.3). It works without the
 * city, from verifiers that it was given before and its own certificate (SPEC ACT-6).
 */
import { matchesPin, PeerError } from "@nyckelfri/protocol";
import type { Device } from "../../world/entity.ts";
import { withoutKeyTimes } from "../mains/carried-time.ts";
import { certificateOf, isAskedFor } from "../mains/fetching.ts";
import { slotAt, slotGoesOn } from "../mains/slots.ts";
import type { At, HostPlan, MainsEffect, Plan, SlotAt, SlotPhase, TimerName, Turn } from "../mains/state.ts";
import { mainsDevice } from "../mains/step.ts";
import { followed, still, withSlot } from "../mains/turns.ts";
import { type Judgement, judgeGrant } from "./judging.ts";
import { grantedTicket, PIN, readOwn, TICKET_COUNTER, takePinVerifier } from "./pins.ts";
import { program, START_DOCK, triesLeft } from "./program.ts";
import { FIRST_STEP, SHOWN, TYPED_PIN } from "./tables.ts";
import type { BoxConfig, BoxDock, BoxEffect, BoxInput, BoxNext, BoxOn, BoxSign, BoxState, BoxX } from "./types.ts";

export function activationBoxDevice(config: BoxConfig): Device<BoxState, BoxInput, BoxEffect> {
  return mainsDevice(activationBoxPlan(), config);
}

type BoxAt = At<BoxX>;
type BoxSlot = SlotAt<BoxX>;
type BoxTurn = Turn<BoxX>;

export function activationBoxPlan(): Plan<BoxX> {
  return {
    kind: "activation-box",
    endsWithEpoch: [PIN],
    stays: [TICKET_COUNTER],
    readOwn,
    startWork: { heard: [] },
    clockStopped: withoutKeyTimes,
    capabilities: ["pin"],
    host,
    begin: ({ on }, slot) => {
      const before = on.slots[slot];
      const activated = before?.phase === "resting" ? before.dock.activated : "none";
      return { exchange: "activate", step: FIRST_STEP, dock: { ...START_DOCK, activated } };
    },
    program,
    handle: typed,
    timer: pinTimeout,
    proceed,
    slotChanged,
    started: (at) =>
      still(
        at.on,
        at.on.slots.map((_, slot) => shown(slot, idle(at))),
      ),
  };
}

const host: HostPlan<BoxX> = {
  deliver: (at, object) => {
    const taken = takePinVerifier(at, object);
    return taken === undefined ? undefined : { reply: { outcome: taken.outcome }, changes: taken.changes };
  },
  // SPEC SRV-2: a box keeps no log, and what there is to configure or to release is a cabinet's.
  command: () => ({ reply: { outcome: "refused" } }),
  bundle: () => {
    throw new PeerError("messages/unexpected");
  },
  acknowledge: () => {
    throw new PeerError("messages/unexpected");
  },
  bundles: () => ({ held: 0, room: 0 }),
};

/** Digits go to the key whose PIN the box has asked for; typed anywhere else, and what is no PIN, they count for nothing. */
function typed(at: BoxAt, { slot, pin }: BoxX["input"]): BoxTurn {
  const talking = slotAt(at, slot);
  if (talking === undefined || TYPED_PIN[talking.talking.step] === "ignore") return still(at.on);
  if (talking.talking.awaits !== "nothing") return still(at.on);
  if (!/^[0-9]{4,8}$/.test(pin)) return invited(talking, "type-pin");
  const on = noted(talking, { typed: pin });
  return followed(still<BoxX>(on, [disarmed(slot)]), (after) =>
    slotGoesOn({ ...at, on: after }, slot, talking.talking.session, "trying-pin"),
  );
}

function pinTimeout(at: BoxAt, name: string): BoxTurn {
  const slot = Number(name.slice(PIN_TIMER.length));
  const talking = slotAt(at, slot);
  if (talking === undefined || talking.talking.step !== "awaiting-pin") return still(at.on);
  const on = noted(talking, { ending: { kind: "nothing-typed" } });
  return slotGoesOn({ ...at, on }, slot, talking.talking.session, "rest");
}

function proceed(at: BoxAt, next: BoxNext): BoxTurn {
  const talking = slotAt(at, next.slot);
  if (talking === undefined || talking.talking.session !== next.session) return still(at.on);
  switch (next.kind) {
    case "judge":
      return judged(talking);
    case "ask-again":
      return invited(talking, "wrong-pin");
    case "compare":
      return compared(talking, next.v);
  }
}

/** Before the holder is asked for anything. */
function judged(at: BoxSlot): BoxTurn {
  const judgement = grantJudged(at);
  switch (judgement.kind) {
    case "unfit":
      return leadingTo(at, "rest", { ending: judgement.ending });
    case "unknown-issuer": {
      const issuer = certificateOf(judgement.kid, "grant");
      if (isAskedFor(at.dock, issuer)) return leadingTo(at, "rest", { ending: { kind: "grant-refused" } });
      return leadingTo(at, "learning-issuer", { missing: [...at.dock.missing, issuer] });
    }
    case "fit":
      if (triesLeft(at) === 0) return leadingTo(at, "rest", { ending: { kind: "locked" } });
      return followed(leadingTo(at, "awaiting-pin", {}), (on) => invited({ ...at, on }, "type-pin"));
  }
}

/**
 * SPEC ACT-3 to ACT-5: the try is counted. The grant is looked at once more, because a host may have brought a list while the
 * holder typed. A ticket is due only when its number is committed.
 */
function compared(at: BoxSlot, v: Uint8Array): BoxTurn {
  const { key } = at.met.welcome;
  const judgement = grantJudged(at);
  if (judgement.kind !== "fit") {
    return leadingTo(at, "rest", { ending: judgement.kind === "unfit" ? judgement.ending : { kind: "grant-refused" } });
  }
  const { digest, verifier, window, under } = judgement;
  if (!matchesPin(at.config.provider, verifier, v)) {
    const verdict = triesLeft(at) === 0 ? "locked" : "wrong-pin";
    return leadingTo(at, "telling-verdict", { verdict });
  }
  const { number, changes } = grantedTicket(at.on.own, key);
  const { from, until } = window;
  const ticket = { grantDigest: digest, from, until, method: "pin", boxCounter: number } as const;
  return { ...leadingTo(at, "activating", { due: { ticket, under } }), changes };
}

function grantJudged(at: BoxSlot): Judgement {
  const { grant } = at.dock;
  return grant === "none" ? { kind: "unfit", ending: { kind: "no-grant" } } : judgeGrant(at, grant);
}

/** Shows that a PIN is wanted, and waits for it. */
function invited(at: BoxSlot, sign: "type-pin" | "wrong-pin"): BoxTurn {
  const arm: MainsEffect<BoxX> = { kind: "arm", name: timerOf(at.slot), delayMs: at.config.pinWaitMs };
  return still(at.on, [shown(at.slot, { kind: sign, left: triesLeft(at) }), arm]);
}

function leadingTo(at: BoxSlot, leadsTo: BoxDock["leadsTo"], found: Partial<BoxDock>): BoxTurn {
  return still(noted(at, { ...found, leadsTo }));
}

function slotChanged(at: BoxAt, slot: number, before: SlotPhase): BoxTurn {
  const now = at.on.slots[slot];
  const wasTalking: readonly MainsEffect<BoxX>[] = before === "talking" ? [disarmed(slot)] : [];
  const sign = now === undefined ? "keep" : signOf(at, now, before);
  return still(at.on, sign === "keep" ? wasTalking : [...wasTalking, shown(slot, sign)]);
}

function signOf(at: BoxAt, now: BoxOn["slots"][number], before: SlotPhase): BoxSign | "keep" {
  const sign = SHOWN[now.phase];
  switch (sign) {
    case "as-it-ended":
      return now.phase === "resting" ? now.dock.ending : "keep";
    case "ready":
      return idle(at);
    // What stands there is true until something else is.
    case "reading":
      return before === "empty" ? { kind: "reading" } : "keep";
    case "out-of-order":
      return { kind: "out-of-order" };
    default:
      return "keep";
  }
}

/** SPEC TRU-1: what has no fleet yet can do nothing for a key. */
function idle({ on }: BoxAt): BoxSign {
  return { kind: on.holdings.lifecycle === "factory" ? "out-of-order" : "ready" };
}

function noted({ on, slot }: BoxSlot, dock: Partial<BoxDock>): BoxOn {
  const now = on.slots[slot];
  return now?.phase === "talking" ? withSlot<BoxX>(on, slot, { ...now, dock: { ...now.dock, ...dock } }) : on;
}

function shown(slot: number, sign: BoxSign): MainsEffect<BoxX> {
  return { kind: "show", slot, sign };
}

function disarmed(slot: number): MainsEffect<BoxX> {
  return { kind: "disarm", name: timerOf(slot) };
}

const PIN_TIMER = "pin-";
function timerOf(slot: number): TimerName {
  return `own/${PIN_TIMER}${slot}`;
}
