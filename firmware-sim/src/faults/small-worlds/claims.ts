/**
 * Somebody who has read a key's private key and grant out of it, and says of the time what suits them, to the second (SPEC HOR-3). It
 * checks nothing of itself and brings nothing, so all that stands between it and the door is the door's own decision.
 */
import {
  decodeReply,
  encodeRequest,
  issueObject,
  type OpenProof,
  openProofExtra,
  openProofObject,
  SPOKEN_VERSIONS,
  times,
} from "@nyckelfri/protocol";
import { buildRogueKey, requestFrame, type Script } from "../../world/rogues.ts";
import type { World } from "../../world/world.ts";
import type { Claim } from "./reference.ts";
import type { KeyName, Scene } from "./scene.ts";

/** Its key, in the hand that goes to the door next. */
export function claimant({ keys, patrol, provider }: Scene, world: World, name: KeyName, claim: Claim): string {
  const { party } = keys[name];
  const issued = world.city.ledger.grants().find(({ holder }) => holder.name === name);
  if (issued === undefined) throw new TypeError(`${name} never had a grant`);
  const grant = issued.object.bytes;
  const { fleetId } = world.city.centre;
  const draws = world.kernel.stream("claims");
  const session = draws.uint32() || 1;
  const hello = { versions: SPOKEN_VERSIONS, exchange: "open", nonce: draws.bytes(8), battery: "ok" } as const;
  const lo = issued.object.value.exp - times.expiryMarginSeconds - (claim === "last-second" ? 1 : 0);
  const said: OpenProof = {
    ...{ lo, widthSeconds: 1, quality: "running", keyCounter: 1_000 + world.visitCount, action: "open" },
    ...{ timeSource: party.kid, carried: { epoch: 1, policy: 0, lists: [] } },
  };
  const script: Script = [
    requestFrame("open", "hello", hello, { session, sequence: 0 }),
    (heard) => {
      const answer = heard.at(-1)?.body ?? new Uint8Array();
      decodeReply("open", "hello", answer);
      const transcript = { hello: encodeRequest("open", "hello", hello), challenge: answer, updates: [] };
      const extra = openProofExtra(provider, transcript, grant, undefined);
      const signer = { provider, seed: party.seed, kid: party.kid, fleetId };
      const proof = issueObject(openProofObject, said, signer, extra).bytes;
      return requestFrame("open", "open", { by: "grant", grant, proof }, { session, sequence: 1 });
    },
  ];
  const rogue = { kind: "plays", score: script } as const;
  return world.build((site) => {
    const { key } = buildRogueKey(site, `claimant ${world.kernel.now}`, patrol, rogue);
    // Nobody can tell it from the key whose secrets it has.
    site.kernel.part(site.cast).add({ id: key, role: "rogue", party, clock: "tampered" });
    return key;
  });
}
