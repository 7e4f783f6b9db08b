/** Which other programs have a port open, as Linux tells it: every open file of a process is a link in its `/proc/<pid>/fd`. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";

export interface Holder {
  readonly pid: number;
  /** As the system calls it; "" where it does not tell. */
  readonly program: string;
}

export interface Holders {
  readonly holders: readonly Holder[];
  /** `some`: processes of other users do not show their files to this one. */
  readonly seen: "all" | "some" | "none";
}

/** The program that makes a virtual port writes itself down beside the port's stable name, and has the port open too. */
function makerOf(path: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(`${path}.lock`, "utf8")) as { readonly pid?: unknown };
    return typeof pid === "number" ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Besides this process and the one behind a virtual port. `proc` is where the system tells of processes. On a system without one nothing is seen. */
export function portHolders(path: string, proc = "/proc", own: number = process.pid): Holders {
  let port: string;
  let processes: string[];
  try {
    port = realpathSync(path);
    const maker = makerOf(path);
    processes = readdirSync(proc).filter((name) => /^\d+$/.test(name) && ![own, maker].includes(Number(name)));
  } catch {
    return { holders: [], seen: "none" };
  }
  const holders: Holder[] = [];
  let seen: Holders["seen"] = "all";
  for (const pid of processes) {
    const files = openFiles(join(proc, pid, "fd"));
    if (files === "hidden") seen = "some";
    else if (files.includes(port)) holders.push({ pid: Number(pid), program: programOf(join(proc, pid, "comm")) });
  }
  return { holders, seen };
}

function openFiles(folder: string): readonly string[] | "hidden" {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const { code } = error as { readonly code?: string };
    // A process that has just ended has no open file.
    return code === "EACCES" || code === "EPERM" ? "hidden" : [];
  }
  return names.flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      return [];
    }
  });
}

function programOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
