// Bodies of messages (SPEC chapter 8): every rule of the CDDL that registry.json names, and forms that no schema takes.
import { toHex } from "#src/bytes.ts";
import { decode } from "#src/cbor/decode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { thumbprint } from "#src/cose/cose-key.ts";
import { bodySchemas } from "#src/messages/bodies.ts";
import { chunkedBody } from "#src/messages/chunk.ts";
import { answers, notifications, messages as requests } from "#src/registry.ts";
import {
  box,
  CLOCK,
  cylinder,
  EPOCH,
  fixedBytes,
  fleetId,
  HOUR,
  issuers,
  key,
  LIST,
  NOW,
  provider,
  root,
  SHIFT,
  station,
  successor,
} from "../../support/city.ts";
import {
  accepted,
  bytesOf,
  encoded,
  hex,
  type Labels,
  make,
  refused,
  times,
  type Vector,
  type VectorFile,
} from "../build.ts";
import * as u from "../usual.ts";
import { deviceCertificate, deviceIssuer, issuerCertificate } from "./certificates.ts";

/** chunked-body stands in place of any other (SPEC FRM-9). */
const schemas = { ...bodySchemas, "chunked-body": chunkedBody } as const;
type BodyName = keyof typeof schemas;
type Fields = Readonly<Record<string, unknown>>;

/** Where a body travels: `exchanges`, `message` and its number, and who sends it. */
function placesOf(body: BodyName): readonly Fields[] {
  const places: Fields[] = [];
  for (const { exchanges, name, number, from, request, reply } of requests) {
    if (request === body) places.push({ exchanges, message: name, number, kind: "request", from });
    if (reply === body)
      places.push({ exchanges, message: name, number, kind: "reply", from: `who was asked by ${from}` });
  }
  for (const { exchanges, name, number, from, body: own } of notifications) {
    if (own === body) places.push({ exchanges, message: name, number, kind: "notification", from });
  }
  for (const { name, number, body: own } of answers) {
    if (own === body) places.push({ exchanges: "all", message: name, number, kind: "reply", from: "responder" });
  }
  return places;
}

/** What the library reads, for people: byte strings in hex. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, readable(item)]));
}

function good(body: BodyName, name: string, labels: Labels, clauses = "MSG-1"): Vector {
  const bytes = bytesOf(labels);
  const value = readable(schemas[body].parse(decode(bytes, { maxBytes: 1013 }), body));
  return accepted(`${body}: ${name}`, clauses, { body, places: placesOf(body), ...encoded(bytes), value });
}

function bad(body: BodyName, name: string, reason: string, labels: Labels | Uint8Array, clauses = "CBR-14"): Vector {
  const bytes = labels instanceof Uint8Array ? labels : bytesOf(labels);
  return refused(`${body}: ${name}`, clauses, reason, { body, ...encoded(bytes) });
}

/** A station's certificate and its issuer's. */
const deviceChain = [deviceCertificate(64 | 512, station).bytes, deviceIssuer.bytes];

const one = [1, 1];
const objectOf = (name: keyof typeof u.usual): Uint8Array => {
  const { payload, by, fleet, extra } = u.usual[name];
  return make(name, payload, { by, fleet, extra }).bytes;
};
const proof = objectOf("open-proof");
const policy = objectOf("door-policy");
const segment = objectOf("log-segment");
const receipt = objectOf("upload-receipt");
const statement = objectOf("time-statement");
const grant = u.grant.bytes;
const ticket = u.ticket.bytes;
const running = new Map<number, CborValue>([
  [1, 2],
  [2, CLOCK.lo],
  [3, CLOCK.hi - CLOCK.lo],
]);
const quality = (value: number): CborValue => new Map([[1, value]]);
const journalHead = u.heads.journal[7] as Uint8Array;

