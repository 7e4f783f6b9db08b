// The cases of decisions.json, row by row: refusals with one thing wrong, and permits where the row just does not refuse.
import type { CborValue } from "#src/cbor/value.ts";
import {
  box,
  CLOCK,
  DAY,
  EPOCH,
  fixedBytes,
  GROUP,
  HOLDER,
  HOUR,
  issuers,
  key,
  LIST,
  NOW,
  SHIFT,
} from "../../support/city.ts";
import { bytesOf } from "../build.ts";
import * as u from "../usual.ts";
import { type Case, type DoorFacts, doorId, otherDoor, type ProofFacts, STORED } from "./decision-material.ts";

const END = 4_294_967_295;
const CTI = fixedBytes("cti", 8);
type Rest = Omit<Case, "row" | "name" | "refuses">;

const refuses = (row: string, name: string, rest: Rest): Case => ({ row, name, refuses: row, ...rest });
const permits = (row: string, name: string, rest: Rest): Case => ({ row, name, ...rest });

/** A key whose interval is this one. */
const clock = (lo: number, hi: number): Partial<ProofFacts> => ({ lo, width: hi - lo });
const noTicket: Rest = { door: { activation: "not-asked" }, ticket: "none", box: "none" };
const unasked = (door: Partial<DoorFacts>, rest: Rest): Rest => ({
  ...noTicket,
  ...rest,
  door: { activation: "not-asked", ...door },
});
const window = (nbf: number, exp: number) => ({ 3: nbf, 4: exp });

const reading: readonly Case[] = [
  permits("permit", "a first visit with grant, ticket and proof", {}),
  permits("permit", "a door that asks for no activation", noTicket),
  permits("permit", "two updates before the decision", {
    updates: [
      bytesOf({ 1: fixedBytes("update one", 32) }),
      STORED,
      bytesOf({ 1: fixedBytes("update two", 32) }),
      STORED,
    ],
  }),
  permits("permit", "action service at an active door", {
    grant: { 9: u.scope([GROUP, 5]) },
    proof: { action: 4 },
    clauses: "DEC-21 SVC-7",
  }),
  refuses("malformed", "no grant", { grantTamper: "absent" }),
  refuses("malformed", "a grant that ends a byte early", { grantTamper: "garbage" }),
  refuses("malformed", "a grant that breaks a rule of its kind", {
    grant: { 9: u.scope([GROUP, 0]) },
    clauses: "OBJ-4",
  }),
  refuses("malformed", "no proof", { proofTamper: "absent" }),
  refuses("malformed", "a proof of width 0", { proof: { width: 0 }, clauses: "OBJ-13" }),
  refuses("malformed", "a proof that names its key", { proofTamper: "in the holder's own hand", clauses: "OBJ-12" }),
  refuses("malformed", "an open with a proof of action service", {
    proof: { action: 4 },
    grant: { 9: u.scope([GROUP, 5]) },
    message: "open",
    clauses: "SVC-7",
  }),
  refuses("malformed", "a lifecycle with a proof of action open", { message: "lifecycle", clauses: "SVC-7" }),
  refuses("door-not-active", "deactivated", { door: { lifecycle: "deactivated" }, clauses: "SVC-6" }),
  refuses("door-not-active", "dismounted", { door: { lifecycle: "dismounted" }, clauses: "SVC-6" }),
  refuses("door-not-active", "commissioned and never mounted", { door: { lifecycle: "commissioned" } }),
  refuses("door-not-active", "active by its own state, and a policy that deactivates it", {
    door: { policyState: "deactivated" },
    clauses: "SVC-1",
  }),
  permits("door-not-active", "deactivated, action service", {
    door: { lifecycle: "deactivated" },
    grant: { 9: u.scope([GROUP, 4]) },
    proof: { action: 4 },
  }),
];

