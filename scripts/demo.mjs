// The demonstration that `npm start` runs until the main job exists: one key at two doors, in the bytes of the protocol.
// Keys come from fixed seeds: they are worthless, and every run prints the same.
import {
  acceptTime,
  activationTicketObject,
  certificateObject,
  coarseResultOf,
  concatBytes,
  decodeRequest,
  diagnose,
  doorPolicyObject,
  encodeFrame,
  encodeReply,
  encodeRequest,
  examine,
  FrameDecoder,
  grantObject,
  issueObject,
  keyId,
  lostClock,
  messageNamed,
  openProofExtra,
  openProofObject,
  parseObject,
  defaultProvider as provider,
  raiseFloor,
  readClock,
  revocationListObject,
  subOf,
  thumbprint,
  toHex,
  verifyByKind,
  verifyDeviceCertificate,
  verifyIssuerCertificate,
} from "@nyckelfri/protocol";

const SHIFT = { nbf: Date.UTC(2026, 10, 23, 6) / 1000, exp: Date.UTC(2026, 10, 23, 15) / 1000 }; // 07:00 to 16:00 in Stockholm
const NIGHT_BEFORE = SHIFT.nbf - 10 * 3600;
const TEAM = 1_100_017;
const LIST = 12;

// ---- the city: a root, an issuer for each role, a box, a station, two doors, a key --------------------------------

const fixed = (name, length) => provider.sha256(Uint8Array.from(name, (c) => c.charCodeAt(0))).slice(0, length);
const party = (name) => {
  const seed = fixed(name, 32);
  const publicKey = provider.publicKeyOf(seed);
  return { seed, publicKey, kid: keyId(provider, publicKey) };
};
const root = party("demo root");
const fleetId = thumbprint(provider, root.publicKey);
const trust = {
  rootPublicKey: root.publicKey,
  successorThumbprint: thumbprint(provider, party("demo successor").publicKey),
  fleetId,
  epoch: 1,
};
const sign = (kind, value, by, extra) =>
  issueObject(kind, value, { provider, seed: by.seed, kid: by.kid, fleetId }, extra).bytes;

const certify = (roles, subject, by, days) => {
  const value = { roles, publicKey: subject.publicKey, nbf: NIGHT_BEFORE - 86_400, epoch: 1 };
  return parseObject(certificateObject, sign(certificateObject, { ...value, exp: value.nbf + days * 86_400 }, by));
};
const issuer = (role, name) => {
  const own = party(name);
  return { ...own, certified: verifyIssuerCertificate(certify(role, own, root, 365), trust, provider) };
};
const grants = issuer(1, "demo grant issuer");
const policies = issuer(2, "demo policy issuer");
const lists = issuer(4, "demo list issuer");
const devices = issuer(32, "demo device issuer");
const device = (role, name, days) => {
  const own = party(name);
  const certificate = certify(role, own, devices, days);
  return { ...own, certified: verifyDeviceCertificate(certificate, devices.certified, trust, provider) };
};
const box = device(128, "demo activation box", 365);
const station = party("demo station");
const key = party("demo key");

/** @typedef {ReturnType<typeof makeDoor>} DemoDoor */
/** @param {string} name @param {number[]} groups */
const makeDoor = (name, groups) => {
  const own = party(name);
  const bytes = sign(
    doorPolicyObject,
    {
      cylinder: own.kid,
      version: 1,
      iat: NIGHT_BEFORE,
      door: fixed(`${name} id`, 8),
      mount: 1,
      state: "active",
      groups,
      longestGrantSeconds: 16 * 3600,
      activation: "asked",
      widestIntervalSeconds: 180,
      lists: [LIST],
      doorKind: "apartment",
    },
    policies,
  );
  const authority = { signer: policies.certified, trust, provider };
  const policy = verifyByKind(parseObject(doorPolicyObject, bytes), authority).value;
  return {
    name,
    kid: own.kid,
    floor: { epoch: 1, value: NIGHT_BEFORE - 60 },
    policy,
    /** @type {import("@nyckelfri/protocol").RevocationList[]} */
    lists: [],
    known: new Map(), // what it has verified before: SPEC OPN-10
    visits: 0,
  };
};
const doors = {
  flat: makeDoor("flat 3, 2nd floor", [TEAM]),
  other: makeDoor("flat of another team's client", [TEAM + 1]),
};

