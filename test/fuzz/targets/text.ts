/** What targets share whose input is text: words that break readers of text, and what counts as refused. */
import { textBytes } from "../corpus.ts";
import { TEXT_SHAPES } from "../mutations.ts";
import type { Subject } from "../subject.ts";
import { must, type Outcome } from "../target.ts";

/** 23 November 2026. */
export const NOW = 1_795_413_600;
/** Names that every object of the language has, and what ends lines, cells and documents. */
export const TRAPS: readonly string[] = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "length",
  "null",
  "\ufeff",
  "\r\n",
  "\u2028",
  '""',
  "'",
  "#",
  "&a",
  "*a",
  "!!binary",
  "<<: ",
  "|\n ",
  "? ",
  "---\n",
  "%20",
  "%ff",
  "\\ud800",
];
export const TIMES: readonly string[] = [
  "07:00",
  "+1d 06:30",
  "2026-11-23",
  "2026-10-25 02:30",
  "2026-03-29 02:30",
  "30 min",
  "24:00",
  "Europe/Stockholm",
  "UTC",
  "Etc/GMT+14",
];

/** A public key. */
export const HEX32 = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29";

export const TEXT = {
  ...{ shapes: TEXT_SHAPES, most: 6_000 },
  ...{ work: { each: 1_000, fixed: 25_000 }, output: { each: 400, fixed: 6_000 } },
} as const;

export function words(...texts: readonly string[]): readonly Uint8Array[] {
  return texts.map(textBytes);
}

/** As files and standard input are read. */
export function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A `Failure` that says what to do is refused, and an error of the library; one of the program itself is for the fuzzer. */
export function refusing({ protocol, modules }: Subject, read: () => unknown): Outcome {
  const { Failure } = modules["failure"] as unknown as {
    readonly Failure: new () => Error & { readonly code: string };
  };
  try {
    return { kind: "built", value: read() };
  } catch (error) {
    if (!(error instanceof Failure) && !(error instanceof protocol.NyckelfriError)) throw error;
    must(error.code !== "cli/internal", `told as a fault of the program itself: ${error.message}`);
    return { kind: "refused", why: error.code };
  }
}
