// Schemas: one description, both directions, closed in every place (SPEC CBR-14).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "#src/bytes.ts";
import { encode } from "#src/cbor/encode.ts";
import {
  array,
  boolean,
  bytes,
  choice,
  constant,
  decodeAs,
  either,
  embedded,
  encodeAs,
  int,
  map,
  optional,
  required,
  type Schema,
  text,
  tuple,
  uint,
  variant,
} from "#src/cbor/schema.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { CallerError, NyckelfriError, PeerError } from "#src/errors.ts";
import { values } from "./arbitrary.ts";

interface Pass {
  readonly holder: string;
  readonly until: number;
  readonly note?: string;
  readonly key: { readonly kind: "okp"; readonly x: Uint8Array };
  readonly scope: readonly (readonly [number | Uint8Array, number])[];
  readonly result: "opened" | "try-again";
}

const pass: Schema<Pass> = map({
  holder: required(2, text({ min: 1, max: 11, pattern: /[A-Za-z0-9_-]+/ })),
  until: required(4, uint()),
  note: optional(-1, text({ min: 0, max: 20 })),
  key: required(8, map({ kind: required(1, choice({ okp: 1 })), x: required(-2, bytes(4)) })),
  scope: required(
    9,
    embedded(array(tuple(either({ integer: uint(), bytes: bytes(8) }), uint({ max: 7 })), { min: 1, max: 2 })),
  ),
  result: required(10, choice({ opened: 0, "try-again": 1 })),
});

const example: Pass = {
  holder: "abc_DEF-123",
  until: 1_800_000_000,
  note: "å",
  key: { kind: "okp", x: Uint8Array.of(1, 2, 3, 4) },
  scope: [
    [7, 1],
    [new Uint8Array(8), 3],
  ],
  result: "try-again",
};

type Event =
  | { readonly event: "intent"; readonly cti: Uint8Array; readonly lo: number }
  | { readonly event: "void" }
  | { readonly event: "fork"; readonly n: number };

const event: Schema<Event> = variant("event", {
  intent: [1, { cti: bytes(2), lo: uint() }],
  void: [3, {}],
  fork: [8, { n: uint() }],
});

/** The code and path of a refusal. */
function fault(work: () => unknown): string {
  try {
    work();
    return "accepted";
  } catch (error) {
    if (error instanceof NyckelfriError) return `${error.code} ${error.details["path"]}`;
    throw error;
  }
}

const parsing = <T>(schema: Schema<T>, value: CborValue): string =>
  fault(() => decodeAs(schema, encode(value), { name: "x" }));
const building = <T>(schema: Schema<T>, value: unknown): string =>
  fault(() => encodeAs(schema, value as T, { name: "x" }));

function passMap(changes: readonly (readonly [number, CborValue | undefined])[]): CborValue {
  const valid = new Map<number, CborValue>([
    [2, "abc"],
    [4, 5],
    [
      8,
      new Map<number, CborValue>([
        [1, 1],
        [-2, new Uint8Array(4)],
      ]),
    ],
    [9, encode([[1, 1]])],
    [10, 0],
  ]);
  for (const [label, value] of changes) {
    if (value === undefined) valid.delete(label);
    else valid.set(label, value);
  }
  return valid;
}