const issuing: readonly Case[] = [
  refuses("issuer-unknown", "no certificate", { issuer: "none" }),
  refuses("issuer-unknown", "a certificate of another kid", { issuer: "of somebody else" }),
  refuses("issuer-unknown", "a certificate that does not verify under the root", {
    issuer: "by a stranger",
    clauses: "TRU-3",
  }),
  refuses("issuer-epoch", "a certificate of an ended epoch", { issuer: { 5: EPOCH - 1 }, clauses: "TRU-5" }),
  refuses("issuer-epoch", "a certificate of an epoch that the door has not opened", { issuer: { 5: EPOCH + 1 } }),
  refuses("issuer-epoch", "a door that has opened the next epoch", {
    ...noTicket,
    door: { activation: "not-asked", epoch: EPOCH + 1, policyVersion: { epoch: EPOCH + 1, value: 0 }, heldLists: [] },
    proof: { carried: [EPOCH, 0] },
    clauses: "TRU-8",
  }),
  refuses("issuer-not-for-this", "role policy", { issuer: { 1: 2 }, clauses: "TRU-3" }),
  refuses("issuer-not-for-this", "iat a second before the certificate's nbf", {
    issuer: window(SHIFT.iat + 1, SHIFT.exp),
    clauses: "TRU-4",
  }),
  permits("issuer-not-for-this", "iat = the certificate's nbf, exp = its exp", {
    issuer: window(SHIFT.iat, SHIFT.exp),
    clauses: "TRU-4",
  }),
  refuses("issuer-not-for-this", "exp a second after the certificate's exp", {
    issuer: window(SHIFT.iat, SHIFT.exp - 1),
    clauses: "TRU-4",
  }),
  refuses("issuer-not-for-this", "a group outside the issuer's", { issuer: { 6: [GROUP + 1] }, clauses: "TRU-6" }),
  refuses("issuer-not-for-this", "one of two groups outside the issuer's", {
    issuer: { 6: [GROUP] },
    grant: { 9: u.scope([GROUP, 1], [GROUP + 1, 1]) },
    clauses: "TRU-6",
  }),
  refuses("issuer-not-for-this", "rights at a door by an issuer with bounded groups", {
    issuer: { 6: [GROUP] },
    grant: { 9: u.scope([GROUP, 1], [otherDoor, 1]) },
    clauses: "TRU-6",
  }),
  permits("issuer-not-for-this", "an exclusion of another door by an issuer with bounded groups", {
    issuer: { 6: [GROUP] },
    grant: { 9: u.scope([GROUP, 1], [otherDoor, 0]) },
    clauses: "TRU-6",
  }),
  permits("issuer-not-for-this", "a renewed certificate beside the one that it replaces", {
    issuer: [window(SHIFT.iat - 30 * DAY, SHIFT.iat - DAY), window(SHIFT.iat, SHIFT.exp)],
    clauses: "DEC-3 OPN-9",
  }),
  permits("issuer-not-for-this", "a certificate that is still to come beside the present one", {
    issuer: [window(SHIFT.iat, SHIFT.exp), window(SHIFT.exp, SHIFT.exp + DAY)],
    clauses: "DEC-3 OPN-9",
  }),
  refuses("issuer-not-for-this", "two certificates, neither of which spans the grant", {
    issuer: [window(SHIFT.iat, SHIFT.exp - 1), window(SHIFT.iat + 1, SHIFT.exp)],
    clauses: "DEC-3 TRU-4",
  }),
  refuses("grant-signature", "a bit of the signature", { grantTamper: "bit flipped" }),
  refuses("grant-signature", "a stranger in the issuer's name", { grantTamper: "by a stranger" }),
  refuses("grant-signature", "a grant for another fleet", { grantTamper: "for another fleet", clauses: "COS-6" }),
  refuses("proof-signature", "a bit of the signature", { proofTamper: "bit flipped" }),
  refuses("proof-signature", "another key", { proofTamper: "by a stranger" }),
  refuses("proof-signature", "another session's challenge", {
    proofTamper: "of another session",
    clauses: "OBJ-12 MSG-5",
  }),
  refuses("proof-signature", "a proof for another grant", {
    proofTamper: "with another grant",
    grant: { 7: otherDoor },
    clauses: "OBJ-12",
  }),
  refuses("proof-signature", "a ticket that the proof does not know of", {
    proofTamper: "without the ticket",
    clauses: "OBJ-12 DEC-22",
  }),
  refuses("proof-signature", "an update that the key did not send", {
    proofTamper: "without an update",
    updates: [bytesOf({ 1: fixedBytes("update", 32) }), STORED],
    clauses: "OBJ-12",
  }),
  refuses("proof-signature", "an update of which the key was told another outcome", {
    proofTamper: "with another outcome",
    updates: [bytesOf({ 1: fixedBytes("update", 32) }), STORED],
    clauses: "OBJ-12",
  }),
  refuses("proof-signature", "a proof for another fleet", { proofTamper: "for another fleet", clauses: "COS-6" }),
];

