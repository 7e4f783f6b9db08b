/** A key in a slot says who it is, or is given back (SPEC STO-1, MSG-7). */
import {
  type CabinetEvent,
  deviceProofObject,
  equalBytes,
  PeerError,
  parseObject,
  verifyDeviceProof,
} from "@nyckelfri/protocol";
import type { MainsEffect, SlotAt, Taken, Todo } from "../mains/state.ts";
import type { Changes } from "../shared/transactions.ts";
import { reported } from "./events.ts";
import { grantInUse, isEntitled } from "./holder.ts";
import type { CabinetOn, CabinetShow, CabinetX, Whereabouts } from "./types.ts";
import { grantName, keysIn, knownPublicKey, placed, registered, whereaboutsOf } from "./whereabouts.ts";

type CabinetSlot = SlotAt<CabinetX>;
type CabinetTaken = Taken<CabinetX>;

export function shown(shows: CabinetShow): MainsEffect<CabinetX> {
  return { kind: "show", shows };
}

/** The proof is judged under a public key that a grant of this fleet has named, and no other. */
export function identify(at: CabinetSlot, bytes: Uint8Array): CabinetTaken {
  const publicKey = provenKey(at, bytes);
  return publicKey === undefined ? giveBack(at) : admit(at, publicKey);
}

function provenKey({ on, config, met, talking, dock }: CabinetSlot, bytes: Uint8Array): Uint8Array | undefined {
  const { key } = met.welcome;
  const publicKey = knownPublicKey(on.own, key) ?? (dock.shown === "none" ? undefined : dock.shown.value.cnf.key.x);
  if (publicKey === undefined) return undefined;
  const { provider } = config;
  const verifier = { provider, publicKey, fleetId: on.holdings.trust.fleetId };
  const session = { nonce: talking.nonce, exchange: talking.exchange, transcript: met.transcript };
  try {
    verifyDeviceProof(parseObject(deviceProofObject, bytes), verifier, session);
    return publicKey;
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

/**
 * An unknown key, or one whose proof fails. It is given back only when it was put in just now, before the cabinet's eyes, and no key
 * is stored there: what was found in a slot after power-on, or stands where another key should, stays behind its bolt.
 */
export function giveBack(at: CabinetSlot): CabinetTaken {
  const { on, slot } = at;
  const isTold = on.work.toldWrong.includes(slot);
  const isPutIn = on.work.putIn.includes(slot) && keysIn(on.own, slot).length === 0;
  const { changes, todo } = reported(at, isTold ? [] : [{ slot, event: "wrong-key" }]);
  const work = { ...judged(on, slot).work, toldWrong: isTold ? on.work.toldWrong : [...on.work.toldWrong, slot] };
  const draw: readonly Todo<CabinetX>[] = isPutIn
    ? [{ kind: "own", next: { kind: "draw-bolt", slot, reason: "give-back" } }]
    : [];
  const next = { ...on, work };
  return { to: "rest", on: unwished(next, slot), changes, todo: [...todo, ...draw], effects: refusals(at, isTold) };
}

function refusals(at: CabinetSlot, isTold: boolean): readonly MainsEffect<CabinetX>[] {
  if (isWaitedFor(at)) return [shown("try-again")];
  return isTold ? [] : [shown("wrong-key")];
}

/** The key that is stored here, and will not or cannot prove itself now: it stays, and is tried again. */
export function unproven(at: CabinetSlot): CabinetTaken {
  const isStored = keysIn(at.on.own, at.slot).some(({ kid }) => equalBytes(kid, at.met.welcome.key));
  return isStored ? { to: "fault" } : giveBack(at);
}

/** One commit: where this key is, that no other is there, and the grant by which it is somebody's. */
function admit(at: CabinetSlot, publicKey: Uint8Array): CabinetTaken {
  const { on, config, slot, met } = at;
  const { own } = on;
  const kid = met.welcome.key;
  const key: Whereabouts = { kid, publicKey, place: { kind: "stored", slot } };
  const before = whereaboutsOf(own, kid)?.place;
  const isNew = before === undefined || before.kind === "out" || before.slot !== slot;
  const others = keysIn(own, slot).filter((one) => !equalBytes(one.kid, kid));
  const grant = grantInUse(at);
  const events: CabinetEvent[] = [
    ...(others.length > 0 ? [{ slot, event: "wrong-key" } as const] : []),
    ...(isNew ? [{ slot, event: "checked-in" } as const] : []),
  ];
  const { changes: kept, todo } = reported(at, events);
  const changes: Changes = new Map([
    ...(isNew || before?.kind !== "stored" ? placed(own, config, key) : []),
    ...others.flatMap((one) => [...placed(own, config, gone(one, slot))]),
    ...(grant === undefined ? forgotten(own, kid) : remembered(own, kid, grant.bytes)),
    ...registered(own, config, key),
    ...kept,
  ]);
  const after = judged(on, slot);
  const taken = { on: after, dock: { key: "proven" }, changes, todo } as const;
  const welcomed = isNew ? [shown("key-taken-in")] : [];
  const { wish } = on.work;
  if (!isWaitedFor(at) || wish === "none") {
    return { ...taken, to: config.host === "none" ? "delivering" : "reading-journal", effects: welcomed };
  }
  if (grant !== undefined && isEntitled(at, grant, wish.holder))
    return { ...taken, to: "checking-out", effects: welcomed };
  return { ...taken, to: "rest", on: unwished(after, slot), effects: [...welcomed, shown("nothing-for-you")] };
}

/** A key that should be here and is not: nobody took it under a grant that the cabinet knows. */
function gone({ kid, publicKey }: Whereabouts, slot: number): Whereabouts {
  const lease = { grant: "unknown", exp: 0, since: 0 } as const;
  return { kid, publicKey, place: { kind: "out", slot, lease, overdue: "told" } };
}

export function remembered(own: CabinetOn["own"], kid: Uint8Array, grant: Uint8Array): Changes {
  const name = grantName(kid);
  const held = own.grants.get(name);
  return held !== undefined && equalBytes(held.bytes, grant) ? new Map() : new Map([[name, grant]]);
}

function forgotten(own: CabinetOn["own"], kid: Uint8Array): Changes {
  const name = grantName(kid);
  return own.grants.has(name) ? new Map([[name, "deleted"]]) : new Map();
}

function judged(on: CabinetOn, slot: number): CabinetOn {
  return { ...on, work: { ...on.work, putIn: on.work.putIn.filter((one) => one !== slot) } };
}

export function isWaitedFor({ on, slot, dock }: CabinetSlot): boolean {
  return dock.purpose === "hand-out" && on.work.wish !== "none" && on.work.wish.slot === slot;
}

/** Nobody waits for this slot any more. */
export function unwished(on: CabinetOn, slot: number): CabinetOn {
  const { wish } = on.work;
  return wish === "none" || wish.slot !== slot ? on : { ...on, work: { ...on.work, wish: "none" } };
}
