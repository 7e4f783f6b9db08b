// SPEC CRY-10: secrets are compared without early exit.
import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes, equalSecretBytes } from "#src/bytes.ts";

/** How many bytes of its operands a comparison looks at. */
function readsOf(equal: (a: Uint8Array, b: Uint8Array) => boolean, a: Uint8Array, b: Uint8Array): number {
  let reads = 0;
  const counting = (bytes: Uint8Array) =>
    new Proxy(bytes, {
      get(target, name) {
        if (typeof name === "string" && /^\d+$/.test(name)) reads += 1;
        return Reflect.get(target, name, target);
      },
    });
  equal(counting(a), counting(b));
  return reads;
}

const pair = fc.nat(40).chain((length) => {
  const bytes = fc.uint8Array({ minLength: length, maxLength: length });
  return fc.tuple(bytes, bytes);
});

test("SPEC CRY-10: the comparison of secrets looks at every byte, wherever they differ", () => {
  fc.assert(
    fc.property(pair, ([a, b]) => {
      expect(readsOf(equalSecretBytes, a, b)).toBe(2 * a.length);
      expect(readsOf(equalSecretBytes, a, a)).toBe(2 * a.length);
      expect(equalSecretBytes(a, b)).toBe(equalBytes(a, b));
    }),
  );
  // The count does see an early exit where there is one.
  expect(readsOf(equalBytes, Uint8Array.of(1, 2, 3), Uint8Array.of(9, 2, 3))).toBe(2);
});
