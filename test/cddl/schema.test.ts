import { describe, expect, it } from "vitest";
import { CddlError, parse } from "./parse.ts";
import { readSchema, unusedRules } from "./schema.ts";

/** Where and with what expectation a text is refused. */
function refusalOf(source: string): { line: number; column: number; expected: string; message: string } {
  try {
    readSchema(source);
  } catch (error) {
    if (error instanceof CddlError) {
      const { line, column, expected, message } = error;
      return { line, column, expected, message };
    }
    throw error;
  }
  throw new Error(`accepted: ${source}`);
}

describe("what is not of the syntax is refused at its line and column", () => {
  it.each([
    ["", 1, 1, "the name of a rule"],
    ["; only a comment\n", 2, 1, "the name of a rule"],
    ["a", 1, 2, '"=", "/=" or "//="'],
    ["a =", 1, 4, "a type"],
    ["a = uint\nb = [ uint, ", 2, 13, 'an entry, "//" or "]"'],
    ["a = uint\r\nb = { 1: uint ]", 2, 15, 'an entry, "//" or "}"'],
    ["a = [ , uint ]", 1, 7, 'an entry, "//" or "]"'],
    ["a = [ uint,, uint ]", 1, 12, 'an entry, "//" or "]"'],
    ["a = uint )", 1, 10, 'an operator, "/", a rule or the end'],
    ["a = (1: uint) / uint", 1, 15, "a rule or the end"],
    ["a = uint / (1: uint)", 1, 12, "a type (this is a group)"],
    ["a = uint .and (1: uint)", 1, 15, "a type (this is a group)"],
    ["a = (1: uint) .. 4", 1, 5, "a type (this is a group)"],
    ["a = uint .size 1 .size 2", 1, 18, 'an operator, "/", a rule or the end'],
    ["a = [ 3*2 uint ]", 1, 7, "bounds n*m with n <= m"],
    ["a = [ 1*2*3 uint ]", 1, 10, "a type"],
    ["a = { b ^ uint }", 1, 11, '"=>"'],
    ["a = { (K): uint } K = 1", 1, 10, '"=>" or "^ =>" after a key that is not a literal'],
    ["a = b<uint> b<T, = T", 1, 18, "the name of a parameter"],
    ["a = b<uint b<T> = T", 1, 12, '"," or ">"'],
    ["a <T> = T", 1, 3, '"=", "/=" or "//="'],
    ["a = & uint / &", 1, 15, '"(" or the name of a group'],
    ["a /= (1: uint)", 1, 6, "a type"],
    ["a = h'123'", 1, 5, "an even number of hex digits"],
    ["a = 0x10000000000000000", 1, 5, "an integer of CBOR (64 bits)"],
    ["a = -18446744073709551617", 1, 5, "an integer of CBOR (64 bits)"],
  ])("%j", (source, line, column, expected) => {
    expect(refusalOf(source)).toMatchObject({ line, column, expected });
  });
});

