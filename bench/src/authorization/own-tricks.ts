/** The same tricks, tried on this library: a Grant from bytes to `verifyIssued`, as a door without a clock does it. */
import { sign } from "node:crypto";
import {
  type CborValue,
  concatBytes,
  decode,
  encode,
  examine,
  externalAad,
  grantObject,
  issueObject,
  keyId,
  parseObject,
  sigStructure,
  timeStatementObject,
  verifyIssued,
  verifyObject,
} from "@nyckelfri/protocol";
import { nodeCrypto } from "@nyckelfri/protocol/ed25519-node";
import { privateKeyObject, type Reaction, reaction } from "./peers/peer.ts";
import { contextOf, makeTown, NOW, type Shift } from "./shifts.ts";
import { addL, FORGED, NEUTRAL, type TrickName } from "./tricks.ts";

const ALG = 1;
const CRIT = 2;
const ED25519 = -19;
const UNKNOWN = -20;

type Headers = ReadonlyMap<number, CborValue>;

export async function ownTricks(): Promise<Readonly<Record<TrickName, Reaction>>> {
  const town = makeTown(nodeCrypto, 1);
  const { trust, issuer, issuerSeed, door, shifts } = town;
  const { fleetId } = trust;
  const { grant } = (shifts[0] as Shift).open;
  const { payload, protectedBytes, signature } = parseObject(grantObject, grant).message;
  const headers = decode(protectedBytes) as unknown as Headers;
  const key = privateKeyObject(issuerSeed);
  const take = (bytes: Uint8Array): unknown => {
    const parsed = parseObject(grantObject, bytes);
    return verifyIssued(parsed, { signer: issuer, role: "grant", times: parsed.value, trust, provider: nodeCrypto });
  };
  /** Signed by the issuer, unless a signature is handed in. */
  const sealed = (
    protectedHeader: Uint8Array,
    unprotected: Headers = new Map(),
    own: Uint8Array = sign(null, sigStructure(protectedHeader, externalAad(fleetId), payload), key),
  ): Uint8Array =>
    concatBytes(
      grant.subarray(0, 1),
      encode(protectedHeader),
      encode(unprotected as CborValue),
      encode(payload),
      encode(own),
    );
  if ((await reaction(() => take(sealed(protectedBytes)))) !== "accepts")
    throw new Error("the control is not accepted");
  const without = new Map([...headers].filter(([label]) => label !== ALG));
  const withCrit = new Map<number, CborValue>([...headers, [CRIT, [UNKNOWN]], [UNKNOWN, 7]]);
  // {1: -7, 1: -19, …}
  const doubled = concatBytes(Uint8Array.of((protectedBytes[0] as number) + 1, ALG, 0x26), protectedBytes.subarray(1));
  const statement = issueObject(
    timeStatementObject,
    { nonce: new Uint8Array(16), t: NOW, uncertaintyMs: 100, source: "issuer" },
    { provider: nodeCrypto, seed: issuerSeed, kid: keyId(nodeCrypto, nodeCrypto.publicKeyOf(issuerSeed)), fleetId },
  );
  const ended = town.makeShift(1, NOW - 60).open;
  return {
    "small-order": await reaction(() =>
      verifyObject(parseObject(grantObject, sealed(protectedBytes, undefined, FORGED)), {
        ...{ provider: nodeCrypto, publicKey: NEUTRAL, fleetId },
      }),
    ),
    "alg-unsigned": await reaction(() => take(sealed(encode(without as never), new Map([[ALG, ED25519]])))),
    "unknown-crit": await reaction(() => take(sealed(encode(withCrit as never)))),
    "duplicate-label": await reaction(() => take(sealed(doubled))),
    "other-bytes": await reaction(() => take(concatBytes(Uint8Array.of(0x98, 4), grant.subarray(1)))),
    "unsigned-extra": await reaction(() => take(sealed(protectedBytes, new Map([[UNKNOWN, 1]])))),
    "other-kind": await reaction(() => take(statement.bytes)),
    expired: await reaction(() => examine(door, ended, contextOf(town, nodeCrypto)).decision.verdict === "permit-open"),
    trailing: await reaction(() => take(concatBytes(grant, Uint8Array.of(0)))),
    "s-plus-l": await reaction(() => take(sealed(protectedBytes, undefined, addL(signature)))),
  };
}
