// One sound object of every kind, as payload labels of nyckelfri.cddl, with its signer: what each faulty one departs from.
import { concatBytes, toHex } from "#src/bytes.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { thumbprint } from "#src/cose/cose-key.ts";
import type { ObjectName } from "#src/objects/signed-object.ts";
import {
  box,
  CLOCK,
  cylinder,
  DAY,
  DOOR,
  EPOCH,
  fixedBytes,
  fleetId,
  GROUP,
  HOLDER,
  HOUR,
  host,
  issuers,
  key,
  LIST,
  NOW,
  nextSuccessor,
  type Party,
  party,
  provider,
  root,
  SHIFT,
  station,
  successor,
} from "../support/city.ts";
import { bytesOf, chainOf, type Labels, type Made, make } from "./build.ts";

export interface Usual {
  readonly payload: Labels;
  readonly by: Party;
  readonly fleet: Uint8Array;
  readonly extra: readonly Uint8Array[];
}

export const sub: string = Buffer.from(HOLDER).toString("base64url");
export const coseKey = (publicKey: Uint8Array): ReadonlyMap<number, CborValue> =>
  new Map<number, CborValue>([
    [1, 1],
    [-1, 6],
    [-2, publicKey],
  ]);
/** cnf of a grant. */
export const cnf = (publicKey: Uint8Array): ReadonlyMap<number, CborValue> => new Map([[1, coseKey(publicKey)]]);
/** An embedded AIF list. */
export const scope = (...entries: readonly ScopePair[]): Uint8Array => encode(entries);
export type ScopePair = readonly [object: number | Uint8Array, rights: number];

export const nonces = {
  key: fixedBytes("nonce of the key", 8),
  door: fixedBytes("nonce of the door", 16),
  station: fixedBytes("nonce of the station", 16),
  docked: fixedBytes("nonce of the docked key", 16),
  host: fixedBytes("nonce of the host", 16),
  time: fixedBytes("nonce for the time", 16),
} as const;

/** Bodies of a hello and a challenge: key in cylinder (SPEC OPN-2, OPN-4). */
export const openBodies = {
  hello: bytesOf({ 1: [1, 1], 2: 1, 3: nonces.key, 4: 0 }),
  challenge: bytesOf({
    1: [1, 1],
    2: cylinder.kid,
    3: nonces.door,
    4: EPOCH,
    5: 5,
    6: [[LIST, 9]],
    7: SHIFT.iat - DAY,
    8: 2,
    9: 43,
  }),
} as const;

/** Bodies of a hello and its answer: key in station, and host at station (SPEC MSG-6). */
export const dockBodies = {
  hello: bytesOf({ 1: [1, 1], 2: 2, 3: nonces.station, 4: station.kid }),
  answer: bytesOf({
    1: [1, 1],
    2: key.kid,
    3: nonces.docked,
    4: 0,
    5: EPOCH,
    6: new Map([
      [1, 2],
      [2, CLOCK.lo],
      [3, CLOCK.hi - CLOCK.lo],
    ]),
    7: [0, chainOf(key.kid, 3, [])[0] as Uint8Array],
    8: 0,
    10: [[LIST, 9]],
  }),
} as const;
export const serveBodies = {
  hello: bytesOf({ 1: [1, 1], 2: 5, 3: nonces.host, 4: "nyckelfri" }),
  answer: bytesOf({
    1: [1, 1],
    2: station.kid,
    3: nonces.station,
    4: fleetId,
    5: 3,
    6: [1, 4, 0],
    7: [1, 2, 3],
    8: 4,
  }),
} as const;
export const sessionTranscript = ({ hello, answer }: { hello: Uint8Array; answer: Uint8Array }): Uint8Array =>
  provider.sha256(concatBytes(hello, answer));

/** Records of the cylinder's openings, of its refusals, and entries of the key's journal. */
const cti = fixedBytes("cti", 8);
export const openings: readonly (readonly CborValue[])[] = [
  [9, EPOCH],
  [6, 2, 1],
  [4, 5],
  [5, LIST, 9],
  [1, cti, 1204, CLOCK.lo, CLOCK.hi - CLOCK.lo, 0],
  [2, 0, 4180],
  [3],
  [8, 2],
];
export const refusals: readonly (readonly CborValue[])[] = [
  [7, cti, 11, SHIFT.exp + HOUR],
  [7, cti, 16, CLOCK.lo],
];
export const entries: readonly (readonly CborValue[])[] = [
  [3, station.kid, CLOCK.lo - HOUR, 3],
  [6, box.kid, 1],
  [6, box.kid, 0],
  [1, cylinder.kid, cti, 1204, CLOCK.lo, CLOCK.hi - CLOCK.lo, 1],
  [2, cylinder.kid, 0],
  [4, station.kid, 2],
  [5, CLOCK.lo],
];
export const heads = {
  openings: chainOf(
    cylinder.kid,
    1,
    openings.map((record) => encode(record)),
  ),
  refusals: chainOf(
    cylinder.kid,
    2,
    refusals.map((record) => encode(record)),
  ),
  journal: chainOf(
    key.kid,
    3,
    entries.map((entry) => encode(entry)),
  ),
} as const;

export const pepper: Uint8Array = fixedBytes("pepper", 32);
export const salt: Uint8Array = fixedBytes("salt", 16);
export const pinDigits = "2468";
export const v: Uint8Array = provider.hmacSha256(
  pepper,
  Uint8Array.from(pinDigits, (digit) => digit.charCodeAt(0)),
);

