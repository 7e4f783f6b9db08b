/**
 * What a pure package must not reach for (the same input gives the same bytes on every machine and Node version), and
 * what nothing in the repository may do.
 */
import type { Finding, Node, SourceFile } from "../source.ts";
import { finding, importedNames, isReference, memberName, rootName, walk } from "../source.ts";

const PURE = ["protocol/src/", "firmware-sim/src/", "packages/station-client/src/"];

export function isPure(path: string): boolean {
  return PURE.some((folder) => path.startsWith(folder));
}

const TIME = "take the time as an argument";
const TIMERS = "take timers as an argument, or return an effect that the caller carries out";
const RANDOM = "take a random source as an argument";
const BYTES = "use Uint8Array and src/bytes.ts";
const ARGUMENTS = "take what you need as an argument";
const TEXT = "use src/utf8.ts, which is strict";
const GENERATED = "code generation is forbidden in browsers with a content security policy: write a function";

const GLOBALS: Readonly<Record<string, string>> = {
  performance: TIME,
  setTimeout: TIMERS,
  setInterval: TIMERS,
  setImmediate: TIMERS,
  queueMicrotask: TIMERS,
  crypto: `${RANDOM}; for signatures and hashes use src/crypto`,
  Buffer: BYTES,
  TextEncoder: TEXT,
  TextDecoder: TEXT,
  process: ARGUMENTS,
  console: "return a value or throw an error with a code; printing is for the caller",
  globalThis: ARGUMENTS,
  require: "write a static import",
  fetch: ARGUMENTS,
  eval: GENERATED,
  Function: GENERATED,
  Intl: "its data differ between Node versions: local formats belong in user interfaces",
};

// The rest of Math, and `**`, differ between Node versions and would break a trace hash.
const EXACT_MATH = new Set("abs floor ceil trunc sign min max imul clz32 sqrt".split(" "));
const INTEGERS = "use integers: multiply, shift, or a table";

const LOCALE_METHODS = /^(localeCompare|toLocale\w+)$/;

/** Banned calls in one file of a pure package. */
export function impureCalls(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  walk(file.program, (node, ancestors) => {
    const parent = ancestors[0];
    const message = impurity(node, parent);
    if (message !== undefined) findings.push(finding(file, node.start, message));
  });
  return findings;
}

function impurity(node: Node, parent: Node | undefined): string | undefined {
  const power = node.type === "BinaryExpression" && node["operator"] === "**";
  if (power || (node.type === "AssignmentExpression" && node["operator"] === "**=")) {
    return `${node["operator"]} differs between Node versions: ${INTEGERS}`;
  }
  const member = memberName(node);
  if (member !== undefined && LOCALE_METHODS.test(member)) {
    return `.${member}() depends on the machine: compare code units with < or bytes with compareBytes`;
  }
  if (!isReference(node, parent)) return undefined;
  const name = node["name"] as string;
  if (name === "Date") return impureDate(node, parent);
  if (name === "Math") return impureMath(parent);
  return Object.hasOwn(GLOBALS, name) ? `${name} is not for pure packages: ${GLOBALS[name]}` : undefined;
}

function impureDate(node: Node, parent: Node | undefined): string | undefined {
  if (parent?.type === "TSTypeReference") return undefined;
  if (parent?.type === "NewExpression" && (parent["arguments"] as Node[]).length > 0) return undefined;
  const member = parent?.["object"] === node ? memberName(parent) : undefined;
  if (member === "UTC" || member === "parse") return undefined;
  return `Date${member === undefined ? "()" : `.${member}`} reads the clock: ${TIME}`;
}

function impureMath(parent: Node | undefined): string | undefined {
  const member = memberName(parent);
  if (member === undefined) return "Math as a whole hides which function is used: write Math.<name>";
  if (member === "random") return `Math.random cannot be repeated: ${RANDOM}`;
  return EXACT_MATH.has(member) ? undefined : `Math.${member} differs between Node versions: ${INTEGERS}`;
}

const PTY = /^(@lydell\/)?node-pty$/;

/** What no file may do, wherever it stands. */
export function bannedEverywhere(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const report = (offset: number, message: string) => findings.push(finding(file, offset, message));

  for (const { value, start } of file.comments) {
    const silencer = /@ts-(expect-error|ignore|nocheck)/.exec(value);
    if (silencer !== null)
      report(
        start,
        `${silencer[0]} hides more than the line's error: make the types say what is true, and test types with expectTypeOf`,
      );
  }
  const usesPty = importedNames(file).some((name) => PTY.test(name));
  if (usesPty && !file.path.startsWith("packages/links/")) {
    report(0, "node-pty is for packages/links alone: open a pty: link there");
  }
  walk(file.program, (node) => {
    if (node.type === "TSAsExpression" || node.type === "TSTypeAssertion") {
      const type = node["typeAnnotation"] as Node;
      if (type.type === "TSAnyKeyword")
        report(node.start, "`as any` switches the checker off: parse the value, or narrow it");
    }
    if (node.type !== "CallExpression") return;
    const callee = node["callee"] as Node;
    const method = memberName(callee);
    if (method === "kill" && rootName(callee) === "process" && signalsGroup(node)) {
      report(
        node.start,
        "process.kill of a negative id signals a group, and -1 everything: end the one child you started",
      );
    }
    if (usesPty && (method === "kill" || method === "destroy") && !endsOneStream(callee)) {
      report(
        node.start,
        `.${method}() of a node-pty terminal signals every process: destroy its .master or .slave stream`,
      );
    }
  });
  return findings;
}

function signalsGroup(call: Node): boolean {
  const [target] = call["arguments"] as Node[];
  return target?.type === "UnaryExpression" && target["operator"] === "-";
}

function endsOneStream(callee: Node): boolean {
  return memberName(callee) === "destroy" && /^(master|slave)$/.test(memberName(callee["object"]) ?? "");
}
