/** Grant: a CWT that lets one key into some doors for one shift (SPEC OBJ-3, OBJ-4, OBJ-5). */
import { base64urlValue, encodeBase64url } from "../base64url.ts";
import {
  array,
  bytes,
  constant,
  either,
  embedded,
  map,
  required,
  type Schema,
  text,
  tuple,
  uint,
} from "../cbor/schema.ts";
import { PeerError } from "../errors.ts";
import { limits, rights } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";
import type { Certificate } from "./certificate.ts";
import { readGrant } from "./grant-reader.ts";
import { byBytes, byNumber, nonEmptyWindow } from "./rules.ts";
import type { ObjectKind, Violation } from "./signed-object.ts";

/** Sum of the bits of registry.json, `rights`; 0 excludes a door. */
export type Rights = number;

/** An AIF pair (RFC 9237): a group (u32) or a door (8 bytes), and what may be done there. */
export type ScopeEntry = readonly [object: number | Uint8Array, rights: Rights];

export interface Grant {
  /** base64url of the holder's 8-byte pseudonym, 11 characters. */
  readonly sub: string;
  /** Exclusive. */
  readonly exp: Seconds;
  readonly nbf: Seconds;
  readonly iat: Seconds;
  readonly cti: Uint8Array;
  /** The key that must prove itself at the door. */
  readonly cnf: { readonly key: CoseKey };
  readonly scope: readonly ScopeEntry[];
}

/** An Ed25519 COSE_Key as a claim (SPEC COS-10). */
export interface CoseKey {
  readonly kty: 1;
  readonly crv: 6;
  readonly x: Uint8Array;
}

const ALL_RIGHTS = rights.open | rights["collect-log"] | rights.service;

const publicCoseKey: Schema<CoseKey> = map({
  kty: required(1, constant(1)),
  crv: required(-1, constant(6)),
  x: required(-2, bytes(32)),
});

/** SPEC COS-10: a private part is refused like any other label, under a code of its own, because somebody must be told. */
const coseKey: Schema<CoseKey> = {
  parse(value, path) {
    if (value instanceof Map && value.has(-4)) throw new PeerError("cose/key-private", { path });
    return publicCoseKey.parse(value, path);
  },
  build: publicCoseKey.build,
};

const schema: Schema<Grant> = map({
  sub: required(2, text({ min: 11, max: 11, pattern: /[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]/ })),
  exp: required(4, uint()),
  nbf: required(5, uint()),
  iat: required(6, uint()),
  cti: required(7, bytes(8)),
  cnf: required(8, map({ key: required(1, coseKey) })),
  scope: required(
    9,
    embedded(
      array(tuple(either({ integer: uint(), bytes: bytes(8) }), uint({ max: ALL_RIGHTS })), {
        min: 1,
        max: limits.scopeEntries,
      }),
    ),
  ),
});

export const grantObject: ObjectKind<Grant> = {
  name: "grant",
  kid: "sent",
  schema,
  read: readGrant,
  issuance: {
    role: "grant",
    times: ({ iat, nbf, exp }) => ({ iat, nbf, exp }),
    fault: (grant, certificate) => (insideBoundedGroups(grant, certificate) ? undefined : { code: "trust/groups" }),
  },
  violation: (grant) =>
    (grant.iat <= grant.nbf
      ? undefined
      : { code: "objects/window-empty", details: { begin: grant.iat, end: grant.nbf } }) ??
    nonEmptyWindow(grant.nbf, grant.exp) ??
    scopeViolation(grant.scope),
};

/** SPEC OBJ-4: groups ascending, then doors ascending, none twice; rights 0 only beside a door. */
function scopeViolation(scope: readonly ScopeEntry[]): Violation | undefined {
  let previous: number | Uint8Array | undefined;
  for (const [index, [object, granted]] of scope.entries()) {
    if (typeof object === "number" && granted === 0) return { code: "objects/scope-rights", details: { index } };
    if (previous !== undefined && compareScopeObjects(previous, object) >= 0) {
      return { code: "objects/not-ascending", details: { list: "scope", index } };
    }
    previous = object;
  }
  return undefined;
}

function compareScopeObjects(a: number | Uint8Array, b: number | Uint8Array): number {
  if (typeof a === "number") return typeof b === "number" ? byNumber(a, b) : -1;
  return typeof b === "number" ? 1 : byBytes(a, b);
}

/** SPEC TRU-6: an issuer with bounded groups grants only these, and at single doors nothing but exclusions. */
export function insideBoundedGroups(grant: Grant, certificate: Certificate): boolean {
  const { groups } = certificate;
  if (groups === undefined) return true;
  return grant.scope.every(([object, granted]) =>
    typeof object === "number" ? groups.includes(object) : granted === 0,
  );
}

/** sub of a holder's 8-byte pseudonym: base64url without padding (RFC 4648 §5). */
export function subOf(pseudonym: Uint8Array): string {
  return encodeBase64url(pseudonym);
}

/** The pseudonym (8 bytes) of a sub that the schema accepted. */
export function pseudonymOf(sub: string): Uint8Array {
  const pseudonym = new Uint8Array(8);
  let pending = 0;
  let bits = 0;
  let length = 0;
  for (let index = 0; index < sub.length; index++) {
    pending = ((pending << 6) | base64urlValue(sub.charCodeAt(index))) & 0x3fff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    pseudonym[length++] = (pending >> bits) & 0xff;
  }
  return pseudonym;
}
