// Taking the time: a clock before, a challenge, an answer, and the verdict and the clock after it, worked out by hand.
import { toHex } from "#src/bytes.ts";
import { DAY, fixedBytes, key, NOW, party } from "../../support/city.ts";
import { accepted, type Fields, make, refused, type Vector } from "../build.ts";
import { nonces } from "../usual.ts";
import { ISSUER_WINDOW } from "./certificates.ts";
import {
  aged,
  atStation,
  type Bounds,
  certificatesOf,
  conflict,
  drift,
  issuer,
  lost,
  running,
  type Source,
  secondStation,
  sourceOf,
  thirdStation,
} from "./time-clocks.ts";

export const GIVEN = 1_000_000;
const keyOne: Source = { party: key, sourceClass: "key", window: ISSUER_WINDOW };
const keyTwo: Source = { party: party("second key"), sourceClass: "key", window: ISSUER_WINDOW };

interface Answer {
  readonly t: number;
  readonly u: number;
  readonly from: Source;
  readonly roundTripMs?: number;
  /** Whose nonce it answers: a key's lives 2 s; a station's 10 s, and takes an issuer's word alone. */
  readonly to?: "station";
  readonly nonce?: Uint8Array;
  /** A statement that no schema takes has no bytes. */
  readonly sent?: "no";
}

/** SPEC TIM-3. */
function stated({ t, u, roundTripMs: r = 40 }: Answer): Bounds {
  return { loMs: Math.max(0, t * 1000 - u), hiMs: t * 1000 + u + r + drift(r), atTickMs: GIVEN + r };
}

function answerFields(answer: Answer, before: Fields): Fields {
  const { t, u, from, roundTripMs = 40, to, nonce = nonces.time } = answer;
  const lives = to === "station" ? { lifetimeMs: 10_000, takes: "issuer" } : { lifetimeMs: 2000 };
  const number = { issuer: 1, station: 2, key: 5 }[from.sourceClass];
  const object = make("time-statement", { 1: nonce, 2: t, 3: u, 4: number }, { by: from.party });
  return {
    operation: "accept",
    clockBefore: before,
    challenge: { nonce: toHex(nonces.time), givenAtTickMs: GIVEN, ...lives },
    answer: {
      nonce: toHex(nonce),
      t,
      uncertaintyMs: u,
      source: sourceOf(from),
      certificateWindow: from.window,
      receivedAtTickMs: GIVEN + roundTripMs,
    },
    ...(answer.sent === "no" ? {} : { bytes: toHex(object.bytes), certificates: certificatesOf(from) }),
  };
}

const takes = (name: string, clauses: string, before: Fields, answer: Answer, after: Fields): Vector =>
  accepted(`accept: ${name}`, clauses, { ...answerFields(answer, before), verdict: "accepted", clockAfter: after });
const refuses = (
  name: string,
  clauses: string,
  verdict: string,
  before: Fields,
  answer: Answer,
  after = before,
): Vector =>
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
export const disputed = conflict(
  { bounds: heldNow, source: secondStation },
  { bounds: stated(later), source: atStation },
  knownLower,
);
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

