import { expect, test } from "vitest";
import { bannedEverywhere, impureCalls, isPure } from "./rules/banned-calls.ts";
import { listed, parse, scripts } from "./source.ts";

const impure = (text: string) => listed(impureCalls(parse("protocol/src/x.ts", text))).join("\n");
const banned = (text: string, path = "protocol/test/x.ts") => listed(bannedEverywhere(parse(path, text))).join("\n");

test.each([
  ["const now = Date.now();", "take the time as an argument"],
  ["const now = new Date();", "take the time as an argument"],
  ["const read = Date;", "take the time as an argument"],
  ["performance.now();", "take the time as an argument"],
  ["setTimeout(() => {}, 1);", "take timers as an argument"],
  ["setInterval(() => {}, 1);", "take timers as an argument"],
  ["setImmediate(() => {});", "take timers as an argument"],
  ["Math.random();", "take a random source as an argument"],
  ["const { random } = Math;", "write Math.<name>"],
  ["const roll = Math['random'];", "take a random source as an argument"],
  ["crypto.getRandomValues(new Uint8Array(8));", "take a random source as an argument"],
  ["globalThis.crypto.randomUUID();", "take what you need as an argument"],
  ["Buffer.from('00', 'hex');", "use Uint8Array"],
  ["let bytes: Buffer;", "use Uint8Array"],
  ["process.env;", "take what you need as an argument"],
  ["const env = { process };", "take what you need as an argument"],
  ["console.log(1);", "printing is for the caller"],
  ["const big = 2 ** 8;", "use integers"],
  ["let big = 2; big **= 8;", "use integers"],
  ["Math.pow(2, 8);", "use integers"],
  ["Math.sin(1);", "use integers"],
  ["new Function('return 1');", "code generation is forbidden"],
  ["'a'.localeCompare('b');", "compare code units"],
  ["new TextEncoder();", "src/utf8.ts"],
])("a pure package must not contain %s", (text, replacement) => {
  expect(impure(text)).toMatch(/^protocol\/src\/x\.ts:1 {2}/);
  expect(impure(text)).toContain(replacement);
});

test("what only looks like a banned call passes", () => {
  const text = `
    Math.max(Math.floor(1.5), Math.imul(2, 3), Math.sqrt(4));
    new Date(0).toISOString(); Date.UTC(2026, 0, 1);
    class Machine { process(input: { crypto: string; performance: number }) { return input.crypto; } }
    new Machine().process({ crypto: "x", performance: 1 });
    // console.log(Date.now())
  `;
  expect(impure(text)).toBe("");
});

test.each([
  ["process.kill(-1, 'SIGHUP');", "end the one child you started"],
  ["process.kill(-child.pid);", "end the one child you started"],
  ["// @ts-expect-error later\nconst x = 1;", "make the types say what is true"],
  ["/* @ts-ignore */ const x = 1;", "make the types say what is true"],
  ["const x = y as any;", "parse the value"],
  ["import * as pty from '@lydell/node-pty';", "packages/links alone"],
  ["const pty = await import('node-pty');", "packages/links alone"],
])("no file may contain %s", (text, replacement) => {
  expect(banned(text)).toContain(replacement);
});

test("a pty is never ended by node-pty's own kill or destroy, only its streams are", () => {
  const open = "import { open } from '@lydell/node-pty'; const t = open({});";
  expect(banned(`${open} t.kill();`, "packages/links/src/pty.ts")).toContain("signals every process");
  expect(banned(`${open} t.destroy();`, "packages/links/src/pty.ts")).toContain("signals every process");
  expect(banned(`${open} t.slave.destroy(); t.master.destroy();`, "packages/links/src/pty.ts")).toBe("");
});

test("the pure packages are pure", () => {
  const pure = scripts().filter((file) => isPure(file.path));
  expect(pure.length).toBeGreaterThan(0);
  expect(listed(pure.flatMap(impureCalls))).toEqual([]);
});

test("nothing in the repository does what nothing may do", () => {
  expect(listed(scripts().flatMap(bannedEverywhere))).toEqual([]);
});
