// Every kind of signed object (SPEC chapter 5): sound ones, and one broken rule each, validly signed by the right party.

import { toHex } from "#src/bytes.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import type { ObjectName } from "#src/objects/signed-object.ts";
import { objects as kinds } from "#src/registry.ts";
import { cylinder, EPOCH, fixedBytes, fleetId, issuers, key, NOW, station } from "../../support/city.ts";
import {
  flipped,
  type Labels,
  type Made,
  make,
  refused,
  times,
  typOf,
  type Vector,
  type VectorFile,
} from "../build.ts";
import * as u from "../usual.ts";
import { bad, fieldsOf, good } from "./object-cases.ts";
import { certificateCases, grantCases } from "./objects-trust.ts";

const LATEST = 4_294_967_295;

/** Faults that every kind can have: a label too many, one too few, another kind's typ, another signature. */
function commonFaults(kind: ObjectName): Vector[] {
  const { payload, by, fleet, extra } = u.usual[kind];
  const last = Math.max(...Object.keys(payload).map(Number));
  const other = kinds.find(({ name }) => name !== kind && typOf(name) > typOf(kind))?.name ?? "certificate";
  const retyped = make(kind, payload, { by, fleet, extra, typ: typOf(other) });
  const renamed = make(kind, payload, { by, fleet, extra, kid: kind === "open-proof" ? by.kid : "implied" });
  const forged = make(kind, payload, { by: u.stranger, fleet, extra, kid: kind === "open-proof" ? "implied" : by.kid });
  const elsewhere = make(kind, payload, { by, fleet: u.otherFleet, extra });
  return [
    bad(kind, "a label that the kind does not have", "CBR-14", "schema/unknown-label", { 23: 0 }),
    bad(kind, "its last label is missing", "CBR-14", "schema/missing-label", { [last]: undefined }),
    bad(
      kind,
      "a payload that is an array",
      "CBR-14",
      "schema/type",
      encode([...Object.values(payload)] as CborValue[]),
    ),
    refused(`${kind}: typ of a ${other}`, "COS-7 OBJ-1", "cose/typ-mismatch", fieldsOf(kind, retyped, by, false)),
    refused(
      `${kind}: ${kind === "open-proof" ? "a kid that is sent" : "no kid"}`,
      "COS-2",
      "objects/kid-presence",
      fieldsOf(kind, renamed, by, false),
    ),
    refused(`${kind}: signed by a stranger`, "OBJ-1", "cose/signature-invalid", fieldsOf(kind, forged, by, false)),
    refused(
      `${kind}: signed for another fleet`,
      "COS-6",
      "cose/signature-invalid",
      fieldsOf(kind, elsewhere, by, false),
    ),
    refused(
      `${kind}: a byte of the payload changed`,
      "OBJ-22",
      "cose/signature-invalid",
      fieldsOf(kind, tampered(kind), by, false),
    ),
  ];
}

/** One byte of each kind's payload, changed to what its rules would still take. */
const otherByte: Readonly<Record<ObjectName, Labels>> = {
  certificate: { 5: EPOCH - 1 },
  "root-transition": { 3: EPOCH + 2 },
  grant: { 7: flipped(fixedBytes("cti", 8), 3) },
  "activation-ticket": { 5: 87 },
  "door-policy": { 2: 6 },
  "revocation-list": { 2: 10 },
  "time-statement": { 2: NOW + 1 },
  "open-proof": { 4: 1205 },
  "log-segment": { 6: 89 },
  "upload-receipt": { 2: 7 },
  "key-journal": { 4: flipped(u.nonces.station, 3) },
  "pin-verifier": { 4: 3 },
  enrolment: { 5: flipped(u.nonces.host, 3) },
  "host-command": { 3: 2 },
  "device-proof": { 2: 3 },
  "device-transfer": { 3: 2 },
};

