// Logs (SPEC chapter 10): segments against a head that is known, and receipts against a log.
import { toHex } from "#src/bytes.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import type { ObjectName } from "#src/objects/signed-object.ts";
import { box, cylinder, fixedBytes, fleetId, issuers, key, type Party } from "../../support/city.ts";
import { accepted, chainOf, checkFields, type Labels, make, refused, type Vector, type VectorFile } from "../build.ts";
import * as u from "../usual.ts";

type Fields = Readonly<Record<string, unknown>>;
type Records = readonly (readonly CborValue[])[];

const position = (number: number, head: Uint8Array | undefined): Fields => ({
  number,
  head: toHex(head as Uint8Array),
});
const positions = (first: number, heads: readonly Uint8Array[]): Fields[] =>
  heads.map((head, index) => position(first - 1 + index, head));

interface Part {
  readonly kind: ObjectName;
  readonly payload: Labels;
  readonly by: Party;
  readonly first: number;
  /** The head before the first record, and those after each. */
  readonly heads: readonly Uint8Array[];
}

function compared(name: string, verdict: string, part: Part, known: Fields): Vector {
  const made = make(part.kind, { ...u.usual[part.kind].payload, ...part.payload }, { by: part.by });
  const fields = {
    operation: "chain",
    object: part.kind,
    ...checkFields(made, { publicKey: part.by.publicKey }),
    positions: positions(part.first, part.heads),
    known,
    verdict,
  };
  const clauses = part.kind === "key-journal" ? "LOG-2 OBJ-16" : "LOG-2 OBJ-14";
  return verdict === "agrees"
    ? accepted(`${part.kind}: ${name}`, clauses, fields)
    : refused(`${part.kind}: ${name}`, clauses, verdict, fields);
}

function segment(records: Records, first: number, count: number, store = 1): Part {
  const heads = chainOf(
    cylinder.kid,
    store,
    records.map((record) => encode(record)),
  );
  const slice = heads.slice(first - 1, first + count);
  const payload = { 2: first, 3: slice[0] as Uint8Array, 4: records.slice(first - 1, first - 1 + count), 8: store };
  return { kind: "log-segment", payload, by: cylinder, first, heads: slice };
}

/** The same log until record 4, where another cti stands. */
const otherCti = fixedBytes("another cti", 8);
const rewritten: Records = u.openings.map((record, index) =>
  index === 4 ? [1, otherCti, ...record.slice(2)] : record,
);
const middle = segment(u.openings, 3, 4);
const known = (number: number, heads: readonly Uint8Array[] = u.heads.openings): Fields =>
  position(number, heads[number]);
const rewrittenHeads = chainOf(
  cylinder.kid,
  1,
  rewritten.map((record) => encode(record)),
);
const entriesFrom = (first: number, count: number): Part => ({
  kind: "key-journal",
  payload: {
    1: first,
    2: u.heads.journal[first - 1] as Uint8Array,
    3: u.entries.slice(first - 1, first - 1 + count),
  },
  by: key,
  first,
  heads: u.heads.journal.slice(first - 1, first + count),
});

const segments: readonly Vector[] = [
  compared("the whole log, from h_0", "agrees", segment(u.openings, 1, 8), known(0)),
  compared("the last record is known", "agrees", segment(u.openings, 1, 8), known(8)),
  compared("a record in its middle is known", "agrees", middle, known(4)),
  compared("the record before its first is known", "agrees", middle, known(2)),
  compared(
    "refusals have a chain of their own",
    "agrees",
    segment(u.refusals, 1, 2, 2),
    position(0, u.heads.refusals[0]),
  ),
  compared("a record before its first is missing", "gap", middle, known(1)),
  compared("nothing is known but h_0", "gap", middle, known(0)),
  compared("it ends before what is known", "older", middle, known(7)),
  compared("a record was rewritten", "fork", segment(rewritten, 5, 2), known(6)),
  compared("a record was rewritten, and what follows it", "fork", segment(rewritten, 6, 3), known(8)),
  compared("its first record does not follow what is known", "fork", segment(rewritten, 6, 2), known(5)),
  compared("the head of another store", "fork", segment(u.openings, 1, 2), position(0, u.heads.refusals[0])),
  compared("the rewritten log agrees with itself", "agrees", segment(rewritten, 6, 2), known(5, rewrittenHeads)),
  compared("the whole journal", "agrees", entriesFrom(1, 7), position(0, u.heads.journal[0])),
  compared("the end of the journal", "agrees", entriesFrom(4, 4), position(3, u.heads.journal[3])),
  compared("an entry is missing before it", "gap", entriesFrom(4, 4), position(2, u.heads.journal[2])),
  compared("another journal's head", "fork", entriesFrom(4, 4), position(3, u.heads.openings[3])),
];

