/** One process for one state folder: two would write one journal. A process that was killed leaves its lock, which then counts no more. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../files/read-file.ts";
import { Failure } from "../program/failure.ts";

/** Gives the function that unlocks. Throws a `Failure` `cli/state-in-use`, `cli/file-unwritable`. */
export function lockState(folder: string): () => void {
  const path = join(folder, "lock");
  const own = { pid: process.pid, started: startOf(process.pid) };
  const unwritable = (error: unknown): Failure =>
    new Failure("cli/file-unwritable", `${path}: ${error instanceof Error ? error.message : String(error)}`);
  makeFolder(folder);
  try {
    if (holderOf(path) === undefined) rmSync(path, { force: true });
    writeFileSync(path, JSON.stringify(own), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(error);
    throw new Failure("cli/state-in-use", `process ${holderOf(path) ?? "(just ended)"} has ${folder}`);
  }
  return () => rmSync(path, { force: true });
}

/** The living process that has the lock. */
function holderOf(path: string): number | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, "utf8")) as {
      readonly pid: number;
      readonly started: string;
    };
    return lives(pid) && startOf(pid) === started ? pid : undefined;
  } catch {
    // No lock, or one whose process did not finish writing it.
    return undefined;
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A pid is given again: when its process began tells them apart, where the system says it. */
function startOf(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ");
    return fields?.[19] ?? "";
  } catch {
    return "";
  }
}
