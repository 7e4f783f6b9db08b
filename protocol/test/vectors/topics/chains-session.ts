// Objects that answer a nonce of one session: proofs, commands, enrolments, journals, time statements.
import { toHex } from "#src/bytes.ts";
import type { ObjectName } from "#src/objects/signed-object.ts";
import { box, CLOCK, host, issuers, key, type Party, station } from "../../support/city.ts";
import { accepted, checkFields, flipped, type Labels, type Made, make, refused, type Vector } from "../build.ts";
import * as u from "../usual.ts";
import { DEVICE_WINDOW, deviceCertificate, deviceIssuer, hexOf, issuerCertificate } from "./certificates.ts";

type Fields = Readonly<Record<string, unknown>>;

const issued = (role: number, of: Party): string => toHex(issuerCertificate(role, of).bytes);
const certified = (roles: number, of: Party): readonly string[] => hexOf(deviceCertificate(roles, of), deviceIssuer);

interface Case {
  readonly operation: string;
  readonly kind: ObjectName;
  readonly name: string;
  readonly clauses: string;
  readonly reason?: string;
  readonly payload?: Labels;
  readonly by?: Party;
  readonly kid?: Uint8Array;
  readonly extra?: readonly Uint8Array[];
  /** Under which the signature is checked, where that is not the signer's. */
  readonly publicKey?: Uint8Array;
  readonly given: Fields;
}

function vectorOf({ operation, kind, name, clauses, reason, payload, by, kid, extra, publicKey, given }: Case): Vector {
  const usual = u.usual[kind];
  const signer = by ?? usual.by;
  const made: Made = make(
    kind,
    { ...usual.payload, ...payload },
    {
      by: signer,
      fleet: usual.fleet,
      extra: extra ?? usual.extra,
      ...(kid === undefined ? {} : { kid }),
    },
  );
  const checking = { publicKey: publicKey ?? signer.publicKey, fleet: usual.fleet, extra: usual.extra };
  const fields = { operation, ...given, object: kind, ...checkFields(made, checking) };
  const title = `${operation}: ${name}`;
  return reason === undefined ? accepted(title, clauses, fields) : refused(title, clauses, reason, fields);
}

const transcript = (bodies: { hello: Uint8Array; answer: Uint8Array }): Fields => ({
  hello: toHex(bodies.hello),
  answer: toHex(bodies.answer),
});

const collector: Fields = {
  certificates: certified(512, station),
  session: { nonce: toHex(u.nonces.docked), exchange: "dock", knownLower: CLOCK.lo, ...transcript(u.dockBodies) },
};
/** The receiver knows of a later time (SPEC TRU-14). */
const knowing = (given: Fields, knownLower: number): Fields => ({
  ...given,
  session: { ...(given["session"] as Fields), knownLower },
});
const collectorProof = (name: string, clauses: string, differs: Partial<Case>): Case => ({
  operation: "collector-proof",
  kind: "device-proof",
  name,
  clauses,
  given: collector,
  ...differs,
});

const cabinet: Fields = {
  devicePublicKey: toHex(key.publicKey),
  session: { nonce: toHex(u.nonces.docked), exchange: "dock", ...transcript(u.dockBodies) },
};
const ownProof = (name: string, differs: Partial<Case>): Case => ({
  operation: "device-proof",
  kind: "device-proof",
  name,
  clauses: "OBJ-20 MSG-7",
  by: key,
  given: cabinet,
  ...differs,
});

const session = (lastSequence: number | "none"): Fields => ({
  certificates: certified(256, host),
  session: {
    device: toHex(station.kid),
    nonce: toHex(u.nonces.station),
    lastSequence,
    knownLower: CLOCK.lo,
    ...transcript(u.serveBodies),
  },
});
const command = (name: string, differs: Partial<Case>): Case => ({
  operation: "host-command",
  kind: "host-command",
  name,
  clauses: "OBJ-19",
  given: session("none"),
  ...differs,
});

const enrolling = (takenKids: readonly string[] = []): Fields => ({
  session: { nonce: toHex(u.nonces.host), takenKids },
});
const enrolment = (name: string, differs: Partial<Case>): Case => ({
  operation: "enrolment",
  kind: "enrolment",
  name,
  clauses: "OBJ-18",
  given: enrolling(),
  ...differs,
});

const asking: Fields = { devicePublicKey: toHex(key.publicKey), session: { nonce: toHex(u.nonces.station) } };
const journal = (name: string, differs: Partial<Case>): Case => ({
  operation: "key-journal",
  kind: "key-journal",
  name,
  clauses: "OBJ-16",
  given: asking,
  ...differs,
});

const bySource = (certificates: readonly string[]): Fields => ({ certificates });
const statement = (name: string, differs: Partial<Case>): Case => ({
  operation: "time-statement",
  kind: "time-statement",
  name,
  clauses: "OBJ-11 TIM-3",
  given: bySource(certified(64, station)),
  ...differs,
});

const underGrant: Fields = { certificates: [issued(1, issuers.grant)], grant: toHex(u.grant.bytes) };
const keyStatement = (name: string, differs: Partial<Case>): Case => ({
  operation: "key-time-statement",
  kind: "time-statement",
  name,
  clauses: "OBJ-11 TIM-13",
  payload: { 4: 5, 2: CLOCK.lo },
  by: key,
  given: underGrant,
  ...differs,
});

const otherTranscript = [u.sessionTranscript({ hello: u.dockBodies.hello, answer: flipped(u.dockBodies.answer, -1) })];

