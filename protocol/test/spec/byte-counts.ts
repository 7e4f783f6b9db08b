/**
 * SPEC.md's Appendix B, from real encodings: numbers are as large as they become in a city (u32 groups, five-figure
 * counters, two lists at a door), so that the table is no best case.
 */
import { encodeAs } from "#src/cbor/schema.ts";
import { encodeFrame, HELLO_VERSION } from "#src/framing/frame.ts";
import { encodeReply, encodeRequest, messageNamed } from "#src/messages/message-table.ts";
import { certificateObject } from "#src/objects/certificate.ts";
import { deviceProofObject } from "#src/objects/device-proof.ts";
import { deviceTransferObject } from "#src/objects/device-transfer.ts";
import { enrolmentObject } from "#src/objects/enrolment.ts";
import { hostCommandObject } from "#src/objects/host-command.ts";
import { keyJournalObject } from "#src/objects/key-journal.ts";
import { type LogRecord, logRecordSchema } from "#src/objects/log-record.ts";
import { logSegmentObject } from "#src/objects/log-segment.ts";
import { openProofObject } from "#src/objects/open-proof.ts";
import { pinVerifierObject } from "#src/objects/pin-verifier.ts";
import { rootTransitionObject } from "#src/objects/root-transition.ts";
import { timeStatementObject } from "#src/objects/time-statement.ts";
import { uploadReceiptObject } from "#src/objects/upload-receipt.ts";
import {
  box,
  cylinder,
  DAY,
  DOOR,
  EPOCH,
  fixedBytes,
  HOUR,
  host,
  issue,
  issueGrant,
  issueList,
  issuePolicy,
  issuers,
  issueTicket,
  key,
  NOW,
  nextSuccessor,
  type Party,
  root,
  SHIFT,
  station,
  successor,
} from "../support/city.ts";
import { table } from "./sections.ts";

const GROUPS = [1_100_017, 1_100_018, 1_900_001] as const;
const LISTS = [70_012, 70_013] as const;
const COUNTER = 51_234;

const id = (name: string): Uint8Array => fixedBytes(name, 8);
const nonce = fixedBytes("nonce", 16);
const head = fixedBytes("head", 16);

/** Size of an object in bytes. */
interface ObjectSize {
  readonly object: string;
  readonly bytes: number;
}

const grant = issueGrant({ scope: [[GROUPS[0], 1]] });
const ticket = issueTicket(grant.bytes, { boxCounter: COUNTER });
const policy = issuePolicy({ groups: [...GROUPS], lists: [...LISTS], version: 300 });
const proof = issue(
  openProofObject,
  {
    lo: NOW,
    widthSeconds: 130,
    quality: "running",
    keyCounter: COUNTER,
    action: "open",
    timeSource: station.kid,
    carried: { epoch: EPOCH, policy: 0, lists: [] },
  },
  key,
);

const opening: readonly LogRecord[] = [
  { kind: "intent", cti: id("cti"), keyCounter: COUNTER, lo: NOW, widthSeconds: 130, flags: 1 },
  { kind: "outcome", code: "engaged", durationMs: 4_200 },
];

const segmentOf = (openings: number): number =>
  issue(
    logSegmentObject,
    {
      mount: 1,
      first: COUNTER,
      headBefore: head,
      records: Array.from({ length: openings }, () => opening).flat(),
      keyNonce: id("key nonce"),
      nonceCounter: COUNTER,
      store: "openings",
    },
    cylinder,
  ).bytes.length;

const journalOf = (proofs: number): number =>
  issue(
    keyJournalObject,
    {
      first: COUNTER,
      headBefore: head,
      entries: Array.from({ length: proofs }, () => ({
        kind: "proof" as const,
        cylinder: cylinder.kid,
        cti: id("cti"),
        keyCounter: COUNTER,
        lo: NOW,
        widthSeconds: 130,
        action: "open" as const,
      })),
      nonce,
    },
    key,
  ).bytes.length;

const listOf = (entries: number): number =>
  issueList({
    list: LISTS[0],
    version: 900,
    entries: Array.from({ length: entries }, (_, index) => ({
      kind: "grant" as const,
      id: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, index),
      until: NOW,
    })),
  }).bytes.length;

