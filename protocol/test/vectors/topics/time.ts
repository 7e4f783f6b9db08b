// Time (SPEC chapter 6): a clock before, a challenge, a statement, and the verdict and the clock after it, worked out by hand.
import { toHex } from "#src/bytes.ts";
import {
  CLOCK,
  DAY,
  EPOCH,
  fixedBytes,
  fleetId,
  issuers,
  key,
  NOW,
  type Party,
  party,
  root,
  SHIFT,
  station,
  trust,
} from "../../support/city.ts";
import { accepted, make, refused, type Vector, type VectorFile } from "../build.ts";
import { nonces } from "../usual.ts";

type Fields = Readonly<Record<string, unknown>>;
type SourceClass = "issuer" | "station" | "key";

interface Source {
  readonly party: Party;
  readonly sourceClass: SourceClass;
  readonly window: { readonly nbf: number; readonly exp: number };
}
interface Bounds {
  readonly loMs: number;
  readonly hiMs: number;
  readonly atTickMs: number;
}

const DEVICE_WINDOW = { nbf: NOW - 3 * DAY, exp: NOW + 11 * DAY } as const;
const atStation: Source = { party: station, sourceClass: "station", window: DEVICE_WINDOW };
const secondStation: Source = { party: party("second station"), sourceClass: "station", window: DEVICE_WINDOW };
const thirdStation: Source = { party: party("third station"), sourceClass: "station", window: DEVICE_WINDOW };
const issuer: Source = {
  party: issuers.time,
  sourceClass: "issuer",
  window: { nbf: NOW - 30 * DAY, exp: NOW + 770 * DAY },
};

const storedTrust = {
  rootPublicKey: toHex(root.publicKey),
  successorThumbprint: toHex(trust.successorThumbprint),
  fleetId: toHex(fleetId),
  epoch: EPOCH,
};

const sourceOf = ({ party, sourceClass }: Source): Fields => ({ kid: toHex(party.kid), class: sourceClass });

function certificates({ party, sourceClass, window: { nbf, exp } }: Source): readonly string[] {
  const labels = { 2: party.publicKey, 3: nbf, 4: exp, 5: EPOCH };
  if (sourceClass === "issuer") return [toHex(make("certificate", { 1: 16, ...labels }, { by: root }).bytes)];
  const own = make("certificate", { 1: 64, ...labels }, { by: issuers.device }).bytes;
  const issuerWindow = { 3: NOW - 30 * DAY, 4: NOW + 770 * DAY, 5: EPOCH };
  const above = make("certificate", { 1: 32, 2: issuers.device.publicKey, ...issuerWindow }, { by: root }).bytes;
  return [toHex(own), toHex(above)];
}

/** 200 ppm of a span, rounded up to whole ms. */
const drift = (elapsedMs: number): number => Math.ceil((elapsedMs * 200) / 1_000_000);
const aged = ({ loMs, hiMs, atTickMs }: Bounds, elapsedMs: number): Bounds => ({
  loMs: loMs + elapsedMs - drift(elapsedMs),
  hiMs: hiMs + elapsedMs + drift(elapsedMs),
  atTickMs: atTickMs + elapsedMs,
});

const lost = (knownLower = 0): Fields => ({ quality: "lost", knownLower });
const running = (bounds: Bounds, source: Source, knownLower = Math.floor(bounds.loMs / 1000)): Fields => ({
  quality: "running",
  bounds,
  source: sourceOf(source),
  knownLower,
});
interface Side {
  readonly bounds: Bounds;
  readonly source: Source;
}
const conflict = (held: Side, claimed: Side, knownLower: number): Fields => ({
  quality: "conflict",
  held: { bounds: held.bounds, source: sourceOf(held.source) },
  claimed: { bounds: claimed.bounds, source: sourceOf(claimed.source) },
  knownLower,
});

const GIVEN = 1_000_000;
interface Answer {
  readonly t: number;
  readonly u: number;
  readonly from: Source;
  readonly roundTripMs?: number;
  readonly lifetimeMs?: number;
  readonly nonce?: Uint8Array;
  /** A statement that no schema takes has no bytes. */
  readonly sent?: "no";
}

/** SPEC TIM-3. */
function stated({ t, u, roundTripMs: r = 40 }: Answer): Bounds {
  return { loMs: t * 1000 - u, hiMs: t * 1000 + u + r + drift(r), atTickMs: GIVEN + r };
}