const grant = sign(
  grantObject,
  {
    sub: subOf(fixed("demo holder", 8)),
    iat: NIGHT_BEFORE,
    ...SHIFT,
    cti: fixed("demo cti", 8),
    cnf: { key: { kty: 1, crv: 6, x: key.publicKey } },
    scope: [[TEAM, 1]],
  },
  grants,
);
const ticket = sign(
  activationTicketObject,
  { grantDigest: provider.sha256(grant), from: SHIFT.nbf, until: SHIFT.exp, method: "pin", boxCounter: 1 },
  box,
);

// ---- the key's clock: set by a station at 06:50, doubted ever since -------------------------------------------------

const startMs = (SHIFT.nbf - 600) * 1000;
const tickOf = (seconds) => seconds * 1000 - startMs;
const nonce = fixed("demo nonce", 16);
const { clock } = acceptTime(
  lostClock(),
  { nonce, givenAtTickMs: 0, lifetimeMs: 2000 },
  {
    nonce,
    t: startMs / 1000,
    uncertaintyMs: 800,
    source: { kid: station.kid, sourceClass: "station" },
    certificateWindow: { nbf: SHIFT.nbf - 86_400, exp: SHIFT.nbf + 86_400 },
    receivedAtTickMs: 120,
  },
);

// ---- one insertion --------------------------------------------------------------------------------------------------

/** @type {string[]} */
const failures = [];
let wireBytes = 0;
/** @type {Uint8Array | undefined} */
let firstOpen;

/** Sends a body through a frame and gives what the other side's decoder makes of it. */
function onTheWire(kind, name, body) {
  const message = messageNamed("open", name).number;
  const wire = encodeFrame({ version: 1, kind, message, session: 0x5eed0001, sequence: 1, body });
  wireBytes += wire.length;
  const [event] = new FrameDecoder().push(wire);
  if (event?.kind !== "frame") throw new Error("the frame did not arrive");
  return event.frame;
}

/**
 * @param {{
 *   at: number,
 *   door: DemoDoor,
 *   what: string,
 *   expected: string,
 *   claims?: { lo: number, hi: number },
 *   replayOf?: Uint8Array,
 * }} visit
 */
function insert({ at, door, what, expected, claims, replayOf }) {
  wireBytes = 0;
  door.visits += 1;
  const reading = readClock(clock, tickOf(at));
  if (reading.quality !== "running") throw new Error("the key has lost its time");
  const { lo, hi } = claims ?? reading.interval;
  const cti = parseObject(grantObject, grant).value.cti;
  const seen = door.known.has(toHex(cti));

  const hello = onTheWire(
    "request",
    "hello",
    encodeRequest("open", "hello", {
      versions: { oldest: 1, newest: 1 },
      exchange: "open",
      nonce: fixed(`key nonce ${door.name} ${door.visits}`, 8),
      battery: "ok",
    }),
  ).body;
  const challenge = onTheWire(
    "reply",
    "hello",
    encodeReply("open", "hello", {
      versions: { oldest: 1, newest: 1 },
      cylinder: door.kid,
      nonce: fixed(`door nonce ${door.name} ${door.visits}`, 16),
      epoch: 1,
      policyVersion: door.policy.version,
      lists: [[LIST, door.lists[0]?.version ?? 0]],
      floor: door.floor.value,
      state: "active",
      newestRecord: door.visits - 1,
    }),
  ).body;
  const transcript = { hello, challenge, updates: [] };
  const extra = openProofExtra(provider, transcript, grant, ticket);
  const proof =
    replayOf ??
    sign(
      openProofObject,
      {
        lo,
        widthSeconds: hi - lo,
        quality: "running",
        keyCounter: door.visits,
        action: "open",
        timeSource: station.kid,
        carried: { epoch: 1, policy: 0, lists: [] },
      },
      key,
      extra,
    );
  /** @type {import("@nyckelfri/protocol").OpenRequest} */
  const body = seen ? { by: "cti", cti, proof } : { by: "grant", grant, ticket, proof };
  const frame = onTheWire("request", "open", encodeRequest("open", "open", body));
  firstOpen ??= frame.body;
  const request = decodeRequest("open", frame.message, frame.body);
  if (request.name !== "open") throw new Error("not an open");
  const received = request.body;
  const presented = received.by === "grant" ? received : door.known.get(toHex(cti));
  const { decision } = examine(
    {
      rootPublicKey: root.publicKey,
      lifecycle: "active",
      epoch: 1,
      floor: door.floor.value,
      policy: door.policy,
      policyVersion: { epoch: 1, value: door.policy.version },
      lists: door.lists,
    },
    {
      grant: presented.grant,
      ticket: presented.ticket,
      proof: received.proof,
      transcript,
    },
    {
      provider,
      fleetId,
      issuersOf: (kid) => (toHex(kid) === toHex(grants.kid) ? [grants.certified] : []),
      boxesOf: (kid) => (toHex(kid) === toHex(box.kid) ? [box.certified] : []),
      energy: "enough",
    },
  );
  const refusal = decision.verdict === "refuse" ? decision.reason : undefined;
  const opened = refusal === undefined;
  if (opened) {
    door.known.set(toHex(cti), { grant, ticket });
    door.floor = raiseFloor(door.floor, { epoch: 1, iat: NIGHT_BEFORE });
  }
  const result = refusal === undefined ? "opened" : coarseResultOf(refusal);
  onTheWire("reply", "open", encodeReply("open", "open", { kind: "result", result }));
  const outcome = refusal ?? "opened";
  if (outcome !== expected) failures.push(`${what}: ${outcome} instead of ${expected}`);
  const clockTime = new Date(at * 1000).toLocaleTimeString("sv-SE", { timeZone: "Europe/Stockholm" });
  const shown = opened ? "OPENED" : `refused: ${refusal}`;
  console.log(
    `${clockTime}  ${what.padEnd(52)} ${shown.padEnd(28)} ${result.padEnd(18)} ${String(wireBytes).padStart(4)} B  [${hi - lo} s]`,
  );
  return proof;
}

