/** The peers, each started in a worker of its own; one that does not load says so and is left out. */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { RemoteCase } from "../side-by-side.ts";
import type { Reaction } from "./peers/peer.ts";
import type { PeerReply, PeerRequest } from "./peers/peer-worker.ts";
import type { TrickName } from "./tricks.ts";

export interface RunningPeer {
  readonly name: string;
  readonly version: string;
  readonly format: string;
  readonly wireBytes: number;
  readonly remembers: boolean;
  readonly tricks: Readonly<Record<TrickName, Reaction>>;
  readonly caseOf: (what: PeerRequest["what"]) => RemoteCase;
  readonly stop: () => Promise<void>;
}
export interface AbsentPeer {
  readonly name: string;
  readonly why: string;
}

interface RosterRow {
  readonly name: string;
  readonly module: string;
  readonly format: string;
  readonly execArgv?: readonly string[];
}

const ROSTER: readonly RosterRow[] = [
  { name: "jose", module: "jose", format: "JWT, EdDSA" },
  { name: "fast-jwt", module: "fast-jwt", format: "JWT, EdDSA" },
  { name: "@auth0/cose", module: "auth0-cose", format: "COSE_Sign1, CWT claims" },
  { name: "@owf/cose", module: "owf-cose", format: "COSE_Sign1, CWT claims" },
  { name: "paseto", module: "paseto", format: "PASETO v4.public" },
  {
    name: "@biscuit-auth/biscuit-wasm",
    module: "biscuit",
    format: "Biscuit v2",
    // Node 20 and 22 ask for it; Node 24 knows it as the way things are.
    execArgv: ["--experimental-wasm-modules", "--no-warnings"],
  },
];
const STARTS_WITHIN_MS = 120_000;
const here = createRequire(import.meta.url);

export async function startPeers(count: number): Promise<{
  readonly running: readonly RunningPeer[];
  readonly absent: readonly AbsentPeer[];
}> {
  const running: RunningPeer[] = [];
  const absent: AbsentPeer[] = [];
  for (const row of ROSTER) {
    try {
      running.push(await start(row, count));
    } catch (error) {
      absent.push({ name: row.name, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { running, absent };
}

async function start({ name, module, format, execArgv = [] }: RosterRow, count: number): Promise<RunningPeer> {
  // The worker's file has this file's ending: .ts where sources run as they are, .js where they are built.
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const worker = new Worker(new URL(`./peers/peer-worker${ending}`, import.meta.url), {
    workerData: { module: `./${module}${ending}`, count },
    execArgv: [...process.execArgv, ...execArgv],
    // One of them greets on standard output, which is the report's.
    stdout: true,
  });
  const ask = <Reply>(request?: PeerRequest): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const settle = (message: Reply & { readonly failed?: string }): void => {
        worker.off("error", reject);
        if (message.failed === undefined) resolve(message);
        else reject(new Error(`${name}: ${message.failed}`));
      };
      worker.once("error", reject);
      worker.once("message", settle);
      if (request !== undefined) worker.postMessage(request);
    });
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name}: not ready in time`)), STARTS_WITHIN_MS);
    });
    const ready = await Promise.race([ask<Pick<RunningPeer, "wireBytes" | "remembers" | "tricks">>(), late]);
    return {
      ...{ name, format, version: versionOf(name), ...ready },
      caseOf: (what) => ({
        name: `${what}, ${name}`,
        seconds: async (iterations) =>
          (await ask<Extract<PeerReply, { seconds: number }>>({ what, iterations })).seconds,
      }),
      stop: async () => {
        await worker.terminate();
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Of the package as installed; some do not export their package.json. */
export function versionOf(name: string): string {
  for (const folder of here.resolve.paths(name) ?? []) {
    try {
      return (here(`${folder}/${name}/package.json`) as { version: string }).version;
    } catch {
      // The next folder up.
    }
  }
  return "unknown";
}
