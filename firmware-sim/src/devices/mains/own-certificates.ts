/** What a device signs under its own certificates: proofs, and the time that it gives to keys. */
import {
  type DeviceKey,
  deviceProofObject,
  equalBytes,
  hasRole,
  issueObject,
  type ProveRequest,
  type Role,
  readClock,
  type Seconds,
  statementOf,
  type TickMs,
  type TimeRequest,
  type TimeSourceClass,
  timeStatementObject,
} from "@nyckelfri/protocol";
import { isVoid } from "../shared/belief.ts";
import type { Holdings } from "./holdings.ts";

/** Of this device's certificates with a role that are neither void nor surely over, the one that ends last (SPEC TRU-14, TRU-16). */
export function ownCertificate(holdings: Holdings, role: Role): DeviceKey | undefined {
  return usable(holdings, role)[0];
}

/** The certificate and that of its issuer, as they travel beside what was signed. */
export function chainOf({ certificate, issuer }: DeviceKey): readonly [Uint8Array, Uint8Array] {
  return [certificate.bytes, issuer.certificate.bytes];
}

/** SPEC MSG-7, OBJ-20: over the key's nonce, in this session; undefined without a certificate of the role. */
export function proofFor(
  holdings: Holdings,
  role: Role,
  session: {
    readonly nonce: Uint8Array;
    readonly exchange: "dock" | "activate" | "store";
    readonly transcript: Uint8Array;
  },
): ProveRequest | undefined {
  const own = ownCertificate(holdings, role);
  if (own === undefined) return undefined;
  const { nonce, exchange, transcript } = session;
  const { bytes: proof } = issueObject(deviceProofObject, { nonce, exchange }, holdings.signer, [transcript]);
  return { proof, certificates: chainOf(own) };
}

/** Does this device give the time just now (SPEC TIM-8, SRV-5)? */
export function servesTime(holdings: Holdings, tickMs: TickMs): boolean {
  return timeSource(holdings, tickMs) !== undefined;
}

/** A statement that was signed, by what it says. */
export interface SignedTime {
  readonly nonce: Uint8Array;
  readonly t: Seconds;
  readonly uncertaintyMs: number;
  readonly statement: Uint8Array;
}

/**
 * SPEC TIM-8: a TimeStatement over a key's nonce; undefined while this device has no time to give. SPEC OPN-16: the same words
 * over the same nonce are sent again, and not signed again.
 */
export function timeFor(
  holdings: Holdings,
  tickMs: TickMs,
  source: TimeSourceClass,
  nonce: Uint8Array,
  signed: readonly SignedTime[] = [],
): { readonly request: TimeRequest; readonly signed: SignedTime } | undefined {
  const own = timeSource(holdings, tickMs);
  const stated = statementOf(holdings.clock, tickMs);
  if (own === undefined || stated === undefined) return undefined;
  const { t, uncertaintyMs } = stated;
  const before = signed.find(
    (one) => one.t === t && one.uncertaintyMs === uncertaintyMs && equalBytes(one.nonce, nonce),
  );
  const { bytes: statement } = before
    ? { bytes: before.statement }
    : issueObject(timeStatementObject, { nonce, t, uncertaintyMs, source }, holdings.signer);
  return {
    request: { statement, certificates: chainOf(own) },
    signed: before ?? { nonce, t, uncertaintyMs, statement },
  };
}

/** SPEC TIM-8: own u at most 60 s, inside the certificate's window, and not told to keep it to itself (SPEC SRV-1). */
function timeSource(holdings: Holdings, tickMs: TickMs): DeviceKey | undefined {
  const reading = readClock(holdings.clock, tickMs);
  if (reading.quality !== "running" || holdings.settings["serve-time"] === 0) return undefined;
  if (statementOf(holdings.clock, tickMs) === undefined) return undefined;
  const { lo, hi } = reading.interval;
  return usable(holdings, "time-source").find(({ certificate: { value } }) => value.nbf <= lo && hi <= value.exp);
}

function usable(holdings: Holdings, role: Role): readonly DeviceKey[] {
  const { own, trust, clock } = holdings;
  return own
    .filter(
      ({ certificate: { value } }) =>
        hasRole(value, role) && value.epoch >= trust.epoch && value.exp > clock.knownLower,
    )
    .filter((key) => !isVoid(holdings, key))
    .sort((a, b) => b.certificate.value.exp - a.certificate.value.exp);
}
