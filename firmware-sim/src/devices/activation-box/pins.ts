/** PIN verifiers, and the tries of each key (SPEC ACT-2 to ACT-4, OBJ-17, PER-10). */
import {
  type CborValue,
  decode,
  encode,
  type Grant,
  limits,
  parseSign1,
  pinVerifierObject,
  type Seconds,
  toHex,
  typOf,
} from "@nyckelfri/protocol";
import { issued, orRefused } from "../mains/delivering.ts";
import { encodeNumber, familyAfter, readFamily, readObjects } from "../mains/holdings.ts";
import type { At, Plan } from "../mains/state.ts";
import { type Delivered, deleted, REFUSED, takeNewest } from "../shared/believing.ts";
import type { Changes, Items } from "../shared/transactions.ts";
import type { Attempts, BoxOwn, BoxX } from "./types.ts";

export const PIN = "pin/";
const ATTEMPTS = "attempts/";
/** SPEC OBJ-6. */
export const TICKET_COUNTER = "ticket-counter";

/** SPEC ACT-4. */
export const PIN_ATTEMPTS: number = limits.pinAttempts;

export function pinName(key: Uint8Array): string {
  return `${PIN}${toHex(key)}`;
}
function attemptsName(key: Uint8Array): string {
  return `${ATTEMPTS}${toHex(key)}`;
}

export function readOwn(items: Items, after?: Parameters<Plan<BoxX>["readOwn"]>[1]): BoxOwn {
  const pin = readObjects(pinVerifierObject);
  const counter = items.get(TICKET_COUNTER);
  const ticketCounter = counter === undefined ? 0 : Number(decode(counter));
  if (after === undefined) {
    return { pins: readFamily(items, PIN, pin), attempts: readFamily(items, ATTEMPTS, readAttempts), ticketCounter };
  }
  const { own, changes } = after;
  return {
    pins: familyAfter(own.pins, changes, PIN, pin),
    attempts: familyAfter(own.attempts, changes, ATTEMPTS, readAttempts),
    ticketCounter,
  };
}

/**
 * SPEC OBJ-17: the highest (epoch, version) of each key stays, and is never given up for another key's: else the one that it
 * replaced could come again, and with it five more tries. Undefined for objects of other kinds.
 */
export function takePinVerifier(at: At<BoxX>, bytes: Uint8Array): Delivered | undefined {
  return orRefused(() => {
    if (parseSign1(bytes).typ !== typOf("pin-verifier")) return undefined;
    return issued(at, pinVerifierObject, bytes, ({ value }, signer) => {
      const { pins } = at.on.own;
      const { pinPlaces: places } = at.config;
      const name = pinName(value.key);
      if (!pins.has(name) && pins.size >= places) return REFUSED;
      const { outcome, changes } = takeNewest(
        [...pins.values()],
        ({ version }) => version,
        { name, value, bytes, epoch: signer.certificate.value.epoch },
        { epoch: at.on.holdings.trust.epoch, places, makesRoom: "for-nobody" },
      );
      // SPEC ACT-4: the city's newer word on this PIN ends what was tried against the older one.
      const fresh = changes.size === 0 ? changes : new Map([...changes, deleted(attemptsName(value.key))]);
      return { outcome, changes: fresh };
    });
  });
}

/**
 * How many tries of a key count against it, 0 to 5. What a key says of itself proves nothing here: one that lies could have
 * tries without end. Its tries end by the city's word alone: a newer verifier, or a grant that was issued after the last of
 * them, which is what a key brings from a station (SPEC ACT-4).
 */
export function attemptsOf({ attempts }: BoxOwn, key: Uint8Array, { iat }: Pick<Grant, "iat">): number {
  const held = attempts.get(attemptsName(key));
  return held === undefined || iat > held.until ? 0 : held.count;
}

/** SPEC ACT-2: one more try, to be committed before the PIN is compared. `now` is the end of the box's interval. */
export function countedAttempt(own: BoxOwn, key: Uint8Array, grant: Pick<Grant, "iat">, now: Seconds): Changes {
  const before = own.attempts.get(attemptsName(key))?.until ?? 0;
  const count = attemptsOf(own, key, grant) + 1;
  return new Map([[attemptsName(key), encode([count, Math.max(before, now, grant.iat)])]]);
}

/** The PIN was right: its tries are forgotten, and the next ticket has a number (SPEC OBJ-6). */
export function grantedTicket(own: BoxOwn, key: Uint8Array): { readonly number: number; readonly changes: Changes } {
  const number = own.ticketCounter + 1;
  const changes = new Map<string, Uint8Array | "deleted">([
    [TICKET_COUNTER, encodeNumber(number)],
    deleted(attemptsName(key)),
  ]);
  return { number, changes };
}

function readAttempts(_name: string, bytes: Uint8Array): Attempts {
  const [count, until] = decode(bytes) as readonly CborValue[];
  return { count: Number(count), until: Number(until) };
}
