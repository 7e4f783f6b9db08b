/**
 * What is fuzzed: the sources of protocol, firmware, links and command line as one module graph with a counter in each branch, made in
 * memory, so that the files of the tree stay as they are. One place may be broken on purpose: that is how the fuzzer shows what it finds.
 */

import * as fs from "node:fs";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { type BuildContext, context, type Plugin } from "esbuild";
import { COUNTERS, type Instrumented, instrument } from "./instrument.ts";

/** The workspace's folder, from the sources and from what is compiled of them. */
export const ROOT: string = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(`${folder}/pnpm-workspace.yaml`)) folder = dirname(folder);
  return `${folder}/`;
})();

/** The modules with decoders, and what targets need to ask them; each is a name in `Subject` or in its `modules`. */
const ENTRIES = [
  "export * as protocol from './protocol/src/index.ts';",
  "export * as cursor from './protocol/src/cbor/cursor.ts';",
  "export * as envelope from './protocol/src/cose/envelope.ts';",
  "export * as replyBodies from './protocol/src/framing/reply-bodies.ts';",
  "export * as utf8 from './protocol/src/utf8.ts';",
  "export * as firmware from './firmware-sim/src/index.ts';",
  "export * as hardware from './firmware-sim/src/hardware/index.ts';",
  "export * as capture from './packages/links/src/capture.ts';",
  "export * as linkUri from './packages/links/src/link-uri.ts';",
  "export * as roster from './packages/cli/src/roster/read-roster.ts';",
  "export * as inspect from './packages/cli/src/inspect/inspect.ts';",
  "export * as input from './packages/cli/src/inspect/input.ts';",
  "export * as simLine from './packages/cli/src/sim/line-fields.ts';",
  "export * as simTown from './packages/cli/src/sim/simulated-town.ts';",
  "export * as simJournal from './packages/cli/src/sim/journal.ts';",
  "export * as keyFile from './packages/cli/src/trust/key-file.ts';",
  "export * as trustFile from './packages/cli/src/trust/trust-file.ts';",
  "export * as cursorFile from './packages/cli/src/station/cursor-file.ts';",
  "export * as deliveries from './packages/cli/src/station/deliveries.ts';",
  "export * as written from './packages/cli/src/issue/written.ts';",
  "export * as yaml from './packages/cli/src/documents/yaml.ts';",
  "export * as documents from './packages/cli/src/documents/node.ts';",
  "export * as failure from './packages/cli/src/program/failure.ts';",
  "export * as times from './packages/cli/src/times/zoned-time.ts';",
].join("\n");

/** One source file, written otherwise in one place. */
export interface Break {
  /** From the repository's root. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

type Namespace = Readonly<Record<string, unknown>>;

/** The modules with their counters. What is not exported by a package has no types here: targets say what they take. */
export interface Subject {
  readonly protocol: typeof import("@nyckelfri/protocol");
  readonly firmware: typeof import("@nyckelfri/firmware-sim");
  readonly hardware: typeof import("@nyckelfri/firmware-sim/hardware");
  readonly capture: Pick<typeof import("@nyckelfri/links"), "parseCapture" | "formatHeader" | "formatEntry">;
  readonly linkUri: Pick<typeof import("@nyckelfri/links"), "parseLinkUri" | "formatLinkUri">;
  readonly modules: Readonly<Record<string, Namespace>>;
  /** One for each branch of the sources, an even number of them; whoever runs something sets them to zero before. */
  readonly counters: Uint32Array;
  /** The sources that have counters, from the repository's root, with those of each. */
  readonly files: readonly SourceCounters[];
  /** The bytes that the program finds in each file that it reads from now on. */
  readonly setFile: (bytes: Uint8Array) => void;
}

export interface SourceCounters {
  readonly file: string;
  readonly first: number;
  readonly counters: number;
  readonly functions: Instrumented["functions"];
}

/** The path of the one file that a program under test finds. */
export const INPUT_FILE = "the-input";

/** Ours, and the two readers of others through which strangers' bytes go. */
const WITH_COUNTERS = /(^|\/)((protocol|firmware-sim|packages\/\w+)\/src\/.*\.ts|node_modules\/(cbor-x|yaml)\/.*\.js)$/;

export class Workshop {
  readonly #context: Promise<BuildContext<{ write: false }>>;
  readonly #made: Map<string, SourceCounters & { readonly contents: string }> = new Map();
  #next = 0;
  #broken: Break | "nothing" = "nothing";
  #found: "no" | "yes" = "no";

