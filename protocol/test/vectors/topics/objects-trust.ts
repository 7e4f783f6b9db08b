// The objects that give trust: Certificate, RootTransition, DeviceTransfer, Enrolment's key, and Grant (SPEC OBJ-2 to OBJ-5).
import { concatBytes } from "#src/bytes.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import type { ObjectName } from "#src/objects/signed-object.ts";
import { encoding, FIELD_PRIME, signMixedOrder, smallOrderEncodings } from "../../crypto/forge.ts";
import { box, DAY, fixedBytes, GROUP, host, issuers, key, LIST, NOW, SHIFT, station } from "../../support/city.ts";
import { bytesOf, hex, mapOf, times, type Vector } from "../build.ts";
import * as u from "../usual.ts";
import { bad, good } from "./object-cases.ts";

const LATEST = 4_294_967_295;
const nbf = NOW - 30 * DAY;

/** Keys that nobody may trust (SPEC CRY-7). */
const unsoundKeys: readonly (readonly [string, Uint8Array])[] = [
  ["of small order", smallOrderEncodings()[1] as Uint8Array],
  ["that is the neutral element", smallOrderEncodings()[0] as Uint8Array],
  ["of small order, in a non-canonical encoding", smallOrderEncodings()[13] as Uint8Array],
  ["of mixed order", signMixedOrder(true).publicKey],
  ["that is not on the curve", encoding(2n, 0)],
  ["on the curve, whose y is not below p", encoding(FIELD_PRIME + 3n, 0)],
];

const unsound = (kind: ObjectName, clauses: string): Vector[] =>
  unsoundKeys.map(([what, publicKey]) =>
    bad(kind, `a public key ${what}`, `CRY-7 ${clauses}`, "objects/public-key", keyLabel(kind, publicKey)),
  );
const keyLabel = (kind: ObjectName, publicKey: Uint8Array) => ({ [kind === "certificate" ? 2 : 1]: publicKey });