/** The signature stays that of the usual object. */
function tampered(kind: ObjectName): Made {
  const made = u.variantOf(kind, {});
  const { payload } = u.variantOf(kind, otherByte[kind]);
  return { ...made, payload, bytes: encode([made.protectedBytes, new Map(), payload, made.signature]) };
}

const record = (...items: CborValue[]): CborValue => items;
const cti = fixedBytes("cti", 8);

const ticketCases: readonly Vector[] = [
  good("activation-ticket", "usual", "OBJ-6"),
  good("activation-ticket", "a window of one second, to the end of time", "OBJ-6", {
    2: LATEST - 1,
    3: LATEST,
    5: LATEST,
  }),
  bad("activation-ticket", "from = until", "OBJ-6", "objects/window-empty", { 2: NOW, 3: NOW }),
  bad("activation-ticket", "from after until", "OBJ-6", "objects/window-empty", { 2: NOW + 1, 3: NOW }),
  bad("activation-ticket", "method 0", "CBR-14", "schema/out-of-range", { 4: 0 }),
  bad("activation-ticket", "method 2", "CBR-14", "schema/out-of-range", { 4: 2 }),
  bad("activation-ticket", "a digest of 31 bytes", "CBR-14", "schema/length", { 1: new Uint8Array(31) }),
  bad("activation-ticket", "until past 2^32-1", "CBR-14", "schema/out-of-range", { 3: 4_294_967_296 }),
];

const policyCases: readonly Vector[] = [
  good("door-policy", "usual", "OBJ-7"),
  good("door-policy", "16 groups and 4 lists", "OBJ-7", { 7: times(16, (n) => n * 7), 11: [0, 1, 12, LATEST] }),
  good("door-policy", "deactivated, no groups, no lists, no activation", "OBJ-7", {
    6: 2,
    7: [],
    9: false,
    11: [],
    12: 2,
  }),
  good("door-policy", "dismounted, openings written off", "OBJ-7 SVC-5", { 6: 3, 13: 43 }),
  good("door-policy", "dismounted, nothing written off", "OBJ-7", { 6: 3 }),
  good("door-policy", "largest numbers", "OBJ-7", { 2: LATEST, 3: LATEST, 5: 65_535, 8: LATEST, 10: 65_535, 12: 4 }),
  bad("door-policy", "groups out of order", "OBJ-7", "objects/not-ascending", { 7: [4712, 4711] }),
  bad("door-policy", "a group twice", "OBJ-7", "objects/not-ascending", { 7: [4711, 4711] }),
  bad("door-policy", "lists out of order", "OBJ-7", "objects/not-ascending", { 11: [12, 3] }),
  bad("door-policy", "17 groups", "OBJ-7", "schema/length", { 7: times(17, (n) => n) }),
  bad("door-policy", "5 lists", "OBJ-7", "schema/length", { 11: [1, 2, 3, 4, 5] }),
  bad("door-policy", "written off while active", "OBJ-7 SVC-5", "objects/written-off", { 13: 43 }),
  bad("door-policy", "written off while deactivated", "OBJ-7 SVC-5", "objects/written-off", { 6: 2, 13: 43 }),
  bad("door-policy", "version 0", "TRU-8", "schema/out-of-range", { 2: 0 }),
  bad("door-policy", "state 4", "CBR-14", "schema/out-of-range", { 6: 4 }),
  bad("door-policy", "kind of door 0", "CBR-14", "schema/out-of-range", { 12: 0 }),
  bad("door-policy", "mount number 65,536", "CBR-14", "schema/out-of-range", { 5: 65_536 }),
  bad("door-policy", "widest interval 65,536", "CBR-14", "schema/out-of-range", { 10: 65_536 }),
  bad("door-policy", "activation as an integer", "CBR-14", "schema/type", { 9: 1 }),
  bad("door-policy", "a cylinder of 9 bytes", "CBR-14", "schema/length", { 1: new Uint8Array(9) }),
];

