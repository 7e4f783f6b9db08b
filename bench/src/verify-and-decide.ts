/**
 * How much the protocol adds to a signature check: a Grant from received bytes to a decision, beside the bare Ed25519
 * verification of the same to-be-signed bytes by the library underneath.
 */
import { createPublicKey, verify as nodeVerify } from "node:crypto";
import * as nobleEd25519 from "@noble/ed25519";
import {
  authorize,
  type CryptoProvider,
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
import type { BenchCase } from "./harness.ts";
import { makeVisit, type Visit } from "./visit.ts";

export const BARE_NODE = "bare verify, node:crypto";

/** The cases, baseline first. Throws where one of them does not come to the result that it should. */
export function verifyAndDecideCases(): readonly BenchCase[] {
  const visit = makeVisit(nodeCrypto);
  const { message } = parseObject(grantObject, visit.grant);
  const toBeSigned = sigStructure(message.protectedBytes, externalAad(visit.trust.fleetId), message.payload);
  const { signature } = message;
  const publicKey = visit.issuer.certificate.value.publicKey;
  const keyObject = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") },
    format: "jwk",
  });
  const cases: readonly BenchCase[] = [
    repeated(BARE_NODE, () => nodeVerify(null, toBeSigned, keyObject, signature)),
    repeated("bare verify, sodium-native", () =>
      sodiumNative.crypto_sign_verify_detached(signature, toBeSigned, publicKey),
    ),
    repeated("bare verify, noble", () => nobleEd25519.verify(signature, toBeSigned, publicKey, { zip215: false })),
    decided("verify and decide, node:crypto", visit, nodeCrypto),
    decided("verify and decide, sodium-native", visit, sodium),
    decided("verify and decide, noble", visit, noble),
    slowed("positive control: bare verify, node:crypto, every 5th twice", () =>
      nodeVerify(null, toBeSigned, keyObject, signature),
    ),
  ];
  return cases;
}

function decided(name: string, visit: Visit, provider: CryptoProvider): BenchCase {
  const { trust, issuer, door, proof } = visit;
  return repeated(name, () => {
    const parsed = parseObject(grantObject, visit.grant);
    const grant = verifyIssued(parsed, { signer: issuer, role: "grant", times: parsed.value, trust, provider });
    const decision = authorize(door, {
      provider,
      grant,
      grantIssuer: issuer,
      proof,
      ticket: "absent",
      box: undefined,
      energy: "enough",
    });
    return decision.verdict === "permit-open";
  });
}

/** A benchmark of something that fails would measure the wrong path: each run says whether all came out true. */
function repeated(name: string, once: () => boolean): BenchCase {
  return {
    name,
    run(iterations) {
      for (let index = 0; index < iterations; index++) {
        if (!once()) throw new Error(`${name}: did not verify`);
      }
      return iterations;
    },
  };
}

/** A copy that is known to be a sixth slower; if it does not show, nothing that this run says means anything. */
function slowed(name: string, once: () => boolean): BenchCase {
  return {
    name,
    run(iterations) {
      for (let index = 0; index < iterations; index++) {
        if (!once() || (index % 5 === 0 && !once())) throw new Error(`${name}: did not verify`);
      }
      return iterations;
    },
  };
}
