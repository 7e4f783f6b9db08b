import { jwtVerify } from "jose";
import { ascii, NOW } from "../shifts.ts";
import { NEUTRAL } from "../tricks.ts";
import { issueJwt, jwtTricks } from "./json-tokens.ts";
import {
  credentials,
  decide,
  issuerPublicKey,
  jsonClaims,
  type Peer,
  publicKeyObject,
  readJsonClaims,
} from "./peer.ts";

export async function makePeer(count: number): Promise<Peer> {
  const made = await credentials(count, (claims) => issueJwt(jsonClaims(claims)));
  const key = publicKeyObject(issuerPublicKey);
  const options = { algorithms: ["EdDSA"], currentDate: new Date(NOW * 1_000) };
  const at = (index: number) => made[index] as (typeof made)[number];
  const read = async (jwt: string) => readJsonClaims((await jwtVerify(jwt, key, options)).payload);
  return {
    wireBytes: ascii(at(0).token).length,
    verify: async (index) => (await read(at(index).token)).exp > 0,
    gate: async (index) => decide(await read(at(index).token), at(index).answer),
    tricks: () =>
      jwtTricks(
        (jwt) => jwtVerify(jwt, key, { currentDate: new Date(NOW * 1_000) }),
        (publicKey, jwt) => jwtVerify(jwt, publicKeyObject(publicKey), { currentDate: new Date(NOW * 1_000) }),
        NEUTRAL,
      ),
  };
}
