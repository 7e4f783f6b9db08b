/** Where a command reads and prints, handed in so that a test is a terminal too. */
import { styleText } from "node:util";
import type { AbortSignalLike } from "@nyckelfri/links";

/** The part of an `AbortSignal` that is used, so that whoever imports these types needs neither Node's nor a browser's. */
export interface Interruption extends AbortSignalLike {
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
}

export interface Terminal {
  /** Everything on standard input, to its end. */
  readonly readInput: () => Promise<Uint8Array>;
  /** The lines of standard input, as they come. */
  readonly lines: () => AsyncIterable<string>;
  readonly print: (text: string) => void;
  /** Resolves when the system has taken what was printed; rejects when nobody reads it any more. */
  readonly printed: () => Promise<void>;
  /** Standard error. */
  readonly warn: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether a person looks at it. */
  readonly output: "terminal" | "pipe";
  readonly errors: "terminal" | "pipe";
  /** Unix seconds. */
  readonly now: () => number;
  readonly random: (length: number) => Uint8Array;
  /** Aborted by Ctrl-C, and when nobody reads what is printed: whoever waits stops waiting and puts away what it holds. */
  readonly interrupted: Interruption;
  /** IANA name of the zone in which times are shown. */
  readonly zone: string;
}

export type Style = (kind: "heading" | "good" | "bad" | "doubtful" | "faint", text: string) => string;

const FORMATS = { heading: "bold", good: "green", bad: "red", doubtful: "yellow", faint: "dim" } as const;

/** Colours as people know to ask for them: FORCE_COLOR before NO_COLOR (no-color.org) before what is looked at. */
export function usesColours(environment: Terminal["environment"], stream: "terminal" | "pipe"): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = environment;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  return stream === "terminal" && TERM !== "dumb";
}

export function styleFor(terminal: Terminal, stream: "output" | "errors"): Style {
  if (!usesColours(terminal.environment, terminal[stream])) return (_, text) => text;
  return (kind, text) => styleText(FORMATS[kind], text, { validateStream: false });
}

export interface Progress {
  /** Replaces what the line said. */
  readonly show: (text: string) => void;
  /** Takes the line away. */
  readonly clear: () => void;
}

/** One line on a terminal's standard error that is written over; nothing at all in a pipe. */
export function progressOn(terminal: Terminal): Progress {
  if (terminal.errors !== "terminal") return { show: () => {}, clear: () => {} };
  const clear = (): void => terminal.warn("\r\u001b[K");
  return {
    show: (text) => {
      clear();
      terminal.warn(text);
    },
    clear,
  };
}
