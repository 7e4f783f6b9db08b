/** Any link, recorded: the same link, and every byte of it in a capture (capture.ts). */
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { EnvironmentError, type Link } from "@nyckelfri/protocol";
import { type Capture, formatEntry, formatHeader, parseCapture } from "./capture.ts";
import type { LinkLogger } from "./logger.ts";
import { messageOf, systemCode } from "./system-errors.ts";

/** Takes the lines of a capture, each with its newline. */
export interface CaptureSink {
  write(line: string): void;
  close(): void;
}

export interface RecordOptions {
  /** Milliseconds that never run backwards. */
  readonly now?: () => number;
  readonly startedAt?: Date;
  readonly log?: LinkLogger;
}

/**
 * The recorded link stands for `link`, which must not be used beside it. What is written stands in the capture before the
 * carrier has it, and what is received before a listener has it: so a capture holds what a crash was about. A sink that fails
 * ends the recording (`recording-failed` in the log), never the link.
 */
export function recordLink(link: Link, sink: CaptureSink, options: RecordOptions = {}): Link {
  const { now = () => performance.now(), startedAt = new Date(), log = () => {} } = options;
  const startedMs = now();
  let target: CaptureSink | undefined = sink;
  const attempt = (act: (sink: CaptureSink) => void): void => {
    const current = target;
    if (current === undefined) return;
    try {
      act(current);
    } catch (error) {
      target = undefined;
      log({ event: "recording-failed", uri: link.uri, detail: messageOf(error) });
      closeQuietly(current);
    }
  };
  const elapsedMs = (): number => Math.round((now() - startedMs) * 1000) / 1000;
  const record = (direction: "in" | "out", bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    attempt((sink) => sink.write(formatEntry({ kind: "bytes", ms: elapsedMs(), direction, bytes })));
  };

  attempt((sink) => sink.write(formatHeader({ uri: link.uri, startedAt: startedAt.toISOString() })));
  // First of all listeners, so that the capture has a chunk before anyone acts on it.
  link.onData((chunk) => record("in", chunk));
  link.onClose((closed) => {
    attempt((sink) => sink.write(formatEntry({ kind: "closed", ms: elapsedMs(), closed })));
    const current = target;
    target = undefined;
    if (current !== undefined) closeQuietly(current);
  });
  return {
    uri: link.uri,
    onData: (listener) => link.onData(listener),
    onClose: (listener) => link.onClose(listener),
    close: () => link.close(),
    write: (bytes) => {
      record("out", bytes);
      return link.write(bytes);
    },
  };
}

/** All lines are in the sink already; that it does not close well loses none of them. */
function closeQuietly(sink: CaptureSink): void {
  try {
    sink.close();
  } catch {
    // Nobody can do anything about it.
  }
}

/**
 * A capture file, written line by line without a buffer, so that a killed process loses nothing that had happened. It replaces
 * a file of that name, and only this user may read it: captures hold whatever was said, a PIN at enrolment too. Throws
 * `link/capture-file` for a file that cannot be written, or that cannot be kept from others.
 */
export function captureFile(path: string): CaptureSink {
  const descriptor = openPrivately(path);
  return {
    write: (line) => {
      const bytes = Buffer.from(line);
      // The system may take a part of it.
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    },
    close: () => closeSync(descriptor),
  };
}

function openPrivately(path: string): number {
  let descriptor: number | undefined;
  try {
    // Emptied once nobody else may read it: the mode given to `open` means nothing for a file that is there.
    descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
    if (fstatSync(descriptor).isFile()) {
      fchmodSync(descriptor, 0o600);
      ftruncateSync(descriptor);
    }
    return descriptor;
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw new EnvironmentError("link/capture-file", { path, detail: systemCode(error) });
  }
}

/** Throws `link/capture-file` for a file that is not there or cannot be read, `link/capture` for one that is no capture. */
export async function readCapture(path: string): Promise<Capture> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new EnvironmentError("link/capture-file", { path, detail: systemCode(error) });
  }
  return parseCapture(text);
}
