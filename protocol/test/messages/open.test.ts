import { describe, expect, test } from "vitest";
import { type HeldForDoor, type Need, suppliedFor, supplyFor, versionsToName } from "#src/messages/open.ts";
import { openProofObject } from "#src/objects/open-proof.ts";
import { issue, key, station } from "../support/city.ts";
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

describe("SPEC OPN-18: only what is newer than the door's is named", () => {
  const door = {
    epoch: 3,
    policyVersion: 5,
    lists: [
      [12, 9],
      [13, 0],
    ],
  } as const;

  test.each<readonly [string, HeldForDoor, string]>([
    ["nothing held", { epoch: 3, policy: 0, lists: [] }, "3: 0"],
    ["the same", { epoch: 3, policy: 5, lists: [[12, 9]] }, "3: 0"],
    ["older ones", { epoch: 3, policy: 4, lists: [[12, 8]] }, "3: 0"],
    ["a newer policy", { epoch: 3, policy: 6, lists: [[12, 9]] }, "3: 6"],
    ["a newer list", { epoch: 3, policy: 5, lists: [[12, 10]] }, "3: 0 12@10"],
    ["a list that the door lacks", { epoch: 3, policy: 0, lists: [[13, 1]] }, "3: 0 13@1"],
    ["a list that only the key's policy names", { epoch: 3, policy: 6, lists: [[14, 2]] }, "3: 6 14@2"],
    [
      "everything of a higher epoch, whatever its version",
      {
        epoch: 4,
        policy: 1,
        lists: [
          [12, 1],
          [13, 2],
        ],
      },
      "4: 1 12@1 13@2",
    ],
    ["of a higher epoch what is held only", { epoch: 4, policy: 0, lists: [[12, 0]] }, "4: 0"],
    ["nothing of a lower epoch", { epoch: 2, policy: 900, lists: [[12, 900]] }, "2: 0"],
  ])("%s", (_, held, expected) => {
    const { epoch, policy, lists } = versionsToName(door, held);
    const named = lists.map(([list, version]) => ` ${list}@${version}`).join("");
    expect(`${epoch}: ${policy}${named}`).toBe(expected);
  });

  test("in a proof, nothing newer costs the epoch and a 0", () => {
    const proofOf = (held: HeldForDoor) =>
      issue(
        openProofObject,
        {
          lo: 1,
          widthSeconds: 1,
          quality: "running",
          keyCounter: 1,
          action: "open",
          timeSource: station.kid,
          carried: versionsToName(door, held),
        },
        key,
      ).bytes.length;
    const nothing = proofOf({ epoch: 3, policy: 0, lists: [] });
    expect(proofOf({ epoch: 3, policy: 5, lists: [[12, 9]] })).toBe(nothing);
    expect(proofOf({ epoch: 3, policy: 5, lists: [[12, 10]] })).toBeGreaterThan(nothing);
  });
});
