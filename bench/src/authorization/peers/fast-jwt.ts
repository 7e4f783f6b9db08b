import { createVerifier } from "fast-jwt";
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

type Verify = (token: string) => Record<string, unknown>;

export async function makePeer(count: number): Promise<Peer> {
  const made = await credentials(count, (claims) => issueJwt(jsonClaims(claims)));
  const pem = (publicKey: Uint8Array): string =>
    publicKeyObject(publicKey).export({ type: "spki", format: "pem" }).toString();
  const common = { key: pem(issuerPublicKey), clockTimestamp: NOW * 1_000 };
  const verify = createVerifier({ ...common, algorithms: ["EdDSA"] }) as unknown as Verify;
  const remembering = createVerifier({ ...common, algorithms: ["EdDSA"], cache: 2 * count }) as unknown as Verify;
  const plain = createVerifier(common) as unknown as Verify;
  const at = (index: number) => made[index] as (typeof made)[number];
  return {
    wireBytes: ascii(at(0).token).length,
    verify: (index) => readJsonClaims(verify(at(index).token)).exp > 0,
    gate: (index) => decide(readJsonClaims(verify(at(index).token)), at(index).answer),
    gateSeen: (index) => decide(readJsonClaims(remembering(at(index).token)), at(index).answer),
    tricks: () =>
      jwtTricks(
        (jwt) => plain(jwt),
        (publicKey, jwt) => (createVerifier({ ...common, key: pem(publicKey) }) as unknown as Verify)(jwt),
        NEUTRAL,
      ),
  };
}