const hour = (hours, minutes = 0, seconds = 0) => SHIFT.nbf + (hours - 7) * 3600 + minutes * 60 + seconds;

console.log(
  "One key, three doors, one shift (07:00 to 16:00). What the log says, what the holder sees, bytes on the contact,",
);
console.log(
  "and how wide the key's own doubt about the time has become. (An honest key signs nothing outside its shift;",
);
console.log("this one tries everything.)\n");
insert({ at: hour(6, 58), door: doors.flat, what: "before the shift", expected: "not-yet" });
const proof = insert({
  at: hour(7, 12),
  door: doors.flat,
  what: "first visit: grant, ticket and proof",
  expected: "opened",
});
insert({
  at: hour(7, 13),
  door: doors.flat,
  what: "a gadget plays the same proof again",
  expected: "proof-signature",
  replayOf: proof,
});
insert({ at: hour(9, 40), door: doors.flat, what: "second visit: the door knows the grant", expected: "opened" });
const list = sign(
  revocationListObject,
  { list: LIST, version: 1, iat: hour(9, 50), entries: [{ kind: "key", id: key.kid, until: hour(9, 45) }] },
  lists,
);
const other = makeDoor("entrance", [TEAM]);
other.lists = [
  verifyByKind(parseObject(revocationListObject, list), { signer: lists.certified, trust, provider }).value,
];
insert({ at: hour(9, 55), door: other, what: "an entrance that heard: this key, lost at 09:45", expected: "revoked" });
insert({ at: hour(10, 5), door: doors.other, what: "the door of another team's client", expected: "no-access" });
insert({ at: hour(15, 59, 30), door: doors.flat, what: "half a minute before the end", expected: "opened" });
insert({
  at: hour(15, 59, 55),
  door: doors.flat,
  what: "5 s before the end: too late for certain",
  expected: "expired",
});
insert({ at: hour(16, 0, 1), door: doors.flat, what: "after the shift", expected: "expired" });
doors.flat.floor = raiseFloor(doors.flat.floor, { epoch: 1, iat: hour(16, 30) }); // the evening shift's grants were issued at 16:30
insert({
  at: hour(19),
  door: doors.flat,
  what: "at 19:00 a tampered key says that it is 15:00",
  expected: "behind-floor",
  claims: { lo: hour(15), hi: hour(15) + 4 },
});
console.log(
  "\nThe first `open` of the day, as it crossed the contact (SPEC chapter 3; the signatures are the last 64 bytes of each):\n",
);
const shownOpen = firstOpen ?? new Uint8Array(0);
const text = diagnose(shownOpen, { embedded: true });
for (const line of text.match(/.{1,118}/g) ?? []) console.log(`  ${line}`);
console.log(
  `\n${concatBytes(grant, ticket).length} of its ${shownOpen.length} bytes are grant and ticket, which a door that knows them is not sent again.`,
);
if (failures.length > 0) {
  for (const failure of failures) console.error(`NOT AS EXPECTED: ${failure}`);
  process.exitCode = 1;
}
