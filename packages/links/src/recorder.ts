/** Any link, recorded: the same link, and every byte of it in a capture (capture.ts). */
import { closeSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { CallerError, type Link } from "@nyckelfri/protocol";
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
    try {
      if (target !== undefined) act(target);
    } catch (error) {
      target = undefined;
      log({ event: "recording-failed", uri: link.uri, detail: messageOf(error) });
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
    attempt((sink) => sink.close());
    target = undefined;
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

/**
 * A capture file, written line by line without a buffer, so that a killed process loses nothing that had happened. It replaces
 * a file of that name, and only this user may read it: captures hold whatever was said, a PIN at enrolment too.
 */
export function captureFile(path: string): CaptureSink {
  const descriptor = openSync(path, "w", 0o600);
  return {
    write: (line) => void writeSync(descriptor, line),
    close: () => closeSync(descriptor),
  };
}

/** Throws `link/capture`, also for a file that is not there. */
export async function readCapture(path: string): Promise<Capture> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new CallerError("link/capture", { path, takes: "a file that can be read", detail: systemCode(error) });
  }
  return parseCapture(text);
}