describe("CDDL outside of the subset is refused, never ignored", () => {
  it.each([
    ["a = #6.24(bstr)", 5, /tags/],
    ["a = #", 5, /tags/],
    ["a = [ ~b ] b = [uint]", 7, /unwrapping/],
    ["a = $socket", 5, /sockets/],
    ["a = b$c", 5, /sockets/],
    ["a = 1.5", 5, /only integers/],
    ["a = 1e5", 5, /only integers/],
    ["a = 007", 5, /only integers/],
    ["a = 0b11", 5, /only integers/],
    ["a = [ 0x2*3 uint ]", 7, /only integers/],
    ["a = 'text'", 5, /h'/],
    ["a = b64'AA'", 5, /h'/],
    ["a = h'0g'", 5, /token/],
    ['a = "a\nb"', 5, /text literal/],
    ['a = "\\x41"', 5, /text literal/],
    ["a =\tuint", 4, /token/],
    ["a = uint .bits b b = 1", 10, /one of \.size/],
    ["a = bstr .cborseq b b = [uint]", 10, /one of \.size/],
    ["a = uint .default 1", 10, /one of \.size/],
    ["a = float", 5, /a defined name/],
    ["a = tdate", 5, /a defined name/],
  ])("%j", (source, column, message) => {
    const refusal = refusalOf(source);
    expect(refusal).toMatchObject({ line: 1, column });
    expect(refusal.message).toMatch(message);
  });
});

describe("names", () => {
  it.each([
    ["a = [\n  uint,\n  b ]", 3, 3, "a defined name"],
    ["a = uint.size", 1, 5, "a defined name"],
    ["a = { 1: uint, g }", 1, 16, "a defined name"],
    ["a = { K => uint }", 1, 7, "a defined name"],
    ["g = (1: missing)", 1, 9, "a defined name"],
    ["a<T> = [missing]", 1, 9, "a defined name"],
    ["a<T> = T b = T", 1, 14, "a defined name"],
    ["a = uint\na = tstr", 2, 1, "one definition for each name"],
    ["a /= uint\na = tstr", 2, 1, "one definition for each name"],
    ["a = [g]\ng = (uint)\ng = (1: uint)", 3, 1, "one definition for each name"],
    ["a = uint\na //= (1: uint)", 2, 1, "a type as before"],
    ["a = [g]\ng = (uint)\ng //= (tstr)", 3, 1, "a type as before"], // alone in parentheses, uint is a type
    ["a<T> = T\na<T> /= uint", 2, 1, "no extension of a generic"],
    ["uint = 1", 1, 1, "a name that the prelude does not have"],
    ["a<uint> = 1", 1, 1, "a name that the prelude does not have"],
    ["a<T, T> = T", 1, 1, "parameters with different names"],
    ["a = b<uint, tstr> b<T> = T", 1, 5, "1 arguments for b"],
    ["a = b b<T> = T", 1, 5, "1 arguments for b"],
    ["a = uint<tstr>", 1, 5, "0 arguments for uint"],
    ["a = g / uint g = (1: uint)", 1, 5, "a type"],
    ["a = a / uint", 1, 5, "a type that ends"],
    ["a = b b = c .size 3 c = a", 1, 25, "a type that ends"],
    ["a = [g] g = (uint, ? g)", 1, 22, "a group that ends"],
    ["a = b<uint> b<T> = [? b<[T]>]", 1, 23, "generics that end"],
  ])("%j", (source, line, column, expected) => {
    expect(refusalOf(source)).toMatchObject({ line, column, expected });
  });

  it("a recursion through an array, a map or .cbor is a type that ends", () => {
    const schema = readSchema("a = [* a] b = {? 1: b} c = bstr .cbor d d = c / null");
    expect([...schema.types.keys()]).toEqual(["a", "b", "c", "d"]);
  });

  it("the rules that no root reaches are listed", () => {
    const schema = readSchema(
      "root = { g, K => list<leaf> } g = (1: uint) K = 2 list<T> = [* T] leaf = 1 x = [y] y = [x]",
    );
    expect(unusedRules(schema, ["root"])).toEqual(["x", "y"]);
    expect(unusedRules(schema, ["root", "y"])).toEqual([]);
    expect(unusedRules(schema, ["leaf"])).toEqual(["root", "g", "K", "list", "x", "y"]);
    expect(() => unusedRules(schema, ["nowhere"])).toThrow(RangeError);
  });

  it("a parameter hides the rule of its name, which is then not used by it", () => {
    expect(unusedRules(readSchema("a = b<uint> b<T> = [T] T = 1"), ["a"])).toEqual(["T"]);
  });
});

describe("what can never be meant is refused", () => {
  it.each([
    ["a = { uint }", 7, "a key in a map"],
    ["a = { version: uint }", 7, "an integer key"],
    ['a = { "version": uint }', 7, "an integer key"],
    ["a = { * tstr => uint }", 9, "an integer key"],
    ["a = { * any => uint }", 9, "an integer key"],
    ["a = 5..4", 5, "a range that holds something"],
    ["a = 5...5", 5, "a range that holds something"],
    ["a = uint .. 5", 5, "an integer as the end of a range"],
    ['a = 0 .. "5"', 10, "an integer as the end of a range"],
    ["a = int .size 4", 5, "bstr or tstr or uint before .size"],
    ["a = [uint] .size 4", 5, "bstr or tstr or uint before .size"],
    ["a = bstr .size tstr", 16, "a size in bytes"],
    ["a = bstr .size -1", 16, "a size in bytes"],
    ["a = uint .size (1..2)", 17, "a single value after .size"],
    ["a = uint .size 9", 16, "at most 8 bytes for an integer"],
    ["a = tstr .cbor uint", 5, "bstr before .cbor"],
    ["a = bstr .le 4", 5, "uint or nint before .le"],
    ["a = uint .le bstr", 14, "a single value after .le"],
    ['a = uint .le "4"', 14, "an integer"],
    ['a = bstr .regexp "a"', 5, "tstr before .regexp"],
    ["a = tstr .regexp 4", 18, "a text literal"],
    ["a = &( )", 5, "a value"],
    ["a = &( ? x: 1 )", 5, "values without occurrences"],
  ])("%j", (source, column, expected) => {
    expect(refusalOf(source)).toMatchObject({ line: 1, column, expected });
  });

  it.each(["^a", "a$", "\\\\d", "\\\\bx", "(?:a)", "a+?", "(a)\\\\1", "[a-z-[aeiou]]", "[\\\\w]", "(", "\\\\$"])(
    "the regexp %j, which XSD and JavaScript do not read alike",
    (pattern) => {
      const refusal = refusalOf(`a = tstr .regexp "${pattern}"`);
      expect(refusal).toMatchObject({ line: 1, column: 18 });
      expect(refusal.expected).toMatch(/^a regexp/);
    },
  );
});

describe("what the parser reads", () => {
  it("adjacency decides between an occurrence and a number beside one", () => {
    const entries = (source: string): number[][] => {
      const body = parse(source)[0]?.body;
      if (body?.kind !== "type" || body.type.kind !== "array") throw new Error("not an array");
      return body.type.group.flat().map(({ min, max }) => [min, max]);
    };
    const many = Number.POSITIVE_INFINITY;
    expect(entries("a = [2*3 uint]")).toEqual([[2, 3]]);
    expect(entries("a = [2* uint]")).toEqual([[2, many]]);
    expect(entries("a = [*3 uint]")).toEqual([[0, 3]]);
    expect(entries("a = [2 *3 uint]")).toEqual([
      [1, 1],
      [0, 3],
    ]);
    expect(entries("a = [? uint + uint, * uint]")).toEqual([
      [0, 1],
      [1, many],
      [0, many],
    ]);
  });

  it("operators stand without spaces where no name ends before them", () => {
    const at = { line: 1, column: 5 };
    expect(parse("a = 0..-1")[0]?.body).toMatchObject({ type: { kind: "range", at, low: { value: 0 } } });
    expect(parse("a = 0x10.size 3")[0]?.body).toMatchObject({ type: { kind: "control", target: { value: 16 } } });
    expect(parse("a = min..max")[0]?.body).toMatchObject({ type: { kind: "name", name: "min..max" } });
  });
});
