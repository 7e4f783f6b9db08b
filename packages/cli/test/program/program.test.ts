import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PeerError } from "@nyckelfri/protocol";
import { describe, expect, test } from "vitest";
import { findCommand, parseInvocation } from "#src/program/arguments.ts";
import type { Command } from "#src/program/command.ts";
import { COMMANDS } from "#src/program/commands.ts";
import { completionFor, SHELLS } from "#src/program/completion.ts";
import { EXIT_CLASSES, exitCode, exitOfCode } from "#src/program/exit-codes.ts";
import { Failure, OWN_ERRORS } from "#src/program/failure.ts";
import { main } from "#src/program/main.ts";
import { progressOn, usesColours } from "#src/program/terminal.ts";
import { Shell, wordsOf } from "../support/terminal.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const shell = new Shell();
const { errors: REGISTERED } = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve("@nyckelfri/protocol/registry.json"), "utf8"),
) as { readonly errors: readonly { readonly code: string; readonly fault: string }[] };

describe("exit codes", () => {
  test("each is one number, and the README has them all", () => {
    expect(new Set(EXIT_CLASSES.map(({ code }) => code)).size).toBe(EXIT_CLASSES.length);
    const rows = EXIT_CLASSES.map(({ code, name, meaning }) => `| ${code} | ${name} | ${meaning} |`);
    expect(README).toContain(rows.join("\n"));
  });

  test("every registered error has a class; only wrong calls of a library are this program's own fault", () => {
    const areas = [...new Set(REGISTERED.map(({ code }) => code.split("/")[0]))];
    expect(areas).toEqual(expect.arrayContaining(["cbor", "trust", "framing"]));
    const internal = REGISTERED.filter(({ code }) => exitOfCode(code) === "internal");
    expect(internal.filter(({ fault }) => fault !== "caller")).toEqual([]);
    expect(internal.map(({ code }) => code)).toContain("caller/argument");
  });

  test.each([
    ["messages/version", 7],
    ["framing/no-reply", 6],
    ["trust/window", 8],
    ["link/unknown-port", 4],
    ["link/busy", 5],
    ["cbor/tag", 3],
    ["cose/signature-invalid", 1],
    ["no/such-code", 70],
  ])("%s ends with %i", (code, exit) => {
    expect(exitCode(exitOfCode(code))).toBe(exit);
  });

  test("every error of this program says what to do and is nobody else's code", () => {
    for (const [code, { remedy }] of Object.entries(OWN_ERRORS)) {
      expect(remedy).toMatch(/^[A-Z].*\.$/);
      expect(REGISTERED.map((one) => one.code)).not.toContain(code);
    }
  });
});

/** One command that does what the test says. */
function failing(error: unknown): readonly Command[] {
  const run = (): never => {
    throw error;
  };
  return [
    { name: "fail", summary: "fails", operands: [], options: [], examples: [], exits: [], load: async () => ({ run }) },
  ];
}

async function told(error: unknown, ...words: string[]) {
  let errors = "";
  const warn = (text: string) => {
    errors += text;
  };
  const exit = await main(["fail", ...words], { ...TERMINAL, warn }, failing(error));
  return { exit, errors };
}

const TERMINAL = {
  readInput: async () => new Uint8Array(0),
  lines: async function* () {},
  print: () => {},
  printed: async () => {},
  warn: () => {},
  environment: {},
  output: "pipe",
  errors: "pipe",
  now: () => 0,
  random: (length: number) => new Uint8Array(length),
  interrupted: new AbortController().signal,
  zone: "UTC",
} as const;