describe("schemas", () => {
  it("build and parse an object, byte for byte", () => {
    const encoded = encodeAs(pass, example);
    expect(toHex(encoded)).toBe(
      "a6026b6162635f4445462d313233041a6b49d20008a20101214401020304094f82820701824800000000000000000" + "30a012062c3a5",
    );
    expect(decodeAs(pass, encoded)).toStrictEqual(example);
  });

  it("leave an absent optional field out, in both directions", () => {
    const { note: _, ...bare } = example;
    const parsed = decodeAs(pass, encodeAs(pass, bare));
    expect(parsed).toStrictEqual(bare);
    expect("note" in parsed).toBe(false);
    expect(parsing(pass, passMap([]))).toBe("accepted");
  });

  it.each<[string, readonly (readonly [number, CborValue | undefined])[]]>([
    ["schema/missing-label x.until", [[4, undefined]]],
    ["schema/unknown-label x", [[3, 0]]],
    ["schema/unknown-label x", [[-24, 0]]],
    ["schema/type x.until", [[4, "5"]]],
    ["schema/type x.until", [[4, null]]],
    ["schema/out-of-range x.until", [[4, -1]]],
    ["schema/out-of-range x.until", [[4, 2 ** 32]]],
    ["schema/out-of-range x.until", [[4, 2n ** 60n]]],
    ["schema/type x.holder", [[2, Uint8Array.of(97)]]],
    ["schema/length x.holder", [[2, ""]]],
    ["schema/length x.holder", [[2, "abcdefghijkl"]]],
    ["schema/length x.note", [[-1, "ååååååååååå"]]],
    ["schema/text x.holder", [[2, "a b"]]],
    ["schema/text x.holder", [[2, "a\n"]]],
    ["schema/type x.key", [[8, []]]],
    [
      "schema/length x.key.x",
      [
        [
          8,
          new Map<number, CborValue>([
            [1, 1],
            [-2, new Uint8Array(5)],
          ]),
        ],
      ],
    ],
    [
      "schema/out-of-range x.key.kind",
      [
        [
          8,
          new Map<number, CborValue>([
            [1, 2],
            [-2, new Uint8Array(4)],
          ]),
        ],
      ],
    ],
    ["schema/type x.scope", [[9, [[1, 1]]]]],
    ["schema/type x.scope", [[9, encode(1)]]],
    ["schema/length x.scope", [[9, encode([])]]],
    ["schema/length x.scope[0]", [[9, encode([[1]])]]],
    ["schema/type x.scope[0][0]", [[9, encode([["1", 1]])]]],
    [
      "schema/length x.scope[1][0]",
      [
        [
          9,
          encode([
            [1, 1],
            [new Uint8Array(7), 1],
          ]),
        ],
      ],
    ],
    ["schema/out-of-range x.scope[0][1]", [[9, encode([[1, 8]])]]],
    ["cbor/not-shortest x.scope", [[9, fromHex("8182180101")]]],
    ["cbor/trailing-bytes x.scope", [[9, fromHex("8182010100")]]],
    ["schema/out-of-range x.result", [[10, 2]]],
    ["schema/type x.result", [[10, "opened"]]],
  ])("refuse to parse: %s", (expected, changes) => {
    expect(parsing(pass, passMap(changes))).toBe(expected);
  });

  it.each<[string, object]>([
    ["x.until", { until: 1.5 }],
    ["x.until", { until: -1 }],
    ["x.until", { until: 5n }],
    ["x.until", { until: undefined }],
    ["x.holder", { holder: "" }],
    ["x.holder", { holder: "ö" }],
    ["x.note", { note: "\ud800" }],
    ["x.note", { note: 1 }],
    ["x.key", { key: null }],
    ["x.key.x", { key: { kind: "okp", x: new Uint8Array(3) } }],
    ["x.key.kind", { key: { kind: "ec2", x: new Uint8Array(4) } }],
    ["x.key.d", { key: { ...example.key, d: new Uint8Array(4) } }],
    ["x.scope", { scope: [] }],
    ["x.scope", { scope: new Array(3) }],
    ["x.scope[0]", { scope: [[1]] }],
    ["x.scope[0][0]", { scope: [[true, 1]] }],
    ["x.result", { result: "constructor" }],
    ["x.extra", { extra: 1 }],
  ])("refuse to build at %s", (path, changes) => {
    expect(building(pass, { ...example, ...changes })).toBe(`schema/not-buildable ${path}`);
  });

  it("select a variant by its code", () => {
    const cases: readonly (readonly [Event, string])[] = [
      [{ event: "intent", cti: Uint8Array.of(1, 2), lo: 3 }, "830142010203"],
      [{ event: "void" }, "8103"],
      [{ event: "fork", n: 9 }, "820809"],
    ];
    for (const [value, hex] of cases) {
      expect(toHex(encodeAs(event, value))).toBe(hex);
      expect(decodeAs(event, fromHex(hex))).toStrictEqual(value);
    }
    expect(parsing(event, [2, 0])).toBe("schema/variant x");
    expect(parsing(event, [])).toBe("schema/variant x");
    expect(parsing(event, ["void"])).toBe("schema/variant x");
    expect(parsing(event, 3)).toBe("schema/type x");
    expect(parsing(event, [3, 0])).toBe("schema/length x");
    expect(parsing(event, [8])).toBe("schema/length x");
    expect(parsing(event, [8, "n"])).toBe("schema/type x.n");
    expect(building(event, { event: "other" })).toBe("schema/not-buildable x.event");
    expect(building(event, { event: "void", n: 1 })).toBe("schema/not-buildable x.n");
    expect(building(event, { event: "fork" })).toBe("schema/not-buildable x.n");
    expect(building(event, null)).toBe("schema/not-buildable x.event");
  });

  it("know constants, booleans and negative ranges", () => {
    expect(parsing(constant(1), 1)).toBe("accepted");
    expect(parsing(constant(1), 2)).toBe("schema/out-of-range x");
    expect(parsing(constant("a"), 1)).toBe("schema/type x");
    expect(parsing(constant(null), null)).toBe("accepted");
    expect(building(constant(1), 2)).toBe("schema/not-buildable x");
    expect(decodeAs(boolean(), encodeAs(boolean(), true))).toBe(true);
    expect(parsing(boolean(), 1)).toBe("schema/type x");
    expect(building(boolean(), 1)).toBe("schema/not-buildable x");
    expect(parsing(int({ min: -5, max: 5 }), -6)).toBe("schema/out-of-range x");
    expect(building(int({ min: -5, max: 5 }), 6)).toBe("schema/not-buildable x");
    expect(decodeAs(uint({ max: Number.MAX_SAFE_INTEGER }), encode(2 ** 40))).toBe(2 ** 40);
  });

  it("a pattern with the g or y flag answers alike every time", () => {
    const schema = text({ min: 0, max: 9, pattern: /a+/gy });
    expect([1, 2, 3].map(() => parsing(schema, "aa"))).toStrictEqual(["accepted", "accepted", "accepted"]);
    expect(parsing(text({ min: 0, max: 9, pattern: /a|b/m }), "a\nc")).toBe("schema/text x");
  });

  it("answer any value of the profile with a typed value that builds it again, or a PeerError", () => {
    const shapes: fc.Arbitrary<CborValue> = fc.oneof(
      values,
      fc
        .record({ label: fc.integer({ min: -3, max: 12 }), value: values })
        .map(({ label, value }) => passMap([[label, value]])),
      fc.constant(passMap([])),
      fc.tuple(fc.constantFrom(1, 3, 8), fc.nat()),
    );
    const count = { parsed: 0, refused: 0 };
    const check = <T>(schema: Schema<T>, encoded: Uint8Array): void => {
      try {
        const parsed = decodeAs(schema, encoded, { maxBytes: 100_000 });
        count.parsed += 1;
        expect(encodeAs(schema, parsed)).toStrictEqual(encoded);
      } catch (error) {
        count.refused += 1;
        expect(error).toBeInstanceOf(PeerError);
      }
    };
    fc.assert(
      fc.property(shapes, (value) => {
        const encoded = encode(value, { maxBytes: 100_000 });
        check(pass, encoded);
        check(event, encoded);
      }),
      { numRuns: 1000 },
    );
    expect(count.parsed).toBeGreaterThan(0);
    expect(count.refused).toBeGreaterThan(0);
  });

  it("refuse a description that contradicts itself", () => {
    const mistakes: readonly (() => unknown)[] = [
      () => map({ a: required(24, uint()) }),
      () => map({ a: required(1, uint()), b: optional(1, uint()) }),
      () => map({ ["__proto__"]: required(1, uint()) }),
      () => map({ "1": required(1, uint()) }),
      () => variant("kind", { a: [1, {}], b: [1, {}] }),
      () => variant("kind", { a: [1, { kind: uint() }] }),
      () => choice({ a: 1, b: 1 }),
      () => choice({ a: 0.5 }),
      () => bytes(-1),
      () => bytes({ min: 2, max: 1 }),
      () => uint({ max: 2 ** 53 }),
      () => int({ min: 1, max: 0 }),
    ];
    for (const mistake of mistakes) expect(mistake).toThrow(CallerError);
  });

  it("keep the caller's size limit", () => {
    const schema = bytes({ min: 0, max: 10_000 });
    expect(fault(() => encodeAs(schema, new Uint8Array(5000)))).toMatch(/^cbor\/not-encodable/);
    const large = encodeAs(schema, new Uint8Array(5000), { maxBytes: 6000 });
    expect(fault(() => decodeAs(schema, large))).toMatch(/^cbor\/too-large/);
    expect(decodeAs(schema, large, { maxBytes: 6000 })).toHaveLength(5000);
  });
});

