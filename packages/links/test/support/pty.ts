/** Virtual ports for tests, in folders of their own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLink } from "#src/open-link.ts";
import { within } from "./wait.ts";

export function newFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "nyckelfri-links-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Why there is no pty here, or undefined where there is one. */
export async function whyNoPty(): Promise<string | undefined> {
  const folder = newFolder();
  try {
    const link = await openLink(`pty:${join(folder.path, "probe")}`);
    await link.close();
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "link/no-virtual-port") return error.message;
    throw error;
  } finally {
    folder.remove();
  }
}

export interface Program {
  readonly pid: number;
  /** Resolves when the program has printed a line that holds `text`; gives the line. */
  says(text: string): Promise<string>;
  /** Sends a signal and waits for the end; gives the exit code, or the signal that ended it. */
  end(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): Promise<number | string | null>;
}

/** Runs `code`, a module that finds the built package as `links`, in a process of its own. */
export function program(code: string): Program {
  const entry = new URL("../../dist/index.js", import.meta.url).href;
  const script = `import * as links from ${JSON.stringify(entry)};\n${code}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  const ended = once(child, "exit");
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const lineWith = (text: string): string | undefined => printed.split("\n").find((line) => line.includes(text));
  return {
    pid: child.pid ?? 0,
    says: async (text) => {
      for (let line = lineWith(text); ; line = lineWith(text)) {
        if (line !== undefined) return line;
        await within(once(child.stdout, "data"), `the program to say ${text}`);
      }
    },
    end: async (signal) => {
      child.kill(signal);
      const [code, by] = await within(ended, "the program to end");
      return code ?? by;
    },
  };
}
