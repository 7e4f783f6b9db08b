/** SPEC.md's generated sections: `<!-- generated: NAME -->` … `<!-- end -->`. */
import { readFileSync, writeFileSync } from "node:fs";

const SPEC = new URL("../../SPEC.md", import.meta.url);
const SECTION = /<!-- generated: ([a-z-]+) -->\n\n?([\s\S]*?)<!-- end -->/g;

/** Name to text, as the file has it. */
export function generatedSections(): ReadonlyMap<string, string> {
  const spec = readFileSync(SPEC, "utf8");
  return new Map([...spec.matchAll(SECTION)].map(([, name = "", text = ""]) => [name, text]));
}

/** Writes new texts into the file; sections that are not given stay. */
export function writeSections(texts: ReadonlyMap<string, string>): void {
  const spec = readFileSync(SPEC, "utf8");
  const replaced = spec.replace(SECTION, (whole, name: string) => {
    const text = texts.get(name);
    return text === undefined ? whole : `<!-- generated: ${name} -->\n\n${text}<!-- end -->`;
  });
  if (replaced !== spec) writeFileSync(SPEC, replaced);
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}