export const answers: readonly Vector[] = [
  takes("a lost clock", "TIM-3 TIM-5", lost(), usual, fresh),
  takes(
    "a round trip of exactly 2 s",
    "TIM-3",
    lost(),
    { ...usual, roundTripMs: 2000 },
    running(stated({ ...usual, roundTripMs: 2000 }), atStation),
  ),
  refuses("a round trip of 2,001 ms", "TIM-3", "stale", lost(), { ...usual, roundTripMs: 2001 }),
  takes(
    "a station's nonce, 10 s",
    "TIM-3 TIM-8",
    lost(),
    { ...usual, from: issuer, roundTripMs: 10_000, to: "station" },
    running(stated({ ...usual, roundTripMs: 10_000 }), issuer),
  ),
  refuses("a station's nonce, 10,001 ms", "TIM-3 TIM-8", "stale", lost(), {
    ...usual,
    from: issuer,
    roundTripMs: 10_001,
    to: "station",
  }),
  takes(
    "a time of ten seconds after 1970: lo does not go below zero",
    "TIM-3",
    lost(),
    { t: 10, u: 30_000, from: { ...issuer, window: { nbf: 0, exp: DAY } } },
    running(stated({ t: 10, u: 30_000, from: issuer }), issuer),
  ),
  refuses("a station's statement to a station", "TIM-8", "source", lost(), {
    ...usual,
    from: secondStation,
    to: "station",
  }),
  {
    ...refuses("a key's statement alone", "TIM-13", "source", lost(), { ...usual, from: keyOne, sent: "no" }),
    note: "No bytes: it would be verified under the key's grant, and is then taken only beside another holder's.",
  },
  refuses("another nonce", "TIM-3", "stale", lost(), { ...usual, nonce: fixedBytes("another nonce", 16) }),
  refuses("another nonce from an issuer", "TIM-3 TIM-6", "stale", lost(), {
    ...usual,
    from: issuer,
    nonce: nonces.docked,
  }),
  refuses("a late answer of an issuer", "TIM-3 TIM-6", "stale", clock, { ...usual, from: issuer, roundTripMs: 2001 }),
  takes(
    "a running clock, narrowed on both sides",
    "TIM-4",
    clock,
    usual,
    running(intersected(heldNow, stated(usual)), atStation),
  ),
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
  refuses(
    "an answer that came before the clock was last set",
    "TIM-3",
    "stale",
    running({ ...held, atTickMs: GIVEN + 41 }, secondStation),
    usual,
  ),
  takes(
    "an answer that came as the clock was last set",
    "TIM-3 TIM-4",
    running({ ...heldNow, atTickMs: GIVEN + 40 }, secondStation),
    usual,
    running(intersected(heldNow, stated(usual)), atStation),
  ),
  refuses("a running clock, an hour too early", "TIM-4", "earlier", clock, { ...usual, t: NOW - 3600 }),
  refuses("a running clock, disjoint and later", "TIM-4", "conflict", clock, later, disputed),
  takes(
    "a conflict, a second source agrees with the claim",
    "TIM-4",
    disputed,
    byThird(later),
    running(stated(later), thirdStation, t(stated(later))),
  ),
  takes(
    "a conflict, a second source agrees with the held clock",
    "TIM-4",
    disputed,
    byThird(usual),
    running(intersected(heldNow, stated(usual)), thirdStation),
  ),
  refuses("a conflict, the source that claimed says it again", "TIM-4", "conflict", disputed, later),
  refuses("a conflict, the source of the held clock says it again", "TIM-4", "conflict", disputed, {
    ...usual,
    from: secondStation,
  }),
  refuses(
    "a conflict, a third source agrees with neither",
    "TIM-4",
    "conflict",
    disputed,
    byThird({ ...usual, t: NOW + 5000 }),
  ),
  takes("a conflict, an issuer", "TIM-4 TIM-6", disputed, { ...usual, from: issuer }, running(stated(usual), issuer)),
  takes(
    "a lost clock, hi a second above the remembered bound",
    "TIM-5",
    lost(NOW),
    sharp,
    running({ ...sharpBounds, loMs: NOW * 1000 }, atStation, NOW),
  ),
  refuses("a lost clock, hi at the remembered bound", "TIM-5", "earlier", lost(NOW + 1), sharp),
  takes(
    "a lost clock, lo raised to the remembered bound",
    "TIM-5",
    lost(NOW),
    { ...usual, u: 30_000 },
    running({ ...stated({ ...usual, u: 30_000 }), loMs: NOW * 1000 }, atStation, NOW),
  ),
  takes(
    "a running clock, an issuer that agrees",
    "TIM-6",
    clock,
    { ...usual, from: issuer },
    running(intersected(heldNow, stated(usual)), issuer),
  ),
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
  takes(
    "a lost clock that remembers a poisoned bound, an issuer",
    "TIM-6",
    lost(NOW + 400 * DAY),
    { ...usual, from: issuer },
    fresh_(issuer),
  ),
  refuses(
    "a lost clock that remembers a poisoned bound, a station",
    "TIM-5 TIM-6",
    "earlier",
    lost(NOW + 400 * DAY),
    usual,
  ),
  takes(
    "an interval that begins at the certificate's nbf",
    "TIM-7",
    lost(),
    { ...sharp, from: windowed(NOW, NOW + DAY) },
    running(sharpBounds, atStation),
  ),
  refuses("an interval that begins a second before the certificate's nbf", "TIM-7", "window", lost(), {
    ...sharp,
    from: windowed(NOW + 1, NOW + DAY),
  }),
  takes(
    "an interval that ends at the certificate's exp",
    "TIM-7",
    lost(),
    { ...sharp, from: windowed(NOW - DAY, NOW + 1) },
    running(sharpBounds, atStation),
  ),
  refuses("an interval that ends a second after the certificate's exp", "TIM-7", "window", lost(), {
    ...sharp,
    from: windowed(NOW - DAY, NOW),
  }),
  refuses("an issuer outside its certificate's window", "TIM-6 TIM-7", "window", clock, {
    ...usual,
    t: NOW - 31 * DAY,
    from: issuer,
  }),
  takes("u of 60 s", "TIM-7", lost(), { ...usual, u: 60_000 }, running(stated({ ...usual, u: 60_000 }), atStation)),
  {
    ...refuses("u of 60 s and a millisecond", "TIM-7", "too-wide", lost(), { ...usual, u: 60_001, sent: "no" }),
    note: "No bytes: a TimeStatement with such a u is already refused when it is read (schema/out-of-range).",
  },
];