const tickets = (nbf: number, exp: number): Rest => ({ ticket: { 2: nbf, 3: exp } });

const timing: readonly Case[] = [
  refuses("time-untrusted", "a lost clock", { proof: { quality: 0 }, clauses: "TIM-1" }),
  refuses("time-untrusted", "a clock in conflict", { proof: { quality: 1 }, clauses: "TIM-4" }),
  refuses("time-untrusted", "an interval a second too wide", { proof: { width: 181 } }),
  permits("time-untrusted", "an interval of the widest width", { proof: { width: 180 } }),
  permits("time-untrusted", "a door that takes only 4 s", { door: { widestIntervalSeconds: 4 } }),
  refuses("time-untrusted", "a door that takes only 3 s", { door: { widestIntervalSeconds: 3 } }),
  refuses("behind-floor", "hi = floor", { door: { floor: CLOCK.hi }, clauses: "TIM-12" }),
  permits("behind-floor", "hi = floor + 1", { door: { floor: CLOCK.hi - 1 }, clauses: "TIM-12" }),
  refuses("behind-floor", "a clock set back by a day", {
    proof: clock(CLOCK.lo - DAY, CLOCK.hi - DAY),
    door: { floor: SHIFT.iat - 60 },
  }),
  refuses("behind-floor", "a floor in 2106", { door: { floor: END } }),
  permits("not-yet", "lo = nbf", {
    proof: clock(SHIFT.nbf, SHIFT.nbf + 4),
    ...tickets(SHIFT.nbf, SHIFT.exp),
    clauses: "TIM-10",
  }),
  refuses("not-yet", "lo = nbf - 1", {
    proof: clock(SHIFT.nbf - 1, SHIFT.nbf + 4),
    ...tickets(SHIFT.nbf, SHIFT.exp),
    clauses: "TIM-10",
  }),
  permits("not-yet", "lo before nbf, and the door's floor at it", {
    ...unasked({ floor: SHIFT.nbf }, { proof: clock(SHIFT.nbf - 10, SHIFT.nbf + 4) }),
    clauses: "TIM-12",
  }),
  refuses("not-yet", "lo before nbf, and the door's floor a second before it", {
    ...unasked({ floor: SHIFT.nbf - 1 }, { proof: clock(SHIFT.nbf - 10, SHIFT.nbf + 4) }),
    clauses: "TIM-12",
  }),
  refuses("not-yet", "the evening before", { ...noTicket, proof: clock(SHIFT.iat, SHIFT.iat + 4) }),
  permits("expired", "hi + 5 = exp", {
    ...noTicket,
    proof: clock(SHIFT.exp - 9, SHIFT.exp - 5),
    clauses: "TIM-10 DEC-20",
  }),
  refuses("expired", "hi + 5 = exp + 1", {
    ...noTicket,
    proof: clock(SHIFT.exp - 9, SHIFT.exp - 4),
    clauses: "TIM-10 DEC-20",
  }),
  refuses("expired", "the evening after", { ...noTicket, proof: clock(SHIFT.exp + HOUR, SHIFT.exp + HOUR + 4) }),
  refuses("expired", "exp = floor", {
    ...unasked({ floor: SHIFT.exp }, { proof: clock(SHIFT.exp - 10, SHIFT.exp + 1) }),
    clauses: "TIM-12 DEC-20",
  }),
  permits("expired", "the last second of 2106: hi + 5 = exp = 2^32-1", {
    ...unasked(
      {},
      {
        issuer: window(END - 800 * DAY, END),
        grant: { 4: END, 5: END - HOUR, 6: END - DAY },
        proof: clock(END - 9, END - 5),
      },
    ),
    clauses: "DEC-19",
  }),
  refuses("expired", "a second later, where 32 bits do not wrap yet", {
    ...unasked(
      {},
      {
        issuer: window(END - 800 * DAY, END),
        grant: { 4: END, 5: END - HOUR, 6: END - DAY },
        proof: clock(END - 9, END - 4),
      },
    ),
    clauses: "DEC-19",
  }),
  refuses("expired", "hi would wrap to 2 in 32 bits", {
    ...unasked(
      {},
      {
        issuer: window(END - 800 * DAY, END),
        grant: { 4: END, 5: END - HOUR, 6: END - DAY },
        proof: { lo: END - 1, width: 4 },
      },
    ),
    clauses: "DEC-19",
  }),
  refuses("expired", "hi + 5 would wrap to 0 in 32 bits", {
    ...unasked(
      {},
      {
        issuer: window(END - 800 * DAY, END),
        grant: { 4: END, 5: END - HOUR, 6: END - DAY },
        proof: { lo: END - 8, width: 4 },
      },
    ),
    clauses: "DEC-19",
  }),
  permits("behind-floor", "a floor at the end of 2106, hi past 2^32", {
    ...unasked(
      { floor: END - 10 },
      {
        issuer: window(END - 800 * DAY, END),
        grant: { 4: END, 5: END - HOUR, 6: END - DAY },
        proof: clock(END - 20, END - 9),
      },
    ),
    clauses: "DEC-19 TIM-12",
  }),
  permits("grant-too-long", "exp - nbf = the longest grant", { door: { longestGrantSeconds: 9 * HOUR } }),
  refuses("grant-too-long", "exp - nbf a second longer", { door: { longestGrantSeconds: 9 * HOUR - 1 } }),
  permits("grant-too-long", "nbf - iat = 7 days", { grant: { 6: SHIFT.nbf - 7 * DAY } }),
  refuses("grant-too-long", "nbf - iat = 7 days and a second", { grant: { 6: SHIFT.nbf - 7 * DAY - 1 } }),
];