const hello: Labels = { 1: one, 2: 1, 3: u.nonces.key, 4: 0 };
const challenge: Labels = {
  1: one,
  2: cylinder.kid,
  3: u.nonces.door,
  4: EPOCH,
  5: 5,
  6: [[LIST, 9]],
  7: SHIFT.iat - 60,
  8: 2,
  9: 43,
};
const open: readonly Vector[] = [
  good("open-hello", "a key with a good battery", hello, "OPN-2 MSG-3"),
  good("open-hello", "wire versions 1 to 2, battery critical", { ...hello, 1: [1, 2], 4: 2 }, "OPN-2 MSG-3"),
  bad("open-hello", "versions the wrong way round", "messages/inconsistent", { ...hello, 1: [2, 1] }, "MSG-3"),
  bad("open-hello", "version 0", "schema/out-of-range", { ...hello, 1: [0, 1] }, "MSG-3"),
  bad("open-hello", "one version instead of a span", "schema/length", { ...hello, 1: [1] }, "MSG-3"),
  bad("open-hello", "exchange dock", "schema/out-of-range", { ...hello, 2: 2 }, "OPN-2"),
  bad("open-hello", "a nonce of 16 bytes", "schema/length", { ...hello, 3: u.nonces.door }, "MSG-5"),
  bad(
    "open-hello",
    "a label that wire version 1 does not have",
    "schema/unknown-label",
    { ...hello, 5: 41 },
    "CBR-14 VER-2",
  ),
  bad("open-hello", "a battery step that does not exist", "schema/out-of-range", { ...hello, 4: 4 }),
  good("challenge", "an active door", challenge, "OPN-4"),
  good(
    "challenge",
    "a door from the factory: nothing yet",
    { ...challenge, 4: 0, 5: 0, 6: [], 7: 0, 8: 0, 9: 0 },
    "OPN-4",
  ),
  bad("challenge", "five lists", "schema/length", { ...challenge, 6: times(5, (n) => [n, 1]) }, "OPN-4"),
  bad("challenge", "a nonce of 8 bytes", "schema/length", { ...challenge, 3: u.nonces.key }, "OPN-3"),
  bad("challenge", "no floor", "schema/missing-label", { ...challenge, 7: undefined }, "OPN-4"),
  good("update-request", "a policy", { 1: policy }, "OPN-7"),
  bad("update-request", "an object of no bytes", "schema/length", { 1: new Uint8Array(0) }, "OPN-7"),
  bad("update-request", "an object of 1,001 bytes", "schema/length", { 1: new Uint8Array(1001) }, "COS-1 OPN-7"),
  good("update-reply", "stored", { 1: 0 }, "OPN-7"),
  good("update-reply", "need certificate", { 1: 4 }, "OPN-7"),
  bad("update-reply", "an outcome 5", "schema/out-of-range", { 1: 5 }),
  good("open-request", "a first visit", { 1: grant, 3: ticket, 4: proof }, "OPN-8"),
  good(
    "open-request",
    "a repeat: the cti of a grant that the door has",
    { 2: fixedBytes("cti", 8), 4: proof },
    "OPN-8",
  ),
  bad(
    "open-request",
    "grant and cti",
    "messages/inconsistent",
    { 1: grant, 2: fixedBytes("cti", 8), 4: proof },
    "OPN-8",
  ),
  bad("open-request", "neither grant nor cti", "messages/inconsistent", { 3: ticket, 4: proof }, "OPN-8"),
  bad("open-request", "no proof", "schema/missing-label", { 1: grant, 3: ticket }, "OPN-8"),
  good("open-reply", "opened, record 44", { 1: 0, 2: 44 }, "MSG-8 OPN-14"),
  good("open-reply", "not permitted now", { 1: 4 }, "MSG-8"),
  good("open-reply", "needs grant and two certificates", { 3: [1, 4, 5] }, "OPN-9"),
  bad("open-reply", "a result 7", "schema/out-of-range", { 1: 7 }, "MSG-8"),
  bad("open-reply", "a result and needs", "messages/inconsistent", { 1: 0, 3: [1] }, "OPN-9"),
  bad("open-reply", "neither", "messages/inconsistent", {}, "OPN-9"),
  bad("open-reply", "no needs in its needs", "schema/length", { 3: [] }, "OPN-9"),
  bad("open-reply", "a need twice", "messages/inconsistent", { 3: [1, 1] }, "OPN-9"),
  good("supply-request", "a grant and two certificates", { 1: [grant, ...deviceChain] }, "OPN-9"),
  bad("supply-request", "nothing", "schema/length", { 1: [] }, "OPN-9"),
  good("collect-request", "openings", { 1: 1 }, "OPN-15"),
  good("collect-request", "refusals, of which the city has 41", { 1: 2, 2: 41 }, "OPN-15"),
  bad("collect-request", "the journal, which a cylinder has not", "schema/out-of-range", { 1: 3 }, "OPN-15"),
  good("collect-reply", "a segment", { 1: segment }, "OPN-15"),
  good("collect-reply", "nothing to carry", {}, "OPN-15"),
  good("receipt-request", "of openings", { 1: receipt }, "OPN-15"),
  good("receipt-reply", "fork", { 1: 1 }, "LOG-6 OPN-15"),
  good("fetch-request", "a list", { 1: 1, 2: LIST }, "OPN-15"),
  good("fetch-request", "a certificate", { 1: 2, 2: issuers.grant.kid }, "OPN-15"),
  good("fetch-request", "a certificate with role time-source", { 1: 2, 2: station.kid, 3: 64 }, "ACT-8"),
  good("fetch-request", "a root transition above an epoch", { 1: 3, 2: EPOCH }, "ACT-8 TRU-15"),
  bad("fetch-request", "a certificate without a role", "schema/out-of-range", { 1: 2, 2: station.kid, 3: 0 }, "ACT-8"),
  bad("fetch-request", "a list with a role", "messages/inconsistent", { 1: 1, 2: LIST, 3: 64 }, "MSG-9"),
  bad("fetch-request", "a root transition with a role", "messages/inconsistent", { 1: 3, 2: EPOCH, 3: 32 }, "MSG-9"),
  bad("fetch-request", "a root transition by a kid", "messages/inconsistent", { 1: 3, 2: station.kid }, "MSG-9"),
  bad("fetch-request", "a list by a kid", "messages/inconsistent", { 1: 1, 2: issuers.grant.kid }, "OPN-15"),
  bad("fetch-request", "a certificate by a number", "messages/inconsistent", { 1: 2, 2: LIST }, "OPN-15"),
  good("fetch-reply", "an object", { 1: objectOf("revocation-list") }, "OPN-15"),
  good("fetch-reply", "nothing newer", {}, "OPN-15"),
];