function answerFields(answer: Answer, before: Fields): Fields {
  const { t, u, from, roundTripMs = 40, lifetimeMs = 2000, nonce = nonces.time } = answer;
  const number = { issuer: 1, station: 2, key: 5 }[from.sourceClass];
  const object = make("time-statement", { 1: nonce, 2: t, 3: u, 4: number }, { by: from.party });
  return {
    operation: "accept",
    clockBefore: before,
    challenge: { nonce: toHex(nonces.time), givenAtTickMs: GIVEN, lifetimeMs },
    answer: {
      nonce: toHex(nonce),
      t,
      uncertaintyMs: u,
      source: sourceOf(from),
      certificateWindow: from.window,
      receivedAtTickMs: GIVEN + roundTripMs,
    },
    ...(answer.sent === "no" ? {} : { bytes: toHex(object.bytes), certificates: certificates(from) }),
  };
}

const takes = (name: string, clauses: string, before: Fields, answer: Answer, after: Fields): Vector =>
  accepted(`accept: ${name}`, clauses, { ...answerFields(answer, before), verdict: "accepted", clockAfter: after });
const refuses = (name: string, clauses: string, verdict: string, before: Fields, answer: Answer, after = before): Vector =>
  refused(`accept: ${name}`, clauses, verdict, { ...answerFields(answer, before), verdict, clockAfter: after });

const usual: Answer = { t: NOW, u: 850, from: atStation };
const fresh = running(stated(usual), atStation);
/** A running clock of ±2 s around NOW, set 10 s before the answer to come. */
const HELD_AT = GIVEN + 40 - 10_000;
const held: Bounds = { loMs: NOW * 1000 - 12_000, hiMs: NOW * 1000 - 8000, atTickMs: HELD_AT };
const heldNow = aged(held, 10_000);
const clock = running(held, secondStation);
const knownLower = Math.floor(held.loMs / 1000);
const later: Answer = { t: NOW + 100, u: 850, from: atStation };
const disputed = conflict({ bounds: heldNow, source: secondStation }, { bounds: stated(later), source: atStation }, knownLower);
const intersected = (a: Bounds, b: Bounds): Bounds => ({
  loMs: Math.max(a.loMs, b.loMs),
  hiMs: Math.min(a.hiMs, b.hiMs),
  atTickMs: b.atTickMs,
});
const t = (bounds: Bounds): number => Math.floor(bounds.loMs / 1000);
const byThird = (answer: Answer): Answer => ({ ...answer, from: thirdStation });
const windowed = (nbf: number, exp: number): Source => ({ ...atStation, window: { nbf, exp } });
/** A statement of ±0 with no round trip at all says `[t, t + 1)`. */
const sharp: Answer = { t: NOW, u: 0, from: atStation, roundTripMs: 0 };
const sharpBounds = stated(sharp);

