/** One usual object of each kind: the first valid vector of protocol/vectors/objects.json, its payload, and its value. */
import { readFileSync } from "node:fs";
import {
  activationTicketObject,
  certificateObject,
  deviceProofObject,
  deviceTransferObject,
  doorPolicyObject,
  enrolmentObject,
  fromHex,
  grantObject,
  hostCommandObject,
  keyJournalObject,
  logSegmentObject,
  type ObjectKind,
  openProofObject,
  parseObject,
  pinVerifierObject,
  revocationListObject,
  rootTransitionObject,
  timeStatementObject,
  uploadReceiptObject,
} from "@nyckelfri/protocol";

export const KINDS: readonly ObjectKind<unknown>[] = [
  grantObject,
  activationTicketObject,
  doorPolicyObject,
  revocationListObject,
  certificateObject,
  openProofObject,
  logSegmentObject,
  uploadReceiptObject,
  timeStatementObject,
  keyJournalObject,
  hostCommandObject,
  pinVerifierObject,
  enrolmentObject,
  rootTransitionObject,
  deviceTransferObject,
  deviceProofObject,
] as readonly unknown[] as readonly ObjectKind<unknown>[];

export interface Sample {
  readonly kind: ObjectKind<unknown>;
  readonly payload: Uint8Array;
  readonly value: unknown;
}

export function samples(): readonly Sample[] {
  const file = new URL("../../../protocol/vectors/objects.json", import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, "utf8")) as {
    vectors: readonly { object: string; valid: boolean; bytes: string }[];
  };
  return KINDS.map((kind) => {
    const found = vectors.find(({ object, valid }) => valid && object === kind.name);
    if (found === undefined) throw new Error(`no vector of a ${kind.name}`);
    const { message, value } = parseObject(kind, fromHex(found.bytes));
    return { kind, payload: message.payload, value };
  });
}
