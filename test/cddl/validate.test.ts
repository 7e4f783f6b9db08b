import { describe, expect, it } from "vitest";
import { decodePlain } from "./decode-plain.ts";
import { readSchema } from "./schema.ts";
import { type Value, type Verdict, validate, validateBytes } from "./validate.ts";

const bytes = (...content: number[]): Uint8Array => Uint8Array.from(content);
const map = (members: Record<number, Value>): Value =>
  new Map(Object.entries(members).map(([key, value]) => [Number(key), value]));

/** The verdict on a value against the rule `a`. */
function check(source: string, value: Value): Verdict {
  return validate(readSchema(source), "a", value, decodePlain);
}

/** One case: a grammar, values of `a`, values that are not. */
type Case = readonly [source: string, matching: readonly Value[], failing: readonly Value[]];

function holds(cases: readonly Case[]): void {
  it.each(cases)("%s", (source, matching, failing) => {
    for (const value of matching) expect([value, check(source, value)]).toEqual([value, { ok: true }]);
    for (const value of failing) expect([value, check(source, value)]).toMatchObject([value, { ok: false }]);
  });
}

const MAX64 = (1n << 64n) - 1n;

describe("the prelude", () => {
  holds([
    ["a = uint", [0, 7, 2 ** 53 - 1, MAX64, 5n], [-1, -1n, 1.5, "7", true, null, MAX64 + 1n]],
    ["a = nint", [-1, -(MAX64 + 1n)], [0, 1, -1.5, -(MAX64 + 2n)]],
    ["a = int", [0, -1, MAX64], ["0", false, MAX64 + 1n]],
    [
      "a = [bstr, bytes]",
      [[bytes(), bytes(1)]],
      [
        ["", bytes()],
        [[1], bytes()],
      ],
    ],
    ["a = [tstr, text]", [["", "å"]], [[bytes(), ""]]],
    ["a = bool", [true, false], [null, 0, 1]],
    ["a = true", [true], [false, null]],
    ["a = false", [false], [true, 0]],
    [
      "a = [null, nil]",
      [[null, null]],
      [
        [null, false],
        [0, null],
      ],
    ],
    ["a = any", [0, "x", null, [1], map({ 1: 2 }), bytes()], []],
  ]);
});

describe("literals, ranges, choices", () => {
  holds([
    ["a = 7", [7, 7n], [8, -7, "7"]],
    ["a = 0xff", [255], [254]],
    ["a = -0x10", [-16], [16]],
    ["a = 18446744073709551615", [MAX64], [MAX64 - 1n, Number(MAX64)]],
    ['a = "Åre \\u00e9\\n"', ["Åre é\n"], ["Åre e\n", 1]],
    ["a = h'00 ff\n 10'", [bytes(0, 255, 16)], [bytes(0, 255), bytes(0, 255, 17), "00ff10"]],
    ["a = 0..23", [0, 23, 5n], [-1, 24, 1.5, "5"]],
    ["a = 0...23", [0, 22], [23]],
    ["a = -24..-1", [-24, -1], [-25, 0]],
    ["a = 0..18446744073709551615", [0, MAX64], [MAX64 + 1n]],
    ["a = LOW .. HIGH LOW = -1 HIGH = (9)", [-1, 9], [-2, 10]],
    ["a = 1 / tstr / (2..4)", [1, "x", 4], [5, null]],
    ["a = 1\na /= 2 a /= b b = 3", [1, 2, 3], [4]],
    ["a /= 1 a /= 2", [1, 2], [3]],
    ["a = &( red: 1, green: 2 ) / 9", [1, 2, 9], [3, "red"]],
    ["a = &g g = (red: 1, (blue: 5 // 6), more) more = (x: 7..8)", [1, 5, 6, 8], [2, 9]],
    ["a = &g<4> g<N> = (1, N)", [1, 4], [2]],
  ]);
});

