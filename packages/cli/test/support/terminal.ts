/** A terminal that keeps what was printed, with a clock that stands still and a random source that counts. */
import { createHash } from "node:crypto";
import { main } from "#src/program/main.ts";
import type { Terminal } from "#src/program/terminal.ts";

export interface Ran {
  readonly exit: number;
  readonly output: string;
  readonly errors: string;
}

/** 2026-11-23 08:00 in Stockholm. */
export const NOW = Date.UTC(2026, 10, 23, 7) / 1000;

/** Runs command lines one after another; random bytes go on from one to the next. */
export class Shell {
  #drawn = 0;
  readonly #change: Partial<Terminal>;

  constructor(change: Partial<Terminal> = {}) {
    this.#change = change;
  }

  async run(words: readonly string[], input: Uint8Array = new Uint8Array(0)): Promise<Ran> {
    let output = "";
    let errors = "";
    const exit = await main(words, {
      readInput: async () => input,
      lines: async function* () {
        yield* new TextDecoder().decode(input).split("\n");
      },
      print: (text) => {
        output += text;
      },
      printed: async () => {},
      warn: (text) => {
        errors += text;
      },
      environment: {},
      output: "pipe",
      errors: "pipe",
      now: () => NOW,
      random: (length) =>
        new Uint8Array(
          createHash("sha512")
            .update(`draw ${this.#drawn++}`)
            .digest(),
        ).slice(0, length),
      interrupted: new AbortController().signal,
      zone: "Europe/Stockholm",
      ...this.#change,
    });
    return { exit, output, errors };
  }
}

/** The words of a command line: single quotes hold words together, as in every shell. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|((?:[^\s']|'[^']*')+)/g)].map(
    ([, quoted, plain = ""]) => quoted ?? plain.replace(/'([^']*)'/g, "$1"),
  );
}