const answers: readonly Vector[] = [
  takes("a lost clock", "TIM-3 TIM-5", lost(), usual, fresh),
  takes("a round trip of exactly 2 s", "TIM-3", lost(), { ...usual, roundTripMs: 2000 }, running(stated({ ...usual, roundTripMs: 2000 }), atStation)),
  refuses("a round trip of 2,001 ms", "TIM-3", "stale", lost(), { ...usual, roundTripMs: 2001 }),
  takes(
    "a station's nonce, 10 s",
    "TIM-3 TIM-8",
    lost(),
    { ...usual, from: issuer, roundTripMs: 10_000, lifetimeMs: 10_000 },
    running(stated({ ...usual, roundTripMs: 10_000 }), issuer),
  ),
  refuses("a station's nonce, 10,001 ms", "TIM-3 TIM-8", "stale", lost(), { ...usual, from: issuer, roundTripMs: 10_001, lifetimeMs: 10_000 }),
  refuses("another nonce", "TIM-3", "stale", lost(), { ...usual, nonce: fixedBytes("another nonce", 16) }),
  refuses("another nonce from an issuer", "TIM-3 TIM-6", "stale", lost(), { ...usual, from: issuer, nonce: nonces.docked }),
  refuses("a late answer of an issuer", "TIM-3 TIM-6", "stale", clock, { ...usual, from: issuer, roundTripMs: 2001 }),
  takes("a running clock, narrowed on both sides", "TIM-4", clock, usual, running(intersected(heldNow, stated(usual)), atStation)),
  takes(
    "a running clock, which is the narrower one",
    "TIM-4",
    clock,
    { ...usual, u: 30_000 },
    running(heldNow, atStation),
  ),
  takes(
    "a running clock, one millisecond in common",
    "TIM-4",
    running({ loMs: NOW * 1000, hiMs: NOW * 1000 + 4000, atTickMs: GIVEN }, secondStation),
    sharp,
    running({ loMs: NOW * 1000, hiMs: NOW * 1000, atTickMs: GIVEN }, atStation),
  ),
  refuses(
    "a running clock, a millisecond too early",
    "TIM-4",
    "earlier",
    running({ loMs: NOW * 1000 + 1, hiMs: NOW * 1000 + 4000, atTickMs: GIVEN }, secondStation),
    sharp,
  ),
  takes(
    "a running clock, set at a tick that has not come, which is lost",
    "TIM-2 TIM-5",
    running({ ...held, atTickMs: GIVEN + 1000 }, secondStation),
    usual,
    running(stated(usual), atStation),
  ),
  refuses("a running clock, an hour too early", "TIM-4", "earlier", clock, { ...usual, t: NOW - 3600 }),
  refuses("a running clock, disjoint and later", "TIM-4", "conflict", clock, later, disputed),
  takes("a conflict, a second source agrees with the claim", "TIM-4", disputed, byThird(later), running(stated(later), thirdStation, t(stated(later)))),
  takes("a conflict, a second source agrees with the held clock", "TIM-4", disputed, byThird(usual), running(intersected(heldNow, stated(usual)), thirdStation)),
  refuses("a conflict, the source that claimed says it again", "TIM-4", "conflict", disputed, later),
  refuses("a conflict, the source of the held clock says it again", "TIM-4", "conflict", disputed, { ...usual, from: secondStation }),
  refuses("a conflict, a third source agrees with neither", "TIM-4", "conflict", disputed, byThird({ ...usual, t: NOW + 5000 })),
  takes("a conflict, an issuer", "TIM-4 TIM-6", disputed, { ...usual, from: issuer }, running(stated(usual), issuer)),
  takes("a lost clock, hi a second above the remembered bound", "TIM-5", lost(NOW), sharp, running({ ...sharpBounds, loMs: NOW * 1000 }, atStation, NOW)),
  refuses("a lost clock, hi at the remembered bound", "TIM-5", "earlier", lost(NOW + 1), sharp),
  takes(
    "a lost clock, lo raised to the remembered bound",
    "TIM-5",
    lost(NOW),
    { ...usual, u: 30_000 },
    running({ ...stated({ ...usual, u: 30_000 }), loMs: NOW * 1000 }, atStation, NOW),
  ),
  takes("a running clock, an issuer that agrees", "TIM-6", clock, { ...usual, from: issuer }, running(intersected(heldNow, stated(usual)), issuer)),
  takes(
    "a running clock, an issuer a day earlier",
    "TIM-6",
    clock,
    { ...usual, t: NOW - DAY, from: issuer },
    running(stated({ ...usual, t: NOW - DAY }), issuer),
  ),
  takes(
    "a running clock, an issuer a day later",
    "TIM-6",
    clock,
    { ...usual, t: NOW + DAY, from: issuer },
    running(stated({ ...usual, t: NOW + DAY }), issuer),
  ),
  takes("a lost clock that remembers a poisoned bound, an issuer", "TIM-6", lost(NOW + 400 * DAY), { ...usual, from: issuer }, fresh_(issuer)),
  refuses("a lost clock that remembers a poisoned bound, a station", "TIM-5 TIM-6", "earlier", lost(NOW + 400 * DAY), usual),
  takes("an interval that begins at the certificate's nbf", "TIM-7", lost(), { ...sharp, from: windowed(NOW, NOW + DAY) }, running(sharpBounds, atStation)),
  refuses("an interval that begins a second before the certificate's nbf", "TIM-7", "window", lost(), {
    ...sharp,
    from: windowed(NOW + 1, NOW + DAY),
  }),
  takes("an interval that ends at the certificate's exp", "TIM-7", lost(), { ...sharp, from: windowed(NOW - DAY, NOW + 1) }, running(sharpBounds, atStation)),
  refuses("an interval that ends a second after the certificate's exp", "TIM-7", "window", lost(), {
    ...sharp,
    from: windowed(NOW - DAY, NOW),
  }),
  refuses("an issuer outside its certificate's window", "TIM-6 TIM-7", "window", clock, { ...usual, t: NOW - 31 * DAY, from: issuer }),
  takes("u of 60 s", "TIM-7", lost(), { ...usual, u: 60_000 }, running(stated({ ...usual, u: 60_000 }), atStation)),
  {
    ...refuses("u of 60 s and a millisecond", "TIM-7", "too-wide", lost(), { ...usual, u: 60_001, sent: "no" }),
    note: "No bytes: a TimeStatement with such a u is already refused when it is read (schema/out-of-range).",
  },
];

