import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode } from "#src/cbor/encode.ts";
import type { AnySchema } from "#src/cbor/schema.ts";
import { BODY_BYTES } from "#src/framing/frame.ts";
import { type BodyName, bodySchemas } from "#src/messages/bodies.ts";
import { bodyArbitraries } from "./arbitraries.ts";
import { biggestBodies } from "./biggest.ts";

const names = Object.keys(bodySchemas) as BodyName[];
const sizeOf = (name: BodyName, body: unknown) =>
  encode((bodySchemas[name] as AnySchema).build(body as never, name)).length;

describe("SPEC FRM-4: bodies and frames", () => {
  test("every body, its objects as large as their kinds can be, fits a frame, but for commissioning with bounded issuers", () => {
    const sizes = Object.entries(biggestBodies).map(([name, body]) => [name, sizeOf(name as BodyName, body)] as const);
    expect(sizes.filter(([, size]) => size > BODY_BYTES).map(([name]) => name)).toEqual(["commission-request"]);
  });

  test("the usual commissioning, four issuers without bounds and a policy, fits one", () => {
    const largest = biggestBodies["commission-request"];
    const plain = largest?.issuers.at(-1);
    expect(sizeOf("commission-request", { ...largest, issuers: Array(4).fill(plain) })).toBeLessThanOrEqual(BODY_BYTES);
  });

  test("every other body is small whatever it holds", () => {
    const others = names.filter((name) => !Object.hasOwn(biggestBodies, name));
    const draws = others.map((name) => ({
      name,
      drawn: fc.sample(bodyArbitraries[name] as fc.Arbitrary<unknown>, 200),
    }));
    const largest = draws.map(({ name, drawn }) => Math.max(...drawn.map((body) => sizeOf(name, body))));
    expect(Math.max(...largest)).toBeLessThan(100);
  });
});
