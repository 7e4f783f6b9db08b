/**
 * How much the protocol adds to signature checks: a Grant from received bytes to verified, and a whole visit from received
 * bytes to a decision, beside the bare Ed25519 verification of the same to-be-signed bytes by the library underneath.
 * Shifts rotate: no key and no grant is met twice in a row, and a key's import is in the cost, as at a door that meets them.
 */
import { createPublicKey, verify as nodeVerify } from "node:crypto";
import * as nobleEd25519 from "@noble/ed25519";
import {
  type CryptoProvider,
  examine,
  externalAad,
  grantObject,
  parseObject,
  sigStructure,
  verifyIssued,
} from "@nyckelfri/protocol";
import { noble } from "@nyckelfri/protocol/ed25519-noble";
import { nodeCrypto } from "@nyckelfri/protocol/ed25519-node";
import { sodium } from "@nyckelfri/protocol/ed25519-sodium";
import sodiumNative from "sodium-native";
import type { BenchCase } from "../side-by-side.ts";
import { contextOf, makeTown, type Shift, type Town } from "./shifts.ts";

/** Twice as many as node:crypto's provider keeps imported keys for: each holder's key is a new one. */
export const SHIFTS = 2_048;

export const PROVIDERS: readonly CryptoProvider[] = [nodeCrypto, sodium, noble];
export const BARE_NODE = "bare verify, node:crypto";
export const CONTROL = "positive control: bare verify, node:crypto, every 5th twice";
export const bareName = ({ name }: CryptoProvider): string => `bare verify, ${name}`;
export const verifyName = ({ name }: CryptoProvider): string => `verify, ${name}`;
export const gateName = ({ name }: CryptoProvider): string => `gate decision, ${name}`;
export const seenName = ({ name }: CryptoProvider): string => `gate decision, grant seen before, ${name}`;

/** The cases, baseline first. Throws where one of them does not come to the result that it should. */
export function authorizationCases(town: Town = makeTown(sodium, SHIFTS)): readonly BenchCase[] {
  const { trust, issuer } = town;
  const { publicKey } = issuer.certificate.value;
  const signed = town.shifts.map(({ open }) => {
    const { message } = parseObject(grantObject, open.grant);
    const toBeSigned = sigStructure(message.protectedBytes, externalAad(trust.fleetId), message.payload);
    return { toBeSigned, signature: message.signature };
  });
  const keyObject = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") },
    format: "jwk",
  });
  const bare = (index: number): boolean => {
    const { toBeSigned, signature } = signed[index] as (typeof signed)[number];
    return nodeVerify(null, toBeSigned, keyObject, signature);
  };
  return [
    rotated(BARE_NODE, bare),
    rotated(bareName(sodium), (index) => {
      const { toBeSigned, signature } = signed[index] as (typeof signed)[number];
      return sodiumNative.crypto_sign_verify_detached(signature, toBeSigned, publicKey);
    }),
    rotated(bareName(noble), (index) => {
      const { toBeSigned, signature } = signed[index] as (typeof signed)[number];
      return nobleEd25519.verify(signature, toBeSigned, publicKey, { zip215: false });
    }),
    ...PROVIDERS.flatMap((provider) => [
      verified(town, provider),
      gate(gateName(provider), town, provider),
      gate(seenName(provider), town, provider, "seen"),
    ]),
    // A copy that is known to be a sixth slower; if it does not show, nothing that this run says means anything.
    rotated(CONTROL, (index) => bare(index) && (index % 5 !== 0 || bare(index))),
  ];
}

function verified({ trust, issuer, shifts }: Town, provider: CryptoProvider): BenchCase {
  return rotated(verifyName(provider), (index) => {
    const parsed = parseObject(grantObject, (shifts[index] as Shift).open.grant);
    return verifyIssued(parsed, { signer: issuer, role: "grant", times: parsed.value, trust, provider }) !== undefined;
  });
}

/** Grant, proof over this session's nonces, policy and four lists of 48: `examine`, as a door calls it. */
function gate(name: string, town: Town, provider: CryptoProvider, seen?: "seen"): BenchCase {
  let current: Shift = town.shifts[0] as Shift;
  const context = contextOf(town, provider, seen === undefined ? undefined : () => current.digest);
  return rotated(name, (index) => {
    current = town.shifts[index] as Shift;
    return examine(town.door, current.open, context).decision.verdict === "permit-open";
  });
}

/** A benchmark of something that fails would measure the wrong path: each run says whether all came out true. */
function rotated(name: string, once: (index: number) => boolean): BenchCase {
  let next = 0;
  return {
    name,
    run(iterations) {
      for (let count = 0; count < iterations; count++) {
        if (!once(next)) throw new Error(`${name}: did not come out true`);
        next = (next + 1) % SHIFTS;
      }
      return iterations;
    },
  };
}