const DEVICE_NBF = NOW - 3 * DAY;
const activating: readonly Case[] = [
  refuses("not-activated", "no ticket", { ticket: "none" }),
  refuses("not-activated", "a ticket that ends a byte early", { ticketTamper: "garbage" }),
  refuses("not-activated", "a bit of the ticket's signature", { ticketTamper: "bit flipped" }),
  refuses("not-activated", "a ticket by a stranger in the box's name", { ticketTamper: "by a stranger" }),
  refuses("not-activated", "a ticket for another grant", {
    ticket: { 1: fixedBytes("another grant", 32) },
    clauses: "OBJ-6",
  }),
  refuses("not-activated", "no certificate of the box", { box: "none" }),
  refuses("not-activated", "a box with role collector", { box: { 1: 512 }, clauses: "TRU-4" }),
  refuses("not-activated", "a box of an ended epoch", {
    box: { 5: EPOCH - 1 },
    boxIssuer: { 5: EPOCH - 1 },
    clauses: "TRU-5",
  }),
  refuses("not-activated", "a box of an epoch that the door has not opened", {
    box: { 5: EPOCH + 1 },
    boxIssuer: { 5: EPOCH + 1 },
    clauses: "TRU-5",
  }),
  permits("not-activated", "from = the box's nbf, until = its exp", {
    box: window(SHIFT.nbf + 1800, SHIFT.exp),
    clauses: "TRU-4",
  }),
  refuses("not-activated", "from a second before the box's nbf", {
    box: window(SHIFT.nbf + 1801, SHIFT.exp),
    clauses: "TRU-4",
  }),
  refuses("not-activated", "until a second after the box's exp", {
    box: window(DEVICE_NBF, SHIFT.exp - 1),
    clauses: "TRU-4",
  }),
  permits("not-activated", "lo = from", tickets(CLOCK.lo, SHIFT.exp)),
  refuses("not-activated", "lo = from - 1", tickets(CLOCK.lo + 1, SHIFT.exp)),
  permits("not-activated", "lo before from, and the door's floor at it", {
    door: { floor: CLOCK.lo + 1 },
    ...tickets(CLOCK.lo + 1, SHIFT.exp),
  }),
  permits("not-activated", "hi + 5 = until", tickets(SHIFT.nbf, CLOCK.hi + 5)),
  refuses("not-activated", "hi + 5 = until + 1", tickets(SHIFT.nbf, CLOCK.hi + 4)),
  refuses("not-activated", "until a second after exp", { ...tickets(SHIFT.nbf, SHIFT.exp + 1), clauses: "OBJ-6" }),
  permits("not-activated", "a ticket where none is asked for, by a box without role", {
    door: { activation: "not-asked" },
    box: { 1: 512 },
    clauses: "DEC-22",
  }),
  permits("not-activated", "a ticket where none is asked for, with a broken signature", {
    door: { activation: "not-asked" },
    ticketTamper: "bit flipped",
    clauses: "DEC-22",
  }),
  refuses("proof-signature", "a ticket where none is asked for, which the proof does not sign", {
    door: { activation: "not-asked" },
    proofTamper: "without the ticket",
    clauses: "DEC-22",
  }),
];