describe("errors", () => {
  test("say what happened, what to do and the code, with the registry's remedy", async () => {
    const { exit, errors } = await told(new PeerError("trust/window", { exp: 5 }));
    expect(exit).toBe(8);
    expect(errors).toContain("what to do: Renew the certificate, or issue the object inside its window.");
    expect(errors).toContain("code: trust/window, exit 8 (trust)");
  });

  test("are data with --json, on standard error", async () => {
    const { exit, errors } = await told(new Failure("cli/file-missing", "there is no file x"), "--json");
    expect(JSON.parse(errors).error).toMatchObject({
      code: "cli/file-missing",
      exit: "file",
      exitCode: exit,
      message: "there is no file x",
    });
  });

  test("of any other package of the family are told by their own code and remedy", async () => {
    const error = Object.assign(new Error("Another program has the port. [link/busy]"), {
      code: "link/busy",
      remedy: "Close it.",
    });
    expect(await told(error)).toMatchObject({ exit: 5, errors: expect.stringContaining("what to do: Close it.") });
  });

  test("that nobody expected are this program's", async () => {
    expect(await told(new RangeError("oops"))).toMatchObject({ exit: 70, errors: expect.stringContaining("oops") });
  });
});

describe("the table of commands", () => {
  test.each(COMMANDS)("$name has help with examples that its own table accepts", async (command) => {
    const { exit, output } = await shell.run([...command.name.split(" "), "--help"]);
    expect(exit).toBe(0);
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { line, says } of command.examples) {
      expect(output).toContain(line);
      expect(output).toContain(says);
      const part = /nyckelfri [^|)]*/.exec(line)?.[0] ?? "";
      const found = findCommand(wordsOf(part).slice(1), COMMANDS);
      expect(found.command.name).toBe(command.name);
      expect(() => parseInvocation(command, found.rest)).not.toThrow();
    }
    for (const option of command.options) expect(output).toContain(`--${option.name}`);
    expect(README).toContain(`| \`${command.name}\` | ${command.summary} |`);
    expect(typeof (await command.load()).run).toBe("function");
  });

  test("names, options and shorts are unique", () => {
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
    for (const { options } of COMMANDS) {
      const names = options.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short]));
      expect(new Set([...names, "help", "json", "h"]).size).toBe(names.length + 3);
    }
  });

  test("the program's help lists all of them and every exit code", async () => {
    const { exit, output } = await shell.run(["--help"]);
    expect(exit).toBe(0);
    for (const { name, summary } of COMMANDS)
      expect(output).toMatch(new RegExp(`^ {2}${name} +${summary.replace(/[?.]/g, "\\$&")}$`, "m"));
    for (const { code, meaning } of EXIT_CLASSES) expect(output).toContain(`${String(code).padEnd(3)}  ${meaning}`);
    expect(await shell.run(["help", "issue"])).toMatchObject({
      exit: 0,
      output: expect.stringContaining("nyckelfri issue"),
    });
    expect((await shell.run([])).exit).toBe(2);
    expect((await shell.run(["--version"])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a wrong command line ends with 2 and says what is meant", () => {
  test.each([
    [["inspct", "00"], "did you mean inspect?"],
    [["inspect"], "needs input"],
    [["inspect", "00", "11"], "does not know what to do with 11"],
    [["inspect", "00", "--trsut", "x"], "did you mean --trust?"],
    [["inspect", "00", "--trust"], "--trust needs a value"],
    [["inspect", "00", "--trust", "--json"], "--trust needs a value"],
    [["inspect", "00", "--at", "soon"], "is no time"],
    [["inspect", "00", "--at", "2026-10-25 02:30"], "comes twice"],
    [["inspect", "00", "--zone", "Mars"], "no time zone"],
    [["inspect", "00", "--json=yes"], "takes no value"],
    [["keygen", ""], "name is empty"],
    [["keygen", "x", "--root", ""], "does not know what to do with"],
    [["inspect", "00", "--trust", ""], "--trust is empty"],
    [["inspect", "00", "--zone", "UTC", "--zone", "UTC"], "given twice"],
    [["issue", "grnat"], "did you mean grant?"],
    [["completion", "tcsh"], "one of: bash, zsh, fish"],
    [["verify", "00"], "needs --trust"],
    [["--json", "inspect", "00"], "the command comes first"],
  ])("%j: %s", async (words, says) => {
    const { exit, output, errors } = await shell.run(words);
    expect([exit, output]).toEqual([2, ""]);
    expect(errors).toContain(says);
  });

  test.each([
    ["station", "--help"],
    ["station", "-h"],
    ["help", "station"],
  ])("%s %s: the commands that begin so", async (...words) => {
    const { exit, output, errors } = await shell.run(words);
    expect([exit, errors]).toEqual([0, ""]);
    for (const { name, examples } of COMMANDS.filter((command) => command.name.startsWith("station "))) {
      expect(output).toContain(name);
      for (const { line } of examples) expect(output).toContain(line);
    }
    expect(output).not.toContain("keygen");
  });

  test("a command of two words asks for its second", () => {
    const station = { ...(COMMANDS[0] as Command), name: "station info" };
    expect(() => findCommand(["station"], [station])).toThrow("needs a second word");
    expect(findCommand(["station", "info", "x"], [station]).rest).toEqual(["x"]);
  });
});

describe("completion", () => {
  test.each(SHELLS)("%s knows every command, option and choice of the table", async (name) => {
    const { exit, output } = await shell.run(["completion", name]);
    expect(exit).toBe(0);
    for (const command of COMMANDS) {
      for (const word of command.name.split(" ")) expect(output).toContain(word);
      for (const option of command.options) expect(output).toMatch(new RegExp(`(--|-l )${option.name}\\b`));
      for (const choice of command.operands[0]?.choices ?? []) expect(output).toContain(choice);
    }
  });

  /** What bash offers behind a line; every machine with Node and git has a bash beside its git. */
  function offered(line: string): readonly string[] {
    const script = `${completionFor("bash", COMMANDS)}
COMP_WORDS=(${line}); [[ "${line}" == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _nyckelfri; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], {
      encoding: "utf8",
      cwd: new URL(".", import.meta.url),
    });
    expect(stderr).toBe("");
    return stdout.trim().split("\n");
  }

  test("bash offers what fits", () => {
    expect(offered("nyckelfri in")).toEqual(["inspect"]);
    expect(offered("nyckelfri issue --ad")).toEqual(["--add-to-trust"]);
    expect(offered("nyckelfri issue gr")).toEqual(["grant"]);
    expect(offered("nyckelfri station ")).toEqual(["info", "sync", "log", "selftest", "watch"]);
    expect(offered("nyckelfri inspect prog")).toEqual(["program.test.ts"]);
    expect(offered("nyckelfri issue --by prog")).toEqual(["program.test.ts"]);
    expect(offered("nyckelfri sim serve --device ")).toEqual(["station"]);
    expect(offered("nyckelfri station info --zone --")).toEqual([""]);
    expect(offered("nyckelfri help mon")).toEqual(["monitor"]);
  });
});

describe("colours and progress", () => {
  test.each([
    [{}, "terminal", true],
    [{}, "pipe", false],
    [{ NO_COLOR: "1" }, "terminal", false],
    [{ NO_COLOR: "" }, "terminal", true],
    [{ TERM: "dumb" }, "terminal", false],
    [{ FORCE_COLOR: "1" }, "pipe", true],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, "pipe", true],
    [{ FORCE_COLOR: "0" }, "terminal", false],
  ] as const)("%j on a %s: %s", (environment, stream, expected) => {
    expect(usesColours(environment, stream)).toBe(expected);
  });

  test("help is coloured on a terminal, and plain in a pipe", async () => {
    const coloured = new Shell({ output: "terminal" });
    expect((await coloured.run(["--help"])).output).toContain("\u001b[1m");
    expect((await shell.run(["--help"])).output).not.toContain("\u001b");
  });

  test("progress writes over itself on a terminal, and says nothing in a pipe", () => {
    let said = "";
    const warn = (text: string) => {
      said += text;
    };
    const progress = progressOn({ ...TERMINAL, errors: "terminal", warn });
    progress.show("1 of 2");
    progress.show("2 of 2");
    progress.clear();
    expect(said).toBe("\r\u001b[K1 of 2\r\u001b[K2 of 2\r\u001b[K");
    progressOn({ ...TERMINAL, warn }).show("no");
    expect(said).not.toContain("no");
  });
});
