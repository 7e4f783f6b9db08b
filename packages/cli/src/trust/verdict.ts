/** Does an object verify, under whom, and when is it valid? One answer for every kind, from a trust file. */
import {
  acceptRootTransition,
  type Certificate,
  type CertifiedKey,
  certificateObject,
  defaultProvider,
  equalBytes,
  hasRole,
  heldSigner,
  type IssuerKey,
  keyId,
  NyckelfriError,
  PeerError,
  parseObject,
  type RootTransition,
  roles,
  type TimeStatement,
  timeSigner,
  toHex,
  type Unverified,
  verifyByKind,
  verifyDeviceCertificate,
  verifyIssuerCertificate,
  verifyObject,
  verifyTimeStatement,
} from "@nyckelfri/protocol";
import type { AnyObject } from "../inspect/read.ts";
import { type ExitName, exitOfCode } from "../program/exit-codes.ts";
import type { TrustFile } from "./trust-file.ts";

export type Verdict =
  | { readonly kind: "verified"; readonly signer: string }
  | {
      readonly kind: "refused";
      readonly signer: string;
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
    }
  /** Nobody can tell from the object alone. */
  | { readonly kind: "not-judged"; readonly signer: string; readonly why: string };

/** A trust file whose certificates were verified. */
export interface TrustBook {
  readonly file: TrustFile;
  readonly signers: readonly CertifiedKey[];
}

/** Certificates that do not verify are left out; an object under them is then of an unknown issuer. */
export function openTrust(file: TrustFile): TrustBook {
  const { trust, certificates } = file;
  const parsed = certificates.flatMap((bytes) => attempt(() => parseObject(certificateObject, bytes)) ?? []);
  const issuers = parsed.flatMap((one) => attempt(() => verifyIssuerCertificate(one, trust, defaultProvider)) ?? []);
  const devices = parsed.flatMap((one) => {
    const issuer = issuers.find((candidate) => one.kid !== undefined && equalBytes(candidate.kid, one.kid));
    if (issuer === undefined) return [];
    return attempt(() => verifyDeviceCertificate(one, issuer, trust, defaultProvider)) ?? [];
  });
  return { file, signers: [...issuers, ...devices] };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NyckelfriError) return undefined;
    throw error;
  }
}

/** Never throws for an object, whoever made it. */
export function judge(object: AnyObject, book: TrustBook | undefined): Verdict {
  const signer = signerText(object, book);
  const session = SESSION_BOUND[object.kind.name];
  if (session !== undefined) return { kind: "not-judged", signer, why: session };
  if (object.kind.name !== "enrolment" && book === undefined) {
    return { kind: "not-judged", signer, why: "no trust was given: name a trust file with --trust" };
  }
  try {
    const why = verify(object, book);
    return why === undefined ? { kind: "verified", signer } : { kind: "not-judged", signer, why };
  } catch (error) {
    if (!(error instanceof NyckelfriError)) throw error;
    const { code, message, remedy } = error;
    return { kind: "refused", signer, code, message: message.replace(` [${code}]`, ""), remedy };
  }
}

/** Throws the `NyckelfriError` that says why it does not verify. */
export function requireVerified(object: AnyObject, book: TrustBook): void {
  verify(object, book);
}

/** What cannot be judged does not hold: a script that asks must not take silence for a yes. */
export function exitOfVerdict(verdict: Verdict, isNow: boolean): ExitName {
  if (verdict.kind === "refused") return exitOfCode(verdict.code) === "trust" ? "trust" : "check-failed";
  return verdict.kind === "verified" && isNow ? "ok" : "check-failed";
}

/** Their signatures cover what only the two ends of a session saw (SPEC MSG-6, OBJ-12). */
const SESSION_BOUND: Readonly<Record<string, string>> = {
  "open-proof": "it is bound to one session at one door, and verifies there alone",
  "host-command": "it is bound to one session with one device, and verifies there alone",
  "device-proof": "it is bound to one session, and verifies there alone",
};

