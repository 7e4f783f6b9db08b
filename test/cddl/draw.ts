/**
 * Values that match a type of a schema, and the same values with something changed, for tests that hold a grammar and a
 * parser to each other. What stands encoded within a byte string is changed as a value, and not as bytes.
 */
import fc from "fast-check";
import type { Item, Member, Node, Repeated } from "./node.ts";
import type { Value } from "./validate.ts";

/** A value in which embedded items (`bstr .cbor`) are still items. */
export type Tree = Exclude<Value, readonly Value[] | ReadonlyMap<Value, Value>> | Tree[] | Map<number, Tree> | Embedded;

export class Embedded {
  readonly content: Tree;

  constructor(content: Tree) {
    this.content = content;
  }
}

/** The longest list that is drawn as often as short ones. */
const USUAL_LENGTH = 4;

/** Values of the rules that are to be drawn otherwise than the grammar says, by their names. */
export type Instead = Readonly<Record<string, fc.Arbitrary<Tree>>>;

/** Values of a type. Throws `RangeError` for what this repository's grammars do not use. */
export function draw(node: Node, instead: Instead = {}): fc.Arbitrary<Tree> {
  switch (node.kind) {
    case "literal":
      return fc.constant(node.value);
    case "range":
      return numbers(Number(node.low), Number(node.high) - (node.open ? 1 : 0));
    case "rule":
      if (node.target === undefined) throw new RangeError(`${node.name} is not resolved`);
      return instead[node.name] ?? draw(node.target, instead);
    case "choice":
      return fc.oneof(...node.options.map((option) => draw(option, instead)));
    case "array":
      return fc.oneof(...node.group.map((items) => sequence(items, instead)));
    case "map":
      return fc.oneof(...node.group.map((members) => entries(members, instead).map((drawn) => new Map(drawn))));
    case "cbor":
      return draw(node.content, instead).map((content) => new Embedded(content));
    case "size":
      return sized(node.target, node.size);
    case "regexp":
      return fc.stringMatching(node.pattern);
    case "prelude":
      if (node.name === "bool") return fc.boolean();
      if (node.name === "bstr") return fc.uint8Array({ maxLength: 40 });
      throw new RangeError(`${node.name} is not drawn`);
    default:
      throw new RangeError(`.${node.kind} is not drawn`);
  }
}

function numbers(low: number, high: number): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: low, max: high }), fc.constantFrom(low, high));
}

function sized(target: Node, size: Node): fc.Arbitrary<Tree> {
  const [minLength, maxLength] =
    size.kind === "range"
      ? [Number(size.low), Number(size.high)]
      : size.kind === "literal"
        ? [Number(size.value), Number(size.value)]
        : [0, 0];
  if (target.kind === "prelude" && target.name === "bstr") return fc.uint8Array({ minLength, maxLength });
  if (target.kind === "prelude" && target.name === "tstr") {
    return fc.string({ unit: fc.constantFrom("a", "7", "-", "z"), minLength, maxLength });
  }
  throw new RangeError("only byte strings and text are drawn by size");
}

function repeat<Single, Drawn>(
  { min, max, body }: Repeated<Single>,
  one: (body: Repeated<Single>["body"]) => fc.Arbitrary<Drawn[]>,
): fc.Arbitrary<Drawn[]> {
  if (min === 1 && max === 1) return one(body);
  const usual = fc.array(one(body), { minLength: min, maxLength: Math.min(max, Math.max(min, USUAL_LENGTH)) });
  const full = fc.array(one(body), {
    minLength: Number.isFinite(max) ? max : min,
    maxLength: Number.isFinite(max) ? max : min,
  });
  return fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: full }).map((drawn) => drawn.flat());
}

function concat<Drawn>(parts: readonly fc.Arbitrary<Drawn[]>[]): fc.Arbitrary<Drawn[]> {
  return fc.tuple(...parts).map((drawn) => drawn.flat());
}

function sequence(items: readonly Item[], instead: Instead): fc.Arbitrary<Tree[]> {
  return concat(
    items.map((item) =>
      repeat(item, (body) =>
        body.kind === "group"
          ? fc.oneof(...body.group.map((inner) => sequence(inner, instead)))
          : draw(body.type, instead).map((value) => [value]),
      ),
    ),
  );
}