/** Another fleet, with a root and a successor of its own. */
export const otherRoot: Party = party("root of another city");
export const otherFleet: Uint8Array = thumbprint(provider, otherRoot.publicKey);
export const newDevice: Party = party("a device from the factory");
export const stranger: Party = party("stranger");

const signedBy = (by: Party, payload: Labels, extra: readonly Uint8Array[] = [], fleet = fleetId): Usual => ({
  payload,
  by,
  fleet,
  extra,
});

const grantPayload: Labels = {
  2: sub,
  4: SHIFT.exp,
  5: SHIFT.nbf,
  6: SHIFT.iat,
  7: cti,
  8: cnf(key.publicKey),
  9: scope([GROUP, 1]),
};
export const grant: Made = make("grant", grantPayload, { by: issuers.grant });
const ticketPayload: Labels = {
  1: provider.sha256(grant.bytes),
  2: SHIFT.nbf + HOUR / 2,
  3: SHIFT.exp,
  4: 1,
  5: 86,
};
export const ticket: Made = make("activation-ticket", ticketPayload, { by: box });

/** extra of an OpenProof (SPEC OBJ-12). */
export const proofExtra = (bodies: readonly Uint8Array[], grant: Uint8Array, ticket?: Uint8Array): Uint8Array[] => [
  provider.sha256(concatBytes(...bodies)),
  provider.sha256(grant),
  ticket === undefined ? new Uint8Array(0) : provider.sha256(ticket),
];

const issuerWindow = { nbf: NOW - 30 * DAY, exp: NOW + 770 * DAY } as const;

export const usual: Readonly<Record<ObjectName, Usual>> = {
  certificate: signedBy(root, {
    1: 1,
    2: issuers.grant.publicKey,
    3: issuerWindow.nbf,
    4: issuerWindow.exp,
    5: EPOCH,
  }),
  "root-transition": signedBy(successor, {
    1: successor.publicKey,
    2: thumbprint(provider, nextSuccessor.publicKey),
    3: EPOCH + 1,
    4: NOW,
  }),
  grant: signedBy(issuers.grant, grantPayload),
  "activation-ticket": signedBy(box, ticketPayload),
  "door-policy": signedBy(issuers.policy, {
    1: cylinder.kid,
    2: 5,
    3: NOW - 20 * DAY,
    4: DOOR,
    5: 1,
    6: 1,
    7: [GROUP],
    8: 57_600,
    9: true,
    10: 180,
    11: [LIST],
    12: 1,
  }),
  "revocation-list": signedBy(issuers.list, {
    1: LIST,
    2: 9,
    3: NOW - DAY,
    4: [
      [1, fixedBytes("a revoked cti", 8), NOW - DAY],
      [2, fixedBytes("a lost key", 8), NOW - 2 * DAY],
      [5, 4800, NOW - 3 * DAY],
    ],
  }),
  "time-statement": signedBy(station, { 1: nonces.time, 2: NOW, 3: 850, 4: 2 }),
  "open-proof": signedBy(
    key,
    {
      1: CLOCK.lo,
      2: CLOCK.hi - CLOCK.lo,
      3: 2,
      4: 1204,
      5: 1,
      6: station.kid,
      7: [EPOCH, 0],
    },
    proofExtra([openBodies.hello, openBodies.challenge], grant.bytes, ticket.bytes),
  ),
  "log-segment": signedBy(cylinder, {
    1: 1,
    2: 5,
    3: heads.openings[4] as Uint8Array,
    4: openings.slice(4, 6),
    5: nonces.key,
    6: 88,
    8: 1,
  }),
  "upload-receipt": signedBy(issuers.receipt, {
    1: cylinder.kid,
    2: 6,
    3: heads.openings[6] as Uint8Array,
    4: NOW,
    5: 1,
  }),
  "key-journal": signedBy(key, {
    1: 1,
    2: heads.journal[0] as Uint8Array,
    3: entries,
    4: nonces.station,
  }),
  "pin-verifier": signedBy(issuers.device, {
    1: key.kid,
    2: salt,
    3: provider.sha256(concatBytes(v, salt)),
    4: 2,
    5: NOW - 10 * DAY,
  }),
  enrolment: signedBy(
    newDevice,
    { 1: newDevice.publicKey, 2: "NF-2026-000123", 3: 1, 4: [1, 4, 0], 5: nonces.host },
    [],
    new Uint8Array(32),
  ),
  "host-command": signedBy(host, { 1: station.kid, 2: nonces.station, 3: 1, 4: [1, 0] }, [
    sessionTranscript(serveBodies),
  ]),
  "device-proof": signedBy(station, { 1: nonces.docked, 2: 2 }, [sessionTranscript(dockBodies)]),
  "device-transfer": signedBy(root, {
    1: otherRoot.publicKey,
    2: fixedBytes("thumbprint of the other successor", 32),
    3: 1,
    4: NOW,
    5: cylinder.kid,
    6: nonces.door,
    7: otherFleet,
  }),
};

/** The usual object of a kind, with labels that differ and perhaps another signer. */
export function variantOf(name: ObjectName, differs: Labels, by: Party = usual[name].by): Made {
  const { payload, fleet, extra } = usual[name];
  return make(name, { ...payload, ...differs }, { by, fleet, extra });
}

export const kidOf = (one: Party): string => toHex(one.kid);
