/** Files as bytes, with failures that say what to do. */
import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../program/failure.ts";

/** Of a file and of standard input: a device such as /dev/zero, and a pipe, need not end. */
export const MOST_BYTES: number = 64 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;

/** Throws a `Failure` `cli/file-missing`, `cli/file-unreadable` or `cli/file-too-large`. */
export function readFile(path: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const { size } = fstatSync(descriptor);
    if (size > MOST_BYTES) throw tooLarge(`${path} has ${size} bytes`);
    return readToEnd(descriptor, path);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw fileFailure(path, error, "read");
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readToEnd(descriptor: number, path: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const piece = new Uint8Array(PIECE_BYTES);
    const taken = readSync(descriptor, piece, 0, PIECE_BYTES, null);
    if (taken === 0) return new Uint8Array(Buffer.concat(pieces));
    bytes += taken;
    if (bytes > MOST_BYTES) throw tooLarge(`${path} does not end`);
    pieces.push(piece.subarray(0, taken));
  }
}

export function tooLarge(what: string): Failure {
  return new Failure("cli/file-too-large", `${what}, and ${MOST_BYTES} is the most`);
}

/**
 * What people wrote, in UTF-8. Throws what `readFile` throws, and a `Failure` `cli/wrong-file` with the line for any other encoding:
 * read as UTF-8, a name in it would become another one.
 */
export function readText(path: string): string {
  const bytes = readFile(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const found = isUtf16 ? `${path} is UTF-16` : `${path}:${firstForeignLine(bytes)} is not UTF-8`;
    throw new Failure("cli/wrong-file", found, {
      remedy: "Save it as UTF-8; a spreadsheet calls it `CSV UTF-8`, and an old export is mostly Windows-1252.",
    });
  }
}

function firstForeignLine(bytes: Uint8Array): number {
  const text = new TextDecoder().decode(bytes);
  return text.slice(0, Math.max(0, text.indexOf("\ufffd"))).split("\n").length;
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

/** Asked before hours of work whose report goes there: makes the file where there is none. Throws `cli/file-unwritable`. */
export function requireWritable(path: string): void {
  try {
    closeSync(openSync(path, "a"));
  } catch (error) {
    throw fileFailure(path, error, "write");
  }
}

/**
 * Makes a folder that only its owner may enter, and those above it, where they are not there yet. One at a time: with `recursive`
 * Node tries for ever where a folder is there in which none can be made, as /proc. Throws a `Failure` `cli/file-unwritable`.
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been quicker.
    if (!isFolder(path)) throw folderFailure(path, error);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

export function isFile(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

function folderFailure(path: string, error: unknown): Failure {
  const { code = "unknown" } = error as { readonly code?: string };
  const why = code === "EEXIST" ? "what stands there is none" : code;
  return new Failure("cli/file-unwritable", `the folder ${path} cannot be made (${why})`, {
    remedy: "Name a folder below one in which this user may make some.",
  });
}

function fileFailure(path: string, error: unknown, intent: "read" | "write"): Failure {
  const code = (error as { readonly code?: string }).code ?? "unknown";
  if (code === "EEXIST") return new Failure("cli/file-exists", `${path} exists already`);
  if (intent === "write") return new Failure("cli/file-unwritable", `${path} cannot be written (${code})`);
  return code === "ENOENT"
    ? new Failure("cli/file-missing", `there is no file ${path}`)
    : new Failure("cli/file-unreadable", `${path} cannot be read (${code})`);
}
