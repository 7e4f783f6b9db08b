/** Every normative clause of SPEC.md is cited by code and by a test, and every citation has its clause. */
import type { Finding } from "../source.ts";
import { finding } from "../source.ts";

export interface Text {
  readonly path: string;
  readonly text: string;
}

export interface Clause {
  readonly id: string;
  readonly offset: number;
  /** Why it needs no citation yet: it binds a device that is not in this package, or it explains. */
  readonly marker: string | undefined;
}

export const MARKERS: readonly string[] = ["device", "info"];

const ID = "[A-Z]{3}-\\d+";

/** Clauses as SPEC.md defines them: a bold id at the start of a paragraph, list item or table row. */
export function clausesOf(spec: string): Clause[] {
  const definition = new RegExp(
    `^[ \\t]*(?:[-*+][ \\t]+|\\d+[.)][ \\t]+|\\|[ \\t]*)?\\*\\*(${ID})\\*\\*(?:[ \\t]*\\((\\w+)\\))?`,
    "gm",
  );
  return [...proseOf(spec).matchAll(definition)].map((match) => ({
    id: match[1] ?? "",
    offset: match.index,
    marker: match[2],
  }));
}

/** The text with its code blocks blanked out; places stay the same. */
function proseOf(markdown: string): string {
  return markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, " "));
}

/** The ids that `SPEC CBR-3`, `SPEC CBR-3, CBR-4` and `SPEC CBR-3..CBR-6` (or `CBR-3 to CBR-6`) name, with their place; ranges written out. */
export function citationsIn(text: string): { readonly id: string; readonly offset: number }[] {
  // A list may go on in the next line of a comment.
  const joint = "(?:\\s|\\*(?!\\*)|//)*";
  const list = new RegExp(
    `\\bSPEC\\s${joint}(${ID}(?:${joint}(?:,|\\.\\.|to|and|or)${joint}(?:SPEC${joint})?${ID})*)`,
    "g",
  );
  return [...text.matchAll(list)].flatMap((match) => idsOf(match[1] ?? "").map((id) => ({ id, offset: match.index })));
}

function idsOf(list: string): string[] {
  const ids: string[] = [];
  for (const part of list.matchAll(new RegExp(`((?:\\.\\.|\\bto\\b)[^A-Z]*)?(${ID})`, "g"))) {
    const [, range, id = ""] = part;
    const [prefix, last] = split(id);
    const [firstPrefix, first] = split(ids.at(-1) ?? id);
    if (range !== undefined && (firstPrefix !== prefix || first >= last))
      throw new RangeError(`no range ends in ${id}: ${list}`);
    if (range !== undefined) for (let number = first + 1; number < last; number++) ids.push(`${prefix}-${number}`);
    ids.push(id);
  }
  return ids;
}

function split(id: string): [string, number] {
  return [id.slice(0, 3), Number(id.slice(4))];
}

export function clauseFindings(spec: Text, code: readonly Text[], tests: readonly Text[]): Finding[] {
  const findings: Finding[] = [];
  const clauses = clausesOf(spec.text);
  const defined = new Map<string, Clause>();
  for (const clause of clauses) {
    if (defined.has(clause.id))
      findings.push(finding(spec, clause.offset, `${clause.id} is defined twice: give one a new number`));
    if (clause.marker !== undefined && !MARKERS.includes(clause.marker)) {
      findings.push(
        finding(spec, clause.offset, `(${clause.marker}) is no marker: write one of (${MARKERS.join("), (")})`),
      );
    }
    defined.set(clause.id, clause);
  }
  const cited = (texts: readonly Text[]) => {
    const ids = new Set<string>();
    for (const text of texts) {
      for (const { id, offset } of citationsIn(text.text)) {
        if (!defined.has(id))
          findings.push(finding(text, offset, `${id} is no clause of ${spec.path}: cite one that is`));
        ids.add(id);
      }
    }
    return ids;
  };
  const byCode = cited(code);
  const byTests = cited(tests);
  for (const { id, offset, marker } of clauses) {
    if (marker !== undefined) continue;
    if (!byCode.has(id))
      findings.push(finding(spec, offset, `no code cites "SPEC ${id}": cite it where it is implemented`));
    if (!byTests.has(id))
      findings.push(finding(spec, offset, `no test cites "SPEC ${id}": cite it in the test that checks it`));
  }
  return [...findings, ...danglingReferences(spec, defined)];
}

/** SPEC.md's own cross-references. `RFC-…` and the like have no clause of their prefix and are left alone. */
function danglingReferences(spec: Text, defined: ReadonlyMap<string, Clause>): Finding[] {
  const prefixes = new Set([...defined.keys()].map((id) => id.slice(0, 3)));
  return [...proseOf(spec.text).matchAll(new RegExp(`(?<![\\w-])${ID}(?![\\w-])`, "g"))]
    .filter(([id]) => prefixes.has(id.slice(0, 3)) && !defined.has(id))
    .map((match) => finding(spec, match.index, `${match[0]} is referred to and not defined`));
}
