/** COSE_Sign1 (RFC 9052) by hand, so that the tricks can be written. Algorithm -8, which the peers know. */
import { sign } from "node:crypto";
import { type CborValue, concatBytes, encode } from "@nyckelfri/protocol";
import { ascii, claimsOf, EXP, GROUP, NBF, type ShiftClaims } from "../shifts.ts";
import { addL, FORGED, type TrickName } from "../tricks.ts";
import {
  issuerPublicKey,
  issuerSeed,
  privateKeyObject,
  provider,
  type Reaction,
  type ReadClaims,
  reaction,
} from "./peer.ts";

const EDDSA = -8;
const ALG = 1;
const CRIT = 2;
const KID = 4;
const TAG_SIGN1 = 0xd2;
const key = privateKeyObject(issuerSeed);
const kid = issuerPublicKey.subarray(0, 8);

/** Numbers of RFC 8392; cnf of RFC 8747, scope of RFC 9200. */
export function cwtClaims({ holder, cti, holderPublicKey }: ShiftClaims, exp: number = EXP): Map<number, CborValue> {
  const cnf = new Map<number, CborValue>([
    [1, 1],
    [-1, 6],
    [-2, holderPublicKey],
  ]);
  return new Map<number, CborValue>([
    [1, kid],
    [2, holder],
    [4, exp],
    [5, NBF],
    [6, NBF - 3_600],
    [7, cti],
    [8, new Map<number, CborValue>([[1, cnf]])],
    [9, [[GROUP, 1]]],
  ]);
}

/** As the peers' decoder returns it: maps are maps, byte strings are arrays of bytes. */
export function readCwtClaims(claims: Map<number, unknown>): ReadClaims {
  const bytes = (value: unknown): string => Buffer.from(value as Uint8Array).toString("base64url");
  const cnf = (claims.get(8) as Map<number, Map<number, unknown>>).get(1) as Map<number, unknown>;
  return {
    nbf: claims.get(5) as number,
    exp: claims.get(4) as number,
    cti: bytes(claims.get(7)),
    holderX: bytes(cnf.get(-2)),
    groups: (claims.get(9) as [number, number][]).map(([group]) => group),
  };
}

const PROTECTED = encode(new Map<number, CborValue>([[ALG, EDDSA]]) as CborValue);
const UNPROTECTED = encode(new Map<number, CborValue>([[KID, kid]]) as CborValue);
const NONE = Uint8Array.of(0xa0);

function signature(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return sign(null, encode(["Signature1", protectedBytes, new Uint8Array(0), payload]), key);
}

function message(
  protectedBytes: Uint8Array,
  unprotected: Uint8Array,
  payload: Uint8Array,
  signed: Uint8Array = signature(protectedBytes, payload),
): Uint8Array {
  return concatBytes(
    Uint8Array.of(TAG_SIGN1, 0x84),
    encode(protectedBytes),
    unprotected,
    encode(payload),
    encode(signed),
  );
}

export function issueCose(claims: ShiftClaims): Uint8Array {
  return message(PROTECTED, UNPROTECTED, encode(cwtClaims(claims) as CborValue));
}

export async function coseTricks(
  take: (bytes: Uint8Array) => unknown,
  takeUnder: (publicKey: Uint8Array, bytes: Uint8Array) => unknown,
  neutral: Uint8Array,
): Promise<Readonly<Record<TrickName, Reaction>>> {
  const claims = claimsOf(provider, 0);
  const payload = encode(cwtClaims(claims) as CborValue);
  const good = issueCose(claims);
  const own = signature(PROTECTED, payload);
  const empty = new Uint8Array(0);
  const crit = encode(
    new Map<number, CborValue>([
      [ALG, EDDSA],
      [CRIT, [-20]],
      [-20, 7],
    ]) as CborValue,
  );
  // { 1: -7, 1: -8 }
  const twice = Uint8Array.of(0xa2, 0x01, 0x26, 0x01, 0x27);
  // The array's length in two bytes: the signature does not cover it.
  const longHead = concatBytes(Uint8Array.of(TAG_SIGN1, 0x98, 4), good.subarray(2));
  const extra = encode(
    new Map<number, CborValue>([
      [KID, kid],
      [-21, 1],
    ]) as CborValue,
  );
  const receipt = encode(ascii("a log receipt, of no credential's form"));
  return {
    "small-order": await reaction(() => takeUnder(neutral, message(PROTECTED, UNPROTECTED, payload, FORGED))),
    "alg-unsigned": await reaction(() => take(message(empty, PROTECTED, payload))),
    "unknown-crit": await reaction(() => take(message(crit, UNPROTECTED, payload))),
    "duplicate-label": await reaction(() => take(message(twice, UNPROTECTED, payload))),
    "other-bytes": await reaction(() => take(longHead)),
    "unsigned-extra": await reaction(() => take(message(PROTECTED, extra, payload))),
    "other-kind": await reaction(() => take(message(PROTECTED, NONE, receipt))),
    expired: await reaction(() =>
      take(message(PROTECTED, UNPROTECTED, encode(cwtClaims(claims, 1_600_000_000) as CborValue))),
    ),
    trailing: await reaction(() => take(concatBytes(good, Uint8Array.of(0)))),
    "s-plus-l": await reaction(() => take(message(PROTECTED, UNPROTECTED, payload, addL(own)))),
  };
}
