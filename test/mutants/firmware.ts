/**
 * Loads a whole module graph of its own, with one mutant in it or none: bundled in memory and evaluated, so that the files of the tree
 * stay as they are and nothing is shared with another firmware.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { type BuildContext, context, type Plugin } from "esbuild";
import type { Mutant } from "./mutant.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRY = `${ROOT}firmware-sim/src/index.ts`;

/** Everything that `@nyckelfri/firmware-sim` exports. */
export type Firmware = typeof import("@nyckelfri/firmware-sim");

/** Makes one after the other; esbuild parses again only what is not as it was. */
export class Foundry {
  readonly #context: Promise<BuildContext<{ write: false }>>;
  #mutant: Mutant | "sound" = "sound";
  #found: "no" | "yes" = "no";

  constructor() {
    this.#context = context({
      ...{ entryPoints: [ENTRY], bundle: true, write: false, format: "cjs", platform: "node", target: "node20" },
      ...{ conditions: ["@nyckelfri/source"], logLevel: "silent", plugins: [this.#plugin()] },
    });
  }

  /** Throws where the mutant's place is not there exactly once, or no firmware is made of its file. */
  async load(mutant: Mutant | "sound"): Promise<Firmware> {
    this.#mutant = mutant;
    this.#found = "no";
    const { outputFiles } = await (await this.#context).rebuild();
    if (mutant !== "sound" && this.#found === "no") {
      throw new Error(`mutant ${mutant.name}: no firmware is made of ${mutant.file}`);
    }
    const code = outputFiles.map(({ text }) => text).join("");
    const filename = `${mutant === "sound" ? mutant : mutant.name}.cjs`;
    const run = new Script(`(function (module, exports, require) {${code}\n})`, { filename }).runInThisContext();
    const module = { exports: {} };
    run(module, module.exports, createRequire(import.meta.url));
    return module.exports as Firmware;
  }

  async close(): Promise<void> {
    await (await this.#context).dispose();
  }

  #plugin(): Plugin {
    return {
      name: "mutants",
      setup: ({ onLoad }) => {
        onLoad({ filter: /\.ts$/ }, async ({ path }) => {
          const mutant = this.#mutant;
          if (mutant === "sound" || path !== `${ROOT}${mutant.file}`) return undefined;
          this.#found = "yes";
          return { contents: mutated(await readFile(path, "utf8"), mutant), loader: "ts" };
        });
      },
    };
  }
}

/** Throws where the place is not there exactly once: a mutant that changes nothing proves nothing. */
export function mutated(code: string, { name, file, find, replace }: Mutant): string {
  const parts = code.split(find);
  if (parts.length !== 2) throw new Error(`mutant ${name}: ${parts.length - 1} places in ${file}, not one`);
  return parts.join(replace);
}