describe("arrays and occurrences", () => {
  holds([
    ["a = []", [[]], [[1], map({})]],
    ["a = [uint, tstr]", [[1, "x"]], [[1], ["x", 1], [1, "x", 2], []]],
    ["a = [uint tstr]", [[1, "x"]], [[1]]],
    ["a = [kind: 1, ? note: tstr]", [[1], [1, "x"]], [[1, 2], [1, "x", "y"], ["x"]]],
    ["a = [* uint]", [[], [1], [1, 2, 3]], [["x"], [1, "x"]]],
    ["a = [+ uint]", [[1], [1, 2]], [[], ["x"]]],
    [
      "a = [2*3 uint]",
      [
        [1, 2],
        [1, 2, 3],
      ],
      [[1], [1, 2, 3, 4]],
    ],
    [
      "a = [2* uint]",
      [
        [1, 2],
        [1, 2, 3, 4],
      ],
      [[1]],
    ],
    ["a = [*2 uint]", [[], [1, 2]], [[1, 2, 3]]],
    ["a = [0*0 uint]", [[]], [[1]]],
    [
      "a = [1*2 (uint, tstr), bool]",
      [
        [1, "x", true],
        [1, "x", 2, "y", true],
      ],
      [[true], [1, "x", 2, true]],
    ],
    [
      "a = [(uint // tstr, tstr), null]",
      [
        [1, null],
        ["x", "y", null],
      ],
      [
        ["x", null],
        [1, "x", null],
      ],
    ],
    ["a = [uint // tstr]", [[1], ["x"]], [[null], [1, "x"]]],
    ["a = [* (? uint)]", [[], [1, 2]], [["x"]]],
    [
      "a = [g, ? g] g = (uint, tstr)",
      [
        [1, "x"],
        [1, "x", 2, "y"],
      ],
      [[1, "x", 2]],
    ],
    ["a = [(g)] g = (b) b = (uint, tstr)", [[1, "x"]], [[1]]],
    ["a = [* (b)] b = uint / null", [[1, null]], [["x"]]],
    ["a = [g] g //= (uint) g //= (tstr, tstr)", [[1], ["x", "y"]], [["x"]]],
    ["a = [g] g //= tstr g //= (bool)", [["x"], [true]], [[1]]],
    ["a = [* a] / null", [null, [], [[], [null, [null]]]], [[1], [[[1]]]]],
    // RFC 8610 appendix A: an occurrence takes what it can and gives nothing back; the first choice that matches stays
    ["a = [* uint, uint]", [], [[1], [1, 2]]],
    ["a = [(uint // uint, uint)]", [[1]], [[1, 2]]],
  ]);
});

describe("maps", () => {
  holds([
    ["a = {}", [map({})], [map({ 1: 1 }), []]],
    [
      "a = { 1: uint, ? -2: tstr }",
      [map({ 1: 1 }), map({ 1: 1, [-2]: "x" })],
      [map({}), map({ [-2]: "x" }), map({ 1: "x" }), map({ 1: 1, [-2]: 1 }), map({ 1: 1, 3: 1 }), [1], null],
    ],
    [
      "a = { 1 => uint, K => tstr, (L) ^ => bool } K = 2 L = 3",
      [map({ 3: true, 1: 1, 2: "x" })],
      [map({ 1: 1, 2: "x" }), map({ 1: 1, 2: 2, 3: true }), map({ 1: 1, 2: "x", 3: 1 })],
    ],
    ["a = { 18446744073709551615: uint }", [new Map([[MAX64, 1]])], [new Map([[1, 1]])]],
    ["a = { * int => tstr }", [map({}), map({ 1: "x", [-1]: "y" })], [map({ 1: 1 }), new Map([["k", "x"]])]],
    [
      "a = { 1*2 (1..9) => tstr }",
      [map({ 1: "x" }), map({ 1: "x", 9: "x" })],
      [map({}), map({ 1: "x", 2: "x", 3: "x" }), map({ 10: "x" })],
    ],
    ["a = { 2*2 uint => tstr, * uint => uint }", [map({ 1: "x", 2: 5, 3: "y" })], [map({ 1: "x", 2: 5 })]],
    [
      "a = { base, 9: uint } base = ( 1: uint, ? 2: uint )",
      [map({ 1: 1, 9: 1 }), map({ 9: 1, 2: 2, 1: 1 })],
      [map({ 9: 1 }), map({ 1: 1 }), map({ 1: 1, 2: "x", 9: 1 })],
    ],
    [
      "a = { 1: 1, 2: tstr // 1: 2, 2: bstr }",
      [map({ 1: 1, 2: "x" }), map({ 1: 2, 2: bytes() })],
      [map({ 1: 1, 2: bytes() }), map({ 1: 2, 2: "x" }), map({ 1: 3, 2: "x" })],
    ],
    [
      "a = { ? (1: uint, 2: uint), 3: uint }",
      [map({ 3: 1 }), map({ 1: 1, 2: 1, 3: 1 })],
      [map({ 1: 1, 3: 1 }), map({ 2: 1, 3: 1 }), map({ 1: 1, 2: "x", 3: 1 })],
    ],
    [
      "a = { (1: uint // 2: uint), 3: uint }",
      [map({ 1: 1, 3: 1 }), map({ 2: 1, 3: 1 })],
      [map({ 3: 1 }), map({ 1: 1, 2: 1, 3: 1 })],
    ],
    [
      "a = { 1: { 2: [* { 3: uint }] } }",
      [map({ 1: map({ 2: [map({ 3: 1 })] }) })],
      [map({ 1: map({ 2: [map({ 3: 1, 4: 1 })] }) }), map({ 1: map({ 2: [map({})] }) })],
    ],
    [
      "a = { 1: uint / null, ? 2: 1 / 2 }",
      [map({ 1: null }), map({ 1: 1, 2: 2 })],
      [map({ 1: "x" }), map({ 1: 1, 2: 3 })],
    ],
    // RFC 8610 §3.5.4: ":" and "^ =>" keep a key from later entries, "=>" does not
    ["a = { ? 1: uint, * int => any }", [map({ 1: 1, 2: "x" })], [map({ 1: "x" })]],
    ["a = { ? 1 ^ => uint, * int => any }", [map({ 1: 1 })], [map({ 1: "x" })]],
    ["a = { ? 1 => uint, * int => any }", [map({ 1: 1 }), map({ 1: "x" })], []],
    ["a = { ? (1: uint, 2: uint), * int => any }", [map({ 2: "x" }), map({ 1: 1, 2: 1 })], [map({ 1: 1, 2: "x" })]],
  ]);
});

