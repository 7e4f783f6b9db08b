/** The city's intake: log segments from bytes to verified, chained and stored records. */
import { CityLog, type PublicParty } from "@nyckelfri/firmware-sim";
import {
  type CryptoProvider,
  chainStart,
  issueObject,
  keyId,
  type LogRecord,
  logSegmentObject,
  segmentPositions,
  toHex,
} from "@nyckelfri/protocol";
import { nodeCrypto } from "@nyckelfri/protocol/ed25519-node";
import { sodium } from "@nyckelfri/protocol/ed25519-sodium";
import { ascii, NBF, seedOf } from "../authorization/shifts.ts";
import { type BenchCase, type BenchOptions, type CaseResult, resultOf, runRounds } from "../side-by-side.ts";

/** Records in a segment: eight openings with their outcomes, what a key usually takes along. */
export const SEGMENT_RECORDS = 16;
const CYLINDERS = 200;
const SEGMENTS_EACH = 4;

export interface IngestRow {
  /** Ratio to the bare verification of the same signatures by the same library. */
  readonly segments: CaseResult;
  readonly recordsPerSecond: number;
}

interface Intake {
  readonly segments: readonly Uint8Array[];
  readonly parties: ReadonlyMap<string, PublicParty>;
  readonly fleetId: Uint8Array;
}

export async function measureIngest(options: BenchOptions): Promise<readonly IngestRow[]> {
  const intake = makeIntake(sodium);
  const providers = [nodeCrypto, sodium];
  const bare = makeBare(sodium);
  const cases = providers.flatMap((provider): BenchCase[] => [
    {
      name: `bare verify, ${provider.name}`,
      run(iterations) {
        for (let index = 0; index < iterations; index++) {
          const { publicKey, message, signature } = bare[index % bare.length] as (typeof bare)[number];
          if (!provider.verify(publicKey, message, signature)) throw new Error("a signature did not verify");
        }
        return iterations;
      },
    },
    { name: `ingest, ${provider.name}`, run: ingesting(intake, provider) },
  ]);
  const rounds = await runRounds(cases, options);
  return providers.map(({ name }) => {
    const segments = resultOf(rounds, `ingest, ${name}`, `bare verify, ${name}`);
    return { segments, recordsPerSecond: segments.operationsPerSecond * SEGMENT_RECORDS };
  });
}

/** All segments of all cylinders, into empty books when they are through. */
function ingesting({ segments, parties, fleetId }: Intake, provider: CryptoProvider): BenchCase["run"] {
  let log = new CityLog(provider);
  let next = 0;
  const partyOf = (kid: Uint8Array): PublicParty | undefined => parties.get(toHex(kid));
  return (iterations) => {
    for (let index = 0; index < iterations; index++) {
      if (next === 0) log = new CityLog(provider);
      const { kind } = log.ingest(segments[next] as Uint8Array, partyOf, fleetId);
      if (kind !== "taken") throw new Error("a segment was refused");
      next = (next + 1) % segments.length;
    }
    return log.totals.records;
  };
}

function makeIntake(provider: CryptoProvider): Intake {
  const fleetId = seedOf(provider, "fleet");
  const parties = new Map<string, PublicParty>();
  const segments: Uint8Array[] = [];
  for (let cylinder = 0; cylinder < CYLINDERS; cylinder++) {
    const seed = seedOf(provider, `cylinder ${cylinder}`);
    const publicKey = provider.publicKeyOf(seed);
    const kid = keyId(provider, publicKey);
    parties.set(toHex(kid), { kid, publicKey });
    let headBefore = chainStart(provider, kid, "openings");
    for (let part = 0; part < SEGMENTS_EACH; part++) {
      const segment = {
        ...{ mount: 1, first: 1 + part * SEGMENT_RECORDS, headBefore, records: recordsOf(provider, cylinder, part) },
        ...{ keyNonce: seed.subarray(0, 8), nonceCounter: part, store: "openings" as const },
      };
      segments.push(issueObject(logSegmentObject, segment, { provider, seed, kid, fleetId }).bytes);
      headBefore = (segmentPositions(provider, segment).at(-1) as { head: Uint8Array }).head;
    }
  }
  return { segments, parties, fleetId };
}

function recordsOf(provider: CryptoProvider, cylinder: number, part: number): readonly LogRecord[] {
  return Array.from(
    { length: SEGMENT_RECORDS },
    (_, index): LogRecord =>
      index % 2 === 1
        ? { kind: "outcome", code: "engaged", durationMs: 3_000 + index }
        : {
            ...{ kind: "intent", cti: seedOf(provider, `cti ${cylinder} ${part} ${index}`).subarray(0, 8) },
            ...{ keyCounter: 100 + index, lo: NBF + part * 3_600 + index * 60, widthSeconds: 12, flags: 2 },
          },
  );
}

/** Messages of a segment's size, under as many keys as there are cylinders. */
function makeBare(provider: CryptoProvider) {
  return Array.from({ length: CYLINDERS }, (_, index) => {
    const seed = seedOf(provider, `cylinder ${index}`);
    const message = ascii(`${index} `.padEnd(460, "."));
    return { publicKey: provider.publicKeyOf(seed), message, signature: provider.sign(seed, message) };
  });
}
