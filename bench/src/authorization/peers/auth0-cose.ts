import { decode, Sign1 } from "@auth0/cose";
import { Decoder } from "cbor-x";
import { NEUTRAL } from "../tricks.ts";
import { coseTricks, issueCose, readCwtClaims } from "./cose-messages.ts";
import { credentials, decide, issuerPublicKey, type Peer, publicKeyObject } from "./peer.ts";

export async function makePeer(count: number): Promise<Peer> {
  const made = await credentials(count, issueCose);
  const key = publicKeyObject(issuerPublicKey);
  const decoder = new Decoder({ mapsAsObjects: false, useRecords: false });
  const at = (index: number) => made[index] as (typeof made)[number];
  const verify = async (bytes: Uint8Array, under = key): Promise<Uint8Array> => {
    const message = decode(bytes, Sign1);
    await message.verify(under as never);
    return message.payload;
  };
  const read = async (bytes: Uint8Array) => readCwtClaims(decoder.decode(await verify(bytes)));
  return {
    wireBytes: at(0).token.length,
    verify: async (index) => (await read(at(index).token)).exp > 0,
    gate: async (index) => decide(await read(at(index).token), at(index).answer),
    tricks: () => coseTricks(verify, (publicKey, bytes) => verify(bytes, publicKeyObject(publicKey)), NEUTRAL),
  };
}
