/**
 * Definitions resolved into a schema: names, generics, literals and controls are checked once, here, so that matching a
 * value cannot meet an unknown name or a control that does not apply.
 */
import {
  kindsOf,
  literalOf,
  type MemberOne,
  type Members,
  type Node,
  type Prelude,
  print,
  type Repeated,
  type Sequence,
  type ValueKind,
} from "./node.ts";
import {
  CddlError,
  type Definition,
  type Entry,
  type Group,
  type Key,
  type Literal,
  type Position,
  parse,
  type Type,
} from "./parse.ts";

export interface Schema {
  /** The rules without parameters that are types: what a value can be validated against. */
  readonly types: ReadonlyMap<string, Node>;
  /** For every rule the rules that its definition names. */
  readonly uses: ReadonlyMap<string, ReadonlySet<string>>;
}

const PRELUDE: ReadonlyMap<string, Prelude> = new Map<string, Prelude>([
  ...(["uint", "nint", "int", "bstr", "tstr", "bool", "true", "false", "null", "any"] as const).map(
    (name) => [name, name] as const,
  ),
  ["bytes", "bstr"],
  ["text", "tstr"],
  ["nil", "null"],
]);
const MAX_NESTING = 100;

/** Reads a CDDL text. Throws {@link CddlError} for what is not of the subset, undefined or defined twice. */
export function readSchema(source: string): Schema {
  const rules = merge(parse(source));
  const uses = new Map([...rules].map(([name, rule]) => [name, namesIn(rule, rules)]));
  const resolve = resolver(rules);
  const types = new Map<string, Node>();
  for (const [name, rule] of rules) {
    if (rule.parameters.length === 0 && !isGroup(name, rules)) types.set(name, resolve(name, rule.at));
  }
  return { types, uses };
}

/** The rules that no root reaches, in the order of the text. Throws `RangeError` for a root that is not a rule. */
export function unusedRules(schema: Schema, roots: readonly string[]): string[] {
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const used = schema.uses.get(name);
    if (used === undefined) throw new RangeError(`no rule is called ${name}`);
    if (reached.has(name)) continue;
    reached.add(name);
    waiting.push(...used);
  }
  return [...schema.uses.keys()].filter((name) => !reached.has(name));
}

/** One definition a name: `/=` and `//=` add to what stands before them, or begin it (RFC 8610 §2.2.2). */
function merge(definitions: readonly Definition[]): Map<string, Definition> {
  const rules = new Map<string, Definition>();
  for (const found of definitions) {
    const { at, name, assign, parameters } = found;
    const twice = parameters.find((parameter, index) => parameters.indexOf(parameter) !== index);
    if (twice !== undefined) throw new CddlError(at, "parameters with different names", `${twice} twice`);
    for (const taken of [name, ...parameters]) {
      if (PRELUDE.has(taken)) throw new CddlError(at, "a name that the prelude does not have", taken);
    }
    const before = rules.get(name);
    if (before === undefined) {
      rules.set(name, found);
      continue;
    }
    const first = `${name} again (first in line ${before.at.line})`;
    if (assign === "=") throw new CddlError(at, "one definition for each name", first);
    if (before.parameters.length + parameters.length > 0) throw new CddlError(at, "no extension of a generic", first);
    if (before.body.kind === "type" && found.body.kind === "type") {
      const options = [before.body.type, found.body.type];
      rules.set(name, { ...before, body: { kind: "type", type: { kind: "choice", at: before.at, options } } });
    } else if (before.body.kind === "group" && found.body.kind === "group") {
      rules.set(name, { ...before, body: { kind: "group", group: [...before.body.group, ...found.body.group] } });
    } else throw new CddlError(at, `a ${before.body.kind} as before`, `a ${found.body.kind} for ${name}`);
  }
  return rules;
}