const entry = (kind: number, name: string, until = NOW): CborValue => [kind, fixedBytes(name, 8), until];
const sorted = times(48, (n): CborValue => [5, n, NOW - n]);
const [lower, higher] = [Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0)] as const;
const listCases: readonly Vector[] = [
  good("revocation-list", "usual", "OBJ-8 OBJ-9"),
  good("revocation-list", "empty", "OBJ-8", { 4: [] }),
  good("revocation-list", "48 entries", "OBJ-8", { 4: sorted }),
  good("revocation-list", "an entry of each kind", "OBJ-8 OBJ-9", {
    4: [
      entry(1, "a cti"),
      entry(2, "a key"),
      entry(3, "a holder"),
      entry(4, "a box"),
      [5, 4711, LATEST],
      entry(6, "an issuer"),
    ],
  }),
  good("revocation-list", "two entries of a kind, by id", "OBJ-8", {
    4: [
      [2, lower, NOW],
      [2, higher, 0],
    ],
  }),
  bad("revocation-list", "49 entries", "OBJ-8", "schema/length", { 4: [...sorted, [5, 48, NOW]] }),
  bad("revocation-list", "ids out of order", "OBJ-8", "objects/not-ascending", {
    4: [
      [2, higher, NOW],
      [2, lower, NOW],
    ],
  }),
  bad("revocation-list", "kinds out of order", "OBJ-8", "objects/not-ascending", {
    4: [
      [3, lower, NOW],
      [2, higher, NOW],
    ],
  }),
  bad("revocation-list", "a group before a key", "OBJ-8", "objects/not-ascending", {
    4: [
      [5, 1, NOW],
      [2, higher, NOW],
    ],
  }),
  bad("revocation-list", "an id twice, with another T", "OBJ-8", "objects/not-ascending", {
    4: [
      [2, lower, NOW],
      [2, lower, NOW + 1],
    ],
  }),
  bad("revocation-list", "version 0", "TRU-8", "schema/out-of-range", { 2: 0 }),
  bad("revocation-list", "kind 7", "OBJ-9", "schema/variant", { 4: [entry(7, "a fleet")] }),
  bad("revocation-list", "an entry without T", "CBR-14", "schema/length", { 4: [[2, lower]] }),
  bad("revocation-list", "a group's id in bytes", "OBJ-9", "schema/type", { 4: [[5, lower, NOW]] }),
  bad("revocation-list", "a key's id as an integer", "OBJ-9", "schema/type", { 4: [[2, 4711, NOW]] }),
  bad("revocation-list", "an entry that is a map", "CBR-14", "schema/type", { 4: [new Map([[1, 2]])] }),
];

const timeCases: readonly Vector[] = [
  good("time-statement", "of a station", "OBJ-11"),
  good("time-statement", "of an issuer, u 0", "OBJ-11", { 3: 0, 4: 1 }, issuers.time),
  good("time-statement", "u 60,000 ms", "OBJ-11 TIM-7", { 3: 60_000 }),
  good("time-statement", "of a key, in 2106", "OBJ-11", { 2: LATEST, 4: 5 }, key),
  bad("time-statement", "u 60,001 ms", "OBJ-11 TIM-7", "schema/out-of-range", { 3: 60_001 }),
  bad("time-statement", "class 0", "OBJ-11", "schema/out-of-range", { 4: 0 }),
  bad("time-statement", "class 6", "OBJ-11", "schema/out-of-range", { 4: 6 }),
  bad("time-statement", "a nonce of 8 bytes", "OBJ-11", "schema/length", { 1: new Uint8Array(8) }),
  bad("time-statement", "t past 2^32-1", "OBJ-11", "schema/out-of-range", { 2: 4_294_967_296 }),
  bad("time-statement", "t below zero", "OBJ-11", "schema/out-of-range", { 2: -1 }),
];

