import { type KeyObject, verify as nodeVerify } from "node:crypto";
import { CoseKey, cborDecode, Sign1 } from "@owf/cose";
import { NEUTRAL } from "../tricks.ts";
import { coseTricks, issueCose, readCwtClaims } from "./cose-messages.ts";
import { base64url, credentials, decide, issuerPublicKey, type Peer, publicKeyObject } from "./peer.ts";

const ALG = 1;
const EDDSA = -8;

/** The library leaves the signature check to its caller, and with it the algorithm; both are done here. */
function context(under: KeyObject) {
  return {
    verify: async ({ sign1 }: { sign1: Sign1 }) =>
      sign1.protectedHeaders.headers.get(ALG) === EDDSA && nodeVerify(null, sign1.toBeSigned, under, sign1.signature),
    getPublicKey: () => Promise.reject(new Error("no certificates here")),
  };
}

export async function makePeer(count: number): Promise<Peer> {
  const made = await credentials(count, issueCose);
  const coseKey = CoseKey.fromJwk({ kty: "OKP", crv: "Ed25519", x: base64url(issuerPublicKey) });
  const own = context(publicKeyObject(issuerPublicKey));
  const at = (index: number) => made[index] as (typeof made)[number];
  const verify = async (bytes: Uint8Array, by = own): Promise<Uint8Array> => {
    const message = Sign1.decode(bytes);
    if (!(await message.verifySignature({ key: coseKey }, by)) || message.payload === null) throw new Error("refused");
    return message.payload;
  };
  const read = async (bytes: Uint8Array) => readCwtClaims(cborDecode(await verify(bytes)));
  return {
    wireBytes: at(0).token.length,
    verify: async (index) => (await read(at(index).token)).exp > 0,
    gate: async (index) => decide(await read(at(index).token), at(index).answer),
    tricks: () => coseTricks(verify, (publicKey, bytes) => verify(bytes, context(publicKeyObject(publicKey))), NEUTRAL),
  };
}
