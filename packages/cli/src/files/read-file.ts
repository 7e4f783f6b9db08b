/** Files as bytes, with failures that say what to do. */
import { lstatSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { Failure } from "../program/failure.ts";

const MOST_BYTES = 64 * 1024 * 1024;

/** Throws a `Failure` `cli/file-missing`, `cli/file-unreadable` or `cli/file-too-large`. */
export function readFile(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES)
      throw new Failure("cli/file-too-large", `${path} has ${size} bytes, and ${MOST_BYTES} is the most`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw fileFailure(path, error, "read");
  }
}

/** Throws a `Failure` `cli/file-exists` where the file exists; `mode` is the permissions from the first moment on. */
export function writeNewFile(path: string, content: string | Uint8Array, mode = 0o644): void {
  try {
    writeFileSync(path, content, { flag: "wx", mode });
  } catch (error) {
    throw fileFailure(path, error, "write");
  }
}

/** Asked before the first of several files is written, so that none is left alone. Throws `cli/file-exists`. */
export function requireAbsent(...paths: readonly string[]): void {
  for (const path of paths) if (isFile(path)) throw new Failure("cli/file-exists", `${path} exists already`);
}

export function isFile(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

function fileFailure(path: string, error: unknown, intent: "read" | "write"): Failure {
  const code = (error as { readonly code?: string }).code ?? "unknown";
  if (code === "EEXIST") return new Failure("cli/file-exists", `${path} exists already`);
  if (intent === "write") return new Failure("cli/file-unwritable", `${path} cannot be written (${code})`);
  return code === "ENOENT"
    ? new Failure("cli/file-missing", `there is no file ${path}`)
    : new Failure("cli/file-unreadable", `${path} cannot be read (${code})`);
}
