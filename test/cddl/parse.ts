/**
 * The syntax of CDDL (RFC 8610, appendix B), for the subset that this repository's grammars use: text in, definitions
 * out. What lies outside of the subset is refused with its line and column; nothing is skipped.
 */

/** Where something stands in the text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The text is not CDDL, not of the subset, or contradicts itself. */
export class CddlError extends Error {
  override readonly name = "CddlError";
  readonly line: number;
  readonly column: number;
  readonly expected: string;

  constructor(at: Position, expected: string, found: string) {
    super(`line ${at.line}, column ${at.column}: expected ${expected}, found ${found}`);
    this.line = at.line;
    this.column = at.column;
    this.expected = expected;
  }
}

/** Integers within ±(2^53-1) are numbers, all others bigints. */
export type Literal = number | bigint | string | Uint8Array;

export const OPERATORS = ["size", "cbor", "lt", "le", "gt", "ge", "eq", "ne", "regexp", "within", "and"] as const;
export type Operator = (typeof OPERATORS)[number];

export type Type = { readonly at: Position } & (
  | { readonly kind: "literal"; readonly value: Literal }
  | { readonly kind: "name"; readonly name: string; readonly args: readonly Type[] }
  | { readonly kind: "range"; readonly low: Type; readonly high: Type; readonly includesHigh: boolean }
  | { readonly kind: "control"; readonly operator: Operator; readonly target: Type; readonly controller: Type }
  | { readonly kind: "choice"; readonly options: readonly Type[] }
  | { readonly kind: "array" | "map" | "enumeration"; readonly group: Group }
);

/** Choices (`//`) of sequences of entries. */
export type Group = readonly (readonly Entry[])[];

export interface Entry {
  readonly at: Position;
  readonly min: number;
  readonly max: number;
  readonly body:
    | { readonly kind: "member"; readonly key: Key | undefined; readonly type: Type }
    | { readonly kind: "group"; readonly group: Group };
}

/** A bareword is a text key in a map and mere documentation in an array (RFC 8610 §3.5.1). */
export type Key =
  | { readonly kind: "bareword"; readonly at: Position; readonly name: string }
  | { readonly kind: "type"; readonly type: Type; readonly cut: boolean };

export interface Definition {
  readonly at: Position;
  readonly name: string;
  readonly parameters: readonly string[];
  readonly assign: "=" | "/=" | "//=";
  readonly body: { readonly kind: "type"; readonly type: Type } | { readonly kind: "group"; readonly group: Group };
}

type TokenKind = "name" | "literal" | "occurrence" | "control" | "mark" | "end";
interface Token {
  readonly kind: TokenKind;
  readonly at: Position;
  readonly text: string;
  readonly start: number;
  readonly value?: Literal;
}

