/**
 * The stable name of a virtual port: a symbolic link, and beside it `<link>.lock`, which says whose it is. A program that is
 * killed leaves both, and the system soon gives the same terminal to another program: so whoever follows the link first asks
 * whether its owner lives.
 */
import {
  linkSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { EnvironmentError } from "@nyckelfri/protocol";
import { openError, systemCode } from "./system-errors.ts";

interface Owner {
  readonly pid: number;
  /** When the process began, as the system counts it: a pid is given again. Empty where the system does not tell. */
  readonly started: string;
  readonly port: string;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Removes what this process has made and not yet removed. */
const removers = new Set<() => void>();

/**
 * Makes `path` lead to `port` until the returned function is called or the process ends. Throws `link/busy` while another
 * living program owns the path, `link/not-a-port` for anything else that stands there, `link/no-permission` and
 * `link/no-folder` for a folder that cannot be written or is not there.
 */
export function leadTo(port: string, asked: string, uri: string): () => void {
  // The program may work in another folder by the time that the link goes.
  const path = resolve(asked);
  const owner: Owner = { pid: process.pid, started: startOf(process.pid), port };
  try {
    claim(path, owner, uri);
    place(port, path);
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    // A port that is to be made can be missed by nobody: what is not there is the folder.
    if (isAbsence(error) && !isFolder(dirname(path)))
      throw new EnvironmentError("link/no-folder", { uri, folder: dirname(path) });
    throw openError(error, uri);
  }
  const remove = (): void => {
    if (!removers.delete(remove)) return;
    if (removers.size === 0) stopWatchingTheEnd();
    if (ownerOf(path)?.pid !== owner.pid) return;
    if (readLink(path) === port) removeIfAllowed(path);
    removeIfAllowed(lockOf(path));
  };
  if (removers.size === 0) watchTheEnd();
  removers.add(remove);
  return remove;
}

function isAbsence(error: unknown): boolean {
  return systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR";
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Whether `path` leads to a virtual port whose program has ended without taking it down. */
export function isAbandoned(path: string): boolean {
  const owner = ownerOf(path);
  return owner !== undefined && readLink(path) === owner.port && !lives(owner);
}

/** Takes the lock file, from a dead owner if need be, and looks at what stands at the path before anything is replaced. */
function claim(path: string, owner: Owner, uri: string): void {
  const known = ownerOf(path);
  if (known !== undefined && lives(known)) throw new EnvironmentError("link/busy", { uri, pid: known.pid });
  const target = readLink(path);
  const isFree = target === undefined || target === known?.port;
  if (!isFree) throw new EnvironmentError("link/not-a-port", { uri });
  const busy = (): EnvironmentError => new EnvironmentError("link/busy", { uri, detail: lockOf(path) });
  if (known !== undefined || isEmpty(lockOf(path))) removeDead(path, known, busy);
  const fresh = `${lockOf(path)}.${owner.pid}.new`;
  try {
    // Linked to its name when its words are in it: whoever is killed here leaves no lock without an owner.
    writeFileSync(fresh, JSON.stringify(owner));
    linkSync(fresh, lockOf(path));
  } catch (error) {
    // Somebody was quicker, or a file that is not ours has the name.
    throw systemCode(error) === "EEXIST" ? busy() : error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** Moved aside before it is removed, because another program may have found the same dead owner and be here first. */
function removeDead(path: string, known: Owner | undefined, busy: () => EnvironmentError): void {
  const lock = lockOf(path);
  const aside = `${lock}.${process.pid}.old`;
  renameSync(lock, aside);
  const moved = ownerIn(aside);
  if (moved?.pid !== known?.pid || moved?.started !== known?.started) {
    linkSync(aside, lock);
    unlinkSync(aside);
    throw busy();
  }
  unlinkSync(aside);
}

/** In one step from no link, or a dead one, to ours. */
function place(port: string, path: string): void {
  const fresh = `${path}.${process.pid}.new`;
  try {
    rmSync(fresh, { force: true });
    symlinkSync(port, fresh);
    renameSync(fresh, path);
  } catch (error) {
    removeIfAllowed(fresh);
    removeIfAllowed(lockOf(path));
    throw error;
  }
}

/** A folder that may no longer be written, or is gone, keeps nobody from closing: what stays in it is known by its dead owner. */
function removeIfAllowed(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // As said above.
  }
}

/** As a machine that lost power leaves a file which it was about to write. */
function isEmpty(path: string): boolean {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  return entry?.isFile() === true && entry.size === 0;
}

function lockOf(path: string): string {
  return `${path}.lock`;
}

function ownerOf(path: string): Owner | undefined {
  return ownerIn(lockOf(path));
}

function ownerIn(lock: string): Owner | undefined {
  try {
    const { pid, started, port } = JSON.parse(readFileSync(lock, "utf8")) as Partial<Owner>;
    return Number.isSafeInteger(pid) && typeof started === "string" && typeof port === "string"
      ? { pid: Number(pid), started, port }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Where a symbolic link leads; undefined if nothing is there, and "" for what is no link. */
function readLink(path: string): string | undefined {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return undefined;
  return entry.isSymbolicLink() ? readlinkSync(path) : "";
}

function lives({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) !== "EPERM") return false;
  }
  return startOf(pid) === started;
}

function startOf(pid: number): string {
  try {
    // The second field is the program's name in parentheses and may hold spaces; the start is the 20th after it.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ");
    return fields?.[19] ?? "";
  } catch {
    return "";
  }
}

function watchTheEnd(): void {
  process.on("exit", removeAll);
  for (const signal of SIGNALS) process.on(signal, endBySignal);
}

function stopWatchingTheEnd(): void {
  process.off("exit", removeAll);
  for (const signal of SIGNALS) process.off(signal, endBySignal);
}

function removeAll(): void {
  for (const remove of [...removers]) remove();
}

/** A program that handles the signal itself decides whether it ends; else it ends as it would have without us. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.kill(process.pid, signal);
}
