import { expect, test } from "vitest";
import { withScratch } from "#src/scratch.ts";

test("a call inside of a call gets bytes of its own, all of them 0, whatever its size", () => {
  for (const size of [8, 3_000, 4_096, 5_000]) {
    withScratch(16, (outer) => {
      outer.fill(1);
      withScratch(size, (inner) => {
        expect([inner.length, inner.every((byte) => byte === 0)]).toEqual([size, true]);
        inner.fill(2);
      });
      expect(outer).toEqual(new Uint8Array(16).fill(1));
    });
  }
});

test("what was there is gone afterwards, also where the call throws, and the room is free again", () => {
  const kept: Uint8Array[] = [];
  const fail = () =>
    withScratch(4_000, (bytes) => {
      kept.push(bytes.fill(3));
      throw new Error("no");
    });
  for (let times = 0; times < 3; times++) expect(fail).toThrow("no");
  expect(kept.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  expect(new Set(kept.map(({ buffer, byteOffset }) => [buffer === kept[0]?.buffer, byteOffset].join())).size).toBe(1);
});
