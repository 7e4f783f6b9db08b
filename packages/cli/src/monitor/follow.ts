/** The entries of a recording as they are written: all that are there, then each line that comes, as `tail -f` reads a file. */
import { closeSync, fstatSync, openSync, readSync, watch } from "node:fs";
import { type CaptureEntry, type CaptureHeader, parseCapture } from "@nyckelfri/links";
import { CallerError } from "@nyckelfri/protocol";
import type { Interruption } from "../program/terminal.ts";

const PIECE_BYTES = 65_536;
const NEWLINE = 0x0a;
/** Where a file system tells of no changes, the file is looked at so often. */
const LOOK_MS = 500;

/**
 * Ends with the entry that says that the line was closed, with an interruption, or when another recording begins in the same file.
 * Throws `link/capture` with the line that is none.
 */
export async function* followCapture(
  path: string,
  interrupted: Interruption,
): AsyncGenerator<{ readonly header: CaptureHeader; readonly entries: readonly CaptureEntry[] }> {
  const reader = new LineReader(path);
  const change = changesOf(path, interrupted);
  let head: string | undefined;
  let seen = 0;
  try {
    while (!interrupted.aborted) {
      const changed = change.next();
      if (reader.isCut) return;
      const lines = reader.lines();
      if (lines.length > 0) {
        const isFirst = head === undefined;
        head ??= lines[0] ?? "";
        const { header, entries } = parsed(head, isFirst ? lines.slice(1) : lines, seen);
        seen += entries.length;
        yield { header, entries };
        if (entries.some(({ kind }) => kind === "closed")) return;
      } else await changed;
    }
  } finally {
    change.end();
    reader.close();
  }
}

/** Lines are counted in the whole file, as its reader would count them. */
function parsed(head: string, lines: readonly string[], before: number): ReturnType<typeof parseCapture> {
  try {
    return parseCapture(`${[head, ...lines].join("\n")}\n`);
  } catch (error) {
    if (!(error instanceof CallerError) || error.code !== "link/capture") throw error;
    const line = Number(error.details["line"]);
    throw new CallerError("link/capture", { ...error.details, line: line === 1 ? 1 : line + before });
  }
}

/** Whole lines alone: the end of a piece may be in the middle of a letter. */
class LineReader {
  readonly #descriptor: number;
  #rest: Buffer = Buffer.alloc(0);
  #readBytes = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, "r");
  }

  get isCut(): boolean {
    return fstatSync(this.#descriptor).size < this.#readBytes;
  }

  lines(): readonly string[] {
    const pieces = [this.#rest];
    for (;;) {
      const piece = Buffer.alloc(PIECE_BYTES);
      const bytes = readSync(this.#descriptor, piece, 0, PIECE_BYTES, null);
      if (bytes === 0) break;
      this.#readBytes += bytes;
      pieces.push(piece.subarray(0, bytes));
    }
    const all = Buffer.concat(pieces);
    const whole = all.lastIndexOf(NEWLINE) + 1;
    this.#rest = all.subarray(whole);
    return whole === 0 ? [] : all.toString("utf8", 0, whole - 1).split("\n");
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

interface Changes {
  /** Resolves with the next change after this was called, or an interruption. */
  readonly next: () => Promise<void>;
  readonly end: () => void;
}

function changesOf(path: string, interrupted: Interruption): Changes {
  let wake = (): void => {};
  const told = (): void => wake();
  const watcher = watch(path, told);
  watcher.on("error", told);
  const timer = setInterval(told, LOOK_MS);
  interrupted.addEventListener("abort", told, { once: true });
  return {
    next: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    end: () => {
      clearInterval(timer);
      watcher.close();
    },
  };
}
