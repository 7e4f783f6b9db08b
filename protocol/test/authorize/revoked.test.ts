// SPEC OBJ-9, DEC-14: an entry voids exactly what it names, up to its moment.
import { expect, test } from "vitest";
import { voidedBy } from "#src/authorize/revoked.ts";
import { keyId } from "#src/cose/cose-key.ts";
import { pseudonymOf } from "#src/objects/grant.ts";
import type { RevocationEntry } from "#src/objects/revocation-list.ts";
import { issueGrant, issuers, provider } from "../support/city.ts";

const grant = issueGrant().value;
const issuer = issuers.grant.certified;
const presented = { grant, provider, holder: pseudonymOf(grant.sub), certified: [issuer] };
const kid = keyId(provider, grant.cnf.key.x);

const isVoid = (...entries: readonly RevocationEntry[]): boolean =>
  voidedBy({ list: 1, version: 1, iat: grant.iat, entries }, presented);

test.each([
  ["grant", grant.cti, grant.iat],
  ["key", kid, grant.iat],
  ["holder", presented.holder, grant.iat],
  ["device", issuer.kid, issuer.certificate.value.nbf],
  ["issuer", issuer.kid, issuer.certificate.value.nbf],
] as const)("an entry of kind %s names 8 bytes, every one of them", (kind, id, moment) => {
  expect(isVoid({ kind, id, until: moment })).toBe(true);
  expect(isVoid({ kind, id, until: moment - 1 })).toBe(false);
  for (let index = 0; index < id.length; index++) {
    expect(isVoid({ kind, id: id.with(index, (id[index] as number) ^ 1), until: moment })).toBe(false);
  }
  expect(isVoid({ kind, id: id.subarray(0, 7), until: moment })).toBe(false);
});

test("a group is one of the scope's", () => {
  const [[group] = []] = grant.scope;
  expect(isVoid({ kind: "group", id: group as number, until: grant.iat })).toBe(true);
  expect(isVoid({ kind: "group", id: group as number, until: grant.iat - 1 })).toBe(false);
  expect(isVoid({ kind: "group", id: (group as number) + 1, until: grant.iat })).toBe(false);
});

test("the entry that names it is found wherever it stands, also in a list that is in no order", () => {
  const others = (["issuer", "grant", "holder", "key", "device"] as const).map(
    (kind): RevocationEntry => ({ kind, id: new Uint8Array(8), until: 0xffff_ffff }),
  );
  expect(isVoid(...others)).toBe(false);
  for (let at = 0; at <= others.length; at++) {
    expect(isVoid(...others.toSpliced(at, 0, { kind: "grant", id: grant.cti, until: grant.iat }))).toBe(true);
  }
});

test("the kid of the holder's key is made once for a list, and only where an entry asks for it", () => {
  let hashed = 0;
  const counting = {
    ...provider,
    sha256(data: Uint8Array): Uint8Array {
      hashed += 1;
      return provider.sha256(data);
    },
  };
  const hashesFor = (...entries: readonly RevocationEntry[]): number => {
    hashed = 0;
    voidedBy({ list: 1, version: 1, iat: grant.iat, entries }, { ...presented, provider: counting });
    return hashed;
  };
  const named = (kind: "key" | "grant", until: number): RevocationEntry => ({ kind, id: new Uint8Array(8), until });
  const once = hashesFor(named("key", grant.iat));
  expect(once).toBeGreaterThan(0);
  expect(hashesFor(named("key", grant.iat), named("key", grant.iat), named("key", grant.iat))).toBe(once);
  expect(hashesFor(named("grant", grant.iat), named("key", grant.iat - 1))).toBe(0);
});
