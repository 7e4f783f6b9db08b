/**
 * Counters in a source file, one in each branch: what tells the fuzzer that an input got somewhere new, and how much work it made.
 * The counters are places of one flat array, which is several times as fast to read as the usual tools' objects.
 */
import { parseSync } from "oxc-parser";
import { isNode, type Node, walk } from "../house/source.ts";

/** Name of the array of counters in the code. */
export const COUNTERS = "$hit";

export interface Instrumented {
  readonly code: string;
  /** How many counters it has: from the number given on. */
  readonly counters: number;
  /** Of the functions that it exports, with the counter of their beginning. */
  readonly functions: readonly { readonly name: string; readonly counter: number }[];
}

/** Puts counters numbered from `first` on into TypeScript or JavaScript. Throws a `SyntaxError` for what is neither. */
export function instrument(path: string, code: string, first: number): Instrumented {
  const { program, errors } = parseSync(path, code);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  const places = new Places(first);
  const functions: Instrumented["functions"][number][] = [];
  walk(program as unknown as Node, (node, [parent]) => {
    const { name } = (node["id"] ?? {}) as { readonly name?: string };
    if (node.type === "FunctionDeclaration" && parent?.type === "ExportNamedDeclaration" && name !== undefined) {
      functions.push({ name, counter: first + places.counters });
    }
    mark(node, places);
  });
  return { code: places.putInto(code), counters: places.counters, functions };
}

/** Every way on that a node leaves open. */
function mark(node: Node, places: Places): void {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
      // A declaration of types has none.
      if (isNode(node["body"])) places.statement(node["body"]);
      return;
    case "ArrowFunctionExpression": {
      const body = node["body"] as Node;
      if (body.type === "BlockStatement") places.statement(body);
      else places.expression(body);
      return;
    }
    case "IfStatement":
      places.statement(node["consequent"] as Node);
      if (isNode(node["alternate"])) places.statement(node["alternate"]);
      else places.otherwise(node["consequent"] as Node);
      return;
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
    case "CatchClause":
      places.statement(node["body"] as Node);
      return;
    case "SwitchCase": {
      const [statement] = node["consequent"] as readonly Node[];
      places.at(statement?.start ?? node.end);
      return;
    }
    case "ConditionalExpression":
      places.expression(node["consequent"] as Node);
      places.expression(node["alternate"] as Node);
      return;
    case "LogicalExpression":
      places.expression(node["right"] as Node);
      return;
    default:
  }
}

interface Insertion {
  readonly offset: number;
  /** Among insertions at one offset: what closes comes before what opens, and the inner one closes first. */
  readonly order: number;
  readonly text: string;
}

class Places {
  counters = 0;
  readonly #first: number;
  readonly #insertions: Insertion[] = [];

  constructor(first: number) {
    this.#first = first;
  }

  at(offset: number): void {
    this.#open(offset, `${this.#count()};`);
  }

  statement(node: Node): void {
    if (node.type === "BlockStatement") {
      this.at(node.start + 1);
      return;
    }
    this.#open(node.start, `{${this.#count()};`);
    this.#close(node.end, "}");
  }

  /** An `if` whose condition does not hold, and which says nothing of that. */
  otherwise(consequent: Node): void {
    this.#insertions.push({
      offset: consequent.end,
      // Behind the brace that closes the consequent, and before whatever ends there as well.
      order: -this.#insertions.length + 1.5,
      text: ` else ${this.#count()};`,
    });
  }

  expression(node: Node): void {
    this.#open(node.start, `(${this.#count()},`);
    this.#close(node.end, ")");
  }

  putInto(code: string): string {
    const ordered = this.#insertions.toSorted((one, other) => one.offset - other.offset || one.order - other.order);
    const parts: string[] = [];
    let from = 0;
    for (const { offset, text } of ordered) {
      parts.push(code.slice(from, offset), text);
      from = offset;
    }
    return [...parts, code.slice(from)].join("");
  }

  #count(): string {
    return `${COUNTERS}[${this.#first + this.counters++}]++`;
  }

  #open(offset: number, text: string): void {
    this.#insertions.push({ offset, order: this.#insertions.length, text });
  }

  #close(offset: number, text: string): void {
    this.#insertions.push({ offset, order: -this.#insertions.length, text });
  }
}
