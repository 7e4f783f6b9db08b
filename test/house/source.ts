/** The repository as the house rules see it: its tracked files, parsed, and a finding with its place. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A broken rule: where, and what to write instead. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** A node of oxc's ESTree, or one of its fields; the rules look at names and shapes only. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: Node;
  readonly comments: readonly { readonly value: string; readonly start: number }[];
}

/** What git tracks, and what it would track if it were added. */
export function committedFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
  const paths = new Set(listed.toString().split("\0"));
  return [...paths].filter((path) => path !== "" && existsSync(root + path)).sort();
}

export function readText(path: string): string {
  return readFileSync(root + path, "utf8");
}

export function readJson<T>(path: string): T {
  return JSON.parse(readText(path)) as T;
}

export function isScript(path: string): boolean {
  return /\.([cm]?[jt]s|tsx)$/.test(path);
}

export function parse(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  return { path, text, program: program as unknown as Node, comments };
}

let everyScript: SourceFile[] | undefined;

/** Every tracked script, parsed once a test file. */
export function scripts(): SourceFile[] {
  everyScript ??= committedFiles()
    .filter(isScript)
    .map((path) => parse(path, readText(path)));
  return everyScript;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** Calls `visit` for each node below `node`, itself included, with its ancestors, nearest first. */
export function walk(
  node: Node,
  visit: (node: Node, ancestors: readonly Node[]) => void,
  ancestors: readonly Node[] = [],
): void {
  visit(node, ancestors);
  const below = [node, ...ancestors];
  for (const field of Object.values(node)) {
    for (const child of Array.isArray(field) ? field : [field]) if (isNode(child)) walk(child, visit, below);
  }
}

/** The leftmost name of `a.b.c(…).d`: `a`. */
export function rootName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier") return node["name"] as string;
  if (node.type === "MemberExpression") return rootName(node["object"]);
  if (node.type === "CallExpression" || node.type === "TaggedTemplateExpression") {
    return rootName(node["callee"] ?? node["tag"]);
  }
  if (node.type === "ChainExpression" || node.type === "TSNonNullExpression") return rootName(node["expression"]);
  return undefined;
}

/** `b` of `a.b` and `a["b"]`. */
export function memberName(node: unknown): string | undefined {
  if (!isNode(node) || node.type !== "MemberExpression") return undefined;
  const property = node["property"] as Node;
  if (node["computed"] !== true) return property["name"] as string | undefined;
  return literalText(property);
}

/** The text of a string or of a template without holes. */
export function literalText(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Literal" && typeof node["value"] === "string") return node["value"];
  const [text, ...more] = node.type === "TemplateLiteral" ? (node["quasis"] as Node[]) : [];
  return text === undefined || more.length > 0 ? undefined : (text["value"] as { cooked: string }).cooked;
}

/** A name that stands for a value here, not a property, a declaration or a type's member. */
export function isReference(node: Node, parent: Node | undefined): boolean {
  if (node.type !== "Identifier") return false;
  if (parent === undefined) return true;
  switch (parent.type) {
    case "MemberExpression":
      return parent["object"] === node || parent["computed"] === true;
    case "Property":
      return parent["value"] === node || parent["computed"] === true;
    case "MethodDefinition":
    case "PropertyDefinition":
    case "TSPropertySignature":
      return parent["value"] === node || parent["computed"] === true;
    case "VariableDeclarator":
      return parent["init"] === node;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return parent["body"] === node;
    case "TSMethodSignature":
    case "TSFunctionType":
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration":
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return false;
    default:
      return true;
  }
}

/** The module names of every import, export-from and dynamic import with a literal. */
export function importedNames(file: SourceFile): string[] {
  return imports(file).map(({ name }) => name);
}

export function imports(file: SourceFile): { readonly name: string; readonly start: number }[] {
  const found: { name: string; start: number }[] = [];
  walk(file.program, (node) => {
    const source = node["source"] as Node | null | undefined;
    const importing = /^(Import(Declaration|Expression)|Export(Named|All)Declaration|TSImportType)$/.test(node.type);
    if (importing && source?.type === "Literal") found.push({ name: source["value"] as string, start: node.start });
  });
  return found;
}

export function finding(file: { path: string; text: string }, offset: number, message: string): Finding {
  return { path: file.path, line: file.text.slice(0, offset).split("\n").length, message };
}

/** One line each, as an editor opens them: `path:line  message`. */
export function listed(findings: readonly Finding[]): string[] {
  return findings.map(({ path, line, message }) => `${path}:${line}  ${message}`);
}