  constructor() {
    this.#context = context({
      ...{ stdin: { contents: ENTRIES, resolveDir: ROOT, loader: "ts" }, bundle: true, write: false, format: "cjs" },
      ...{ platform: "node", target: "node20", conditions: ["@nyckelfri/source"], logLevel: "silent" },
      external: ["serialport", "@lydell/node-pty"],
      plugins: [this.#plugin()],
    });
  }

  /** Throws where the place to break is not there exactly once, or nothing is made of its file. */
  async make(broken: Break | "nothing" = "nothing"): Promise<Subject> {
    this.#broken = broken;
    this.#found = "no";
    const { outputFiles } = await (await this.#context).rebuild();
    if (broken !== "nothing" && this.#found === "no") throw new Error(`nothing is made of ${broken.file}`);
    const code = outputFiles.map(({ text }) => text).join("");
    const wrapped = `(function (module, exports, require, ${COUNTERS}) {${code}\n})`;
    const run = new Script(wrapped, { filename: "subject.cjs" }).runInThisContext();
    // An even number: the fuzzer looks at two at once.
    const counters = new Uint32Array(this.#next + (this.#next % 2));
    const module = { exports: {} };
    const { files, setFile } = fileSystem();
    const load = createRequire(`${ROOT}packages/cli/package.json`);
    run(module, module.exports, (name: string) => (name === "node:fs" ? files : load(name)), counters);
    const modules = module.exports as Readonly<Record<string, Namespace>>;
    return { ...(modules as unknown as Subject), modules, counters, files: [...this.#made.values()], setFile };
  }

  async close(): Promise<void> {
    await (await this.#context).dispose();
  }

  #plugin(): Plugin {
    return {
      name: "counters",
      setup: ({ onLoad }) => {
        onLoad({ filter: /\.[jt]s$/ }, async ({ path }) => {
          const file = relative(ROOT, path);
          if (!WITH_COUNTERS.test(file)) return undefined;
          const loader = path.endsWith(".ts") ? "ts" : "js";
          if (this.#broken !== "nothing" && this.#broken.file === file) {
            this.#found = "yes";
            const { code } = this.#instrumented(file, brokenText(await readFile(path, "utf8"), this.#broken));
            return { contents: code, loader };
          }
          const made = this.#made.get(file)?.contents;
          return { contents: made ?? this.#kept(file, await readFile(path, "utf8")), loader };
        });
      },
    };
  }

  #kept(file: string, code: string): string {
    const first = this.#next;
    const { code: contents, counters, functions } = this.#instrumented(file, code);
    this.#made.set(file, { file, first, counters, functions, contents });
    return contents;
  }

  #instrumented(file: string, code: string): Instrumented {
    const made = instrument(file, code, this.#next);
    this.#next += made.counters;
    return made;
  }
}

function brokenText(code: string, { file, find, replace }: Break): string {
  const parts = code.split(find);
  if (parts.length !== 2) throw new Error(`${parts.length - 1} places in ${file} are ${JSON.stringify(find)}, not one`);
  return parts.join(replace);
}

/** A disk on which there is one file, which only its owner can read. Nothing is written anywhere. */
function fileSystem(): { readonly files: object; readonly setFile: (bytes: Uint8Array) => void } {
  let held: Uint8Array = new Uint8Array();
  let position = 0;
  const only = <Arguments extends readonly unknown[], T>(what: (...rest: Arguments) => T) => {
    return (path: unknown, ...rest: Arguments): T => {
      if (path !== INPUT_FILE && path !== DESCRIPTOR)
        throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return what(...rest);
    };
  };
  const stat = { isDirectory: () => false, mode: 0o100600 };
  const read = (encoding?: unknown): unknown =>
    encoding === undefined ? Buffer.from(held) : Buffer.from(held).toString(encoding as BufferEncoding);
  const status = () => ({ ...stat, size: held.length });
  const open = (): number => {
    position = 0;
    return DESCRIPTOR;
  };
  const readOn = (into: Uint8Array, offset: number, length: number): number => {
    const piece = held.subarray(position, position + length);
    into.set(piece, offset);
    position += piece.length;
    return piece.length;
  };
  return {
    files: {
      ...fs,
      ...{ statSync: only(status), lstatSync: only(status), fstatSync: only(status), readFileSync: only(read) },
      ...{ openSync: only(open), readSync: only(readOn), closeSync: only(() => undefined) },
      ...{ existsSync: (path: unknown) => path === INPUT_FILE },
    },
    setFile: (bytes) => {
      held = bytes;
    },
  };
}

const DESCRIPTOR = -1;
