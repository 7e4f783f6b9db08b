/** A test asserts something, waits for no wall clock, is neither skipped nor run alone, and changes no module that others share. */
import type { Finding, Node, SourceFile } from "../source.ts";
import { finding, importedNames, isNode, isReference, literalText, memberName, rootName, walk } from "../source.ts";

const TESTS = new Set(["test", "it"]);
const SUITES = new Set(["test", "it", "describe", "suite"]);
const CONTEXTS = new Set(["context", "ctx"]);
const EVASIONS = new Set(["only", "skip", "todo", "skipIf", "runIf", "fails"]);
const MOCKS = new Set(["mock", "doMock"]);
const SLEEPS = new Set(["setTimeout", "setInterval", "setImmediate"]);

const HOOKS = new Set(["beforeAll", "beforeEach", "afterEach", "afterAll"]);

export function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

/** `sleeps`: whether the file may use real timers (test/wall-clock may). */
export function dishonestTests(file: SourceFile, { sleeps }: { readonly sleeps: boolean }): Finding[] {
  const findings: Finding[] = [];
  const report = (node: Node, message: string) => findings.push(finding(file, node.start, message));
  const mocks = file.path.endsWith(".mocked.test.ts");
  const asserting = assertingFunctions(file.program);

  if (!sleeps && importedNames(file).some((name) => /^(node:)?timers/.test(name))) report(file.program, NO_SLEEP);
  walk(file.program, (node, ancestors) => {
    const parent = ancestors[0];
    if (!sleeps && isReference(node, parent) && SLEEPS.has(node["name"] as string)) report(node, NO_SLEEP);
    const evasion = memberName(node);
    if (evasion !== undefined && EVASIONS.has(evasion)) {
      const base = rootName(node) ?? "";
      if (SUITES.has(base) || CONTEXTS.has(base)) {
        report(node, `${base}.${evasion} leaves tests out of every run: mend the test, or delete it`);
      }
    }
    if (node.type !== "CallExpression") return;
    if (rootName(node) === "vi" && MOCKS.has(memberName(node["callee"] as Node) ?? "") && !mocks) report(node, NO_MOCK);
    const body = testBody(node);
    if (body !== undefined && !asserts(body, asserting))
      report(node, "this test has no expect(…) with a matcher: say what must hold");
    if (rootName(node) === "expect" && parent?.type === "ExpressionStatement") {
      const problem = emptyExpectation(node);
      if (problem !== undefined) report(node, problem);
    }
  });
  return findings;
}

const NO_SLEEP =
  "a test waits for a named event in virtual time: hand in a clock (real timers belong in test/wall-clock)";

const NO_MOCK = "files share their modules (vitest.config.ts): name this file *.mocked.test.ts, and it gets its own";

/** Hooks in what tests share: files share their modules, so such a hook serves the first file that imports it, and no other. */
export function lostHooks(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  walk(file.program, (node, ancestors) => {
    if (node.type !== "CallExpression" || ancestors.some(isFunction)) return;
    const name = rootName(node["callee"]) ?? "";
    if (HOOKS.has(name)) findings.push(finding(file, node.start, `${name} ${LOST}`));
  });
  return findings;
}

const LOST = "serves only the first file that imports this one: register it in a function that tests call";

/** The function of `test("…", fn)`, `test.each(…)("…", fn)` and `it("…", options, fn)`. */
function testBody(call: Node): Node | undefined {
  const callee = call["callee"] as Node;
  const isTable = /^(each|for)$/.test(memberName(callee) ?? "");
  if (!TESTS.has(rootName(callee) ?? "") || isTable) return undefined;
  return (call["arguments"] as Node[]).find(isFunction);
}

function isFunction(node: unknown): node is Node {
  return isNode(node) && /^(ArrowFunctionExpression|Function(Expression|Declaration))$/.test(node.type);
}

/** The file's own functions that assert, directly or through each other. */
function assertingFunctions(program: Node): ReadonlySet<string> {
  const named = new Map<string, Node>();
  walk(program, (node) => {
    if (node.type === "FunctionDeclaration") named.set((node["id"] as Node)["name"] as string, node);
    if (node.type !== "VariableDeclarator" || !isFunction(node["init"])) return;
    const id = node["id"] as Node;
    if (id.type === "Identifier") named.set(id["name"] as string, node["init"]);
  });
  const asserting = new Set<string>();
  for (let before = -1; before !== asserting.size; ) {
    before = asserting.size;
    for (const [name, body] of named) if (asserts(body, asserting)) asserting.add(name);
  }
  return asserting;
}

/** An expectation with a matcher, or a call of something that has one (`expectCode(…)` from a shared file, by its name). */
function asserts(body: Node, asserting: ReadonlySet<string>): boolean {
  let found = false;
  walk(body, (node, [parent]) => {
    if (node.type === "Identifier" && parent?.type !== "MemberExpression" && asserting.has(node["name"] as string))
      found = true;
    if (node.type !== "CallExpression") return;
    const name = rootName(node["callee"]) ?? "";
    if (/^expect[A-Z]/.test(name)) found = true;
    if (
      name === "expect" &&
      (node["callee"] as Node).type === "MemberExpression" &&
      !/^(has)?[aA]ssertions$/.test(memberName(node["callee"]) ?? "")
    ) {
      found = true;
    }
  });
  return found;
}

function emptyExpectation(call: Node): string | undefined {
  const callee = call["callee"] as Node;
  if (callee.type === "Identifier") return "expect(…) without a matcher asserts nothing: add one";
  const chain = chainNames(callee);
  if (chain.includes("resolves") || chain.includes("rejects")) return "an expectation on a promise must be awaited";
  const subject = expectArgument(call);
  const literal = subject?.type === "Literal" || literalText(subject) !== undefined;
  return literal ? "expect of a literal is true whatever the code does: expect a result" : undefined;
}

function chainNames(node: Node): string[] {
  const inner = (node["object"] ?? node["callee"]) as Node | undefined;
  const name = memberName(node);
  return [...(inner === undefined ? [] : chainNames(inner)), ...(name === undefined ? [] : [name])];
}

function expectArgument(node: Node): Node | undefined {
  const callee = node["callee"];
  if (isNode(callee) && callee.type === "Identifier") return (node["arguments"] as Node[])[0];
  const inner = isNode(callee) ? callee : (node["object"] as Node | undefined);
  return inner === undefined ? undefined : expectArgument(inner);
}