interface Log {
  readonly device: Uint8Array;
  readonly store: "openings" | "refusals" | "journal";
  readonly heads: readonly Uint8Array[];
  /** The oldest record whose head is still there. */
  readonly oldest?: number;
}
const own: Log = { device: cylinder.kid, store: "openings", heads: u.heads.openings };
const ownJournal: Log = { device: key.kid, store: "journal", heads: u.heads.journal };

function receipt(name: string, verdict: string, differs: Labels, log: Log, record: number, covered: boolean): Vector {
  const payload = { ...u.usual["upload-receipt"].payload, ...differs };
  const made = make("upload-receipt", payload, { by: issuers.receipt });
  const fields = {
    operation: "receipt",
    object: "upload-receipt",
    ...checkFields(made, { publicKey: issuers.receipt.publicKey }),
    log: {
      device: toHex(log.device),
      store: log.store,
      heads: positions(1, log.heads).slice(log.oldest ?? 0),
    },
    verdict,
    record,
    covered,
  };
  return verdict === "covered"
    ? accepted(`upload-receipt: ${name}`, "OBJ-15 LOG-7", fields)
    : refused(`upload-receipt: ${name}`, verdict === "fork" ? "OBJ-15 LOG-6" : "OBJ-15", verdict, fields);
}

const headAt = (number: number): Labels => ({ 2: number, 3: u.heads.openings[number] as Uint8Array });
const journalAt = (number: number): Labels => ({
  1: key.kid,
  2: number,
  3: u.heads.journal[number] as Uint8Array,
  5: 3,
});
const receipts: readonly Vector[] = [
  receipt("covers its last record", "covered", headAt(6), own, 6, true),
  receipt("covers an earlier record", "covered", headAt(6), own, 1, true),
  receipt("does not cover the record after it", "covered", headAt(6), own, 7, false),
  receipt("of nothing covers nothing", "covered", headAt(0), own, 1, false),
  receipt("of a journal", "covered", journalAt(7), ownJournal, 7, true),
  receipt("another head at n", "fork", { 3: rewrittenHeads[6] as Uint8Array }, own, 6, false),
  receipt("a head of the record before", "fork", { 3: u.heads.openings[5] as Uint8Array }, own, 6, false),
  receipt(
    "a record that the log does not have yet",
    "unknown",
    { 2: 9, 3: fixedBytes("a head to come", 16) },
    own,
    8,
    false,
  ),
  receipt("a record that the ring has overwritten", "unknown", headAt(2), { ...own, oldest: 4 }, 2, false),
  receipt("another cylinder's", "refused", { ...headAt(6), 1: box.kid }, own, 6, false),
  receipt("another store's", "refused", { ...headAt(6), 5: 2 }, own, 6, false),
  receipt("a journal's, of the same device", "refused", { ...headAt(6), 5: 3 }, own, 6, false),
];

export const log: VectorFile = {
  description:
    "Logs (SPEC chapter 10). chain: a signed part of a log (LogSegment or KeyJournal) gives `positions`, the heads before its first record and after each; held against one `known` position it agrees, forks, leaves a gap or is older. receipt: an UploadReceipt against a device's own `log` (the heads that it still has), its `verdict` (receipt-reply of nyckelfri.cddl), and whether `record` is `covered` and may be discarded. `reason` is the verdict. `common` is what every vector has besides.",
  common: { fleetId: toHex(fleetId) },
  vectors: [...segments, ...receipts],
};