describe("controls", () => {
  holds([
    ["a = bstr .size 2", [bytes(1, 2)], [bytes(1), bytes(1, 2, 3), "xx", [1, 2]]],
    ["a = bstr .size (1..3)", [bytes(1), bytes(1, 2, 3)], [bytes(), bytes(1, 2, 3, 4)]],
    ["a = bstr .size (0 / SIXTEEN) SIXTEEN = 2", [bytes(), bytes(1, 2)], [bytes(1)]],
    ["a = tstr .size (0..2)", ["", "ab", "å"], ["abc", "åå"]],
    ["a = uint .size 1", [0, 255], [256, -1]],
    ["a = uint .size 8", [MAX64], [MAX64 + 1n]],
    ["a = (uint / bstr) .size 2", [65535, bytes(1, 2)], [65536, bytes(1)]],
    ["a = uint .lt 5", [4], [5, -1]],
    ["a = uint .le 5", [5], [6]],
    ["a = int .gt -5", [-4, MAX64], [-5]],
    ["a = int .ge LOW LOW = -5", [-5], [-6]],
    ["a = any .eq 5", [5], [6, "5"]],
    ["a = bstr .ne h'0000'", [bytes(0), bytes(0, 1)], [bytes(0, 0), 1]],
    ['a = tstr .ne ""', ["x"], [""]],
    ['a = tstr .regexp "[a-z]+(-[0-9]{2})?"', ["team", "team-07"], ["Team", "team-", "team-07\n", "xx team", 1]],
    ['a = tstr .regexp "a|b"', ["a", "b"], ["ab", "xb"]],
    ['a = tstr .regexp "\\\\[[\\\\[$^]\\\\.."', ["[[.x", "[$.\u00e5"], ["[a.x", "[[xx"]],
    ["a = uint .and (0..5)", [5], [6, -1]],
    ["a = (0..9) .within b b = 5..20", [5, 9], [4, 10]],
    ["a = (bstr .size 1) .ne h'00'", [bytes(1)], [bytes(0), bytes(1, 1)]],
  ]);

  // 83 01 61 78 a1 02 f5 = [1, "x", {2: true}]
  const embedded = bytes(0x83, 0x01, 0x61, 0x78, 0xa1, 0x02, 0xf5);
  holds([
    [
      "a = bstr .cbor [uint, tstr, { 2: bool }]",
      [embedded],
      [bytes(), embedded.slice(0, -1), bytes(...embedded, 0), bytes(0x82, 0x01, 0x61, 0x78), bytes(0xff), "x", [1]],
    ],
    ["a = bstr .cbor any", [bytes(0xf6)], [bytes(0x18), bytes(0x61, 0xff)]],
    ["a = (bstr .size 1) .cbor uint", [bytes(1)], [bytes(0x18, 0x18)]],
    ["a = bstr .cbor a / bstr .cbor null", [bytes(0xf6), bytes(0x41, 0xf6)], [bytes(0x41, 0x01)]],
  ]);
});