describe("types of schemas (checked by tsc: a constant below that is wrong does not compile)", () => {
  interface Small {
    readonly a: number;
    readonly b?: string;
  }
  type Fits<From, To> = [From] extends [To] ? "fits" : "differs";
  const a = required(1, uint());
  const b = optional(2, text({ min: 0, max: 9 }));

  it("hold a hand-written interface to the fields", () => {
    const exact = map({ a, b });
    const withoutA = map({ b });
    const withoutB = map({ a });
    const misspelt = map({ a, bb: b });
    const otherType = map({ a: required(1, text({ min: 0, max: 9 })), b });
    const extra = map({ a, b, c: required(3, uint()) });
    const alwaysB = map({ a, b: required(2, text({ min: 0, max: 9 })) });
    const verdicts: readonly [
      Fits<typeof exact, Schema<Small>>,
      Fits<typeof withoutA, Schema<Small>>,
      Fits<typeof withoutB, Schema<Small>>,
      Fits<typeof misspelt, Schema<Small>>,
      Fits<typeof otherType, Schema<Small>>,
      Fits<typeof extra, Schema<Small>>,
      Fits<typeof alwaysB, Schema<Small>>,
    ] = ["fits", "differs", "differs", "differs", "differs", "differs", "differs"];
    expect(verdicts).toHaveLength([exact, withoutA, withoutB, misspelt, otherType, extra, alwaysB].length);
  });

  it("hold hand-written unions to the codes and cases", () => {
    const names = choice({ x: 0, y: 1 });
    const fewerCases = variant("event", { void: [3, {}], fork: [8, { n: uint() }] });
    const otherTag = variant("kind", {
      intent: [1, { cti: bytes(2), lo: uint() }],
      void: [3, {}],
      fork: [8, { n: uint() }],
    });
    const verdicts: readonly [
      Fits<typeof names, Schema<"x" | "y">>,
      Fits<typeof names, Schema<"x">>,
      Fits<typeof names, Schema<"x" | "y" | "z">>,
      Fits<typeof event, Schema<Event>>,
      Fits<typeof fewerCases, Schema<Event>>,
      Fits<typeof otherTag, Schema<Event>>,
    ] = ["fits", "differs", "differs", "fits", "differs", "differs"];
    expect(verdicts).toHaveLength([names, names, names, event, fewerCases, otherTag].length);
  });

  it("infer without an annotation", () => {
    const inferred = map({
      a,
      b,
      pair: required(3, tuple(uint(), boolean())),
      list: required(4, array(event, { min: 0, max: 3 })),
    });
    const value = decodeAs(inferred, encodeAs(inferred, { a: 1, pair: [2, true], list: [{ event: "void" }] }));
    const pair: readonly [number, boolean] = value.pair;
    const first: Event | undefined = value.list[0];
    expect([pair, first]).toStrictEqual([[2, true], { event: "void" }]);
  });
});
