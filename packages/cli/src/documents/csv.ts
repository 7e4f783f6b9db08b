/**
 * CSV (RFC 4180) as rows of cells that know their place. The separator is the first of `,` `;` and tab that the header line
 * has: spreadsheets of many countries, Sweden's too, write `;`. A byte order mark is skipped; lines end in LF or CRLF.
 */
import type { Findings, Place } from "./node.ts";
import { DOCUMENT_CHARACTERS } from "./yaml.ts";

export interface Cell {
  readonly text: string;
  readonly at: Place;
}

/** Rows without any text (and lines that begin with `#`) are left out. Undefined where a quote never ends. */
export function readCsv(text: string, findings: Findings): readonly (readonly Cell[])[] | undefined {
  const start: Place = { line: 1, column: 1 };
  if (text.length > DOCUMENT_CHARACTERS) {
    const most = `${text.length} characters, and ${DOCUMENT_CHARACTERS} is the most`;
    return findings.error(start, "document/too-large", most, "split the document");
  }
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const separator = separatorOf(source);
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let line = 1;
  let lineStart = 0;
  let index = 0;
  const here = (): Place => ({ line, column: index - lineStart + 1 });

  while (index < source.length) {
    if (row.length === 0 && source[index] === "#") {
      while (index < source.length && source[index] !== "\n") index++;
      nextLine();
      continue;
    }
    const at = here();
    const cell = source[index] === '"' ? quoted(at) : plain();
    if (cell === undefined) return undefined;
    row.push({ text: cell.trim(), at });
    if (source[index] === separator) {
      index++;
      // A separator at the very end still has an empty cell behind it.
      if (index === source.length) row.push({ text: "", at: here() });
      continue;
    }
    if (source[index] === "\r") index++;
    endRow();
    nextLine();
  }
  endRow();
  return rows;

  function endRow(): void {
    if (row.some((cell) => cell.text !== "")) rows.push(row);
    row = [];
  }

  function nextLine(): void {
    index++;
    line++;
    lineStart = index;
  }

  function plain(): string {
    const from = index;
    while (index < source.length && source[index] !== separator && source[index] !== "\n") {
      if (source[index] === "\r" && source[index + 1] === "\n") break;
      index++;
    }
    return source.slice(from, index);
  }

  function quoted(at: Place): string | undefined {
    let content = "";
    for (index++; index < source.length; index++) {
      if (source[index] === "\n") {
        line++;
        lineStart = index + 1;
      }
      if (source[index] !== '"') {
        content += source[index];
      } else if (source[index + 1] === '"') {
        content += '"';
        index++;
      } else {
        index++;
        const end = source[index];
        // A lone CR ends no line: what stands behind it would be swallowed.
        const isEnd = end === undefined || end === separator || end === "\n";
        if (isEnd || (end === "\r" && source[index + 1] === "\n")) return content;
        return findings.error(
          here(),
          "document/syntax",
          "text follows a closing quote",
          `write a quote inside a quoted cell twice: ""`,
        );
      }
    }
    return findings.error(at, "document/syntax", "a quoted cell does not end", 'close it with "');
  }
}

function separatorOf(source: string): string {
  const header = source.split("\n").find((one) => one.trim() !== "" && !one.startsWith("#")) ?? "";
  return /[,;\t]/.exec(header.replace(/"[^"]*"/g, ""))?.[0] ?? ",";
}
