/** YAML (and so JSON) as located nodes. Scalars stay text; anchors, aliases and tags are refused: nobody needs them in a roster. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node as YamlNode } from "yaml";
import type { Entry, Findings, Node, Place } from "./node.ts";

/** A roster of a whole city district is a tenth of this. */
export const DOCUMENT_CHARACTERS = 1_000_000;
const DEEPEST = 16;

/** Undefined where the text is no YAML; the findings then say where and why. */
export function readYaml(text: string, findings: Findings): Node | undefined {
  const start: Place = { line: 1, column: 1 };
  if (text.length > DOCUMENT_CHARACTERS) {
    return findings.error(
      start,
      "document/too-large",
      `${text.length} characters, and ${DOCUMENT_CHARACTERS} is the most`,
      "split the document",
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, schema: "failsafe", uniqueKeys: false, version: "1.2" });
  const place = (offset: number | undefined): Place => {
    const { line, col } = lines.linePos(offset ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    const said = (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
    findings.error(place(pos[0]), "document/syntax", said, "correct the YAML here; indent with spaces");
  }
  if (findings.hasErrors) return undefined;
  if (document.contents === null) {
    return findings.error(start, "document/missing", "the document is empty", "write at least its required fields");
  }
  return nodeOf(document.contents, DEEPEST);

  function nodeOf(node: YamlNode | null, depth: number): Node | undefined {
    const at = place(node?.range?.[0]);
    if (node === null) return { kind: "scalar", text: "", at };
    if (depth === 0) return findings.error(at, "document/syntax", "nested too deeply", "flatten this part");
    if (isAlias(node) || (node as { anchor?: string }).anchor !== undefined) {
      return findings.error(at, "document/reference", "anchors and aliases are not read", "write the value out");
    }
    if (node.tag !== undefined && !/^tag:yaml\.org,2002:(str|map|seq)$/.test(node.tag)) {
      return findings.error(
        at,
        "document/reference",
        `the tag ${node.tag} is not read`,
        "write the value without a tag",
      );
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => nodeOf(item as YamlNode | null, depth - 1));
      return { kind: "list", items: items.filter((item) => item !== undefined), at };
    }
    if (isMap(node)) {
      const entries: Entry[] = [];
      for (const { key, value } of node.items) {
        const nameAt = place((key as YamlNode | null)?.range?.[0]);
        if (!isScalar(key)) {
          findings.error(nameAt, "document/syntax", "the name of a field is not text", "write `name: value`");
          continue;
        }
        const name = String(key.value);
        const child = nodeOf(value as YamlNode | null, depth - 1);
        if (child !== undefined) entries.push({ name, nameAt, value: absentAt(child, nameAt) });
      }
      return { kind: "map", entries, at };
    }
    return { kind: "scalar", text: isScalar(node) ? String(node.value ?? "") : "", at };
  }
}

/** `name:` with nothing behind it has no place of its own. */
function absentAt(node: Node, nameAt: Place): Node {
  return node.kind === "scalar" && node.text === "" && node.at.line === 1 && node.at.column === 1
    ? { ...node, at: nameAt }
    : node;
}
