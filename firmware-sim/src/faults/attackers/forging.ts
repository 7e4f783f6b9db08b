/** Signed objects that no honest device has made: by keys that are in nobody's hands any more, or that never were in the city's. */
import {
  activationTicketObject,
  CallerError,
  type CryptoProvider,
  certificateObject,
  deviceProofObject,
  deviceTransferObject,
  doorPolicyObject,
  enrolmentObject,
  grantObject,
  hostCommandObject,
  issueObject,
  keyJournalObject,
  logSegmentObject,
  type ObjectKind,
  type OpenProof,
  openProofObject,
  PeerError,
  parseObject,
  pinVerifierObject,
  revocationListObject,
  rootTransitionObject,
  type Seconds,
  type Signer,
  timeStatementObject,
  typOf,
  uploadReceiptObject,
} from "@nyckelfri/protocol";
import type { Party } from "../../world/parties.ts";
import type { Stream } from "../../world/streams.ts";
import { type Knowledge, typIn } from "./knowledge.ts";

/** A key that is not in a device's hands, or not only there, with what the attacker has of papers for it. */
export interface Loot {
  readonly name: string;
  readonly party: Party;
  /** Its own certificate, and its issuer's. */
  readonly certificates: readonly Uint8Array[];
  /** Of a key: its last grant. */
  readonly grant?: Uint8Array;
}

/** Who forges, with what. */
export interface Forger {
  readonly provider: CryptoProvider;
  readonly fleetId: Uint8Array;
  readonly loot: readonly Loot[];
  readonly knowledge: Knowledge;
  /** True time: an attacker has a watch. */
  readonly now: Seconds;
  readonly draws: Stream;
}

const KINDS: ReadonlyMap<number, ObjectKind<object>> = new Map(
  [
    ...[activationTicketObject, certificateObject, deviceProofObject, deviceTransferObject, doorPolicyObject],
    ...[enrolmentObject, grantObject, hostCommandObject, keyJournalObject, logSegmentObject, openProofObject],
    ...[pinVerifierObject, revocationListObject, rootTransitionObject, timeStatementObject, uploadReceiptObject],
  ].map((kind): [number, ObjectKind<object>] => [typOf(kind.name), kind as unknown as ObjectKind<object>]),
);

/** Of one that was heard, with other values in it, and signed by somebody else; undefined where nothing comes of it. */
export function forgeObject(
  forger: Forger,
  heard: Uint8Array,
  by: Loot,
  extra?: readonly Uint8Array[],
): Uint8Array | undefined {
  const { draws } = forger;
  const kind = KINDS.get(typIn(heard) ?? 0);
  if (kind === undefined) return undefined;
  return attempt(() => {
    const { value, kid } = parseObject(kind, heard);
    let forged = value;
    for (let changes = draws.below(3); changes > 0; changes--) forged = changed(forger, forged, by) as object;
    // In its own name, or in that of the one who should have signed.
    const signer = signerOf(forger, by, draws.chance(300_000) ? (kid ?? by.party.kid) : by.party.kid);
    return issueObject(kind, forged, signer, extra).bytes;
  });
}

/** The papers of a forger's own city, in which its own key has every role. */
export function selfCertified(forger: Forger, by: Loot, roles: number): Uint8Array | undefined {
  const { draws, now } = forger;
  const nbf = now - draws.below(100_000);
  const epoch = 1 + draws.below(4);
  const value = { roles, publicKey: by.party.publicKey, nbf, exp: nbf + 1_000_000, epoch };
  return attempt(() => issueObject(certificateObject, value, signerOf(forger, by)).bytes);
}

/** What a stolen key would say at this door: a proof of its own, inside its grant, whatever time it is. */
export function proveAs(
  forger: Forger,
  by: Loot,
  grant: Uint8Array,
  extra: readonly Uint8Array[],
): Uint8Array | undefined {
  const { draws, now } = forger;
  return attempt(() => {
    const { nbf, exp, iat } = parseObject(grantObject, grant).value;
    const lo = draws.pick([Math.max(nbf, Math.min(now, exp - 30)), nbf + 1, exp - 30, now - 1, iat]);
    const value: OpenProof = {
      ...{ lo, widthSeconds: 1 + draws.below(20), quality: "running", keyCounter: 1 + draws.below(1_000) },
      ...{ action: "open", timeSource: draws.bytes(8), carried: { epoch: draws.below(3), policy: 0, lists: [] } },
    };
    return issueObject(openProofObject, value, signerOf(forger, by), extra).bytes;
  });
}

function signerOf({ provider, fleetId }: Forger, { party }: Loot, kid: Uint8Array = party.kid): Signer {
  return { provider, seed: party.seed, kid, fleetId };
}

/** The same with one of its parts, however deep, put otherwise. */
function changed(forger: Forger, term: unknown, by: Loot): unknown {
  const { draws, knowledge, now } = forger;
  if (typeof term === "number") {
    const near = [term + 1, Math.max(0, term - 1), term + 3_600, Math.max(0, term - 86_400)];
    return draws.pick([...near, now, now + 60, 0, 1, 0xffff_ffff]);
  }
  if (typeof term === "string") return draws.pick([term, ...knowledge.texts()]);
  if (term instanceof Uint8Array) {
    const own = [by.party.publicKey, by.party.kid].filter(({ length }) => length === term.length);
    return draws.pick([...own, ...own, ...knowledge.atoms(term.length), draws.bytes(term.length)]);
  }
  if (Array.isArray(term)) {
    if (term.length === 0) return term;
    const at = draws.below(term.length);
    return term.map((part, index) => (index === at ? changed(forger, part, by) : part));
  }
  if (typeof term !== "object" || term === null) return term;
  const fields = Object.entries(term);
  if (fields.length === 0) return term;
  const [name, part] = draws.pick(fields);
  return { ...term, [name]: changed(forger, part, by) };
}

/** Undefined where the protocol's own encoder refuses what came out. */
export function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof PeerError || error instanceof CallerError) return undefined;
    throw error;
  }
}