export function certificateCases(): Vector[] {
  const device = issuers.device;
  const rolled = (name: string, roles: number, seconds: number, publicKey: Uint8Array) =>
    good("certificate", name, "OBJ-2 TRU-3 TRU-7", { 1: roles, 2: publicKey, 4: nbf + seconds }, device);
  const roles = (name: string, bits: number): Vector =>
    bad("certificate", name, "OBJ-2 TRU-3", "objects/roles", { 1: bits, 4: nbf + DAY });
  return [
    good("certificate", "of a grant issuer, 800 days", "OBJ-2 TRU-3 TRU-7"),
    good("certificate", "of a grant issuer for two groups", "OBJ-2 TRU-6", { 6: [GROUP, GROUP + 1] }),
    good("certificate", "of a list issuer for two lists", "OBJ-2 TRU-6", { 1: 4, 6: [LIST, LIST + 1] }),
    good("certificate", "of a grant issuer for 16 groups", "OBJ-2 TRU-6", { 6: times(16, (n) => n * 3) }),
    ...([2, 4, 8, 16, 32] as const).map((bit) =>
      good("certificate", `of an issuer with role bit ${bit}`, "OBJ-2 TRU-3", { 1: bit }),
    ),
    rolled("of a station, time-source and collector, 14 days", 64 | 512, 14 * DAY, station.publicKey),
    rolled("of a box, ticket, 400 days", 128, 400 * DAY, box.publicKey),
    rolled("of a host, 400 days", 256, 400 * DAY, host.publicKey),
    good("certificate", "of one second, at the end of time, in the highest epoch", "OBJ-2", {
      3: LATEST - 1,
      4: LATEST,
      5: LATEST,
    }),
    bad("certificate", "800 days and a second", "OBJ-2 TRU-7", "objects/lifetime", { 4: nbf + 800 * DAY + 1 }),
    bad(
      "certificate",
      "a time-source for 14 days and a second",
      "OBJ-2 TRU-7",
      "objects/lifetime",
      { 1: 64, 4: nbf + 14 * DAY + 1 },
      device,
    ),
    bad(
      "certificate",
      "time-source and ticket for 15 days",
      "OBJ-2 TRU-7",
      "objects/lifetime",
      { 1: 64 | 128, 4: nbf + 15 * DAY },
      device,
    ),
    bad(
      "certificate",
      "a box for 400 days and a second",
      "OBJ-2 TRU-7",
      "objects/lifetime",
      { 1: 128, 4: nbf + 400 * DAY + 1 },
      device,
    ),
    bad("certificate", "nbf = exp", "OBJ-2", "objects/window-empty", { 4: nbf }),
    bad("certificate", "nbf after exp", "OBJ-2", "objects/window-empty", { 4: nbf - 1 }),
    roles("two issuer roles", 1 | 2),
    roles("all issuer roles", 63),
    roles("an issuer role and a device role", 1 | 128),
    bad("certificate", "no role", "OBJ-2 TRU-3", "schema/out-of-range", { 1: 0 }),
    bad("certificate", "a role bit that no role has", "OBJ-2 TRU-3", "schema/out-of-range", { 1: 1024 }),
    bad("certificate", "groups beside role policy", "OBJ-2 TRU-6", "objects/roles", { 1: 2, 6: [GROUP] }),
    bad(
      "certificate",
      "groups beside a device role",
      "OBJ-2 TRU-6",
      "objects/roles",
      { 1: 128, 4: nbf + DAY, 6: [GROUP] },
      device,
    ),
    bad("certificate", "groups out of order", "OBJ-2", "objects/not-ascending", { 6: [GROUP + 1, GROUP] }),
    bad("certificate", "a group twice", "OBJ-2", "objects/not-ascending", { 6: [GROUP, GROUP] }),
    bad("certificate", "no group in its groups", "OBJ-2", "schema/length", { 6: [] }),
    bad("certificate", "17 groups", "OBJ-2", "schema/length", { 6: times(17, (n) => n) }),
    bad("certificate", "a public key of 33 bytes", "CBR-14 CRY-1", "schema/length", { 2: new Uint8Array(33) }),
    bad("certificate", "exp past 2^32-1", "CBR-14", "schema/out-of-range", { 4: 4_294_967_296 }),
    ...unsound("certificate", "OBJ-2"),
    good("root-transition", "usual", "OBJ-21 TRU-9"),
    bad("root-transition", "an epoch past 2^32-1", "CBR-14", "schema/out-of-range", { 3: 4_294_967_296 }),
    bad("root-transition", "a successor's thumbprint of 8 bytes", "CBR-14", "schema/length", { 2: new Uint8Array(8) }),
    ...unsound("root-transition", "OBJ-21"),
    good("device-transfer", "usual", "OBJ-21 TRU-10"),
    bad("device-transfer", "a nonce of 8 bytes", "CBR-14", "schema/length", { 6: new Uint8Array(8) }),
    bad("device-transfer", "a fleet id of 8 bytes", "CBR-14", "schema/length", { 7: new Uint8Array(8) }),
    ...unsound("device-transfer", "OBJ-21"),
    ...unsound("enrolment", "OBJ-18"),
  ];
}

const door = (name: string): Uint8Array => fixedBytes(name, 8);
const [doorA, doorB] = [Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1), Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 2)] as const;
const full = u.usual.grant.payload;

function scoped(name: string, clauses: string, ...entries: readonly u.ScopePair[]): Vector {
  return good("grant", name, clauses, { 9: u.scope(...entries) });
}

function badScope(name: string, reason: string, entries: CborValue): Vector {
  return bad("grant", name, "OBJ-4", reason, { 9: encode(entries) });
}

const keyed = (...pairs: readonly (readonly [number, CborValue])[]): CborValue => new Map([[1, new Map(pairs)]]);

