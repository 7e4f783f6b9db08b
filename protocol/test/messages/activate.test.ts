import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ticketWindow } from "#src/messages/activate.ts";
import { pinProof, pinVerifierDigest } from "#src/objects/derivations.ts";
import { matchesPin } from "#src/objects/pin-verifier.ts";
import { fixedBytes, HOUR, key, provider, SHIFT } from "../support/city.ts";

const { nbf, exp } = SHIFT;

describe("SPEC ACT-5: the window of a ticket", () => {
  test.each([
    ["an hour and a second before nbf", nbf - HOUR - 1, nbf - HOUR, { kind: "too-early" }],
    ["an hour before nbf", nbf - HOUR, nbf - HOUR + 1, { kind: "window", from: nbf, until: exp }],
    ["possibly earlier than that", nbf - HOUR - 1, nbf, { kind: "too-early" }],
    ["just before nbf", nbf - 1, nbf + 1, { kind: "window", from: nbf, until: exp }],
    ["a minute into the shift", nbf + 60, nbf + 61, { kind: "window", from: nbf, until: exp }],
    ["in the shift", nbf + 100, nbf + 160, { kind: "window", from: nbf + 40, until: exp }],
    ["6 s before exp", exp - 6, exp - 5, { kind: "window", from: exp - 66, until: exp }],
    ["5 s before exp", exp - 5, exp - 4, { kind: "expired" }],
    ["at exp", exp, exp + 1, { kind: "expired" }],
    ["with a clock from nbf to after exp", nbf, exp + 1, { kind: "expired" }],
  ])("%s", (_, lo, hi, expected) => {
    expect(ticketWindow({ nbf, exp }, { lo, hi }, { nbf: nbf - HOUR, exp: exp + HOUR })).toEqual(expected);
  });

  test("begins and ends inside of the box's own certificate's", () => {
    const under = { nbf: nbf - HOUR, exp: exp + HOUR };
    const given = (end: number) => ticketWindow({ nbf, exp }, { lo: nbf, hi: nbf + 1 }, { ...under, exp: end });
    const early = (begin: number) =>
      ticketWindow({ nbf, exp }, { lo: nbf + 90, hi: nbf + 91 }, { ...under, nbf: begin });
    expect(early(nbf + 29)).toEqual({ kind: "window", from: nbf + 30, until: exp });
    expect(early(nbf + 80)).toEqual({ kind: "window", from: nbf + 80, until: exp });
    expect(given(exp - 1)).toEqual({ kind: "window", from: nbf, until: exp - 1 });
    expect(given(nbf + 6)).toEqual({ kind: "window", from: nbf, until: nbf + 6 });
    expect(given(nbf + 5)).toEqual({ kind: "expired" });
    expect(ticketWindow({ nbf, exp }, { lo: nbf - 60, hi: nbf - 50 }, { ...under, exp: nbf })).toEqual({
      kind: "expired",
    });
  });

  test("is inside the grant's, never empty, and never begins more than a minute before the box's own clock says", () => {
    const time = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(time, fc.nat({ max: 60_000 }), time, fc.integer({ min: 1, max: 200 }), time, time, (...drawn) => {
        const [nbf, lifetime, lo, width, certificateExp, certificateNbf] = drawn;
        const grant = { nbf, exp: nbf + lifetime };
        const given = ticketWindow(grant, { lo, hi: lo + width }, { nbf: certificateNbf, exp: certificateExp });
        if (given.kind === "window") {
          expect(given.from).toBe(Math.max(grant.nbf, lo - 60, certificateNbf));
          expect(given.from < given.until).toBe(true);
          expect(given.until).toBe(Math.min(grant.exp, certificateExp));
        } else {
          const end = Math.min(grant.exp, certificateExp);
          const ended = lo + width > end - 5 || Math.max(nbf, lo - 60, certificateNbf) >= end;
          expect(given.kind === "too-early" ? lo < nbf - HOUR : ended).toBe(true);
        }
      }),
    );
  });
});

test("SPEC ACT-3: v is held against the PinVerifier", () => {
  const salt = fixedBytes("salt", 16);
  const pepper = fixedBytes("pepper", 32);
  const v = pinProof(provider, pepper, "4711");
  const verifier = { key: key.kid, salt, digest: pinVerifierDigest(provider, v, salt), version: 1, iat: nbf };
  expect(matchesPin(provider, verifier, v)).toBe(true);
  expect(matchesPin(provider, verifier, pinProof(provider, pepper, "4712"))).toBe(false);
  expect(matchesPin(provider, { ...verifier, salt: fixedBytes("other", 16) }, v)).toBe(false);
});