function fresh_(source: Source): Fields {
  return running(stated(usual), source);
}

const read = (name: string, clauses: string, before: Fields, tickMs: number, reading: Fields): Vector =>
  accepted(`read: ${name}`, clauses, { operation: "read", clock: before, tickMs, reading });
const noon: Bounds = { loMs: NOW * 1000, hiMs: NOW * 1000 + 999, atTickMs: 0 };
const noonClock = running(noon, atStation);
const says = (lo: number, hi: number): Fields => ({ quality: "running", interval: { lo, hi } });
const END = 4_294_967_295;
const atEnd = (hiMs: number): Fields => running({ loMs: (END - 10) * 1000, hiMs, atTickMs: 0 }, atStation);

const readings: readonly Vector[] = [
  read("at once", "TIM-1", noonClock, 0, says(NOW, NOW + 1)),
  read("bounds on whole seconds: hi is past its inclusive bound", "TIM-1", running({ ...noon, hiMs: NOW * 1000 + 1000 }, atStation), 0, says(NOW, NOW + 2)),
  read("after 1 ms: drift is rounded up to 1 ms", "TIM-2", noonClock, 1, says(NOW, NOW + 2)),
  read("after 1 s", "TIM-2", noonClock, 1000, says(NOW, NOW + 3)),
  read("after 5 s: 1 ms of drift", "TIM-2", noonClock, 5000, says(NOW + 4, NOW + 7)),
  read("after an hour: 720 ms of drift", "TIM-2", noonClock, 3_600_000, says(NOW + 3599, NOW + 3602)),
  read("after a day: 17,280 ms of drift", "TIM-2", noonClock, DAY * 1000, says(NOW + DAY - 18, NOW + DAY + 19)),
  read("after 14 days", "TIM-2", noonClock, 14 * DAY * 1000, says(NOW + 14 * DAY - 242, NOW + 14 * DAY + 243)),
  read("before the tick at which it was set", "TIM-2", running({ ...noon, atTickMs: 10 }, atStation), 9, { quality: "lost" }),
  read("lost", "TIM-1", lost(NOW), 0, { quality: "lost" }),
  read("in conflict", "TIM-1 TIM-4", disputed, GIVEN + 40, { quality: "conflict" }),
  read("hi is 2^32-1", "TIM-2", atEnd((END - 1) * 1000), 0, says(END - 10, END)),
  read("hi would be 2^32", "TIM-2", atEnd(END * 1000), 0, { quality: "lost" }),
];

const windowed_ = (name: string, reason: string | undefined, lo: number, hi: number): Vector => {
  const fields = { operation: "window", interval: { lo, hi }, nbf: SHIFT.nbf, exp: SHIFT.exp };
  return reason === undefined
    ? accepted(`window: ${name}`, "TIM-10", fields)
    : refused(`window: ${name}`, "TIM-10", reason, fields);
};
const windows: readonly Vector[] = [
  windowed_("lo = nbf", undefined, SHIFT.nbf, SHIFT.nbf + 4),
  windowed_("lo = nbf - 1", "not-yet", SHIFT.nbf - 1, SHIFT.nbf + 4),
  windowed_("hi + 5 = exp", undefined, SHIFT.exp - 9, SHIFT.exp - 5),
  windowed_("hi + 5 = exp + 1", "expired", SHIFT.exp - 9, SHIFT.exp - 4),
  windowed_("the whole of it", undefined, SHIFT.nbf, SHIFT.exp - 5),
];

const floored = (name: string, floor: number, interval: Fields | undefined): Vector => {
  const fields = { operation: "floor", interval: CLOCK, floor };
  return interval === undefined
    ? refused(`floor: ${name}`, "TIM-12", "behind-floor", fields)
    : accepted(`floor: ${name}`, "TIM-12", { ...fields, intervalAfter: interval });
};
const floors: readonly Vector[] = [
  floored("far below", SHIFT.iat, CLOCK),
  floored("at lo", CLOCK.lo, CLOCK),
  floored("between", CLOCK.lo + 2, { lo: CLOCK.lo + 2, hi: CLOCK.hi }),
  floored("a second below hi", CLOCK.hi - 1, { lo: CLOCK.hi - 1, hi: CLOCK.hi }),
  floored("at hi", CLOCK.hi, undefined),
  floored("above hi", CLOCK.hi + 1, undefined),
];