const certificateOf = (subject: Party, groups?: readonly number[]): number =>
  issue(
    certificateObject,
    {
      roles: 1,
      publicKey: subject.publicKey,
      nbf: NOW - DAY,
      exp: NOW + DAY,
      epoch: EPOCH,
      ...(groups === undefined ? {} : { groups }),
    },
    root,
  ).bytes.length;

/** Every kind of object, the usual one and where it matters a larger one. */
export function objectSizes(): readonly ObjectSize[] {
  return [
    { object: "Certificate", bytes: certificateOf(issuers.grant) },
    { object: "Certificate, 1 group", bytes: certificateOf(issuers.grant, [GROUPS[0]]) },
    {
      object: "RootTransition",
      bytes: issue(
        rootTransitionObject,
        {
          rootPublicKey: successor.publicKey,
          successorThumbprint: fixedBytes("next", 32),
          epoch: EPOCH + 1,
          nbf: NOW,
        },
        successor,
      ).bytes.length,
    },
    {
      object: "DeviceTransfer",
      bytes: issue(
        deviceTransferObject,
        {
          rootPublicKey: nextSuccessor.publicKey,
          successorThumbprint: fixedBytes("next", 32),
          epoch: EPOCH,
          nbf: NOW,
          device: cylinder.kid,
          nonce,
          fleetId: fixedBytes("other fleet", 32),
        },
        root,
      ).bytes.length,
    },
    { object: "Grant, 1 group", bytes: grant.bytes.length },
    {
      object: "Grant, 3 groups and 1 door",
      bytes: issueGrant({ scope: [...GROUPS.map((group) => [group, 1] as const), [DOOR, 0]] }).bytes.length,
    },
    { object: "ActivationTicket", bytes: ticket.bytes.length },
    { object: "DoorPolicy, 3 groups and 2 lists", bytes: policy.bytes.length },
    { object: "RevocationList, empty", bytes: listOf(0) },
    { object: "RevocationList, 4 entries", bytes: listOf(4) },
    { object: "RevocationList, 48 entries", bytes: listOf(48) },
    {
      object: "TimeStatement",
      bytes: issue(timeStatementObject, { nonce, t: NOW, uncertaintyMs: 1_500, source: "station" as const }, station)
        .bytes.length,
    },
    { object: "OpenProof, nothing newer than the door has", bytes: proof.bytes.length },
    ...opening.map((record) => ({
      object: `LogRecord ${record.kind}`,
      bytes: encodeAs(logRecordSchema, record).length,
    })),
    { object: "LogSegment, 1 opening", bytes: segmentOf(1) },
    { object: "LogSegment, 8 openings", bytes: segmentOf(8) },
    {
      object: "UploadReceipt",
      bytes: issue(
        uploadReceiptObject,
        { device: cylinder.kid, n: COUNTER, head, iat: NOW, store: "openings" as const },
        issuers.receipt,
      ).bytes.length,
    },
    { object: "KeyJournal, 1 proof", bytes: journalOf(1) },
    { object: "KeyJournal, 16 proofs", bytes: journalOf(16) },
    {
      object: "PinVerifier",
      bytes: issue(
        pinVerifierObject,
        { key: key.kid, salt: nonce, digest: fixedBytes("digest", 32), version: 3, iat: NOW },
        issuers.device,
      ).bytes.length,
    },
    {
      object: "Enrolment, serial of 12",
      bytes: issue(
        enrolmentObject,
        {
          publicKey: cylinder.publicKey,
          serialNumber: "NF-000012345",
          deviceKind: "cylinder",
          firmware: [1, 4, 2],
          nonce,
        },
        cylinder,
      ).bytes.length,
    },
    {
      object: "HostCommand, read log",
      bytes: issue(
        hostCommandObject,
        { device: station.kid, nonce, sequence: 30, command: { kind: "read-log", cursor: COUNTER } },
        host,
      ).bytes.length,
    },
    {
      object: "DeviceProof",
      bytes: issue(deviceProofObject, { nonce, exchange: "dock" as const }, box).bytes.length,
    },
  ];
}

