/**
 * A roster as one table: each row says in its column `row` what it is (roster, provider, patrol, worker, client, door,
 * visit, incident), and fills the columns that this kind has. Lists in a cell are separated by spaces.
 */
import { readCsv } from "../documents/csv.ts";
import { suggestion } from "../documents/fields.ts";
import type { Entry, Findings, Node } from "../documents/node.ts";
import { COLUMNS, ROWS } from "./written.ts";

const ROW = "row";

/** The same tree that the YAML form gives, with the places of the cells. */
export function readTable(text: string, findings: Findings): Node | undefined {
  const rows = readCsv(text, findings);
  if (rows === undefined) return undefined;
  const [header, ...body] = rows;
  const start = { line: 1, column: 1 };
  if (header === undefined) {
    return findings.error(start, "document/missing", "the table is empty", `begin with a header: ${ROW},id,name,…`);
  }
  const known = [ROW, ...COLUMNS];
  const names = header.map(({ text: name }) => name.toLowerCase());
  for (const [index, name] of names.entries()) {
    const at = header[index]?.at ?? start;
    if (name !== "" && !known.includes(name)) {
      findings.error(at, "document/unknown-field", `there is no column ${name}`, suggestion(name, known));
    } else if (name !== "" && names.indexOf(name) !== index) {
      findings.error(at, "document/duplicate-field", `the column ${name} stands here twice`, "leave one of them out");
    }
  }
  const rowAt = names.indexOf(ROW);
  if (rowAt === -1) {
    return findings.error(start, "document/missing", `the column ${ROW} is missing`, "it says what each line is");
  }
  if (findings.hasErrors) return undefined;

  const head: Entry[] = [];
  const lists = new Map<string, Node[]>();
  for (const row of body) {
    const first = row[0]?.at ?? start;
    const kind = row[rowAt];
    const extra = row.slice(names.length).find((cell) => cell.text !== "");
    if (extra !== undefined) {
      findings.error(
        extra.at,
        "document/unknown-field",
        "a cell stands outside the columns",
        "quote cells that hold the separator",
      );
    }
    const entries: Entry[] = row.flatMap((cell, index) => {
      const name = names[index] ?? "";
      return index === rowAt || name === "" || cell.text === ""
        ? []
        : [{ name, nameAt: cell.at, value: { kind: "scalar", text: cell.text, at: cell.at } }];
    });
    const list = Object.entries(ROWS).find(([, row]) => row === kind?.text)?.[0];
    if (kind?.text === "roster") head.push(...entries);
    else if (list === undefined) {
      const kinds = ["roster", ...Object.values(ROWS)];
      findings.error(
        kind?.at ?? first,
        "document/value",
        `${JSON.stringify(kind?.text ?? "")} is no kind of row`,
        suggestion(kind?.text ?? "", kinds),
      );
    } else lists.set(list, [...(lists.get(list) ?? []), { kind: "map", entries, at: first }]);
  }
  const collected = [...lists].map(([name, items]): Entry => {
    const at = items[0]?.at ?? start;
    return { name, nameAt: at, value: { kind: "list", items, at } };
  });
  return { kind: "map", entries: [...head, ...collected], at: header[0]?.at ?? start };
}
