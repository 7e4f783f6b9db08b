import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "#src/cbor/decode.ts";
import { encode } from "#src/cbor/encode.ts";
import { type AnySchema, decodeAs } from "#src/cbor/schema.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { type BodyName, bodySchemas } from "#src/messages/bodies.ts";
import { answers, messages, notifications } from "#src/registry.ts";
import { codeOf } from "../support/code-of.ts";
import { anyBody, bodyArbitraries } from "./arbitraries.ts";

const names = Object.keys(bodySchemas) as BodyName[];

function encodeBody(name: BodyName, body: never): Uint8Array {
  return encode((bodySchemas[name] as AnySchema).build(body, name));
}

function decodeBody(name: BodyName, bytes: Uint8Array): unknown {
  return (bodySchemas[name] as AnySchema).parse(decode(bytes), name);
}

describe("SPEC MSG-1: registry.json, the CDDL and the schemas have the same bodies", () => {
  test("each body of the registry has a schema, and no schema is left over", () => {
    const used = new Set<string>([
      ...messages.flatMap(({ request, reply }) => [request, reply]),
      ...notifications.map(({ body }) => body),
      ...answers.map(({ body }) => body),
    ]);
    expect([...used].sort()).toEqual([...names].sort());
  });

  test("each is a rule of the CDDL's part about messages", () => {
    const cddl = readFileSync(new URL("../../nyckelfri.cddl", import.meta.url), "utf8");
    const [, part = ""] = cddl.split("; ---- messages");
    const rules = [...part.matchAll(/^([a-z0-9-]+) =/gm)].map(([, rule]) => rule);
    const shared = [
      "versions",
      "object",
      "clock",
      "log-position",
      // Stands for the body of some request: see chunk.test.ts.
      "chunked-body",
      "update-outcome",
      "need",
      "time-verdict",
      "capability",
    ];
    expect(rules.filter((rule) => !shared.includes(rule ?? "")).sort()).toEqual([...names].sort());
  });
});

describe("every body", () => {
  test("comes back as it was sent", () => {
    fc.assert(
      fc.property(anyBody, ({ name, body }) => {
        const bytes = encodeBody(name, body);
        const parsed = decodeBody(name, bytes);
        expect(parsed).toEqual(body);
        expect(encodeBody(name, parsed as never)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test("SPEC CBR-14: with a label that is not listed is refused", () => {
    fc.assert(
      fc.property(anyBody, fc.integer({ min: -24, max: 23 }), ({ name, body }, label) => {
        const fields = new Map(decode(encodeBody(name, body)) as ReadonlyMap<number, CborValue>);
        if (fields.has(label)) return;
        // The label may be one of an optional field, and none takes this.
        fields.set(label, -1);
        const code = codeOf(() => decodeBody(name, encode(fields)));
        if (label < 0 || label === 0 || label > 10) expect(code).toBe("schema/unknown-label");
        expect(code).not.toBe("accepted");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("SPEC MSG-9: fields that contradict each other", () => {
  const fields = (entries: readonly (readonly [number, CborValue])[]) => encode(new Map(entries));
  const bytes = (length: number) => new Uint8Array(length);

  test.each<readonly [string, BodyName, Uint8Array]>([
    [
      "a span that begins after its end",
      "service-hello",
      fields([
        [1, [2, 1]],
        [2, 6],
        [3, bytes(16)],
      ]),
    ],
    [
      "a grant and the cti of one",
      "open-request",
      fields([
        [1, bytes(9)],
        [2, bytes(8)],
        [4, bytes(9)],
      ]),
    ],
    ["neither a grant nor a cti", "open-request", fields([[4, bytes(9)]])],
    [
      "a result and needs",
      "open-reply",
      fields([
        [1, 0],
        [3, [1]],
      ]),
    ],
    ["a record without a result", "open-reply", fields([[2, 7]])],
    ["neither a result nor needs", "open-reply", fields([])],
    ["the same need twice", "open-reply", fields([[3, [1, 2, 1]]])],
    [
      "a list with the id of a certificate",
      "fetch-request",
      fields([
        [1, 1],
        [2, bytes(8)],
      ]),
    ],
    [
      "a certificate with the id of a list",
      "fetch-request",
      fields([
        [1, 2],
        [2, 7],
      ]),
    ],
    [
      "a list with role bits",
      "fetch-request",
      fields([
        [1, 1],
        [2, 7],
        [3, 64],
      ]),
    ],
    [
      "a lost clock that tells the time",
      "time-reply",
      fields([
        [1, 0],
        [
          2,
          new Map([
            [1, 0],
            [2, 7],
            [3, 1],
          ]),
        ],
      ]),
    ],
    [
      "a clock in conflict that tells the time",
      "time-reply",
      fields([
        [1, 0],
        [
          2,
          new Map([
            [1, 1],
            [2, 7],
            [3, 1],
          ]),
        ],
      ]),
    ],
    [
      "a running clock without its end",
      "time-reply",
      fields([
        [1, 0],
        [
          2,
          new Map([
            [1, 2],
            [2, 7],
          ]),
        ],
      ]),
    ],
    [
      "a running clock without its beginning",
      "time-reply",
      fields([
        [1, 0],
        [
          2,
          new Map([
            [1, 2],
            [3, 7],
          ]),
        ],
      ]),
    ],
  ])("%s", (_, name, body) => {
    expect(codeOf(() => decodeBody(name, body))).toBe("messages/inconsistent");
  });

  test.each<readonly [string, BodyName, unknown]>([
    [
      "a span that begins after its end",
      "service-hello",
      { versions: { oldest: 2, newest: 1 }, exchange: "service", nonce: bytes(16) },
    ],
    ["a grant and the cti of one", "open-request", { by: "grant", grant: bytes(9), cti: bytes(8), proof: bytes(9) }],
    ["neither", "open-request", { by: "cti", proof: bytes(9) }],
    ["the same need twice", "open-reply", { kind: "needs", needs: ["grant", "grant"] }],
    [
      "a lost clock that tells the time",
      "time-reply",
      { verdict: "stale", clock: { quality: "lost", lo: 7, widthSeconds: 1 } },
    ],
    ["no object at all", "open-request", null],
  ])("%s is not sent either", (_, name, body) => {
    expect(codeOf(() => encodeBody(name, body as never))).toBe("schema/not-buildable");
  });
});

describe("each exchange's hello is for that exchange alone", () => {
  test.each<readonly [BodyName, readonly number[]]>([
    ["open-hello", [1]],
    ["dock-hello", [2, 3, 4]],
    ["serve-hello", [5]],
    ["service-hello", [6]],
  ])("%s", (name, allowed) => {
    const [drawn] = fc.sample(bodyArbitraries[name] as fc.Arbitrary<never>, 1);
    const example = decode(encodeBody(name, drawn as never)) as ReadonlyMap<number, CborValue>;
    const taken = [0, 1, 2, 3, 4, 5, 6, 7].filter((exchange) => {
      const hello = new Map(example).set(2, exchange);
      return codeOf(() => decodeAs(bodySchemas[name] as never, encode(hello))) === "accepted";
    });
    expect(taken).toEqual(allowed);
  });
});