const proofCases: readonly Vector[] = [
  good("open-proof", "usual", "OBJ-12 OBJ-13"),
  good("open-proof", "action service", "OBJ-12 SVC-7", { 5: 4 }),
  good("open-proof", "a newer policy and a newer list carried", "OBJ-12 OPN-18", { 7: [EPOCH, 6, [12, 10]] }),
  good("open-proof", "four lists, the clock lost", "OBJ-12", {
    3: 0,
    7: [EPOCH, 5, [1, 1], [2, 2], [3, 3], [LATEST, LATEST]],
  }),
  good("open-proof", "width 1", "OBJ-13", { 2: 1 }),
  good("open-proof", "an interval that ends past 2^32", "OBJ-13 DEC-19", { 1: LATEST, 2: 65_535 }),
  bad("open-proof", "width 0", "OBJ-13", "schema/out-of-range", { 2: 0 }),
  bad("open-proof", "width 65,536", "OBJ-13", "schema/out-of-range", { 2: 65_536 }),
  bad("open-proof", "quality 3", "TIM-1", "schema/out-of-range", { 3: 3 }),
  bad("open-proof", "action 2", "DEC-21", "schema/out-of-range", { 5: 2 }),
  bad("open-proof", "actions open and service at once", "DEC-21", "schema/out-of-range", { 5: 5 }),
  bad("open-proof", "versions without a policy", "CBR-14", "schema/length", { 7: [EPOCH] }),
  bad("open-proof", "versions of five lists", "CBR-14", "schema/length", { 7: [EPOCH, 5, ...times(5, (n) => [n, 1])] }),
  bad("open-proof", "a list without a version", "CBR-14", "schema/length", { 7: [EPOCH, 5, [12]] }),
  bad("open-proof", "a list as an integer", "CBR-14", "schema/type", { 7: [EPOCH, 5, 12] }),
];

const everyRecord = [...u.openings, ...u.refusals, record(10)];
const segmentCases: readonly Vector[] = [
  good("log-segment", "an intent and its outcome", "OBJ-14"),
  good("log-segment", "a record of each kind", "OBJ-14", { 4: everyRecord }),
  good("log-segment", "24 records, ending at the highest number", "OBJ-14", {
    2: LATEST - 23,
    4: times(24, () => record(1, cti, LATEST, LATEST, 65_535, 3)),
  }),
  good("log-segment", "refusals", "OBJ-14 LOG-1", { 2: 1, 3: u.heads.refusals[0] as Uint8Array, 4: u.refusals, 8: 2 }),
  bad("log-segment", "no record", "OBJ-14", "schema/length", { 4: [] }),
  bad("log-segment", "25 records", "OBJ-14", "schema/length", { 4: times(25, () => record(3)) }),
  bad("log-segment", "a first number 0", "LOG-2", "objects/record-numbers", { 2: 0 }),
  bad("log-segment", "numbers past 2^32-1", "LOG-2", "objects/record-numbers", { 2: LATEST }),
  bad("log-segment", "label 7, sealed bodies", "VER-3", "schema/unknown-label", { 7: 1 }),
  bad("log-segment", "store 3, which a cylinder has not", "OBJ-14", "schema/out-of-range", { 8: 3 }),
  bad("log-segment", "a head of 15 bytes", "LOG-2", "schema/length", { 3: new Uint8Array(15) }),
  bad("log-segment", "a record of kind 11", "OBJ-14", "schema/variant", { 4: [record(11)] }),
  bad("log-segment", "a record of kind 0", "OBJ-14", "schema/variant", { 4: [record(0)] }),
  bad("log-segment", "an empty record", "OBJ-14", "schema/variant", { 4: [[]] }),
  bad("log-segment", "an intent without flags", "OBJ-14", "schema/length", { 4: [record(1, cti, 1, NOW, 4)] }),
  bad("log-segment", "an intent of width 0", "OBJ-14", "schema/out-of-range", { 4: [record(1, cti, 1, NOW, 0, 0)] }),
  bad("log-segment", "an intent with a flag that no clause defines", "OBJ-14", "schema/out-of-range", {
    4: [record(1, cti, 1, NOW, 4, 4)],
  }),
  bad("log-segment", "an outcome of code 4", "OBJ-14", "schema/out-of-range", { 4: [record(2, 4, 0)] }),
  bad("log-segment", "a void with a content", "OBJ-14", "schema/length", { 4: [record(3, 0)] }),
  bad("log-segment", "a refusal for reason 0", "OBJ-14", "schema/out-of-range", { 4: [record(7, cti, 0, NOW)] }),
  bad("log-segment", "a refusal for reason 18", "OBJ-14", "schema/out-of-range", { 4: [record(7, cti, 18, NOW)] }),
  bad("log-segment", "a lifecycle state 5", "OBJ-14", "schema/out-of-range", { 4: [record(6, 5, 1)] }),
];