export function grantCases(): Vector[] {
  const x = key.publicKey;
  return [
    good("grant", "one group, the usual shift", "OBJ-3 OBJ-4 OBJ-5"),
    scoped("three groups and an excluded door", "OBJ-4", [17, 1], [4711, 3], [4712, 7], [door("gone"), 0]),
    scoped("one door for a work order", "OBJ-4", [door("work order"), 5]),
    scoped("16 entries", "OBJ-4", ...times(8, (n) => [n * 100, 1] as const), ...doors(8)),
    scoped("group 2^32-1", "OBJ-4", [LATEST, 1]),
    good("grant", "iat = nbf, a window of one second at the end of time", "OBJ-3", {
      4: LATEST,
      5: LATEST - 1,
      6: LATEST - 1,
    }),
    good("grant", "a pseudonym of zeros", "OBJ-3", { 2: "AAAAAAAAAAA" }),
    good("grant", "a pseudonym of ones", "OBJ-3", { 2: "__________8" }),
    bad("grant", "nbf = exp", "OBJ-3", "objects/window-empty", { 4: SHIFT.nbf }),
    bad("grant", "nbf after exp", "OBJ-3", "objects/window-empty", { 4: SHIFT.nbf - 1 }),
    bad("grant", "iat after nbf", "OBJ-3", "objects/window-empty", { 6: SHIFT.nbf + 1 }),
    bad("grant", "exp past 2^32-1", "OBJ-3", "schema/out-of-range", { 4: 4_294_967_296 }),
    bad("grant", "nbf below zero", "OBJ-3", "schema/out-of-range", { 5: -1 }),
    bad("grant", "exp as text", "OBJ-3", "schema/type", { 4: "2026-11-02" }),
    bad("grant", "iat null", "OBJ-3", "schema/type", { 6: null }),
    bad("grant", "a sub of 10 characters", "OBJ-3", "schema/length", { 2: u.sub.slice(1) }),
    bad("grant", "a sub with padding", "OBJ-3", "schema/length", { 2: `${u.sub}=` }),
    bad("grant", "a sub in base64 with + and /", "OBJ-3", "schema/text", { 2: "+/AAAAAAAAA" }),
    bad("grant", "a sub with an unused bit set", "OBJ-3", "schema/text", { 2: "AAAAAAAAAAB" }),
    bad("grant", "a sub that is bytes", "OBJ-3", "schema/type", { 2: new Uint8Array(8) }),
    bad("grant", "a cti of 16 bytes", "OBJ-3", "schema/length", { 7: new Uint8Array(16) }),
    bad("grant", "an iss (label 1)", "OBJ-3", "schema/unknown-label", { 1: "Stockholm" }),
    bad("grant", "an aud (label 3)", "OBJ-3", "schema/unknown-label", { 3: "doors" }),
    bad("grant", "cnf by kid alone", "OBJ-3 COS-10", "schema/missing-label", { 8: new Map([[3, key.kid]]) }),
    bad("grant", "cnf with a kid besides", "OBJ-3 COS-10", "schema/unknown-label", {
      8: new Map<number, CborValue>([
        [1, u.coseKey(x)],
        [3, key.kid],
      ]),
    }),
    bad("grant", "cnf of kty 2", "COS-10", "schema/out-of-range", { 8: keyed([1, 2], [-1, 6], [-2, x]) }),
    bad("grant", "cnf of crv X25519", "COS-10", "schema/out-of-range", { 8: keyed([1, 1], [-1, 4], [-2, x]) }),
    bad("grant", "cnf with an alg", "COS-10", "schema/unknown-label", { 8: keyed([1, 1], [3, -19], [-1, 6], [-2, x]) }),
    bad("grant", "cnf without x", "COS-10", "schema/missing-label", { 8: keyed([1, 1], [-1, 6]) }),
    bad("grant", "cnf with an x of 31 bytes", "COS-10", "schema/length", { 8: u.cnf(x.slice(1)) }),
    badScope("an empty scope", "schema/length", []),
    badScope(
      "17 entries",
      "schema/length",
      times(17, (n) => [n, 1]),
    ),
    badScope("groups out of order", "objects/not-ascending", [
      [4712, 1],
      [4711, 1],
    ]),
    badScope("a group twice", "objects/not-ascending", [
      [4711, 1],
      [4711, 2],
    ]),
    badScope("doors out of order", "objects/not-ascending", [
      [doorB, 1],
      [doorA, 1],
    ]),
    badScope("a door twice", "objects/not-ascending", [
      [doorA, 1],
      [doorA, 0],
    ]),
    badScope("a door before a group", "objects/not-ascending", [
      [doorA, 1],
      [4711, 1],
    ]),
    badScope("a group with rights 0", "objects/scope-rights", [[4711, 0]]),
    badScope("rights 8", "schema/out-of-range", [[4711, 8]]),
    badScope("rights below zero", "schema/out-of-range", [[doorA, -1]]),
    badScope("group 2^32", "schema/out-of-range", [[4_294_967_296, 1]]),
    badScope("a door of 7 bytes", "schema/length", [[doorA.slice(1), 1]]),
    badScope("a group as text", "schema/type", [["4711", 1]]),
    badScope("a pair of three", "schema/length", [[4711, 1, 1]]),
    badScope("an entry that is no pair", "schema/type", [4711]),
    badScope("a scope that is a map", "schema/type", mapOf({ 1: 1 })),
    bad("grant", "a scope that is not embedded", "OBJ-4", "schema/type", { 9: [[4711, 1]] }),
    bad("grant", "a byte after the embedded scope", "OBJ-4 CBR-1", "cbor/trailing-bytes", {
      9: concatBytes(u.scope([4711, 1]), Uint8Array.of(0)),
    }),
    bad("grant", "a group in long form in the embedded scope", "OBJ-4 CBR-2", "cbor/not-shortest", {
      9: hex("81 82 1a00001267 01"),
    }),
    bad("grant", "labels out of order", "CBR-4", "cbor/unsorted-keys", reordered()),
    bad(
      "grant",
      "a label twice",
      "CBR-4",
      "cbor/duplicate-key",
      concatBytes(hex("a8 02 6b"), bytesOf(full).slice(3, 14), hex("0400"), bytesOf(full).slice(14)),
    ),
    bad("grant", "an exp in long form", "CBR-2", "cbor/not-shortest", longExp()),
    bad("grant", "an exp with tag 1", "CBR-7", "cbor/tag", withExp(concatBytes(hex("c1"), encode(SHIFT.exp)))),
    bad("grant", "an exp as a float", "CBR-6", "cbor/float", withExp(hex("fb41daba0000000000"))),
    bad("grant", "an exp that is undefined", "CBR-6", "cbor/simple", withExp(hex("f7"))),
    bad(
      "grant",
      "a sub with broken UTF-8",
      "CBR-5",
      "cbor/invalid-utf8",
      concatBytes(hex("a7 02 6b ff"), bytesOf(full).slice(4)),
    ),
    bad(
      "grant",
      "a sub that begins with U+FEFF",
      "CBR-5",
      "cbor/byte-order-mark",
      concatBytes(hex("a7 02 6b efbbbf"), bytesOf(full).slice(6)),
    ),
    bad(
      "grant",
      "a map of indefinite length",
      "CBR-3",
      "cbor/indefinite-length",
      concatBytes(hex("bf"), bytesOf(full).slice(1), hex("ff")),
    ),
    bad(
      "grant",
      "a count of labels that the payload cannot hold",
      "CBR-9",
      "cbor/length-beyond-input",
      concatBytes(hex("ba ffffffff"), bytesOf(full).slice(1)),
    ),
    bad(
      "grant",
      "a byte after the payload's map",
      "CBR-1",
      "cbor/trailing-bytes",
      concatBytes(bytesOf(full), hex("00")),
    ),
    bad("grant", "a payload of no bytes", "CBR-1", "cbor/truncated", new Uint8Array(0)),
    bad(
      "grant",
      "a text label",
      "CBR-4",
      "cbor/key-type",
      concatBytes(hex("a8"), bytesOf(full).slice(1), hex("616100")),
    ),
  ];
}

function doors(count: number): (readonly [Uint8Array, number])[] {
  return times(count, (n) => [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, n), n % 8] as const);
}

/** exp and nbf change places: `02 … 05 … 04 …`. */
function reordered(): Uint8Array {
  const whole = bytesOf(full);
  return concatBytes(whole.slice(0, 14), whole.slice(20, 26), whole.slice(14, 20), whole.slice(26));
}

/** `a7 02 6b` and 11 characters, then `04` and 5 bytes of exp. */
function withExp(exp: Uint8Array): Uint8Array {
  const whole = bytesOf(full);
  return concatBytes(whole.slice(0, 15), exp, whole.slice(20));
}

function longExp(): Uint8Array {
  const whole = bytesOf(full);
  return withExp(concatBytes(hex("1b00000000"), whole.slice(16, 20)));
}
