import { describe, expect, test } from "vitest";
import { type Need, suppliedFor, supplyFor } from "#src/messages/open.ts";
import { codeOf } from "../support/code-of.ts";

describe("SPEC OPN-9: what is supplied stands in the order in which it was asked for", () => {
  const held = { grant: Uint8Array.of(1), ticket: Uint8Array.of(2), "certificate-of-grant": Uint8Array.of(3) };
  const asked: readonly Need[] = ["certificate-of-grant", "grant", "ticket"];

  test("and is found again by it", () => {
    const supply = supplyFor(asked, held);
    expect(supply.objects).toEqual([Uint8Array.of(3), Uint8Array.of(1), Uint8Array.of(2)]);
    expect(suppliedFor(asked, supply)).toEqual(held);
  });

  test("a key that lacks one of them supplies none", () => {
    expect(codeOf(() => supplyFor(["certificate-of-ticket"], held))).toBe("caller/argument");
  });

  test.each([1, 2, 4])("%i objects for three needs are refused", (count) => {
    const objects = Array.from({ length: count }, () => Uint8Array.of(0));
    expect(codeOf(() => suppliedFor(asked, { objects }))).toBe("messages/inconsistent");
  });
});
