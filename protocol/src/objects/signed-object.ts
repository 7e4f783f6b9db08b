/**
 * What all signed objects share: a kind (typ, schema, rules), and the three states that an object can be in. Bytes become
 * `Unverified` by `parseObject`; only `verifyObject` makes `Verified`, only `issueObject` makes `Signed` (SPEC COS-8, OBJ-1).
 */
import { equalBytes } from "../bytes.ts";
import { decodeAs, encodeAs, type Schema } from "../cbor/schema.ts";
import { parseOwnSign1, parseSign1, signSign1, type UnverifiedSign1, verifySign1 } from "../cose/sign1.ts";
import { checkPublicKey } from "../crypto/check-public-key.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { sha256Of } from "../crypto/sha256-of.ts";
import { CallerError, type ErrorDetails, PeerError } from "../errors.ts";
import type { OwnBytes } from "../own-bytes.ts";
import { type ErrorCode, limits, objects } from "../registry.ts";
import type { Certificate, Role } from "./certificate.ts";
import type { IssueTimes } from "./trust.ts";

/** Names of registry.json, `objects`. */
export type ObjectName = (typeof objects)[number]["name"];

/** A rule of SPEC chapter 5 that a value breaks although its form is right. */
export interface Violation {
  readonly code: ErrorCode;
  readonly details?: ErrorDetails;
}

/** Who issues a kind, as its clause says; trust.ts holds the signer's certificate against it (SPEC TRU-4). */
export interface Issuance<T> {
  readonly role: Role;
  /** For the chain rule; `none` where the kind carries no time. */
  readonly times: ((value: T) => IssueTimes) | "none";
  /** What the kind asks of its signer's certificate besides. */
  readonly fault?: (value: T, certificate: Certificate) => Violation | undefined;
}

/** A kind of signed object: one constant of this type per file of this folder. */
export interface ObjectKind<T> {
  readonly name: ObjectName;
  /** SPEC COS-2: `implied` leaves the kid out of the protected header. */
  readonly kid: "sent" | "implied";
  readonly schema: Schema<T>;
  /** The rules that the schema cannot say; the first one broken. */
  readonly violation?: (value: T) => Violation | undefined;
  /** The public key that the object makes trusted, if it does (SPEC CRY-7). */
  readonly trusts?: (value: T) => Uint8Array;
  /** `session`: it answers one session's nonces and is worth nothing after it, so it is never recalled (SPEC OPN-10). */
  readonly bound?: "session";
  /** Absent where a root, a device's own key, or signers of several roles sign; the kind's file then verifies. */
  readonly issuance?: Issuance<T>;
  /** A reader for the usual layout alone, equal to the schema where it answers, undefined where it does not know. */
  readonly read?: (payload: Uint8Array) => T | undefined;
}

interface ObjectContent<T> {
  readonly kind: ObjectKind<T>;
  readonly value: T;
  readonly kid: Uint8Array | undefined;
  readonly bytes: Uint8Array;
}

/** Its private field keeps object literals and spread copies with another value from having this type. */
class SignedObject<T, State extends "unverified" | "signed" | "verified"> {
  readonly #state: State;
  readonly kind: ObjectKind<T>;
  readonly value: T;
  /** Selects the signer's key; undefined where it is implied. */
  readonly kid: Uint8Array | undefined;
  /** The exact bytes, as received or as made. */
  readonly bytes: Uint8Array;

  constructor(state: State, content: ObjectContent<T>) {
    this.#state = state;
    this.kind = content.kind;
    this.value = content.value;
    this.kid = content.kid;
    this.bytes = content.bytes;
  }

  get state(): State {
    return this.#state;
  }
}

class UnverifiedObject<T> extends SignedObject<T, "unverified"> {
  readonly message: UnverifiedSign1;

  constructor(content: ObjectContent<T>, message: UnverifiedSign1) {
    super("unverified", content);
    this.message = message;
  }
}

class VerifiedObject<T> extends SignedObject<T, "verified"> {
  readonly publicKey: Uint8Array;
  readonly fleetId: Uint8Array;

  constructor(content: ObjectContent<T>, { publicKey, fleetId }: Pick<Verifier, "publicKey" | "fleetId">) {
    super("verified", content);
    // Copies: a caller's buffer that is used again must not turn this into another key's signature.
    this.publicKey = new Uint8Array(publicKey);
    this.fleetId = new Uint8Array(fleetId);
  }
}

/** Well-formed, and nothing more: whoever sent it may have made it up. */
export type Unverified<T> = UnverifiedObject<T>;
/** The signature holds under `publicKey`. That this key was entitled to sign is said by trust.ts. */
export type Verified<T> = VerifiedObject<T>;
/** Made here, and ready to be sent. */
export type Signed<T> = SignedObject<T, "signed">;

/** A key that signs objects of one fleet. */
export interface Signer {
  readonly provider: CryptoProvider;
  /** 32-byte private key of RFC 8032. */
  readonly seed: Uint8Array;
  /** The signer's own kid (SPEC COS-11). */
  readonly kid: Uint8Array;
  readonly fleetId: Uint8Array;
}

/** What a signature is checked against. `extra` is what the object's clause binds besides (SPEC COS-6). */
export interface Verifier {
  readonly provider: CryptoProvider;
  readonly publicKey: Uint8Array;
  readonly fleetId: Uint8Array;
  readonly extra?: readonly Uint8Array[] | undefined;
}

