/**
 * Makes one module graph in memory in which every mutant is there beside the sound firmware, and says which of them runs. The files of
 * the tree stay as they are.
 *
 * Each file that some mutant changes is there once as it is and once for each of its mutants, and in front of them stands a switch
 * that hands out the exports of the one in force. So the engine compiles everything once and not once for each mutant.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import type { BuildOptions, Plugin } from "esbuild";
import { Failure } from "../program/failure.ts";
import { type Edit, editsOf, type Mutant } from "./mutant.ts";

/** Everything that `@nyckelfri/firmware-sim` exports. */
export type Firmware = typeof import("@nyckelfri/firmware-sim");

interface Switchboard {
  /** Name of the mutant that runs; empty for the sound firmware. */
  current: string;
  /** Whether anything of a file that the mutant changes was used since. */
  reached: boolean;
}

export interface Foundry {
  /** From now on this runs, in everything that the foundry ever handed out. Worlds do not outlive a change. */
  readonly run: (mutant: Pick<Mutant, "name"> | "sound") => Firmware;
  /** Whether what `run` was told last has been used. A mutant that nobody ran proves nothing by surviving. */
  readonly wasReached: () => boolean;
}

type Esbuild = typeof import("esbuild");
const require = createRequire(import.meta.url);
const SOURCE = "@nyckelfri/source";

/** Throws a `Failure` where esbuild is not installed, or a mutant's place is not there exactly once. */
export async function openFoundry(mutants: readonly Mutant[]): Promise<Foundry> {
  return startFoundry(await bundle(mutants));
}

/** The program of a foundry with these mutants. */
export async function bundle(mutants: readonly Mutant[]): Promise<string> {
  const esbuild = await loadEsbuild();
  const files = [...new Set(mutants.flatMap((mutant) => editsOf(mutant).map(({ file }) => file)))];
  const common: BuildOptions = { write: false, platform: "node", target: "node20", logLevel: "silent" };
  const versions = await versionsOf(mutants);
  const exported = await exportsOf(esbuild, common, files);
  const { outputFiles = [] } = await esbuild.build({
    ...common,
    ...{ bundle: true, format: "cjs", conditions: [SOURCE], outfile: "firmware.cjs" },
    stdin: { contents: `export * from "./index.ts";\n${BOARD_EXPORT}`, resolveDir: pathOf("firmware-sim/src") },
    plugins: [switches(versions, exported)],
  });
  return outputFiles.map(({ text }) => text).join("");
}

export function startFoundry(code: string): Foundry {
  const wrapped = `(function (module, exports, require) {${code}\n})`;
  const evaluate = new Script(wrapped, { filename: "mutants.cjs" }).runInThisContext() as Evaluate;
  const module: { exports: unknown } = { exports: {} };
  evaluate(module, module.exports, require);
  const firmware = module.exports as Firmware & { readonly mutationSwitchboard: Switchboard };
  const board = firmware.mutationSwitchboard;
  return {
    run: (mutant) => {
      board.current = mutant === "sound" ? "" : mutant.name;
      board.reached = false;
      return firmware;
    },
    wasReached: () => board.reached,
  };
}
type Evaluate = (module: { exports: unknown }, exports: unknown, require: NodeJS.Require) => void;

/** A file with a mutant in it. Throws a `Failure` where the place is not there exactly once: what changes nothing proves nothing. */
export function mutated(code: string, name: string, { file, find, replace }: Edit): string {
  const parts = code.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Failure("cli/mutant", `mutant ${name}: ${parts.length - 1} places in ${file}, not one`);
}

/** The sources are in the published packages too. */
function pathOf(file: string): string {
  const [name = "", ...inside] = file.split("/");
  return join(dirname(require.resolve(`@nyckelfri/${name}/package.json`)), ...inside);
}

