/** The resolved form of types: what validation walks over, and what can be said about a type without a value. */
import { CddlError, type Literal, type Position } from "./parse.ts";

export type Prelude = "uint" | "nint" | "int" | "bstr" | "tstr" | "bool" | "true" | "false" | "null" | "any";
/** What a value can be, as far as keys and controls have to know. */
export type ValueKind = "uint" | "nint" | "bstr" | "tstr" | "other";

export type Node =
  | { readonly kind: "literal"; readonly value: Literal }
  | { readonly kind: "range"; readonly low: number | bigint; readonly high: number | bigint; readonly open: boolean }
  | { readonly kind: "prelude"; readonly name: Prelude }
  | { readonly kind: "rule"; readonly name: string; target: Node | undefined }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | { readonly kind: "array"; readonly group: Sequence }
  | { readonly kind: "map"; readonly group: Members }
  | { readonly kind: "size"; readonly target: Node; readonly size: Node; readonly uintMax: bigint | undefined }
  | { readonly kind: "cbor"; readonly target: Node; readonly content: Node }
  | { readonly kind: "both"; readonly target: Node; readonly other: Node }
  | { readonly kind: "compare"; readonly target: Node; readonly operator: Comparison; readonly value: Literal }
  | { readonly kind: "regexp"; readonly target: Node; readonly pattern: RegExp };
export type Comparison = "lt" | "le" | "gt" | "ge" | "eq" | "ne";

export interface Repeated<Single> {
  readonly min: number;
  readonly max: number;
  readonly body: Single | { readonly kind: "group"; readonly group: readonly (readonly Repeated<Single>[])[] };
}
export type Sequence = readonly (readonly Item[])[];
export type Item = Repeated<{ readonly kind: "item"; readonly type: Node }>;
export type Members = readonly (readonly Member[])[];
export type Member = Repeated<MemberOne>;
export interface MemberOne {
  readonly kind: "member";
  readonly key: Node;
  readonly cut: boolean;
  readonly type: Node;
}

/** The one value of a type that has only one by its definition. */
export function literalOf(node: Node | undefined): Literal | undefined {
  if (node?.kind === "rule") return literalOf(node.target);
  return node?.kind === "literal" ? node.value : undefined;
}

export function kindsOf(node: Node, at: Position): Set<ValueKind> {
  switch (node.kind) {
    case "literal":
      if (typeof node.value === "string") return new Set(["tstr"]);
      if (node.value instanceof Uint8Array) return new Set(["bstr"]);
      return new Set([node.value < 0 ? "nint" : "uint"]);
    case "range":
      return new Set([node.low < 0 ? "nint" : "uint", node.high >= 0 ? "uint" : "nint"]);
    case "prelude":
      switch (node.name) {
        case "uint":
        case "nint":
        case "bstr":
        case "tstr":
          return new Set([node.name]);
        case "int":
          return new Set(["uint", "nint"]);
        case "any":
          return new Set(["uint", "nint", "bstr", "tstr", "other"]);
        default:
          return new Set(["other"]);
      }
    case "rule":
      if (node.target === undefined) throw new CddlError(at, "a type that ends", `${node.name} within itself`);
      return kindsOf(node.target, at);
    case "choice":
      return new Set(node.options.flatMap((option) => [...kindsOf(option, at)]));
    case "array":
    case "map":
      return new Set(["other"]);
    default:
      return kindsOf(node.target, at);
  }
}

/** How a literal is written in CDDL. */
export function printLiteral(value: Literal): string {
  if (typeof value === "string") return JSON.stringify(value);
  return value instanceof Uint8Array ? `h'${Buffer.from(value).toString("hex")}'` : String(value);
}

/** A type in CDDL, for messages and as the identity of generic arguments: rules by their names. */
export function print(node: Node): string {
  switch (node.kind) {
    case "literal":
      return printLiteral(node.value);
    case "range":
      return `${node.low}${node.open ? "..." : ".."}${node.high}`;
    case "prelude":
    case "rule":
      return node.name;
    case "choice":
      return node.options.map(print).join(" / ");
    case "array":
      return `[${printGroup(node.group, (item) => print(item.type))}]`;
    case "map":
      return `{${printGroup(node.group, (member) => `${print(member.key)}${member.cut ? " ^" : ""} => ${print(member.type)}`)}}`;
    case "size":
      return `(${print(node.target)}) .size (${print(node.size)})`;
    case "cbor":
      return `(${print(node.target)}) .cbor (${print(node.content)})`;
    case "both":
      return `(${print(node.target)}) .and (${print(node.other)})`;
    case "compare":
      return `(${print(node.target)}) .${node.operator} ${printLiteral(node.value)}`;
    case "regexp":
      return `(${print(node.target)}) .regexp ${JSON.stringify(node.pattern.source)}`;
  }
}

function printGroup<One extends { readonly kind: "item" | "member" }>(
  group: readonly (readonly Repeated<One>[])[],
  one: (body: One) => string,
): string {
  const entry = ({ min, max, body }: Repeated<One>): string => {
    const times = min === 1 && max === 1 ? "" : `${min}*${Number.isFinite(max) ? max : ""} `;
    return `${times}${body.kind === "group" ? `(${printGroup(body.group, one)})` : one(body as One)}`;
  };
  return group.map((choice) => choice.map(entry).join(", ")).join(" // ");
}
