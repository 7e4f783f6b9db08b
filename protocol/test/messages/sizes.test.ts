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
  test("every body, its objects as large as their kinds can be, fits a frame", () => {
    const sizes = Object.entries(biggestBodies).map(([name, body]) => [name, sizeOf(name as BodyName, body)] as const);
    expect(sizes.filter(([, size]) => size > BODY_BYTES)).toEqual([]);
  });

  test("commissioning with four issuers does, unless the largest certificate and the largest policy come together", () => {
    const { issuers, policy, ...fleet } = biggestBodies["commission-request"] ?? { issuers: [], policy: [] };
    const [bounded, plain] = issuers;
    const commissioning = (largest: unknown, rest: object) =>
      sizeOf("commission-request", { ...fleet, ...rest, issuers: [largest, plain, plain, plain] });
    expect(commissioning(plain, { policy })).toBeLessThanOrEqual(BODY_BYTES);
    expect(commissioning(bounded, {})).toBeLessThanOrEqual(BODY_BYTES);
    expect(commissioning(bounded, { policy })).toBeGreaterThan(BODY_BYTES);
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