export function sessionCases(): Vector[] {
  const SIGNATURE = "cose/signature-invalid";
  return [
    collectorProof("a certified station", "OBJ-20 DCK-2 MSG-7", {}),
    collectorProof("another nonce", "MSG-5 OBJ-20", { reason: "objects/nonce", payload: { 1: u.nonces.station } }),
    collectorProof("another exchange", "OBJ-20", { reason: "objects/exchange", payload: { 2: 3 } }),
    collectorProof("another answer in the transcript", "MSG-4 MSG-6 OBJ-20", {
      reason: SIGNATURE,
      extra: otherTranscript,
    }),
    collectorProof("no transcript", "MSG-6 OBJ-20", { reason: SIGNATURE, extra: [] }),
    collectorProof("a certificate without role collector", "DCK-2 TRU-4", {
      reason: "trust/role",
      given: { ...collector, certificates: certified(64, station) },
    }),
    collectorProof("a certificate that ends a second after what the receiver knows", "TRU-14", {
      given: knowing(collector, DEVICE_WINDOW.exp - 1),
    }),
    collectorProof("a certificate that has surely ended", "TRU-14", {
      reason: "trust/window",
      given: knowing(collector, DEVICE_WINDOW.exp),
    }),
    collectorProof("another device's proof", "OBJ-20 COS-11", { reason: "trust/issuer-unknown", by: box }),
    collectorProof("another device's proof in its name", "OBJ-20 COS-11", {
      reason: SIGNATURE,
      by: box,
      kid: station.kid,
      publicKey: station.publicKey,
    }),
    ownProof("a key that is known", {}),
    ownProof("another nonce", { reason: "objects/nonce", payload: { 1: u.nonces.station } }),
    ownProof("another exchange", { reason: "objects/exchange", payload: { 2: 4 } }),
    ownProof("another key's proof in its name", { reason: SIGNATURE, by: box, kid: key.kid, publicKey: key.publicKey }),
    ownProof("another answer in the transcript", { reason: SIGNATURE, extra: otherTranscript }),
    command("the first of a session", {}),
    command("the first of a session, sequence 0", { payload: { 3: 0 } }),
    command("one above the last", { payload: { 3: 8 }, given: session(7) }),
    command("far above the last", { payload: { 3: 4_294_967_295 }, given: session(7) }),
    command("the last once more", { reason: "objects/sequence", payload: { 3: 7 }, given: session(7) }),
    command("an earlier one", { reason: "objects/sequence", payload: { 3: 6 }, given: session(7) }),
    command("for another device", { reason: "objects/other-device", payload: { 1: box.kid } }),
    command("another session's nonce", { reason: "objects/nonce", payload: { 2: u.nonces.host } }),
    command("another session's transcript", { reason: SIGNATURE, extra: otherTranscript }),
    command("a certificate that ends a second after what the device knows", {
      clauses: "TRU-14",
      given: knowing(session("none"), DEVICE_WINDOW.exp - 1),
    }),
    command("a certificate that has surely ended", {
      clauses: "TRU-14",
      reason: "trust/window",
      given: knowing(session("none"), DEVICE_WINDOW.exp),
    }),
    command("a station's certificate", {
      reason: "trust/role",
      given: { ...session("none"), certificates: certified(512, host) },
    }),
    enrolment("a device from the factory", {}),
    enrolment("a fleet that has other devices", { given: enrolling([toHex(key.kid), toHex(box.kid)]) }),
    enrolment("another host's nonce", { reason: "objects/nonce", payload: { 5: u.nonces.station } }),
    enrolment("a kid that is not the key's", { reason: "objects/kid-differs", kid: key.kid }),
    enrolment("a kid that the fleet has", {
      reason: "objects/kid-taken",
      clauses: "OBJ-18 COS-11",
      given: enrolling([toHex(u.newDevice.kid)]),
    }),
    enrolment("a key whose private part is somebody else's", {
      reason: SIGNATURE,
      by: u.stranger,
      kid: u.newDevice.kid,
      publicKey: u.newDevice.publicKey,
    }),
    journal("in answer to the station's nonce", {}),
    journal("another nonce", { reason: "objects/nonce", payload: { 4: u.nonces.docked } }),
    journal("another key's", { reason: SIGNATURE, by: box, kid: key.kid, publicKey: key.publicKey }),
    statement("class station by a device with role time-source", {}),
    statement("class activation-box by a device with role time-source", { payload: { 4: 3 } }),
    statement("class key-cabinet by a device with role time-source", { payload: { 4: 4 } }),
    statement("class issuer by an issuer with role time", {
      payload: { 4: 1 },
      by: issuers.time,
      given: bySource([issued(16, issuers.time)]),
    }),
    statement("class issuer by a station", { reason: "trust/time-class", payload: { 4: 1 } }),
    statement("class key by a station", { reason: "trust/time-class", payload: { 4: 5 } }),
    statement("class station by an issuer", {
      reason: "trust/time-class",
      by: issuers.time,
      given: bySource([issued(16, issuers.time)]),
    }),
    statement("a station without role time-source", { reason: "trust/role", given: bySource(certified(512, station)) }),
    statement("an issuer without role time", {
      reason: "trust/role",
      payload: { 4: 1 },
      by: issuers.grant,
      given: bySource([issued(1, issuers.grant)]),
    }),
    statement("by another device in the station's name", {
      reason: SIGNATURE,
      by: box,
      kid: station.kid,
      publicKey: station.publicKey,
    }),
    keyStatement("class key by the key of a verified grant", {}),
    keyStatement("class station by a key", { reason: "trust/time-class", payload: { 4: 2 } }),
    keyStatement("by another key than the grant's", { reason: "trust/issuer-unknown", by: u.stranger }),
    keyStatement("by another key in its name", {
      reason: SIGNATURE,
      by: u.stranger,
      kid: key.kid,
      publicKey: key.publicKey,
    }),
  ].map(vectorOf);
}
