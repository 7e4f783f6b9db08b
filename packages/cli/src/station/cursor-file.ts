/** How far the log of each station was read, in a small JSON file. */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import type { CursorStore } from "@nyckelfri/station-client";
import { isFile, readFile } from "../files/read-file.ts";
import { Failure } from "../program/failure.ts";

/** Throws `cli/wrong-file` for a file that is something else, before anything is read from a station. */
export function cursorFile(path: string): CursorStore {
  const cursors = isFile(path) ? readCursors(path) : new Map<string, number>();
  return {
    load: async (device) => cursors.get(device),
    save: async (device, cursor) => {
      cursors.set(device, cursor);
      writeCursors(path, cursors);
    },
  };
}

function readCursors(path: string): Map<string, number> {
  const wrong = new Failure("cli/wrong-file", `${path} holds no cursors`, {
    remedy:
      "Name the file that an earlier `nyckelfri station log --cursor` has written, or one that does not exist yet.",
  });
  let fields: { readonly nyckelfri?: unknown; readonly cursors?: unknown } | null;
  try {
    fields = JSON.parse(new TextDecoder().decode(readFile(path))) as typeof fields;
  } catch (error) {
    throw error instanceof Failure ? error : wrong;
  }
  if (fields?.nyckelfri !== "cursors" || typeof fields.cursors !== "object" || fields.cursors === null) throw wrong;
  const entries = Object.entries(fields.cursors);
  if (!entries.every(([, cursor]) => Number.isSafeInteger(cursor) && Number(cursor) >= 0)) throw wrong;
  return new Map(entries.map(([device, cursor]) => [device, Number(cursor)]));
}

/** A crash leaves the old file or the new one, and what is told as kept is on the disk. */
function writeCursors(path: string, cursors: ReadonlyMap<string, number>): void {
  const text = `${JSON.stringify({ nyckelfri: "cursors", cursors: Object.fromEntries(cursors) }, undefined, 2)}\n`;
  const next = `${path}.new`;
  try {
    const descriptor = openSync(next, "w", 0o644);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(next, path);
  } catch (error) {
    throw new Failure(
      "cli/file-unwritable",
      `${path} cannot be written (${(error as { code?: string }).code ?? "unknown"})`,
    );
  }
}
