/** One thread of a city's day: runs districts and keeps them. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort } from "node:worker_threads";
import { District, Watchers } from "@nyckelfri/firmware-sim";
import type { CryptoProvider } from "@nyckelfri/protocol";
import { nodeCrypto } from "@nyckelfri/protocol/ed25519-node";
import { sodium } from "@nyckelfri/protocol/ed25519-sodium";

export interface DistrictOrder {
  readonly index: number;
  readonly seed: string;
  readonly clients: number;
  readonly staff: number;
  readonly provider: "node:crypto" | "sodium-native";
}
export interface DistrictDone {
  readonly index: number;
  readonly doors: number;
  readonly insertions: number;
  readonly openings: number;
  readonly breaches: number;
  /** Computed; as many more were recalled, because the same bytes had been verified before. */
  readonly verifications: number;
  readonly recalled: number;
  readonly signatures: number;
  readonly traceHash: string;
}
export type WorkerAsked =
  | { readonly ask: "run"; readonly order: DistrictOrder }
  | { readonly ask: "held" }
  | {
      readonly ask: "sign";
      readonly verifications: number;
      readonly signatures: number;
      readonly provider: DistrictOrder["provider"];
    };
export type WorkerSays =
  | { readonly kind: "done"; readonly done: DistrictDone }
  | { readonly kind: "held"; readonly bytes: number }
  | { readonly kind: "signed"; readonly seconds: number };

const PROVIDERS: Readonly<Record<DistrictOrder["provider"], CryptoProvider>> = {
  "node:crypto": nodeCrypto,
  "sodium-native": sodium,
};
/** Six in ten clients behind an entrance of their own: 24,000 locks for 15,000 clients. */
const HOUSES = { clientsByEntrance: 1, openHousesPerMillion: 400_000 } as const;
/** At most so many of each are timed for the floor; the rest is arithmetic. */
const FLOOR_SAMPLE = 20_000;

const port = parentPort as NonNullable<typeof parentPort>;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const kept: District[] = [];
const emptyBytes = held();

function held(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

port.on("message", (asked: WorkerAsked) => {
  switch (asked.ask) {
    case "run":
      port.postMessage({ kind: "done", done: run(asked.order) } satisfies WorkerSays);
      break;
    case "held":
      port.postMessage({ kind: "held", bytes: held() - emptyBytes } satisfies WorkerSays);
      break;
    case "sign":
      port.postMessage({ kind: "signed", seconds: signatures(asked) } satisfies WorkerSays);
      break;
  }
});

const counted = { verifications: 0, signatures: 0 };
/** One for all districts of this thread: what is recalled is recalled for the provider. */
const counting = new Map<DistrictOrder["provider"], CryptoProvider>();

function countingOf(name: DistrictOrder["provider"]): CryptoProvider {
  const underneath = PROVIDERS[name];
  const known = counting.get(name) ?? {
    ...underneath,
    verify: (publicKey, message, signature) => {
      counted.verifications += 1;
      return underneath.verify(publicKey, message, signature);
    },
    sign: (privateKey, message) => {
      counted.signatures += 1;
      return underneath.sign(privateKey, message);
    },
  };
  counting.set(name, known);
  return known;
}

function run({ index, seed, clients, staff, provider }: DistrictOrder): DistrictDone {
  const district = new District({
    ...{ seed, clients, staff, keeping: "none", watchers: new Watchers([]), provider: countingOf(provider) },
    ...HOUSES,
  });
  // Installing the doors was another day.
  counted.verifications = 0;
  counted.signatures = 0;
  const before = district.world.recall.recalled;
  const report = district.run();
  kept.push(district);
  const { doors, insertions, openings, breaches, traceHash } = report;
  const recalled = district.world.recall.recalled - before;
  return { index, doors, insertions, openings, breaches, ...counted, recalled, traceHash };
}

/** Messages of 200 bytes under 64 keys, which are imported already: what the library underneath takes. */
function signatures({ verifications, signatures, provider }: Extract<WorkerAsked, { ask: "sign" }>): number {
  const { verify, sign, publicKeyOf } = PROVIDERS[provider];
  const keys = Array.from({ length: 64 }, (_, index) => {
    const seed = new Uint8Array(32).fill(index + 1);
    const message = new Uint8Array(200).fill(index);
    return { seed, publicKey: publicKeyOf(seed), message, signature: sign(seed, message) };
  });
  const timed = (count: number, once: (key: (typeof keys)[number]) => unknown): number => {
    const sample = Math.min(count, FLOOR_SAMPLE);
    if (sample === 0) return 0;
    for (const key of keys) once(key);
    const begin = process.hrtime.bigint();
    for (let index = 0; index < sample; index++) once(keys[index % keys.length] as (typeof keys)[number]);
    return (Number(process.hrtime.bigint() - begin) / 1e9) * (count / sample);
  };
  return (
    timed(verifications, ({ publicKey, message, signature }) => verify(publicKey, message, signature)) +
    timed(signatures, ({ seed, message }) => sign(seed, message))
  );
}
