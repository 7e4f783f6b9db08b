/** registry.json is the one list of error codes: each is unique, thrown somewhere, and thrown by the class of its fault. */
import type { Finding, Node, SourceFile } from "../source.ts";
import { finding, literalText, walk } from "../source.ts";

export interface RegisteredError {
  readonly code: string;
  readonly number: number;
  readonly fault: string;
  readonly cause: string;
  readonly remedy: string;
  readonly retry: string;
}

const FAULTS = ["peer", "caller", "environment", "internal"];
const RETRIES = ["no", "same", "after-repair"];

export function registryFindings(path: string, errors: readonly RegisteredError[]): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string | number>();
  for (const { code, number, fault, cause, remedy, retry } of errors) {
    const report = (message: string) => findings.push({ path, line: 1, message: `${code}: ${message}` });
    for (const key of [code, number]) {
      if (seen.has(key)) report(`${key} is taken: choose another`);
      seen.add(key);
    }
    if (!/^[a-z0-9]+(-[a-z0-9]+)*\/[a-z0-9]+(-[a-z0-9]+)*$/.test(code))
      report("a code is area/what-is-wrong in lower case");
    if (!Number.isSafeInteger(number) || number < 1 || number > 0xffff) report("number is not in 1 to 65535");
    if (!FAULTS.includes(fault)) report(`fault is not one of ${FAULTS.join(", ")}`);
    if (!RETRIES.includes(retry)) report(`retry is not one of ${RETRIES.join(", ")}`);
    if (!/^\S.*\.$/.test(cause)) report("cause is one sentence that ends with a period");
    if (!/^\S.*\.$/.test(remedy)) report("remedy is one sentence that ends with a period");
  }
  return findings;
}

/** Codes thrown and not registered, thrown by the wrong class, or registered and never used. */
export function codeFindings(
  path: string,
  errors: readonly RegisteredError[],
  sources: readonly SourceFile[],
): Finding[] {
  const findings: Finding[] = [];
  const registered = new Map(errors.map((error) => [error.code, error]));
  const used = new Set<string>();
  for (const file of sources) {
    walk(file.program, (node) => {
      const text = literalText(node);
      if (text !== undefined) used.add(text);
      const fault = faultOfClass(node);
      if (fault === undefined) return;
      for (const code of codesIn((node["arguments"] as Node[])[0])) {
        const error = registered.get(code);
        if (error === undefined) findings.push(finding(file, node.start, `${code} is not in ${path}: register it`));
        else if (error.fault !== fault) {
          findings.push(
            finding(
              file,
              node.start,
              `${code} is the fault of the ${error.fault}: throw the error class of that fault`,
            ),
          );
        }
      }
    });
  }
  for (const { code } of errors) {
    if (!used.has(code)) findings.push({ path, line: 1, message: `${code} is never used: throw it, or remove it` });
  }
  return findings;
}

const FAULT_OF_CLASS: ReadonlyMap<unknown, string> = new Map([
  ["PeerError", "peer"],
  ["CallerError", "caller"],
  ["EnvironmentError", "environment"],
]);

function faultOfClass(node: Node): string | undefined {
  if (node.type !== "NewExpression") return undefined;
  const name = (node["callee"] as Node)["name"];
  return FAULT_OF_CLASS.get(name);
}

/** The literals that an argument can be: itself, or the branches of a conditional. */
function codesIn(argument: Node | undefined): string[] {
  if (argument?.type === "ConditionalExpression") {
    return [...codesIn(argument["consequent"] as Node), ...codesIn(argument["alternate"] as Node)];
  }
  const text = literalText(argument);
  return text === undefined ? [] : [text];
}