const receiptCases: readonly Vector[] = [
  good("upload-receipt", "of openings", "OBJ-15"),
  good("upload-receipt", "of a journal", "OBJ-15 OBJ-16", {
    1: key.kid,
    2: 7,
    3: u.heads.journal[7] as Uint8Array,
    5: 3,
  }),
  good("upload-receipt", "of nothing yet, n = 0", "OBJ-15", { 2: 0, 3: u.heads.openings[0] as Uint8Array }),
  bad("upload-receipt", "store 4", "OBJ-15", "schema/out-of-range", { 5: 4 }),
  bad("upload-receipt", "store 0", "OBJ-15", "schema/out-of-range", { 5: 0 }),
  bad("upload-receipt", "a head of 32 bytes", "LOG-2", "schema/length", { 3: new Uint8Array(32) }),
];

const journalCases: readonly Vector[] = [
  good("key-journal", "an entry of each kind", "OBJ-16"),
  good("key-journal", "16 entries, ending at the highest number", "OBJ-16", {
    1: LATEST - 15,
    3: times(16, () => record(2, cylinder.kid, 6)),
  }),
  good("key-journal", "a proof with action service", "OBJ-16 SVC-7", {
    3: [record(1, cylinder.kid, cti, 1205, NOW, 4, 4)],
  }),
  bad("key-journal", "a proof with action 2", "OBJ-16", "schema/out-of-range", {
    3: [record(1, cylinder.kid, cti, 1205, NOW, 4, 2)],
  }),
  bad("key-journal", "no entry", "OBJ-16", "schema/length", { 3: [] }),
  bad("key-journal", "17 entries", "OBJ-16", "schema/length", { 3: times(17, () => record(5, NOW)) }),
  bad("key-journal", "a first number 0", "LOG-2 OBJ-16", "objects/record-numbers", { 1: 0 }),
  bad("key-journal", "numbers past 2^32-1", "LOG-2 OBJ-16", "objects/record-numbers", { 1: LATEST - 5 }),
  bad("key-journal", "an entry of kind 7", "OBJ-16", "schema/variant", { 3: [record(7, NOW)] }),
  bad("key-journal", "a result 7", "MSG-8", "schema/out-of-range", { 3: [record(2, cylinder.kid, 7)] }),
  bad("key-journal", "time refused for reason 0", "OBJ-16", "schema/out-of-range", { 3: [record(4, station.kid, 0)] }),
  bad("key-journal", "time refused for reason 7", "OBJ-16", "schema/out-of-range", { 3: [record(4, station.kid, 7)] }),
  bad("key-journal", "a nonce of 8 bytes", "OBJ-16", "schema/length", { 4: new Uint8Array(8) }),
];