const welcome: Labels = {
  1: one,
  2: key.kid,
  3: u.nonces.docked,
  4: 1,
  5: EPOCH,
  6: running,
  7: [7, journalHead],
  8: 2,
  9: provider.sha256(grant),
  10: [[LIST, 9]],
};
const dock: readonly Vector[] = [
  good("dock-hello", "a station", { 1: one, 2: 2, 3: u.nonces.station, 4: station.kid }, "DCK-1"),
  good("dock-hello", "an activation box", { 1: one, 2: 3, 3: u.nonces.station, 4: box.kid }, "ACT-1"),
  bad(
    "dock-hello",
    "exchange open",
    "schema/out-of-range",
    { 1: one, 2: 1, 3: u.nonces.station, 4: station.kid },
    "DCK-1",
  ),
  good("dock-welcome", "a key with a grant and a running clock", welcome, "DCK-1 PRV-2"),
  good(
    "dock-welcome",
    "a new key: clock lost, no grant, no lists",
    { ...welcome, 6: quality(0), 7: [0, u.heads.journal[0] as Uint8Array], 8: 0, 9: undefined, 10: [] },
    "DCK-1",
  ),
  good("dock-welcome", "a clock in conflict", { ...welcome, 6: quality(1) }, "DCK-1 TIM-4"),
  bad(
    "dock-welcome",
    "a lost clock that tells an interval",
    "messages/inconsistent",
    { ...welcome, 6: new Map([...running, [1, 0]]) },
    "TIM-1",
  ),
  bad(
    "dock-welcome",
    "a running clock without an interval",
    "messages/inconsistent",
    { ...welcome, 6: quality(2) },
    "TIM-1",
  ),
  bad("dock-welcome", "17 lists", "schema/length", { ...welcome, 10: times(17, (n) => [n, 1]) }, "DCK-1"),
  good(
    "prove-request",
    "a station's proof and two certificates",
    { 1: objectOf("device-proof"), 2: deviceChain },
    "DCK-2 MSG-7",
  ),
  bad("prove-request", "no certificate", "schema/length", { 1: objectOf("device-proof"), 2: [] }, "DCK-2"),
  bad(
    "prove-request",
    "three certificates",
    "schema/length",
    { 1: new Uint8Array(1), 2: times(3, () => new Uint8Array(1)) },
    "TRU-3",
  ),
  good("empty", "time-challenge, grant, info and the like ask without a body", {}, "DCK-3"),
  bad("empty", "a label", "schema/unknown-label", { 1: 0 }),
  bad("empty", "an array", "schema/type", hex("80")),
  bad("empty", "no body at all", "cbor/truncated", new Uint8Array(0), "CBR-1"),
  good("time-challenge-reply", "a nonce", { 1: u.nonces.time }, "DCK-3 TIM-3"),
  good("time-request", "a station's statement with its chain", { 1: statement, 2: deviceChain }, "DCK-3"),
  good("time-request", "certificates that are known", { 1: statement }, "DCK-3 TRU-11"),
  good("time-reply", "accepted", { 1: 0, 2: running }, "DCK-3"),
  good("time-reply", "conflict", { 1: 3, 2: quality(1) }, "DCK-3 TIM-4"),
  good("time-reply", "a source that is not taken", { 1: 6, 2: running }, "DCK-3 TIM-8"),
  bad("time-reply", "a verdict 7", "schema/out-of-range", { 1: 7, 2: running }, "DCK-3"),
  bad(
    "time-reply",
    "an interval of width 0",
    "schema/out-of-range",
    { 1: 0, 2: new Map([...running, [3, 0]]) },
    "TIM-1",
  ),
  good("deliver-request", "a grant", { 1: grant }, "DCK-5"),
  good("deliver-reply", "older", { 1: 2 }, "DCK-5"),
  good("journal-request", "from the first", { 1: 1 }, "DCK-4"),
  good("journal-reply", "a journal", { 1: objectOf("key-journal") }, "DCK-4"),
  good("journal-reply", "nothing from there on", {}, "DCK-4"),
  good("carried-request", "the first", { 1: 0 }, "DCK-4"),
  bad("carried-request", "index 65,536", "schema/out-of-range", { 1: 65_536 }, "DCK-4"),
  good("carried-reply", "a segment", { 1: segment }, "DCK-4"),
  good("carried-reply", "beyond the last", {}, "DCK-4"),
  good("pin-enrol-request", "four digits", { 1: u.pinDigits }, "DCK-8"),
  bad("pin-enrol-request", "three digits", "schema/length", { 1: "246" }, "DCK-8"),
  bad("pin-enrol-request", "nine digits", "schema/length", { 1: "123456789" }, "DCK-8"),
  bad("pin-enrol-request", "a letter", "schema/text", { 1: "24a8" }, "DCK-8"),
  bad("pin-enrol-request", "digits of another script", "schema/text", { 1: "٢٤٦٨" }, "DCK-8"),
  good("pin-enrol-reply", "v", { 1: u.v }, "DCK-8"),
];