/** The typ of a kind (registry.json, `objects`). */
export function typOf(name: ObjectName): number {
  const typ = TYPS.get(name);
  if (typ === undefined) throw new CallerError("caller/argument", { argument: "name", takes: "a name of an object" });
  return typ;
}

const TYPS: ReadonlyMap<string, number> = new Map(objects.map(({ name, typ }) => [name, typ]));

/**
 * Reads an object of one kind: envelope, typ, payload, rules. Throws `PeerError` `cbor/…`, `cose/…`, `schema/…`,
 * `objects/…` (SPEC OBJ-1).
 */
export function parseObject<T>(kind: ObjectKind<T>, bytes: Uint8Array): Unverified<T> {
  return objectOf(kind, parseSign1(bytes));
}

/** The same without the copy. */
export function parseOwnObject<T>(kind: ObjectKind<T>, own: OwnBytes): Unverified<T> {
  return objectOf(kind, parseOwnSign1(own));
}

function objectOf<T>(kind: ObjectKind<T>, message: UnverifiedSign1): Unverified<T> {
  const { kid, typ, payload, bytes } = message;
  const expected = typOf(kind.name);
  // SPEC COS-7: one kind can never be read as another.
  if (typ !== expected) throw new PeerError("cose/typ-mismatch", { expected, found: typ });
  if ((kid === undefined) !== (kind.kid === "implied")) {
    throw new PeerError("objects/kid-presence", { object: kind.name, kid: kind.kid });
  }
  const value =
    kind.read?.(payload) ?? decodeAs(kind.schema, payload, { name: kind.name, maxBytes: limits.objectBytes });
  const violation = kind.violation?.(value);
  if (violation !== undefined) throw new PeerError(violation.code, { object: kind.name, ...violation.details });
  return new UnverifiedObject({ kind, value, kid, bytes }, message);
}

/**
 * Checks the signature over the received bytes, every one of them (SPEC OBJ-22), and then the key that the object makes
 * trusted: a point check costs more than a signature, and strangers are not owed it. Throws `PeerError`
 * `cose/signature-invalid`, `objects/public-key`.
 */
export function verifyObject<T>(object: Unverified<T>, verifier: Verifier): Verified<T> {
  const { provider, publicKey } = verifier;
  const { message } = object;
  verifySign1(message, { provider, publicKey, typ: message.typ, externalAad: verifier });
  const unsound = unsoundKey(object.kind, object.value);
  if (unsound !== undefined) throw new PeerError(unsound.code, { object: object.kind.name, ...unsound.details });
  return new VerifiedObject(object, verifier);
}

/** SPEC CRY-7. */
function unsoundKey<T>(kind: ObjectKind<T>, value: T): Violation | undefined {
  const publicKey = kind.trusts?.(value);
  if (publicKey === undefined) return undefined;
  const verdict = checkPublicKey(publicKey);
  return verdict === "valid" ? undefined : { code: "objects/public-key", details: { verdict } };
}

/** Signs a value. Throws `CallerError` where the value breaks schema, limits or rules of its kind. */
export function issueObject<T>(
  kind: ObjectKind<T>,
  value: NoInfer<T>,
  signer: Signer,
  extra?: readonly Uint8Array[],
): Signed<T> {
  const payload = encodeAs(kind.schema, value, { name: kind.name, maxBytes: limits.objectBytes });
  const violation = kind.violation?.(value) ?? unsoundKey(kind, value);
  if (violation !== undefined) {
    throw new CallerError("objects/not-issuable", { object: kind.name, rule: violation.code, ...violation.details });
  }
  const { provider, seed, fleetId } = signer;
  const kid = kind.kid === "sent" ? signer.kid : undefined;
  const message = signSign1({ provider, seed, kid, typ: typOf(kind.name), payload, externalAad: { fleetId, extra } });
  return new SignedObject("signed", { kind, value, kid: message.kid, bytes: message.bytes });
}

/** What was verified, and for whom: the same grant is worth nothing in another fleet. */
export type Recall = Pick<Verifier, "provider" | "publicKey" | "fleetId">;

/**
 * What a device stores beside an object to know later that it has verified it: SHA-256(fleet id ‖ public key ‖ bytes).
 * Throws `caller/argument` for an object that is bound to its session.
 */
export function verificationDigest<T>(object: Verified<T>, provider: CryptoProvider): Uint8Array {
  const { publicKey, fleetId } = object;
  return digestOf(object, { provider, publicKey, fleetId });
}

/**
 * Verified again from a device's own store, without the signature check: only where the stored digest is that of exactly
 * these bytes under this key in this fleet (SPEC OPN-10). The store must be the device's own; else this proves nothing.
 * Throws `caller/argument` for an object that is bound to its session.
 */
export function recallVerified<T>(
  object: Unverified<T>,
  recall: Recall,
  storedDigest: Uint8Array,
): Verified<T> | undefined {
  return equalBytes(storedDigest, digestOf(object, recall)) ? new VerifiedObject(object, recall) : undefined;
}

function digestOf<T>(
  { kind, bytes }: Unverified<T> | Verified<T>,
  { provider, publicKey, fleetId }: Recall,
): Uint8Array {
  if (kind.bound !== undefined) {
    throw new CallerError("caller/argument", { argument: "object", takes: "a kind that outlives its session" });
  }
  return sha256Of(provider, [fleetId, publicKey, bytes]);
}