function fresh_(source: Source): Fields {
  return running(stated(usual), source);
}

/** SPEC TIM-13: keys bring the time to a box without a host. */
function carried(
  name: string,
  verdict: string,
  before: Fields,
  given: readonly [Answer, Answer],
  holders: readonly [string, string],
  after: Fields,
): Vector {
  const carriers = given.map((answer, index) => {
    const nonce = answer.nonce ?? fixedBytes(`nonce for key ${index}`, 16);
    return {
      holder: toHex(fixedBytes(holders[index] ?? "", 8)),
      challenge: { nonce: toHex(nonce), givenAtTickMs: GIVEN, lifetimeMs: 10_000 },
      answer: answerFields({ ...answer, nonce }, before)["answer"],
    };
  });
  const fields = { operation: "carried", clockBefore: before, carriers, verdict, clockAfter: after };
  return verdict === "accepted"
    ? accepted(`carried: ${name}`, "TIM-13", fields)
    : refused(`carried: ${name}`, "TIM-13", verdict, fields);
}
const one: Answer = { t: NOW, u: 3000, from: keyOne };
const two: Answer = { t: NOW + 4, u: 3000, from: keyTwo };
const both = intersected(stated(one), stated(two));
export const carriedTimes: readonly Vector[] = [
  carried("two holders who agree", "accepted", lost(), [one, two], ["holder", "second holder"], running(both, keyTwo)),
  carried(
    "two holders and a remembered bound within",
    "accepted",
    lost(NOW + 2),
    [one, two],
    ["holder", "second holder"],
    running({ ...both, loMs: (NOW + 2) * 1000 }, keyTwo, NOW + 2),
  ),
  carried("one holder with two keys", "conflict", lost(), [one, two], ["holder", "holder"], lost()),
  carried(
    "one key that had two holders",
    "conflict",
    lost(),
    [one, { ...two, from: keyOne }],
    ["holder", "second holder"],
    lost(),
  ),
  carried(
    "a station among them",
    "source",
    lost(),
    [one, { ...two, from: atStation }],
    ["holder", "second holder"],
    lost(),
  ),
  carried(
    "two holders who do not agree",
    "conflict",
    lost(),
    [one, { ...two, t: NOW + 60 }],
    ["holder", "second holder"],
    lost(),
  ),
  carried(
    "both over one nonce",
    "stale",
    lost(),
    [
      { ...one, nonce: nonces.time },
      { ...two, nonce: nonces.time },
    ],
    ["holder", "second holder"],
    lost(),
  ),
  carried(
    "a late answer",
    "stale",
    lost(),
    [one, { ...two, roundTripMs: 10_001 }],
    ["holder", "second holder"],
    lost(),
  ),
  carried(
    "an interval outside the window of the grant's issuer",
    "window",
    lost(),
    [one, { ...two, from: { ...keyTwo, window: { nbf: NOW - DAY, exp: NOW + 5 } } }],
    ["holder", "second holder"],
    lost(),
  ),
  carried(
    "two holders below the remembered bound",
    "earlier",
    lost(NOW + DAY),
    [one, two],
    ["holder", "second holder"],
    lost(NOW + DAY),
  ),
];