describe("generics", () => {
  holds([
    ["a = list<uint> list<T> = [* T]", [[], [1, 2]], [["x"]]],
    ["a = [list<uint>, list<tstr>] list<T> = [* T]", [[[1], ["x"]]], [[["x"], [1]]]],
    [
      "a = message<1, tstr> / message<2, 0..9> message<K, V> = { 1: K, 2: V }",
      [map({ 1: 1, 2: "x" }), map({ 1: 2, 2: 9 })],
      [map({ 1: 1, 2: 9 }), map({ 1: 2, 2: "x" }), map({ 1: 3, 2: 9 })],
    ],
    ["a = { g<uint>, 2: tstr } g<T> = (1: T)", [map({ 1: 1, 2: "x" })], [map({ 1: "x", 2: "x" })]],
    ["a = sized<2> sized<N> = bstr .size N", [bytes(1, 2)], [bytes(1)]],
    [
      "a = outer<uint> outer<T> = inner<[T]> inner<T> = { 1: T }",
      [map({ 1: [1] })],
      [map({ 1: 1 }), map({ 1: ["x"] })],
    ],
    [
      "a = sealed<{ 1: uint }> sealed<T> = [bstr .cbor T]",
      [[bytes(0xa1, 1, 1)]],
      [[bytes(0xa1, 1, 0x20)], [bytes(0xa0)]],
    ],
    ["a = tree<uint> tree<T> = [T, * tree<T>]", [[1, [2], [3, [4]]]], [[1, ["x"]], [[1]]]],
    ["a = { key<5> => uint } key<K> = K", [map({ 5: 1 })], [map({ 6: 1 })]],
  ]);
});

describe("a verdict says where and why", () => {
  it.each([
    ["a = { 1: [uint, { 2: tstr }] }", map({ 1: [1, map({ 2: 3 })] }), "/1/1/2", /expected tstr, found 3/],
    ["a = { 1: uint, 2: uint }", map({ 1: 1 }), "", /key 2 is missing, expected uint/],
    ["a = { 1: uint }", map({ 1: 1, 7: 1 }), "", /keys 7/],
    ["a = { ? 1: uint }", map({ 1: "x" }), "/1", /expected uint, found text "x"/],
    ["a = [uint, tstr]", [1], "", /item 1 is missing, expected tstr/],
    ["a = [* uint]", [1, 2, "x"], "/2", /expected uint/],
    ["a = [uint]", [1, 2], "", /expected 1 items, found 2/],
    ["a = [? tstr, uint]", [1, 2], "", /expected 1 items, found 2/],
    ["a = { ? 1: uint, ? 2: 3 / null }", map({ 1: "x", 2: null }), "/1", /expected uint/],
    ["a = 1 / 2 / 3", 4, "", /expected 1 \/ 2 \/ 3, found 4/],
    ["a = { 1: 1, 2: uint } / { 1: 2, 2: tstr }", map({ 1: 2, 2: 3 }), "/2", /expected tstr/],
    ["a = { 1: bstr .cbor { 3: uint } }", map({ 1: bytes(0xa1, 3, 0xf5) }), "/1/<cbor>/3", /expected uint, found true/],
    ["a = [bstr .cbor uint]", [bytes(0x18)], "/0", /is not CBOR/],
    ["a = [bstr .size 2]", [bytes(1)], "/0", /\.size \(2\), found 1 bytes/],
    ['a = { 1: b } b = tstr .regexp "x"', map({ 1: "y" }), "/1", /regexp/],
  ])("%s", (source, value, path, reason) => {
    const verdict = check(source, value);
    expect(verdict).toMatchObject({ ok: false, path, reason: expect.stringMatching(reason) });
  });

  it("bytes that do not decode are a verdict, an unknown rule or a group is a mistake of the caller", () => {
    const schema = readSchema("a = [uint, g] g = (? tstr) generic<T> = T");
    expect(validateBytes(schema, "a", bytes(0x82, 0x01, 0x60), decodePlain)).toEqual({ ok: true });
    expect(validateBytes(schema, "a", bytes(0x82, 0x01), decodePlain)).toMatchObject({ ok: false, path: "" });
    for (const name of ["b", "g", "generic"]) {
      expect(() => validate(schema, name, 1, decodePlain)).toThrow(RangeError);
    }
  });
});

it("an array that repetitions could share out in many ways is decided in one pass", () => {
  const schema = readSchema("a = [* uint, * uint, * uint, * uint, * (uint // uint), tstr]");
  const items = Array.from({ length: 20_000 }, (_, index) => index);
  expect(validate(schema, "a", [...items, "end"], decodePlain)).toEqual({ ok: true });
  expect(validate(schema, "a", items, decodePlain)).toMatchObject({ ok: false, path: "" });
});