const raised = (name: string, iat: number, epoch: number, value: number, floor = SHIFT.iat): Vector =>
  accepted(`raise-floor: ${name}`, "TIM-11", {
    operation: "raise-floor",
    floor: { epoch: EPOCH, value: floor },
    issued: { epoch, iat },
    floorAfter: { epoch: EPOCH, value },
  });
const raises: readonly Vector[] = [
  raised("an object of the present epoch", NOW, EPOCH, NOW - 60),
  raised("an iat 60 s above the floor", SHIFT.iat + 60, EPOCH, SHIFT.iat),
  raised("an iat 61 s above the floor", SHIFT.iat + 61, EPOCH, SHIFT.iat + 1),
  raised("an older object", SHIFT.iat - DAY, EPOCH, SHIFT.iat),
  raised("an object of an ended epoch", NOW, EPOCH - 1, SHIFT.iat),
  raised("an object of an epoch that was not opened here", NOW, EPOCH + 1, SHIFT.iat),
  raised("an iat below 60", 59, EPOCH, 0, 0),
];

/** SPEC TIM-13: keys bring the time to a box without a host. */
function carried(name: string, verdict: string, before: Fields, given: readonly [Answer, Answer], holders: readonly [string, string], after: Fields): Vector {
  const carriers = given.map((answer, index) => ({
    holder: toHex(fixedBytes(holders[index] ?? "", 8)),
    challenge: { nonce: toHex(nonces.time), givenAtTickMs: GIVEN, lifetimeMs: 10_000 },
    answer: answerFields(answer, before)["answer"],
  }));
  const fields = { operation: "carried", clockBefore: before, carriers, verdict, clockAfter: after };
  return verdict === "accepted"
    ? accepted(`carried: ${name}`, "TIM-13", fields)
    : refused(`carried: ${name}`, "TIM-13", verdict, fields);
}
const KEY_WINDOW = { nbf: NOW - 30 * DAY, exp: NOW + 770 * DAY } as const;
const keyOne: Source = { party: key, sourceClass: "key", window: KEY_WINDOW };
const keyTwo: Source = { party: party("second key"), sourceClass: "key", window: KEY_WINDOW };
const one: Answer = { t: NOW, u: 3000, from: keyOne, lifetimeMs: 10_000 };
const two: Answer = { t: NOW + 4, u: 3000, from: keyTwo, lifetimeMs: 10_000 };
const both = intersected(stated(one), stated(two));
const carriedTimes: readonly Vector[] = [
  carried("two holders who agree", "accepted", lost(), [one, two], ["holder", "second holder"], running(both, keyTwo)),
  carried("two holders and a remembered bound within", "accepted", lost(NOW + 2), [one, two], ["holder", "second holder"], running({ ...both, loMs: (NOW + 2) * 1000 }, keyTwo, NOW + 2)),
  carried("one holder with two keys", "conflict", lost(), [one, two], ["holder", "holder"], lost()),
  carried("two holders who do not agree", "conflict", lost(), [one, { ...two, t: NOW + 60 }], ["holder", "second holder"], lost()),
  carried("a late answer", "stale", lost(), [one, { ...two, roundTripMs: 10_001 }], ["holder", "second holder"], lost()),
  carried("an interval outside the window of the grant's issuer", "window", lost(), [one, { ...two, from: { ...keyTwo, window: { nbf: NOW - DAY, exp: NOW + 5 } } }], ["holder", "second holder"], lost()),
  carried("two holders below the remembered bound", "earlier", lost(NOW + DAY), [one, two], ["holder", "second holder"], lost(NOW + DAY)),
];

export const time: VectorFile = {
  description:
    "Time (SPEC chapter 6). Bounds are milliseconds of Unix time, both inclusive, at a tick of the device's own oscillator; intervals are whole seconds [lo, hi). accept: `clockBefore` meets a TimeStatement (`bytes`, under `certificates`) that answers `challenge`; `answer` is what it says and when it came; `verdict` and `clockAfter` follow. read: what a clock says at a tick. window: is a grant's window open for certain (SPEC TIM-10)? floor: an interval at a door with that floor (SPEC TIM-12). raise-floor: the floor after a verified object (SPEC TIM-11). carried: two keys' answers at a box without a host (SPEC TIM-13). `reason` is a time-verdict of nyckelfri.cddl or a reason of SPEC chapter 9.",
  common: { trust: storedTrust },
  vectors: [...answers, ...readings, ...windows, ...floors, ...raises, ...carriedTimes],
};