const activate: readonly Vector[] = [
  good("grant-reply", "the grant in use", { 1: grant }, "ACT-1"),
  good("grant-reply", "no grant", {}, "ACT-1"),
  good("pin-request", "eight digits", { 1: "12345678" }, "ACT-2"),
  good("pin-reply", "v, four attempts left", { 1: 4, 2: u.v }, "ACT-2"),
  good("pin-reply", "locked", { 1: 0 }, "ACT-4"),
  bad("pin-reply", "six attempts left", "schema/out-of-range", { 1: 6, 2: u.v }, "ACT-4"),
  bad("pin-reply", "a v of 16 bytes", "schema/length", { 1: 4, 2: u.v.slice(0, 16) }, "ACT-2"),
  good("activate-request", "ticket and chain", { 1: ticket, 2: deviceChain }, "ACT-5"),
  good("activate-reply", "other grant", { 1: 1 }, "ACT-5"),
  good("pin-verdict-request", "wrong PIN", { 1: 1 }, "ACT-4"),
  bad("pin-verdict-request", "a right PIN, which has no verdict", "schema/out-of-range", { 1: 0 }, "ACT-4"),
  good("time-ask-request", "a box's nonce", { 1: u.nonces.time }, "TIM-13"),
  good("time-ask-reply", "a key's statement and its grant", { 1: statement, 2: grant }, "TIM-13"),
  good(
    "time-ask-reply",
    "with the certificate of the grant's issuer",
    { 1: statement, 2: grant, 3: [issuerCertificate(1, issuers.grant).bytes] },
    "TIM-13",
  ),
  good("time-ask-reply", "a key whose clock is not good enough", {}, "TIM-13"),
];

