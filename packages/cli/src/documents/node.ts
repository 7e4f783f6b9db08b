/** A document that people wrote (YAML or CSV) as a tree whose every part knows its place; findings point at these places. */

/** Where something stands, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Every scalar is the text that was written: `007`, `no` and `07:40` stay what they are. */
export type Node =
  | { readonly kind: "scalar"; readonly text: string; readonly at: Place }
  | { readonly kind: "list"; readonly items: readonly Node[]; readonly at: Place }
  | { readonly kind: "map"; readonly entries: readonly Entry[]; readonly at: Place };

export interface Entry {
  readonly name: string;
  readonly nameAt: Place;
  readonly value: Node;
}

/** One thing that is wrong with a document, and what to do about it. */
export interface Finding extends Place {
  readonly severity: "error" | "warning";
  /** Stable, `area/what-is-wrong`. */
  readonly code: FindingCode;
  readonly message: string;
  readonly remedy: string;
}

/** What is wrong with the form of a document (`document/…`) or with what a roster says (`roster/…`). */
export type FindingCode =
  | "document/syntax"
  | "document/too-large"
  | "document/reference"
  | "document/type"
  | "document/missing"
  | "document/unknown-field"
  | "document/duplicate-field"
  | "document/value"
  | "document/time"
  | "document/time-skipped"
  | "document/time-twice"
  | "roster/duplicate"
  | "roster/unknown"
  | "roster/provider"
  | "roster/shift"
  | "roster/overlap"
  | "roster/visit"
  | "roster/incident"
  | "roster/nobody"
  | "roster/limit";

/** Collects findings, so that one reading reports all of them. */
export class Findings {
  readonly #list: Finding[] = [];

  error(at: Place, code: FindingCode, message: string, remedy: string): undefined {
    this.#list.push({ severity: "error", code, ...pointOf(at), message, remedy });
    return undefined;
  }

  warn(at: Place, code: FindingCode, message: string, remedy: string): void {
    this.#list.push({ severity: "warning", code, ...pointOf(at), message, remedy });
  }

  get hasErrors(): boolean {
    return this.#list.some(({ severity }) => severity === "error");
  }

  /** In the order of the document. */
  get sorted(): readonly Finding[] {
    return this.#list.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }
}

function pointOf({ line, column }: Place): Place {
  return { line, column };
}