/** Undefined when it verifies; why it cannot be judged; or a `NyckelfriError` thrown. */
function verify(object: AnyObject, book: TrustBook | undefined): string | undefined {
  if (object.kind.name === "enrolment") {
    const { publicKey } = object.value as { readonly publicKey: Uint8Array };
    verifyObject(object, { provider: defaultProvider, publicKey, fleetId: new Uint8Array(32) });
    return undefined;
  }
  if (book === undefined) return "no trust was given";
  const { trust, devices } = book.file;
  const provider = defaultProvider;
  const candidates = book.signers.filter(({ kid }) => object.kid !== undefined && equalBytes(kid, object.kid));
  switch (object.kind.name) {
    case "certificate": {
      const certificate = object as unknown as Unverified<Certificate>;
      const issuer = candidates.find(
        (one): one is IssuerKey => one.level === "issuer" && hasRole(one.certificate.value, "device"),
      );
      if (issuer === undefined) verifyIssuerCertificate(certificate, trust, provider);
      else verifyDeviceCertificate(certificate, issuer, trust, provider);
      return undefined;
    }
    case "root-transition":
      acceptRootTransition(
        object as unknown as Unverified<RootTransition>,
        { trust, floor: { epoch: trust.epoch, value: 0 } },
        provider,
      );
      return undefined;
    case "device-transfer":
      verifyObject(object, { provider, publicKey: trust.rootPublicKey, fleetId: trust.fleetId });
      return undefined;
    case "log-segment":
    case "key-journal": {
      const publicKey = devices.find((one) => object.kid !== undefined && equalBytes(keyId(provider, one), object.kid));
      if (publicKey === undefined) return "the trust file does not list this device's public key under `devices`";
      verifyObject(object, { provider, publicKey, fleetId: trust.fleetId });
      return undefined;
    }
    case "time-statement": {
      const statement = object as unknown as Unverified<TimeStatement>;
      if (statement.value.source === "key") return "a key's time statement verifies with its grant alone";
      const signer = timeSigner(statement, candidates) ?? candidates[0];
      if (signer === undefined) return verifyUnder(object, undefined, book);
      verifyTimeStatement(statement, { signer, trust, provider });
      return undefined;
    }
    default: {
      // SPEC OPN-9: of several certificates of one key, the latest under which it could have been issued.
      const signer = heldSigner(object, candidates, trust.epoch);
      return verifyUnder(object, signer === "need-certificate" ? candidates[0] : signer, book);
    }
  }
}

function verifyUnder(object: AnyObject, signer: CertifiedKey | undefined, { file: { trust } }: TrustBook): undefined {
  if (signer === undefined) throw new PeerError("trust/issuer-unknown", { object: object.kind.name });
  verifyByKind(object, { signer, trust, provider: defaultProvider });
  return undefined;
}

/** The kid, and whose it is as far as the trust file says. */
function signerText({ kid }: AnyObject, book: TrustBook | undefined): string {
  if (kid === undefined) return "the key that the grant names (no kid is sent)";
  const hex = toHex(kid);
  if (book === undefined) return hex;
  if (equalBytes(kid, keyId(defaultProvider, book.file.trust.rootPublicKey))) return `${hex}, the root`;
  const known = book.signers.find((one) => equalBytes(one.kid, kid));
  if (known === undefined) return `${hex}, not in the trust file`;
  const names = Object.entries(roles).filter(([, bit]) => (known.certificate.value.roles & bit) !== 0);
  return `${hex}, ${known.level} with role ${names.map(([name]) => name).join(", ")}, epoch ${known.certificate.value.epoch}`;
}

export interface Window {
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
}

/** When the object is valid by itself; undefined for kinds that say no end. */
export function windowOf({ kind, value }: AnyObject): Window | undefined {
  const { nbf, exp, from, until } = value as Readonly<Record<string, number>>;
  if ((kind.name === "certificate" || kind.name === "grant") && nbf !== undefined && exp !== undefined) {
    return { from: nbf, until: exp };
  }
  if (kind.name === "activation-ticket" && from !== undefined && until !== undefined) return { from, until };
  return undefined;
}

export type Standing = "not-yet" | "valid" | "ended";

export function standingAt({ from, until }: Window, at: number): Standing {
  return at < from ? "not-yet" : at < until ? "valid" : "ended";
}