const BLANK = /(?: |\r?\n|;[^\r\n]*)*/y;
const TEXT = /"(?:[^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/uy;
const BYTES = /h'(?:[0-9a-fA-F \r\n]*)'/y;
const OCCURRENCE = /\d*\*\d*|[+?]/y;
const NUMBER = /-?(?:0x[0-9a-fA-F]+|0|[1-9]\d*)(?![\dA-Za-z_@$*]|\.\d)/y;
const NAME = /[A-Za-z@_](?:[-.]*[A-Za-z@_0-9])*(?![A-Za-z0-9@_'$])/y;
const MARK = /\.{2,3}|\/\/=|\/\/|\/=|\/|=>|[=^:,<>()[\]{}&]/y;
const CONTROL = /\.([A-Za-z]+)/y;
const LEXICON: readonly (readonly [TokenKind, RegExp])[] = [
  ["literal", TEXT],
  ["literal", BYTES],
  ["occurrence", OCCURRENCE], // before numbers: `2*3` is one occurrence
  ["literal", NUMBER],
  ["name", NAME],
  ["mark", MARK],
  ["control", CONTROL],
];

function readLiteral(text: string, at: Position): Literal {
  if (text.startsWith('"')) return JSON.parse(text) as string;
  if (text.startsWith("h'")) {
    const digits = text.slice(2, -1).replace(/[ \r\n]/g, "");
    if (digits.length % 2 !== 0) throw new CddlError(at, "an even number of hex digits", text);
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  }
  const magnitude = BigInt(text.replace(/^-/, ""));
  const value = text.startsWith("-") ? -magnitude : magnitude;
  if (value >= 1n << 64n || value < -(1n << 64n)) throw new CddlError(at, "an integer of CBOR (64 bits)", text);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let line = 1;
  let lineStart = 0;
  const skip = (length: number): void => {
    for (const end = offset + length; offset < end; offset++)
      if (source[offset] === "\n") {
        line++;
        lineStart = offset + 1;
      }
  };
  for (;;) {
    BLANK.lastIndex = offset;
    skip(BLANK.exec(source)?.[0].length ?? 0);
    const at = { line, column: offset - lineStart + 1 };
    if (offset >= source.length) return [...tokens, { kind: "end", at, text: "the end of the text", start: offset }];
    let token: Token | undefined;
    for (const [kind, pattern] of LEXICON) {
      pattern.lastIndex = offset;
      const text = pattern.exec(source)?.[0];
      if (text === undefined) continue;
      const common = { kind, at, text, start: offset };
      token = kind === "literal" ? { ...common, value: readLiteral(text, at) } : common;
      break;
    }
    if (token === undefined) throw new CddlError(at, "a token of the subset", refusal(source.slice(offset)));
    tokens.push(token);
    skip(token.text.length);
  }
}

/** Names what is refused, for the things that a reader of RFC 8610 may try. */
function refusal(rest: string): string {
  const word = JSON.stringify(/^\S[^\s,]*/.exec(rest)?.[0] ?? rest[0]);
  if (rest.startsWith("#")) return `${word}: tags (#6.n) and major types (#) are refused`;
  if (rest.startsWith("~")) return `${word}: unwrapping is refused`;
  if (rest.startsWith("$") || /^[\w@.-]+\$/.test(rest)) return `${word}: sockets ($) are refused`;
  if (/^(b64)?'/.test(rest)) return `${word}: byte strings are written h'..'`;
  if (/^-?\d/.test(rest)) return `${word}: only integers, decimal or 0x, without leading zeros`;
  if (rest.startsWith('"')) return `${word}: not a text literal`;
  return word;
}

/** What parentheses hold: a type when it can be one, else a group. */
type Operand = { readonly kind: "type"; readonly type: Type } | { readonly kind: "group"; readonly group: Group };

/** The definitions in the order of the text. Throws {@link CddlError}. Names are not resolved here. */
export function parse(source: string): Definition[] {
  const tokens = tokenize(source);
  let index = 0;
  const look = (ahead = 0): Token => tokens[Math.min(index + ahead, tokens.length - 1)] as Token;
  const fail = (expected: string, token = look()): never => {
    throw new CddlError(token.at, expected, token.kind === "end" ? token.text : JSON.stringify(token.text));
  };
  const isMark = (text: string, ahead = 0): boolean => look(ahead).kind === "mark" && look(ahead).text === text;
  const next = (): Token => {
    const token = look();
    index++;
    return token;
  };
  const take = (mark: string): boolean => {
    if (!isMark(mark)) return false;
    index++;
    return true;
  };
  const need = (mark: string, expected = `"${mark}"`): void => {
    if (!take(mark)) fail(expected);
  };
  const needName = (expected: string): Token => (look().kind === "name" ? next() : fail(expected));

  function definition(): Definition {
    const { at, text: name } = needName("the name of a rule");
    const parameters: string[] = [];
    if (adjacent("<")) {
      do parameters.push(needName("the name of a parameter").text);
      while (take(","));
      need(">", '"," or ">"');
    }
    const assign = (["=", "/=", "//="] as const).find((mark) => take(mark)) ?? fail('"=", "/=" or "//="');
    const start = look();
    let body = operand();
    if (body.kind === "type") body = { kind: "type", type: restOfChoice(body.type) };
    if (assign === "/=" && body.kind === "group") fail("a type", start);
    if (assign === "//=" && body.kind === "type") body = { kind: "group", group: [[entryOf(body.type)]] };
    if (look().kind !== "name" && look().kind !== "end") {
      fail(body.kind === "type" ? 'an operator, "/", a rule or the end' : "a rule or the end");
    }
    return { at, name, parameters, assign, body };
  }

  /** `<` belongs to a name only without a space between them (RFC 8610 appendix B, `typename [genericarg]`). */
  function adjacent(mark: string): boolean {
    const before = tokens[index - 1] as Token;
    return look().start === before.start + before.text.length && take(mark);
  }

  function type(): Type {
    return restOfChoice(type1());
  }

  function restOfChoice(first: Type): Type {
    const options = [first];
    while (take("/")) options.push(type1());
    return options.length === 1 ? first : { kind: "choice", at: first.at, options };
  }

  function type1(): Type {
    const start = look();
    const found = operand();
    return found.kind === "type" ? found.type : fail("a type (this is a group)", start);
  }

  /** `type1`, or a parenthesised group where one may stand. */
  function operand(): Operand {
    const start = look();
    const left = type2();
    const isRange = isMark("..") || isMark("...");
    if (!isRange && look().kind !== "control") return left;
    if (left.kind === "group") return fail("a type (this is a group)", start);
    const sign = next();
    const rightStart = look();
    const right = type2();
    if (right.kind === "group") return fail("a type (this is a group)", rightStart);
    const at = left.type.at;
    if (isRange) {
      const includesHigh = sign.text === "..";
      return { kind: "type", type: { kind: "range", at, low: left.type, high: right.type, includesHigh } };
    }
    const operator =
      OPERATORS.find((known) => `.${known}` === sign.text) ?? fail(`one of .${OPERATORS.join(" .")}`, sign);
    return { kind: "type", type: { kind: "control", at, operator, target: left.type, controller: right.type } };
  }

  function type2(): Operand {
    const token = look();
    const { at } = token;
    if (token.kind === "literal")
      return { kind: "type", type: { kind: "literal", at, value: next().value as Literal } };
    if (token.kind === "name") return { kind: "type", type: reference() };
    if (take("[")) return { kind: "type", type: { kind: "array", at, group: group("]") } };
    if (take("{")) return { kind: "type", type: { kind: "map", at, group: group("}") } };
    if (take("(")) return asType(group(")"));
    if (take("&")) {
      if (take("(")) return { kind: "type", type: { kind: "enumeration", at, group: group(")") } };
      if (look().kind !== "name") fail('"(" or the name of a group');
      return { kind: "type", type: { kind: "enumeration", at, group: [[entryOf(reference())]] } };
    }
    return fail("a type");
  }

  function reference(): Type {
    const { at, text: name } = next();
    const args: Type[] = [];
    if (adjacent("<")) {
      do args.push(type1());
      while (take(","));
      need(">", '"," or ">"');
    }
    return { kind: "name", at, name, args };
  }

  /** Up to and including the closing mark. */
  function group(close: string): Group {
    const choices: Entry[][] = [[]];
    while (!take(close)) {
      if (take("//")) choices.push([]);
      else if (look().kind === "end" || (look().kind === "mark" && !"[{(&".includes(look().text)))
        fail(`an entry, "//" or "${close}"`);
      else {
        choices.at(-1)?.push(entry());
        take(",");
      }
    }
    return choices;
  }

  function entry(): Entry {
    const { at } = look();
    const [min, max] = occurrence();
    if (look().kind === "name" && isMark(":", 1)) {
      const { at: keyAt, text: name } = next();
      need(":");
      return { at, min, max, body: { kind: "member", key: { kind: "bareword", at: keyAt, name }, type: type() } };
    }
    const found = operand();
    if (found.kind === "group") return { at, min, max, body: found };
    const first = found.type;
    const member = (cut: boolean): Entry => {
      return { at, min, max, body: { kind: "member", key: { kind: "type", type: first, cut }, type: type() } };
    };
    if (isMark(":")) {
      if (first.kind !== "literal") fail('"=>" or "^ =>" after a key that is not a literal');
      need(":");
      return member(true); // RFC 8610 §3.5.4: ":" includes the cut
    }
    const cut = take("^");
    if (cut || isMark("=>")) {
      need("=>");
      return member(cut);
    }
    return { at, min, max, body: { kind: "member", key: undefined, type: restOfChoice(first) } };
  }

  function occurrence(): readonly [number, number] {
    if (look().kind !== "occurrence") return [1, 1];
    const token = next();
    if (token.text === "?") return [0, 1];
    if (token.text === "+") return [1, Number.POSITIVE_INFINITY];
    const [low = "", high = ""] = token.text.split("*");
    const min = Number(low);
    const max = high === "" ? Number.POSITIVE_INFINITY : Number(high);
    return min <= max ? [min, max] : fail("bounds n*m with n <= m", token);
  }

  const definitions: Definition[] = [];
  do definitions.push(definition());
  while (look().kind !== "end");
  return definitions;
}

function entryOf(type: Type): Entry {
  return { at: type.at, min: 1, max: 1, body: { kind: "member", key: undefined, type } };
}

/** One entry without key and occurrence is a type in parentheses; whether its name is a group shows when it is resolved. */
function asType(group: Group): Operand {
  const only = group.length === 1 && group[0]?.length === 1 ? group[0][0] : undefined;
  if (only === undefined || only.min !== 1 || only.max !== 1) return { kind: "group", group };
  if (only.body.kind === "group") return only.body;
  return only.body.key === undefined ? { kind: "type", type: only.body.type } : { kind: "group", group };
}
