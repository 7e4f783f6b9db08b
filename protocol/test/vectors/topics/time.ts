// Time (SPEC chapter 6).
import { CLOCK, DAY, EPOCH, NOW, SHIFT } from "../../support/city.ts";
import { accepted, type Fields, refused, type Vector, type VectorFile } from "../build.ts";
import { storedTrust } from "./certificates.ts";
import { answers, carriedTimes, disputed, GIVEN } from "./time-answers.ts";
import { atStation, type Bounds, lost, running } from "./time-clocks.ts";

type Interval = typeof CLOCK;

const read = (name: string, clauses: string, before: Fields, tickMs: number, reading: Fields): Vector =>
  accepted(`read: ${name}`, clauses, { operation: "read", clock: before, tickMs, reading });
const noon: Bounds = { loMs: NOW * 1000, hiMs: NOW * 1000 + 999, atTickMs: 0 };
const noonClock = running(noon, atStation);
const says = (lo: number, hi: number): Fields => ({ quality: "running", interval: { lo, hi } });
const END = 4_294_967_295;
const atEnd = (hiMs: number): Fields => running({ loMs: (END - 10) * 1000, hiMs, atTickMs: 0 }, atStation);

const readings: readonly Vector[] = [
  read("at once", "TIM-1", noonClock, 0, says(NOW, NOW + 1)),
  read(
    "bounds on whole seconds: hi is past its inclusive bound",
    "TIM-1",
    running({ ...noon, hiMs: NOW * 1000 + 1000 }, atStation),
    0,
    says(NOW, NOW + 2),
  ),
  read("after 1 ms: drift is rounded up to 1 ms", "TIM-2", noonClock, 1, says(NOW, NOW + 2)),
  read("after 1 s", "TIM-2", noonClock, 1000, says(NOW, NOW + 3)),
  read("after 5 s: 1 ms of drift", "TIM-2", noonClock, 5000, says(NOW + 4, NOW + 7)),
  read("after an hour: 720 ms of drift", "TIM-2", noonClock, 3_600_000, says(NOW + 3599, NOW + 3602)),
  read("after a day: 17,280 ms of drift", "TIM-2", noonClock, DAY * 1000, says(NOW + DAY - 18, NOW + DAY + 19)),
  read("after 14 days", "TIM-2", noonClock, 14 * DAY * 1000, says(NOW + 14 * DAY - 242, NOW + 14 * DAY + 243)),
  read("before the tick at which it was set", "TIM-2", running({ ...noon, atTickMs: 10 }, atStation), 9, {
    quality: "lost",
  }),
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

const floored = (name: string, floor: number, interval: Interval | undefined): Vector => {
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

export const time: VectorFile = {
  description:
    "Time (SPEC chapter 6). Bounds are milliseconds of Unix time, both inclusive, at a tick of the device's own oscillator; intervals are whole seconds [lo, hi). accept: `clockBefore` meets a TimeStatement (`bytes`, under `certificates`) that answers `challenge`; `answer` is what it says and when it came; `verdict` and `clockAfter` follow. read: what a clock says at a tick. window: is a grant's window open for certain (SPEC TIM-10)? floor: an interval at a door with that floor (SPEC TIM-12). raise-floor: the floor after a verified object (SPEC TIM-11). carried: two keys' answers at a box without a host (SPEC TIM-13). `reason` is a time-verdict of nyckelfri.cddl or a reason of SPEC chapter 9.",
  common: { trust: storedTrust },
  vectors: [...answers, ...readings, ...windows, ...floors, ...raises, ...carriedTimes],
};