/** A body's size in a frame on the wire: header, CRC, COBS and the zero. */
function framed(message: number, kind: "request" | "reply", body: Uint8Array): number {
  return encodeFrame({ version: HELLO_VERSION, kind, message, session: 0xc0ffee11, sequence: 1, body }).length;
}

/** Framed bytes of one message of an opening. */
export interface MessageSize {
  readonly message: string;
  readonly bytes: number;
}

const number = (name: "hello" | "update" | "open" | "collect" | "receipt"): number => messageNamed("open", name).number;

const hello: MessageSize = {
  message: "hello",
  bytes: framed(
    number("hello"),
    "request",
    encodeRequest("open", "hello", {
      versions: { oldest: 1, newest: 1 },
      exchange: "open",
      nonce: id("key nonce"),
      battery: "ok",
    }),
  ),
};
const challenge: MessageSize = {
  message: "challenge",
  bytes: framed(
    number("hello"),
    "reply",
    encodeReply("open", "hello", {
      versions: { oldest: 1, newest: 1 },
      cylinder: cylinder.kid,
      nonce,
      epoch: EPOCH,
      policyVersion: 300,
      lists: LISTS.map((list) => [list, 900] as const),
      floor: SHIFT.iat - HOUR,
      state: "active",
      newestRecord: COUNTER,
    }),
  ),
};
const open = (presented: Parameters<typeof openBody>[0]): MessageSize => ({
  message: presented.by === "grant" ? "open with grant, ticket and proof" : "open with cti and proof",
  bytes: framed(number("open"), "request", openBody(presented)),
});
const openBody = (
  presented:
    | { readonly by: "grant"; readonly grant: Uint8Array; readonly ticket: Uint8Array }
    | { readonly by: "cti"; readonly cti: Uint8Array },
): Uint8Array => encodeRequest("open", "open", { ...presented, proof: proof.bytes });
const result: MessageSize = {
  message: "result",
  bytes: framed(
    number("open"),
    "reply",
    encodeReply("open", "open", { kind: "result", result: "opened", record: COUNTER }),
  ),
};

/** From hello to result. */
export const openings = {
  "first visit": [hello, challenge, open({ by: "grant", grant: grant.bytes, ticket: ticket.bytes }), result],
  repeat: [hello, challenge, open({ by: "cti", cti: id("cti") }), result],
} satisfies Readonly<Record<string, readonly MessageSize[]>>;

export const totalOf = (messages: readonly MessageSize[]): number =>
  messages.reduce((sum, { bytes }) => sum + bytes, 0);

/** What comes on top of an opening when there is something to bring or to carry: request and reply. */
function beside(): readonly MessageSize[] {
  const update = (what: string, object: Uint8Array): MessageSize => ({
    message: `update with ${what}, and its reply`,
    bytes:
      framed(number("update"), "request", encodeRequest("open", "update", { object })) +
      framed(number("update"), "reply", encodeReply("open", "update", { outcome: "stored" })),
  });
  const segment = fixedBytes("segment", 32);
  const carried = (size: number): Uint8Array => new Uint8Array(size).fill(segment[0] ?? 0);
  return [
    update("a policy", policy.bytes),
    update("a list of 4 entries", carried(listOf(4))),
    update("a certificate", issuers.grant.certificate.bytes),
    {
      message: "collect, and a segment of 8 openings",
      bytes:
        framed(
          number("collect"),
          "request",
          encodeRequest("open", "collect", { store: "openings", delivered: COUNTER }),
        ) + framed(number("collect"), "reply", encodeReply("open", "collect", { segment: carried(segmentOf(8)) })),
    },
  ];
}

export function byteCountsTable(): string {
  return [
    table(
      ["object", "bytes"],
      objectSizes().map(({ object, bytes }) => [object, bytes]),
    ),
    ...Object.entries(openings).map(([name, messages]) =>
      table(
        [`${name}, framed`, "bytes"],
        [...messages.map(({ message, bytes }) => [message, bytes]), ["**in all**", `**${totalOf(messages)}**`]],
      ),
    ),
    table(
      ["beside an opening, framed", "bytes"],
      beside().map(({ message, bytes }) => [message, bytes]),
    ),
  ].join("\n");
}
