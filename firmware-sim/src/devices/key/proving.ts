/** A key's proof at a cylinder: whether it may make one, what it will say, and its trace in the journal before it is signed. */
import {
  type CoarseResultName,
  encode,
  grantObject,
  issueObject,
  type JournalEntry,
  type OpenProof,
  openProofExtra,
  openProofObject,
  type ProofSubject,
  readClock,
  rememberLower,
} from "@nyckelfri/protocol";
import { isVoid } from "../shared/belief.ts";
import type { Changes } from "../shared/transactions.ts";
import { standingOf } from "./clock.ts";
import { isGrantVoid } from "./delivering.ts";
import { recorded } from "./dock-messages.ts";
import { ITEM, issuerBehind } from "./holdings.ts";
import type { KeyConfig, KeyOn, Presenting, ProofValues } from "./state.ts";

export type Unfit = CoarseResultName | "battery-empty";

/** What the proof will say of the time, or why there is none. */
function selfCheck(config: KeyConfig, key: KeyOn, tickMs: number): Unfit | Omit<ProofValues, "keyCounter"> {
  const { holdings } = key;
  if (key.battery === "empty") return "battery-empty";
  const reading = readClock(holdings.clock, tickMs);
  const [grant] = holdings.grants;
  if (grant === undefined) return "update-key";
  if (reading.quality !== "running") return "clock";
  if (standingOf(grant.value, reading) !== "inside") return "not-permitted-now";
  const issuer = issuerBehind(holdings, grantObject, grant);
  if (issuer === undefined) return "update-key";
  // SPEC TRU-16: what a list voids that the key itself carries is void here too.
  if (isVoid(holdings, issuer) || isGrantVoid(holdings, config, grant.value, issuer)) return "not-permitted-now";
  const { lo, hi } = reading.interval;
  return hi - lo > 0xffff ? "clock" : { lo, hi, timeSource: reading.source.kid };
}

export interface DueProof {
  readonly proof: ProofValues;
  readonly presenting: Presenting;
  /** To be committed before the proof is signed (SPEC PER-7). */
  readonly changes: Changes;
}

/** What a proof at a cylinder will say, and its entry in the journal; or why there is none. */
export function dueProof(
  config: KeyConfig,
  key: KeyOn,
  cylinder: Uint8Array,
  action: OpenProof["action"],
  tickMs: number,
): DueProof | { readonly unfit: Unfit } {
  const { holdings } = key;
  const [grant] = holdings.grants;
  const fit = selfCheck(config, key, tickMs);
  if (typeof fit === "string") return { unfit: fit };
  if (grant === undefined) return { unfit: "update-key" };
  const keyCounter = holdings.keyCounter + 1;
  const { lo, hi } = fit;
  const { cti } = grant.value;
  const entry: JournalEntry = { kind: "proof", cylinder, cti, keyCounter, lo, widthSeconds: hi - lo, action };
  const changes = new Map(recorded(config, key, [entry], rememberLower(holdings.clock, tickMs)));
  changes.set(ITEM.counter, encode(keyCounter));
  return { proof: { ...fit, keyCounter }, presenting: { grant: grant.bytes, ticket: holdings.ticket?.bytes }, changes };
}

/** After the commit, if the grant holds still; or why it does not. */
export function signedProof(
  config: KeyConfig,
  key: KeyOn,
  { proof, presenting }: Omit<DueProof, "changes">,
  said: Pick<OpenProof, "action" | "carried">,
  transcript: ProofSubject["transcript"],
  tickMs: number,
): Uint8Array | Unfit {
  const fit = selfCheck(config, key, tickMs);
  if (typeof fit === "string") return fit;
  const { lo, hi, keyCounter, timeSource } = proof;
  const value: OpenProof = { lo, widthSeconds: hi - lo, quality: "running", keyCounter, timeSource, ...said };
  const extra = openProofExtra(config.provider, transcript, presenting.grant, presenting.ticket);
  return issueObject(openProofObject, value, key.holdings.signer, extra).bytes;
}