type Entry = readonly [kind: string, id: Uint8Array | number, until: number];
const listed = (...entries: readonly Entry[]): Rest => ({
  door: { heldLists: [{ list: LIST, version: 9, entries }] },
  clauses: "OBJ-9",
});
const ISSUER_NBF = NOW - 30 * DAY;
const voiding: readonly (readonly [string, string, Uint8Array | number, number])[] = [
  ["the grant by its cti", "grant", CTI, SHIFT.iat],
  ["the key", "key", key.kid, SHIFT.iat],
  ["the holder", "holder", HOLDER, SHIFT.iat],
  ["the group", "group", GROUP, SHIFT.iat],
  ["the grant's issuer", "issuer", issuers.grant.kid, ISSUER_NBF],
  ["the box", "device", box.kid, DEVICE_NBF],
  ["the box's issuer", "issuer", issuers.device.kid, ISSUER_NBF],
];
const revoking: readonly Case[] = [
  ...voiding.map(([name, kind, id, issued]) =>
    refuses("revoked", `${name}, T = ${issued === SHIFT.iat ? "iat" : "nbf"}`, listed([kind, id, issued])),
  ),
  ...voiding.map(([name, kind, id, issued]) =>
    permits(
      "revoked",
      `${name}, T a second before ${issued === SHIFT.iat ? "iat" : "nbf"}`,
      listed([kind, id, issued - 1]),
    ),
  ),
  refuses("revoked", "a group of the grant that the door does not serve", {
    ...listed(["group", GROUP + 1, NOW]),
    grant: { 9: u.scope([GROUP, 1], [GROUP + 1, 1]) },
  }),
  permits(
    "revoked",
    "another key's, holder's and group's entries",
    listed(["key", box.kid, NOW], ["holder", otherDoor, NOW], ["group", GROUP + 1, NOW]),
  ),
  permits(
    "revoked",
    "the key's kid under kind holder and the cti under kind key",
    listed(["key", CTI, NOW], ["holder", key.kid, NOW]),
  ),
  permits("revoked", "a list that the policy does not name", {
    door: { lists: [LIST + 1], heldLists: [{ list: LIST, version: 9, entries: [["key", key.kid, NOW]] }] },
  }),
  permits("revoked", "a list that the policy names and the door does not hold", {
    door: { heldLists: [] },
    clauses: "OBJ-9",
  }),
  permits("revoked", "the box, where no ticket is asked for", {
    door: { activation: "not-asked", heldLists: [{ list: LIST, version: 9, entries: [["device", box.kid, NOW]] }] },
    clauses: "OBJ-9",
  }),
  refuses("revoked", "an entry of the second of two lists", {
    door: {
      lists: [LIST, LIST + 1],
      heldLists: [
        { list: LIST, version: 9, entries: [] },
        { list: LIST + 1, version: 1, entries: [["grant", CTI, NOW]] },
      ],
    },
  }),
  permits("revoked", "the cti of the grant before, found key with its next grant", {
    ...listed(["key", key.kid, SHIFT.iat - 1]),
    clauses: "OBJ-8 OBJ-9",
  }),
];