/** The rules that a definition names; throws for an undefined name or a wrong number of arguments. */
function namesIn(rule: Definition, rules: ReadonlyMap<string, Definition>): Set<string> {
  const names = new Set<string>();
  const inGroup = (group: Group): void => {
    for (const { body } of group.flat()) {
      if (body.kind === "group") inGroup(body.group);
      else {
        if (body.key?.kind === "type") inType(body.key.type);
        inType(body.type);
      }
    }
  };
  const inType = (type: Type): void => {
    switch (type.kind) {
      case "literal":
        return;
      case "name": {
        type.args.forEach(inType);
        const isParameter = rule.parameters.includes(type.name);
        const target = isParameter ? undefined : rules.get(type.name);
        if (target === undefined && !isParameter && !PRELUDE.has(type.name)) {
          const hint = type.name.includes(".") ? " (an operator needs a space before it)" : "";
          throw new CddlError(type.at, "a defined name", `${type.name}${hint}`);
        }
        const arity = target?.parameters.length ?? 0;
        if (type.args.length !== arity) {
          throw new CddlError(type.at, `${arity} arguments for ${type.name}`, `${type.args.length}`);
        }
        if (target !== undefined) names.add(type.name);
        return;
      }
      case "range":
        inType(type.low);
        inType(type.high);
        return;
      case "control":
        inType(type.target);
        inType(type.controller);
        return;
      case "choice":
        type.options.forEach(inType);
        return;
      case "array":
      case "map":
      case "enumeration":
        inGroup(type.group);
    }
  };
  if (rule.body.kind === "group") inGroup(rule.body.group);
  else inType(rule.body.type);
  return names;
}

/** `a = (b)` is a group when b is one. */
function isGroup(name: string, rules: ReadonlyMap<string, Definition>, seen: readonly string[] = []): boolean {
  const rule = rules.get(name);
  if (rule === undefined || seen.includes(name)) return false;
  if (rule.body.kind === "group") return true;
  const { type } = rule.body;
  return type.kind === "name" && !rule.parameters.includes(type.name) && isGroup(type.name, rules, [...seen, name]);
}

type NameType = Type & { readonly kind: "name" };
/** The arguments that a rule's parameters stand for. */
type Scope = ReadonlyMap<string, Node>;

function scopeOf(rule: Definition, args: readonly Node[]): Scope {
  return new Map(rule.parameters.map((parameter, index) => [parameter, args[index] as Node]));
}

