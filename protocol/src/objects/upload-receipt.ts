/** UploadReceipt: the city keeps a store's records up to one of them (SPEC OBJ-15). */
import { equalBytes } from "../bytes.ts";
import { bytes, choice, map, required, type Schema, uint } from "../cbor/schema.ts";
import type { Seconds } from "../time/clock.ts";
import { HEAD_BYTES, STORES, type Store } from "./derivations.ts";
import type { ObjectKind, Verified } from "./signed-object.ts";

export interface UploadReceipt {
  /** kid of the cylinder or key whose log it is. */
  readonly device: Uint8Array;
  /** Every record up to this one is kept. */
  readonly n: number;
  /** Chain hash after record n. */
  readonly head: Uint8Array;
  readonly iat: Seconds;
  readonly store: Store;
}

const schema: Schema<UploadReceipt> = map({
  device: required(1, bytes(8)),
  n: required(2, uint()),
  head: required(3, bytes(HEAD_BYTES)),
  iat: required(4, uint()),
  store: required(5, choice(STORES)),
});

export const uploadReceiptObject: ObjectKind<UploadReceipt> = {
  name: "upload-receipt",
  kid: "sent",
  schema,
  issuance: { role: "receipt", times: ({ iat }) => ({ iat }) },
};

/** A device's own log of one store, as it looks back on it. */
export interface OwnLog {
  readonly device: Uint8Array;
  readonly store: Store;
  /** Chain hash after a record; undefined for one that the log does not have yet, or no longer knows. */
  readonly headAt: (number: number) => Uint8Array | undefined;
}

/** Names of `receipt-reply` in the CDDL. `refused`: the receipt is about another log. */
export type ReceiptVerdict = "covered" | "fork" | "unknown" | "refused";

/** Does a receipt hold for this log? Only with the same head at n (SPEC OBJ-15). That its signer may say so is for trust.ts. */
export function judgeReceipt({ value: receipt }: Verified<UploadReceipt>, log: OwnLog): ReceiptVerdict {
  if (receipt.store !== log.store || !equalBytes(receipt.device, log.device)) return "refused";
  const head = log.headAt(receipt.n);
  if (head === undefined) return "unknown";
  return equalBytes(head, receipt.head) ? "covered" : "fork";
}

/** May a record of this log be discarded under a receipt (SPEC OBJ-15)? */
export function covers(receipt: Verified<UploadReceipt>, log: OwnLog, recordNumber: number): boolean {
  return judgeReceipt(receipt, log) === "covered" && recordNumber <= receipt.value.n;
}