const pinCases: readonly Vector[] = [
  good("pin-verifier", "usual", "OBJ-17"),
  bad("pin-verifier", "a salt of 8 bytes", "OBJ-17", "schema/length", { 2: new Uint8Array(8) }),
  bad("pin-verifier", "a digest cut to 16 bytes", "OBJ-17", "schema/length", { 3: new Uint8Array(16) }),
  bad("pin-verifier", "a version past 2^32-1", "OBJ-17", "schema/out-of-range", { 4: 4_294_967_296 }),
];

const commandCases: readonly Vector[] = [
  good("host-command", "read log", "OBJ-19"),
  good("host-command", "configure", "OBJ-19", { 3: 2, 4: record(2, 3, LATEST) }),
  good("host-command", "release a slot", "OBJ-19", { 3: LATEST, 4: record(3, 255) }),
  good("host-command", "enrol a PIN", "OBJ-19 DCK-8", { 4: record(4, 0, "2468") }),
  bad("host-command", "command 5", "OBJ-19 SRV-3", "schema/variant", { 4: record(5, 0) }),
  bad("host-command", "a PIN of three digits", "OBJ-19 DCK-8", "schema/length", { 4: record(4, 0, "246") }),
  bad("host-command", "setting 4", "OBJ-19", "schema/out-of-range", { 4: record(2, 4, 0) }),
  bad("host-command", "slot 256", "OBJ-19", "schema/out-of-range", { 4: record(3, 256) }),
  bad("host-command", "read log without a cursor", "OBJ-19", "schema/length", { 4: record(1) }),
];

const deviceProofCases: readonly Vector[] = [
  good("device-proof", "of a station to a key", "OBJ-20"),
  good("device-proof", "of a key to a cabinet", "OBJ-20 STO-1", { 1: u.nonces.station, 2: 4 }, key),
  bad("device-proof", "exchange 0", "OBJ-20", "schema/out-of-range", { 2: 0 }),
  bad("device-proof", "exchange 7", "OBJ-20", "schema/out-of-range", { 2: 7 }),
  bad("device-proof", "a nonce of 15 bytes", "OBJ-20", "schema/length", { 1: new Uint8Array(15) }),
];

const enrolmentCases: readonly Vector[] = [
  good("enrolment", "of a cylinder", "OBJ-18 TRU-2"),
  good("enrolment", "a serial number of 24 bytes in Swedish", "OBJ-18", { 2: "nyckelskåp-Östermalm-1", 3: 5 }),
  bad("enrolment", "an empty serial number", "OBJ-18", "schema/length", { 2: "" }),
  bad("enrolment", "a serial number of 25 bytes, 24 characters", "OBJ-18", "schema/length", {
    2: "nyckelskåp-Tullinge-1234",
  }),
  bad("enrolment", "a kind of device 6", "OBJ-18", "schema/out-of-range", { 3: 6 }),
  bad("enrolment", "a firmware version of two numbers", "OBJ-18", "schema/length", { 4: [1, 4] }),
  bad("enrolment", "a firmware number 256", "OBJ-18", "schema/out-of-range", { 4: [1, 256, 0] }),
];

export const objects: VectorFile = {
  description:
    "Signed objects of every kind (SPEC chapter 5), apart from what entitles their signers (chains.json). `bytes` is the object, to be read as kind `object` and verified under `publicKey` with `fleetId` and `extra`. `toBeSigned` are the bytes under the signature. `common` is what every vector has besides, as far as it does not say otherwise. An invalid one has one thing wrong, and unless that is the signature it is signed by the right party over just these bytes.",
  common: { fleetId: toHex(fleetId) },
  vectors: [
    ...certificateCases(),
    ...grantCases(),
    ...ticketCases,
    ...policyCases,
    ...listCases,
    ...timeCases,
    ...proofCases,
    ...segmentCases,
    ...receiptCases,
    ...journalCases,
    ...pinCases,
    ...enrolmentCases,
    ...commandCases,
    ...deviceProofCases,
    ...kinds.flatMap(({ name }) => commonFaults(name)),
  ],
};
