/** Whether a grant gets a ticket at this box, and for when (SPEC ACT-5, ACT-7, TRU-16). */
import {
  type DeviceKey,
  equalBytes,
  type Grant,
  grantObject,
  hasRole,
  keyId,
  PeerError,
  type PinVerifier,
  parseObject,
  pseudonymOf,
  readClock,
  ticketWindow,
  type Unverified,
  verifyByKind,
  voidedBy,
} from "@nyckelfri/protocol";
import type { Holdings } from "../mains/holdings.ts";
import type { SlotAt } from "../mains/state.ts";
import { isVoid, soundIssuer } from "../shared/belief.ts";
import { pinName } from "./pins.ts";
import type { BoxX, Ending, OpenWindow } from "./types.ts";

export type Judgement = FitGrant | { readonly kind: "unfit"; readonly ending: Ending } | UnknownIssuer;
export interface UnknownIssuer {
  readonly kind: "unknown-issuer";
  readonly kid: Uint8Array;
}
export interface FitGrant {
  readonly kind: "fit";
  readonly digest: Uint8Array;
  readonly verifier: PinVerifier;
  readonly window: OpenWindow;
  /** The box's own certificate, under which the ticket holds. */
  readonly under: DeviceKey;
}

const REFUSED: Judgement = unfit({ kind: "grant-refused" });

/** Looks at everything but the PIN. What costs nothing comes before the signature, what tells of the box after it. */
export function judgeGrant(at: SlotAt<BoxX>, bytes: Uint8Array): Judgement {
  try {
    return judge(at, bytes);
  } catch (error) {
    if (error instanceof PeerError) return REFUSED;
    throw error;
  }
}

function judge({ on, config, met, tickMs }: SlotAt<BoxX>, bytes: Uint8Array): Judgement {
  const { holdings, own } = on;
  const { key, grantDigest } = met.welcome;
  const { provider } = config;
  const digest = provider.sha256(bytes);
  if (grantDigest === undefined || !equalBytes(digest, grantDigest)) return REFUSED;
  const object: Unverified<Grant> = parseObject(grantObject, bytes);
  if (!equalBytes(keyId(provider, object.value.cnf.key.x), key)) return REFUSED;
  const signer = soundIssuer(holdings, object);
  // The key may have it, or the renewed one.
  if (signer === "need-certificate") return { kind: "unknown-issuer", kid: object.kid ?? new Uint8Array(8) };
  const { trust } = holdings;
  const grant = verifyByKind(object, { signer, trust, provider });
  const holder = pseudonymOf(grant.value.sub);
  const presented = { grant: grant.value, provider, holder, certified: [signer] };
  if (holdings.lists.some(({ value }) => voidedBy(value, presented))) return REFUSED;
  const reading = readClock(holdings.clock, tickMs);
  if (reading.quality !== "running") return unfit(noTime(config.place));
  const { interval: now } = reading;
  const open = ticketWindow(grant.value, now, grant.value);
  if (open.kind === "too-early") return unfit({ kind: "too-early", nbf: grant.value.nbf });
  if (open.kind === "expired") return unfit({ kind: "shift-over" });
  const begins = Math.max(grant.value.nbf, now.lo);
  const [under] = ticketCertificates(holdings).filter(({ certificate }) => certificate.value.nbf <= begins);
  const window = under === undefined ? undefined : ticketWindow(grant.value, now, under.certificate.value);
  if (under === undefined || window?.kind !== "window") return unfit({ kind: "out-of-order" });
  const verifier = own.pins.get(pinName(key))?.value;
  if (verifier === undefined) return unfit({ kind: "no-pin" });
  return { kind: "fit", digest, verifier, window, under };
}

/** SPEC ACT-6, TRU-16: this box's own certificates for tickets that no list voids; the one that ends last comes first. */
export function ticketCertificates(holdings: Holdings): readonly DeviceKey[] {
  const { own, trust } = holdings;
  return own
    .filter(({ certificate: { value } }) => hasRole(value, "ticket") && value.epoch >= trust.epoch)
    .filter((key) => !isVoid(holdings, key))
    .sort((a, b) => b.certificate.value.exp - a.certificate.value.exp);
}

function noTime(place: BoxX["config"]["place"]): Ending {
  return { kind: "no-time", wants: place === "alone" ? "another-key" : "host" };
}

function unfit(ending: Ending): Judgement {
  return { kind: "unfit", ending };
}
