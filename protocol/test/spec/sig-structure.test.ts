import { expect, test } from "vitest";
import { concatBytes, fromHex } from "#src/bytes.ts";
import { externalAad, sigStructure } from "#src/cose/sig-structure.ts";
import { parseSign1 } from "#src/cose/sign1.ts";
import { nodeCrypto } from "#src/crypto/ed25519-node.ts";
import { sigStructureParts, workedExample } from "./sig-structure.ts";

test("SPEC COS-5, COS-6: the bytes put together by hand are those that the library signs, and verify", () => {
  const { envelope, publicKey, fleetId } = workedExample();
  const byHand = concatBytes(...sigStructureParts(envelope, fleetId).map(({ hex }) => fromHex(hex)));
  const { protectedBytes, payload, signature } = parseSign1(envelope);
  expect(byHand).toEqual(sigStructure(protectedBytes, externalAad(fleetId), payload));
  expect(nodeCrypto.verify(publicKey, byHand, signature)).toBe(true);
});