const carried = (...items: readonly CborValue[]): Rest => ({ proof: { carried: items } });
const updating: readonly Case[] = [
  permits("update-withheld", "the versions that the door has", carried(EPOCH, 5, [LIST, 9])),
  permits("update-withheld", "older versions", carried(EPOCH, 4, [LIST, 8])),
  permits("update-withheld", "no policy and no lists", carried(EPOCH, 0)),
  refuses("update-withheld", "a newer policy", carried(EPOCH, 6, [LIST, 9])),
  refuses("update-withheld", "a newer list", carried(EPOCH, 5, [LIST, 10])),
  refuses("update-withheld", "a higher epoch with lower versions", { ...carried(EPOCH + 1, 1), clauses: "TRU-8" }),
  refuses("update-withheld", "a higher epoch with no policy", { ...carried(EPOCH + 1, 0), clauses: "TRU-8" }),
  permits("update-withheld", "a lower epoch with higher versions", {
    ...carried(EPOCH - 1, 99, [LIST, 99]),
    clauses: "TRU-8",
  }),
  permits("update-withheld", "a newer list that the policy does not name", carried(EPOCH, 5, [LIST + 1, 99])),
  refuses("update-withheld", "a list that the policy names and the door has not got", {
    door: { lists: [LIST, LIST + 1] },
    ...carried(EPOCH, 5, [LIST, 9], [LIST + 1, 1]),
  }),
  refuses("update-withheld", "a door that has no policy of its new epoch yet", {
    door: { policyVersion: { epoch: EPOCH, value: 0 } },
    ...carried(EPOCH, 1, [LIST, 9]),
    clauses: "TRU-8",
  }),
];

const scoping: readonly Case[] = [
  refuses("no-access", "a group that the door does not serve", {
    grant: { 9: u.scope([GROUP + 1, 1]) },
    clauses: "DEC-18",
  }),
  refuses("no-access", "a door that serves nobody", { door: { groups: [] }, clauses: "DEC-18" }),
  refuses("no-access", "the right to collect, not to open", { grant: { 9: u.scope([GROUP, 2]) }, clauses: "DEC-18" }),
  refuses("no-access", "an excluded door, in a group with all rights", {
    grant: { 9: u.scope([GROUP, 7], [doorId, 0]) },
    clauses: "OBJ-4 DEC-18",
  }),
  refuses("no-access", "another door alone", { grant: { 9: u.scope([otherDoor, 7]) }, clauses: "DEC-18" }),
  refuses("no-access", "action service with the right to open", { proof: { action: 4 }, clauses: "DEC-21" }),
  permits("no-access", "this door alone", { grant: { 9: u.scope([doorId, 1]) }, clauses: "DEC-18" }),
  permits("no-access", "another door excluded", {
    grant: { 9: u.scope([GROUP, 1], [otherDoor, 0]) },
    clauses: "DEC-18",
  }),
  permits("no-access", "the second of three groups", {
    grant: { 9: u.scope([1, 2], [GROUP, 1], [GROUP + 1, 4]) },
    clauses: "DEC-18",
  }),
  permits("no-access", "collect through the group, open through the door: the union", {
    grant: { 9: u.scope([GROUP, 2], [doorId, 1]) },
    clauses: "DEC-18",
  }),
  refuses("energy", "short at an opening", { energy: "short", clauses: "OPN-12" }),
  refuses("energy", "short at a service", {
    energy: "short",
    grant: { 9: u.scope([GROUP, 4]) },
    proof: { action: 4 },
    clauses: "OPN-12",
  }),
];

export const cases: readonly Case[] = [
  ...reading,
  ...issuing,
  ...timing,
  ...activating,
  ...revoking,
  ...updating,
  ...scoping,
];
