/** One peer in a thread of its own: some of them change their codec for the whole process. */
import { parentPort, workerData } from "node:worker_threads";
import type { Peer } from "./peer.ts";

export interface PeerRequest {
  readonly what: "verify" | "gate" | "gateSeen";
  readonly iterations: number;
}
export type PeerReply = { readonly seconds: number } | { readonly failed: string };

const { module, count } = workerData as { readonly module: string; readonly count: number };
const port = parentPort as NonNullable<typeof parentPort>;

/** What wasm throws is no Error. */
function textOf(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error);
}

async function main(): Promise<void> {
  const { makePeer } = (await import(module)) as { makePeer: (count: number) => Promise<Peer> };
  const peer = await makePeer(count);
  const next = { verify: 0, gate: 0, gateSeen: 0 };
  port.on("message", async ({ what, iterations }: PeerRequest) => {
    try {
      const run = peer[what];
      if (run === undefined) throw new Error(`no ${what}`);
      const begin = process.hrtime.bigint();
      for (let index = 0; index < iterations; index++) {
        const result = run(next[what]);
        // Awaiting what is no promise costs a turn of the queue that the library has not asked for.
        if ((typeof result === "boolean" ? result : await result) !== true) throw new Error("did not come out true");
        next[what] = (next[what] + 1) % count;
      }
      port.postMessage({ seconds: Number(process.hrtime.bigint() - begin) / 1e9 } satisfies PeerReply);
    } catch (error) {
      port.postMessage({ failed: textOf(error) } satisfies PeerReply);
    }
  });
  const remembers = peer.gateSeen !== undefined;
  port.postMessage({ wireBytes: peer.wireBytes, remembers, tricks: await peer.tricks() });
}

main().catch((error: unknown) => port.postMessage({ failed: textOf(error) }));