function resolver(rules: ReadonlyMap<string, Definition>): (name: string, at: Position) => Node {
  const done = new Map<string, Node & { kind: "rule" }>();
  /** Rules whose resolution is under way, with the number of enclosing arrays, maps and `.cbor` at their start. */
  const open = new Map<string, number>();
  const openGroups: string[] = [];
  let enclosing = 0;

  const enclosed = <T>(work: () => T): T => {
    enclosing++;
    const result = work();
    enclosing--;
    return result;
  };

  function named(name: string, args: readonly Node[], at: Position): Node {
    const rule = rules.get(name) as Definition;
    if (isGroup(name, rules)) throw new CddlError(at, "a type", `the group ${name}`);
    const label = args.length === 0 ? name : `${name}<${args.map(print).join(", ")}>`;
    const known = done.get(label);
    if (known !== undefined) {
      if (open.get(label) === enclosing) throw new CddlError(at, "a type that ends", `${label} within itself`);
      return known;
    }
    if (open.size >= MAX_NESTING) throw new CddlError(at, "generics that end", label);
    const node: Node & { kind: "rule" } = { kind: "rule", name: label, target: undefined };
    done.set(label, node);
    open.set(label, enclosing);
    if (rule.body.kind === "type") node.target = typed(rule.body.type, scopeOf(rule, args));
    open.delete(label);
    return node;
  }

  function typed(type: Type, scope: Scope): Node {
    const { at } = type;
    switch (type.kind) {
      case "literal":
        return { kind: "literal", value: type.value };
      case "name": {
        const prelude = PRELUDE.get(type.name);
        if (prelude !== undefined) return { kind: "prelude", name: prelude };
        const args = type.args.map((argument) => typed(argument, scope));
        return scope.get(type.name) ?? named(type.name, args, at);
      }
      case "range": {
        const [low, high] = [type.low, type.high].map((end) => {
          const value = literalOf(typed(end, scope));
          if (typeof value === "number" || typeof value === "bigint") return value;
          throw new CddlError(end.at, "an integer as the end of a range", print(typed(end, scope)));
        }) as [number | bigint, number | bigint];
        const isEmpty = type.includesHigh ? low > high : low >= high;
        if (isEmpty) throw new CddlError(at, "a range that holds something", `${low} to ${high}`);
        return { kind: "range", low, high, open: !type.includesHigh };
      }
      case "choice":
        return { kind: "choice", options: type.options.map((option) => typed(option, scope)) };
      case "array":
        return { kind: "array", group: enclosed(() => sequence(type.group, scope)) };
      case "map":
        return { kind: "map", group: enclosed(() => members(type.group, scope)) };
      case "enumeration":
        return { kind: "choice", options: values(type.group, scope, at) };
      case "control":
        return control(type, scope);
    }
  }

  function control(type: Type & { kind: "control" }, scope: Scope): Node {
    const { at, operator } = type;
    const target = typed(type.target, scope);
    const controller = (): Node => typed(type.controller, scope);
    const onlyOn = (...allowed: ValueKind[]): void => {
      for (const kind of kindsOf(target, at)) {
        if (!allowed.includes(kind))
          throw new CddlError(at, `${allowed.join(" or ")} before .${operator}`, print(target));
      }
    };
    const value = (): Literal => {
      const literal = literalOf(controller());
      if (literal !== undefined) return literal;
      throw new CddlError(type.controller.at, `a single value after .${operator}`, print(controller()));
    };
    switch (operator) {
      case "and":
      case "within":
        return { kind: "both", target, other: controller() };
      case "cbor":
        onlyOn("bstr");
        return { kind: "cbor", target, content: enclosed(controller) };
      case "size": {
        onlyOn("bstr", "tstr", "uint");
        const size = controller();
        if ([...kindsOf(size, at)].some((kind) => kind !== "uint")) {
          throw new CddlError(type.controller.at, "a size in bytes", print(size));
        }
        if (!kindsOf(target, at).has("uint")) return { kind: "size", target, size, uintMax: undefined };
        const length = value();
        if (typeof length !== "number" || length > 8) {
          throw new CddlError(type.controller.at, "at most 8 bytes for an integer", print(size));
        }
        return { kind: "size", target, size, uintMax: (1n << BigInt(8 * length)) - 1n };
      }
      case "regexp": {
        onlyOn("tstr");
        const pattern = value();
        if (typeof pattern !== "string") throw new CddlError(type.controller.at, "a text literal", print(controller()));
        return { kind: "regexp", target, pattern: wholeMatch(pattern, type.controller.at) };
      }
      case "eq":
      case "ne":
        return { kind: "compare", target, operator, value: value() };
      default: {
        onlyOn("uint", "nint");
        const bound = value();
        if (typeof bound === "number" || typeof bound === "bigint") {
          return { kind: "compare", target, operator, value: bound };
        }
        throw new CddlError(type.controller.at, "an integer", print(controller()));
      }
    }
  }

  /** Resolves each entry with `one`; the names of groups and parenthesised groups become groups in place. */
  function entries<One>(
    group: Group,
    scope: Scope,
    one: (entry: Entry, key: Key | undefined, type: Type, scope: Scope) => One,
  ): Repeated<One>[][] {
    const inclusion = (name: string, args: readonly Type[], at: Position, from: Scope): Repeated<One>[][] => {
      const rule = rules.get(name) as Definition;
      if (openGroups.includes(name)) throw new CddlError(at, "a group that ends", `${name} within itself`);
      openGroups.push(name);
      const inner = scopeOf(
        rule,
        args.map((argument) => typed(argument, from)),
      );
      const { body } = rule;
      const result =
        body.kind === "group"
          ? entries(body.group, inner, one)
          : inclusion((body.type as NameType).name, (body.type as NameType).args, at, inner); // `a = (b)`
      openGroups.pop();
      return result;
    };
    return group.map((choice) =>
      choice.map((entry): Repeated<One> => {
        const { min, max, body } = entry;
        if (body.kind === "group") return { min, max, body: { kind: "group", group: entries(body.group, scope, one) } };
        const { key, type } = body;
        if (key === undefined && type.kind === "name" && !scope.has(type.name) && isGroup(type.name, rules)) {
          return { min, max, body: { kind: "group", group: inclusion(type.name, type.args, type.at, scope) } };
        }
        return { min, max, body: one(entry, key, type, scope) };
      }),
    );
  }

  function sequence(group: Group, outer: Scope): Sequence {
    // RFC 8610 §3.4: in an array the keys of a group are documentation.
    return entries(group, outer, (_entry, _key, type, scope) => ({ kind: "item", type: typed(type, scope) }));
  }

  function members(group: Group, outer: Scope): Members {
    return entries(group, outer, ({ at }, key, type, scope): MemberOne => {
      if (key === undefined) throw new CddlError(at, "a key in a map", "a type without one");
      if (key.kind === "bareword") {
        throw new CddlError(key.at, "an integer key", `${key.name}, a text key (a constant is written ${key.name} =>)`);
      }
      const keyNode = typed(key.type, scope);
      if ([...kindsOf(keyNode, key.type.at)].some((kind) => kind !== "uint" && kind !== "nint")) {
        throw new CddlError(key.type.at, "an integer key", print(keyNode));
      }
      const value = literalOf(keyNode);
      const plainKey: Node = value === undefined ? keyNode : { kind: "literal", value };
      return { kind: "member", key: plainKey, cut: key.cut, type: typed(type, scope) };
    });
  }

  /** RFC 8610 §2.2.2: `&` turns a group into the choice of its values. */
  function values(group: Group, outer: Scope, at: Position): Node[] {
    interface Value {
      readonly kind: "value";
      readonly type: Node;
    }
    const flat = (choices: readonly (readonly Repeated<Value>[])[]): Node[] =>
      choices.flat().flatMap(({ min, max, body }) => {
        if (min !== 1 || max !== 1) throw new CddlError(at, "values without occurrences", `${min}*${max}`);
        return body.kind === "group" ? flat(body.group) : [body.type];
      });
    const all = flat(
      entries(group, outer, (_entry, _key, type, scope) => ({ kind: "value", type: typed(type, scope) })),
    );
    if (all.length === 0) throw new CddlError(at, "a value", "an empty group");
    return all;
  }

  return (name, at) => named(name, [], at);
}

/**
 * A pattern of XSD as one of JavaScript. The two part ways at anchors (XSD matches the whole text and has none), `(?`, lazy
 * repetition, back references and the Unicode classes such as `\d`: those are refused, so that all readers agree.
 */
function wholeMatch(pattern: string, at: Position): RegExp {
  const parts = pattern.match(/\\.|\[\^?(?:\\.|[^\]\\])*\]|\(\?|[*+?}]\?|./gsu) ?? [];
  for (const part of parts) {
    const refused = part.startsWith("[")
      ? /\\[^|.?*+(){}[\]\\^\-nrt]/.test(part) || part.replace(/\\./gsu, "").includes("[", 1)
      : /^(?:\\[^|.?*+(){}[\]\\^nrt]|\(\?|[*+?}]\?|[\^$])$/.test(part);
    if (refused) throw new CddlError(at, "a regexp on which XSD and JavaScript agree", JSON.stringify(part));
  }
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch (error) {
    throw new CddlError(at, "a regexp", String(error));
  }
}
