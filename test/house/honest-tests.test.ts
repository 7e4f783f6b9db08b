import { expect, test } from "vitest";
import { dishonestTests, isTest, lostHooks } from "./rules/honest-tests.ts";
import { listed, parse, scripts } from "./source.ts";

const says = (text: string, sleeps = false, name = "x.test.ts") =>
  listed(dishonestTests(parse(`protocol/test/${name}`, text), { sleeps })).join("\n");

test.each([
  "test('a', () => { run(); });",
  "it('a', async () => { await run(); });",
  "test('a', { timeout: 1 }, () => { run(); });",
  "test.each([1])('a %i', (one) => { run(one); });",
  "test('a', () => { expect(run()); });",
  "test('a', () => { expect.assertions(1); run(); });",
  "function helper() { run(); } test('a', () => { helper(); });",
  "describe('b', () => { test('a', () => {}); });",
])("a test that asserts nothing is found: %s", (text) => {
  expect(says(text)).toContain("say what must hold");
});

test.each([
  "test('a', () => { expect(run()).toBe(1); });",
  "test('a', () => expect(run()).not.toThrow());",
  "test('a', () => { fc.assert(fc.property(fc.nat(), (n) => { expect(run(n)).toBe(n); })); });",
  "test.each([1])('a %i', (one) => { expect(one).toBe(1); });",
  "const inner = (x) => expect(x).toBe(1); function check(x) { inner(x); } test('a', () => check(run()));",
  "test('a', () => { expectCode(() => run(), 'cbor/float'); });",
  "test('a', () => { cases.forEach(check); }); function check(x) { expect(x).toBe(1); }",
])("a test that asserts passes: %s", (text) => {
  expect(says(text)).toBe("");
});

test.each([
  ["test('a', () => { expect(run()); expect(1 + one).toBe(2); });", "without a matcher"],
  ["test('a', () => { expect(true).toBe(true); });", "expect of a literal"],
  ["test('a', async () => { expect(run()).rejects.toThrow(); });", "must be awaited"],
])("an expectation that holds whatever happens is found: %s", (text, message) => {
  expect(says(text)).toContain(message);
});

test.each([
  "test.only('a', () => { expect(x).toBe(1); });",
  "it.skip('a', () => { expect(x).toBe(1); });",
  "describe.skip('a', () => {});",
  "test.todo('a');",
  "test.skipIf(windows)('a', () => { expect(x).toBe(1); });",
  "test('a', (context) => { context.skip(); expect(x).toBe(1); });",
])("a test that is left out is found: %s", (text) => {
  expect(says(text)).toContain("mend the test");
});

test.each([
  "test('a', async () => { await new Promise((done) => setTimeout(done, 5)); expect(x).toBe(1); });",
  "import { setTimeout as sleep } from 'node:timers/promises'; test('a', () => { expect(x).toBe(1); });",
])("a test that sleeps is found outside test/wall-clock: %s", (text) => {
  expect(says(text)).toContain("virtual time");
  expect(says(text, true)).toBe("");
});

test.each(["vi.mock('a', () => ({}));", "vi.doMock('a');"])(
  "a mocked module in a file that shares its modules is found: %s",
  (text) => {
    expect(says(text)).toContain("*.mocked.test.ts");
    expect(says(text, false, "x.mocked.test.ts")).toBe("");
  },
);

test("a hook that only the first file would have is found in what tests share", () => {
  const found = (text: string) => listed(lostHooks(parse("protocol/test/support/x.ts", text))).join("\n");
  expect(found("afterEach(() => { close(); });")).toContain("the first file that imports");
  expect(found("export function fresh() { afterEach(() => { close(); }); }")).toBe("");
});

test("the repository's tests are honest", () => {
  const tests = scripts().filter((file) => isTest(file.path));
  expect(tests.length).toBeGreaterThan(5);
  const findings = tests.flatMap((file) => dishonestTests(file, { sleeps: file.path.startsWith("test/wall-clock/") }));
  const shared = scripts().filter(({ path }) => /(^|\/)test\//.test(path) && !isTest(path));
  expect(shared.length).toBeGreaterThan(5);
  expect(listed([...findings, ...shared.flatMap(lostHooks)])).toEqual([]);
});