/** An optional peer of this package: nobody else needs it. Throws a `Failure` `cli/part-missing` where it is not installed. */
export async function loadEsbuild(name = "esbuild"): Promise<Esbuild> {
  try {
    return await import(name);
  } catch {
    throw new Failure("cli/part-missing", `broken firmware is made with ${name}, and that is not installed`);
  }
}

/** What each of these files exports, by its path. */
async function exportsOf(
  { build }: Esbuild,
  common: BuildOptions,
  files: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const paths = files.map(pathOf);
  const entryPoints = paths.map((path, index) => ({ in: path, out: String(index) }));
  const { metafile } = await build({ ...common, entryPoints, outdir: "/", format: "esm", metafile: true });
  const outputs = Object.values(metafile?.outputs ?? {});
  return new Map(paths.map((path, index) => [path, outputs[index]?.exports ?? []]));
}

const BOARD = "mutants:board";
const BOARD_EXPORT = `export { board as mutationSwitchboard } from ${JSON.stringify(BOARD)};`;
const BOARD_CODE = `export const board = { current: "", reached: false };`;

/** A file as one mutant has it. */
interface Version {
  readonly name: string;
  readonly path: string;
  readonly code: string;
}

async function versionsOf(mutants: readonly Mutant[]): Promise<readonly Version[]> {
  const versions = new Map<string, Version>();
  for (const mutant of mutants) {
    const { name } = mutant;
    for (const edit of editsOf(mutant)) {
      const path = pathOf(edit.file);
      const id = `${name}/${path}`;
      const code = versions.get(id)?.code ?? (await readFile(path, "utf8"));
      versions.set(id, { name, path, code: mutated(code, name, edit) });
    }
  }
  return [...versions.values()];
}

function switches(versions: readonly Version[], exported: ReadonlyMap<string, readonly string[]>): Plugin {
  return {
    name: "mutants",
    setup: ({ onResolve, onLoad }) => {
      // `mutants:switch/<path>`, `mutants:version/<name>/<path>`; the name is empty for the file as it is.
      onResolve({ filter: /^mutants:/ }, ({ path }) => ({ path, namespace: "mutants" }));
      onLoad({ filter: /\.ts$/, namespace: "file" }, ({ path }) => {
        const names = exported.get(path);
        if (names === undefined) return undefined;
        const from = JSON.stringify(`mutants:switch/${path}`);
        return { contents: `export { ${names.join(", ")} } from ${from};`, loader: "ts", resolveDir: dirname(path) };
      });
      onLoad({ filter: /.*/, namespace: "mutants" }, async ({ path: asked }) => {
        if (asked === BOARD) return { contents: BOARD_CODE };
        const [, kind, rest = ""] = /^mutants:(switch|version)\/(.*)$/s.exec(asked) ?? [];
        if (kind === "switch") {
          const names = versions.filter(({ path }) => path === rest).map(({ name }) => name);
          return { contents: switchCode(rest, names, exported.get(rest) ?? []) };
        }
        const at = rest.indexOf("/");
        const [name, path] = [rest.slice(0, at), rest.slice(at + 1)];
        const version = versions.find((one) => one.name === name && one.path === path);
        return { contents: version?.code ?? (await readFile(path, "utf8")), loader: "ts", resolveDir: dirname(path) };
      });
    },
  };
}

/** CommonJS, so that who imports from it reads each export anew whenever it is used. */
function switchCode(path: string, names: readonly string[], exported: readonly string[]): string {
  const version = (name: string): string => `require(${JSON.stringify(`mutants:version/${name}/${path}`)})`;
  return `
const { board } = require(${JSON.stringify(BOARD)});
const versions = new Map();
function inForce() {
  const found = versions.get(board.current);
  if (found === undefined) return versions.get("");
  board.reached = true;
  return found;
}
for (const name of ${JSON.stringify(exported)}) {
  Object.defineProperty(module.exports, name, { enumerable: true, get: () => inForce()[name] });
}
${["", ...names].map((name) => `versions.set(${JSON.stringify(name)}, ${version(name)});`).join("\n")}
`;
}