const store: readonly Vector[] = [
  good("check-in-request", "slot 0", { 1: 0 }, "STO-1"),
  bad("check-in-request", "slot 256", "schema/out-of-range", { 1: 256 }, "STO-1"),
  good("check-in-reply", "the key's proof", { 1: objectOf("device-proof") }, "STO-1"),
  good("check-out-request", "slot 7", { 1: 7 }, "STO-1"),
  good("check-out-reply", "battery", { 1: 2 }, "STO-1"),
];

const serveWelcome: Labels = {
  1: one,
  2: station.kid,
  3: u.nonces.station,
  4: fleetId,
  5: 3,
  6: [1, 4, 0],
  7: [1, 2, 3, 6],
  8: 4,
};
const info: Labels = {
  1: "SY-0042",
  2: EPOCH,
  3: running,
  4: [[issuers.time.kid, NOW + 14 * 24 * HOUR]],
  5: 12,
  6: 500,
  7: SHIFT.iat - 60,
};
const serve: readonly Vector[] = [
  good("serve-hello", "a program with a name", { 1: one, 2: 5, 3: u.nonces.host, 4: "nyckelfri 0.1" }, "SRV-1"),
  good("serve-hello", "a program without a name", { 1: one, 2: 5, 3: u.nonces.host }, "SRV-1"),
  bad(
    "serve-hello",
    "a name of 33 bytes",
    "schema/length",
    { 1: one, 2: 5, 3: u.nonces.host, 4: "n".repeat(33) },
    "SRV-1",
  ),
  good("serve-welcome", "a station of four docks", serveWelcome, "SRV-1"),
  good("serve-welcome", "from the factory: no fleet", { ...serveWelcome, 4: new Uint8Array(32), 7: [] }, "SRV-1 TRU-2"),
  bad("serve-welcome", "a reserved capability", "schema/out-of-range", { ...serveWelcome, 7: [16] }, "VER-3"),
  good("info-reply", "a station", info, "SRV-1"),
  bad(
    "info-reply",
    "nine certificates",
    "schema/length",
    { ...info, 4: times(9, () => [issuers.time.kid, NOW]) },
    "SRV-1",
  ),
  good("counters-reply", "three counters", { 1: [0, 12, 4_294_967_295] }, "SRV-1"),
  bad("counters-reply", "25 counters", "schema/length", { 1: times(25, () => 0) }, "SRV-1"),
  good(
    "self-test-reply",
    "two checks",
    {
      1: [
        [0, true],
        [3, false],
      ],
    },
    "SRV-1",
  ),
  bad("self-test-reply", "a check that passed with 1", "schema/type", { 1: [[0, 1]] }, "SRV-1"),
  good(
    "docks-reply",
    "four docks",
    {
      1: [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    },
    "SRV-1 SRV-5",
  ),
  good("bundle-request", "a grant for a key", { 1: key.kid, 2: grant }, "SRV-1"),
  good("bundle-reply", "known", { 1: 1 }, "SRV-1"),
  good("command-request", "a signed command and its chain", { 1: objectOf("host-command"), 2: deviceChain }, "SRV-2"),
  good("command-reply", "an object of the log, and the next cursor", { 1: 0, 2: segment, 3: 17 }, "SRV-2"),
  good("command-reply", "v of a PIN", { 1: 0, 4: u.v }, "DCK-8 SRV-2"),
  good("command-reply", "refused", { 1: 1 }, "SRV-2"),
  bad("command-reply", "a v of 16 bytes", "schema/length", { 1: 0, 4: u.v.slice(0, 16) }, "DCK-8"),
  good("acknowledge-request", "up to 17", { 1: 17 }, "SRV-4"),
  bad("acknowledge-request", "below zero", "schema/out-of-range", { 1: -1 }, "SRV-4"),
  good("dock-event", "synced", { 1: 2, 2: 3 }, "SRV-1"),
  bad("dock-event", "an identity in it", "schema/unknown-label", { 1: 2, 2: 3, 3: key.kid }, "SRV-1"),
  good("cabinet-event", "door left open", { 1: 2, 2: 5 }, "STO-2"),
];

const commission: Labels = {
  1: root.publicKey,
  2: thumbprint(provider, successor.publicKey),
  3: fleetId,
  4: [issuerCertificate(1, issuers.grant).bytes, issuerCertificate(2, issuers.policy).bytes],
  5: policy,
};
const service: readonly Vector[] = [
  good("service-hello", "a technician's key", { 1: one, 2: 6, 3: u.nonces.host }, "SVC-2"),
  good(
    "service-welcome",
    "a cylinder from the factory",
    { 1: one, 2: cylinder.kid, 3: u.nonces.door, 4: 1, 5: 0 },
    "SVC-1",
  ),
  bad(
    "service-welcome",
    "a state 5",
    "schema/out-of-range",
    { 1: one, 2: cylinder.kid, 3: u.nonces.door, 4: 1, 5: 5 },
    "SVC-1",
  ),
  good("enrol-request", "the host's nonce", { 1: u.nonces.host }, "SVC-2"),
  good("enrol-reply", "an enrolment", { 1: objectOf("enrolment") }, "SVC-2"),
  good("commission-request", "a cylinder: two issuers and a first policy", commission, "SVC-3"),
  good("commission-request", "a station: no policy", { ...commission, 5: undefined }, "SVC-3"),
  bad("commission-request", "no issuer", "schema/length", { ...commission, 4: [] }, "SVC-3"),
  bad(
    "commission-request",
    "five issuers",
    "schema/length",
    { ...commission, 4: times(5, () => new Uint8Array(1)) },
    "SVC-3",
  ),
  good("lifecycle-request", "policy, grant and proof", { 1: policy, 2: grant, 3: proof }, "SVC-4"),
  good("lifecycle-request", "with a ticket", { 1: policy, 2: grant, 3: proof, 4: ticket }, "SVC-4"),
  good("lifecycle-reply", "done, active", { 1: 0, 2: 2 }, "SVC-4"),
  good("lifecycle-reply", "the log is not acknowledged", { 1: 2, 2: 2 }, "SVC-5"),
  good("transfer-request", "a device's transfer", { 1: objectOf("device-transfer") }, "TRU-10"),
];

const large = fixedBytes("a large object", 32);
const others: readonly Vector[] = [
  good("error-reply", "framing/sequence-gap", { 1: 1540 }, "ERR-1 MSG-1"),
  good("error-reply", "with a hint", { 1: 291, 2: "open-request.proof" }, "ERR-1 ERR-3"),
  bad("error-reply", "a number past 65,535", "schema/out-of-range", { 1: 65_536 }, "ERR-1"),
  bad("error-reply", "a hint of 65 bytes", "schema/length", { 1: 291, 2: "x".repeat(65) }, "ERR-3"),
  good("busy-reply", "ask again after 50 ms", { 1: 50 }, "ERR-4"),
  bad("busy-reply", "below zero", "schema/out-of-range", { 1: -1 }, "ERR-4"),
  good("chunk-request", "the first of two", { 1: large, 2: 0, 3: 1200, 4: new Uint8Array(900) }, "FRM-9"),
  good("chunk-request", "the last byte", { 1: large, 2: 1199, 3: 1200, 4: Uint8Array.of(7) }, "FRM-9"),
  bad("chunk-request", "no data", "schema/length", { 1: large, 2: 0, 3: 1200, 4: new Uint8Array(0) }, "FRM-9"),
  bad(
    "chunk-request",
    "901 bytes of data",
    "schema/length",
    { 1: large, 2: 0, 3: 1200, 4: new Uint8Array(901) },
    "FRM-9",
  ),
  good("chunked-body", "in place of a request's body", { 0: large }, "FRM-9"),
  bad("chunked-body", "a digest of 16 bytes", "schema/length", { 0: large.slice(0, 16) }, "FRM-9"),
  bad("chunked-body", "a label of the request besides", "schema/unknown-label", { 0: large, 1: policy }, "FRM-9"),
  good("chunk-reply", "900 received", { 1: 900 }, "FRM-9"),
];

export const messages: VectorFile = {
  description:
    "Bodies of messages (SPEC chapter 8), each the bytes between a frame's header and its CRC. `body` is the rule of nyckelfri.cddl; `places` says in which messages of registry.json it travels. A valid one has a readable `value`, whose names are this library's and bind nobody; an invalid one is refused with `reason`. Objects in them are opaque here.",
  vectors: [...open, ...dock, ...activate, ...store, ...serve, ...service, ...others],
};