function entries(members: readonly Member[], instead: Instead): fc.Arbitrary<[number, Tree][]> {
  return concat(
    members.map((member) =>
      repeat(member, (body) =>
        body.kind === "group"
          ? fc.oneof(...body.group.map((inner) => entries(inner, instead)))
          : fc.tuple(draw(body.key) as fc.Arbitrary<number>, draw(body.type, instead)).map((entry) => [entry]),
      ),
    ),
  );
}

/** The value as it stands on the wire. */
export function written(tree: Tree, encode: (value: Value) => Uint8Array): Value {
  if (tree instanceof Embedded) return encode(written(tree.content, encode));
  if (Array.isArray(tree)) return tree.map((item) => written(item, encode));
  if (tree instanceof Map) return new Map([...tree].map(([label, item]) => [label, written(item, encode)]));
  return tree;
}

/** One change: `place` chooses where (counted through the tree, and beginning anew after its end), `how` says what. */
export interface Change {
  readonly place: number;
  readonly how:
    | { readonly kind: "replace"; readonly by: Tree }
    | { readonly kind: "nudge"; readonly by: number }
    | { readonly kind: "drop"; readonly at: number }
    | { readonly kind: "add"; readonly label: number; readonly item: Tree };
}

const items: fc.Arbitrary<Tree> = fc.oneof(
  fc.constantFrom<Tree>(0, 1, 7, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, 2n ** 64n - 1n),
  fc.constantFrom<Tree>(true, false, null, "", "AAAAAAAAAAA"),
  fc.uint8Array({ maxLength: 33 }),
  fc.constantFrom(0, 1).map((size): Tree => Array.from({ length: size }, () => 1)),
  fc.constantFrom(0, 1).map((size): Tree => new Map(Array.from({ length: size }, () => [1, 1]))),
);

export const changes: fc.Arbitrary<Change> = fc.record({
  place: fc.nat({ max: 1000 }),
  how: fc.oneof(
    fc.record({ kind: fc.constant("replace" as const), by: items }),
    fc.record({ kind: fc.constant("nudge" as const), by: fc.constantFrom(-1, 1) }),
    fc.record({ kind: fc.constant("drop" as const), at: fc.nat({ max: 50 }) }),
    fc.record({ kind: fc.constant("add" as const), label: fc.integer({ min: -24, max: 23 }), item: items }),
  ),
});

/** The tree with one change, which may leave it as it was, e.g. where a number is to be made shorter. */
export function change(tree: Tree, { place, how }: Change): Tree {
  let left = place % count(tree);
  const walk = (node: Tree): Tree => {
    if (left-- === 0) return changeHere(node, how);
    if (node instanceof Embedded) return new Embedded(walk(node.content));
    if (Array.isArray(node)) return node.map(walk);
    if (node instanceof Map) return new Map([...node].map(([label, item]) => [label, walk(item)]));
    return node;
  };
  return walk(tree);
}

function count(tree: Tree): number {
  const below = tree instanceof Embedded ? [tree.content] : tree instanceof Map ? [...tree.values()] : tree;
  return Array.isArray(below) ? below.reduce((sum: number, item) => sum + count(item), 1) : 1;
}

function changeHere(node: Tree, how: Change["how"]): Tree {
  if (how.kind === "replace") return how.by;
  if (node instanceof Map) {
    if (how.kind === "add") return new Map([...node, [how.label, how.item]]);
    return how.kind === "drop" ? new Map(without([...node], how.at)) : node;
  }
  if (Array.isArray(node)) {
    if (how.kind === "add") return node.toSpliced(Math.abs(how.label) % (node.length + 1), 0, how.item);
    // One more of the same kind reaches the end of a list's range.
    if (how.kind === "nudge") return how.by > 0 ? [...node, ...node.slice(-1)] : node.slice(0, -1);
    return without(node, how.at);
  }
  if (how.kind !== "nudge") return node;
  if (typeof node === "number") return node + how.by;
  if (typeof node === "string") return how.by > 0 ? `${node}A` : node.slice(0, -1);
  if (node instanceof Uint8Array) return how.by > 0 ? Uint8Array.of(...node, 0) : node.slice(0, -1);
  return node;
}

function without<Item>(list: readonly Item[], at: number): Item[] {
  return list.toSpliced(at % Math.max(1, list.length), 1);
}
