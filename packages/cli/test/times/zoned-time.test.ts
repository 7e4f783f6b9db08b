import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lengthText, localTime, parseTime, utcTime } from "#src/times/zoned-time.ts";

const zone = "Europe/Stockholm";
const at = (text: string) => parseTime(text, { zone });
const seconds = (utc: string) => ({ kind: "time", seconds: Date.parse(utc) / 1000 });

test("local times become seconds in their zone (SPEC TIM-14)", () => {
  expect(at("2026-11-23 07:00")).toEqual(seconds("2026-11-23T06:00:00Z"));
  expect(at("2026-07-01T07:00:30")).toEqual(seconds("2026-07-01T05:00:30Z"));
  expect(at("2026-11-23 07:00 +05:30")).toEqual(seconds("2026-11-23T01:30:00Z"));
  expect(at("2026-11-23T07:00Z")).toEqual(seconds("2026-11-23T07:00:00Z"));
  expect(at("@1795413600")).toEqual(seconds("2026-11-23T06:00:00Z"));
});

test("times without a date are on the context's date, or days after it", () => {
  const context = { zone, date: "2026-11-23" };
  expect(parseTime("07:00", context)).toEqual(seconds("2026-11-23T06:00:00Z"));
  expect(parseTime("+1d 06:30", context)).toEqual(seconds("2026-11-24T05:30:00Z"));
  expect(at("07:00").kind).toBe("malformed");
});

describe("the night of 25 October 2026, when 02:00 to 03:00 comes twice", () => {
  test("is not guessed", () => {
    expect(at("2026-10-25 02:30")).toEqual({
      kind: "twice",
      first: "2026-10-25 02:30 +02:00",
      second: "2026-10-25 02:30 +01:00",
    });
  });
  test("an offset settles it, and what is proposed is taken", () => {
    expect(at("2026-10-25 02:30 +02:00")).toEqual(seconds("2026-10-25T00:30:00Z"));
    expect(at("2026-10-25 02:30 +01:00")).toEqual(seconds("2026-10-25T01:30:00Z"));
  });
  test("its edges are clear", () => {
    expect(at("2026-10-25 01:59")).toEqual(seconds("2026-10-24T23:59:00Z"));
    expect(at("2026-10-25 03:00")).toEqual(seconds("2026-10-25T02:00:00Z"));
  });
  test("a night shift over it is an hour longer", () => {
    const from = at("2026-10-24 21:30");
    const until = at("2026-10-25 07:00");
    expect(from.kind === "time" && until.kind === "time" && until.seconds - from.seconds).toBe(10.5 * 3600);
  });
});

describe("the night of 28 March 2027, when 02:00 to 03:00 does not exist", () => {
  test("is refused, with the next moment that exists", () => {
    expect(at("2027-03-28 02:30")).toEqual({ kind: "skipped", until: "2027-03-28 03:30 +02:00" });
    expect(at("2027-03-28 03:00")).toEqual(seconds("2027-03-28T01:00:00Z"));
    expect(at("2027-03-28 01:59")).toEqual(seconds("2027-03-28T00:59:00Z"));
  });
});

test.each([
  "",
  "7:00",
  "2026-11-23",
  "2026-02-30 07:00",
  "2026-11-23 24:01",
  "2026-11-23 07:00 CET",
  "@4294967296",
  "2107-01-01 00:00",
  "1969-12-31 00:00",
  "+1d 07:00",
])("%s is no time", (text) => {
  expect(at(text).kind).toBe("malformed");
});

test("what is shown is read again as the same moment, in every zone", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.constantFrom("Europe/Stockholm", "UTC", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"),
      (moment, zone) => {
        const shown = localTime(moment, zone);
        // Offsets with seconds, of long ago, are no part of the format.
        expect(parseTime(shown, { zone })).toEqual({ kind: "time", seconds: moment });
        expect(parseTime(utcTime(moment).replace(/:\d\dZ$/, "Z"), { zone })).toEqual({
          kind: "time",
          seconds: moment - (moment % 60),
        });
      },
    ),
    { numRuns: 60 },
  );
});

test("lengths are told in their two largest units", () => {
  expect([0, 59, 3600, 34_200, 90_000, 86_400 + 61].map(lengthText)).toEqual([
    "0 s",
    "59 s",
    "1 h",
    "9 h 30 min",
    "1 d 1 h",
    "1 d",
  ]);
});
