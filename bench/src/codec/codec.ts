/** Strict decode and encode of each object's payload, beside the codecs that a user would take. */
import { decodeAs, encodeAs, limits } from "@nyckelfri/protocol";
import { Decoder, Encoder } from "cbor-x";
import { decode as cbor2Decode, encode as cbor2Encode, cdeEncodeOptions, dcborDecodeOptions } from "cbor2";
import * as cborg from "cborg";
import { type BenchCase, type BenchOptions, type CaseResult, resultOf, runRounds } from "../side-by-side.ts";
import { type Sample, samples } from "./objects.ts";

interface Codec {
  readonly name: string;
  readonly decode: (sample: Sample) => unknown;
  readonly encode: (sample: Sample, generic: unknown) => Uint8Array;
}

export interface CodecRow {
  readonly codec: string;
  readonly object: string;
  readonly bytes: number;
  /** Ratios to ours. */
  readonly decode: CaseResult;
  readonly encode: CaseResult;
}

const cborX = { useRecords: false, mapsAsObjects: false, variableMapSize: true } as const;
const encoder = new Encoder(cborX);
const decoder = new Decoder(cborX);
const cborgOptions = {
  ...{ useMaps: true, strict: true, allowIndefinite: false, rejectDuplicateMapKeys: true, allowUndefined: false },
} as const;
const dcbor = { ...dcborDecodeOptions, preferMap: true };

const OURS = "Nyckelfri";
/** Bytes to a checked, named value and back: what the others leave to their caller is in ours. */
const CODECS: readonly Codec[] = [
  {
    name: OURS,
    decode: ({ kind, payload }) => decodeAs(kind.schema, payload, { name: kind.name, maxBytes: limits.objectBytes }),
    encode: ({ kind, value }) => encodeAs(kind.schema, value, { name: kind.name, maxBytes: limits.objectBytes }),
  },
  {
    name: "cbor-x",
    decode: ({ payload }) => decoder.decode(payload),
    encode: (_, generic) => encoder.encode(generic),
  },
  {
    name: "cborg, strict",
    decode: ({ payload }) => cborg.decode(payload, cborgOptions),
    encode: (_, generic) => cborg.encode(generic, cborg.rfc8949EncodeOptions),
  },
  {
    name: "cbor2, dcbor",
    decode: ({ payload }) => cbor2Decode(payload, dcbor),
    encode: (_, generic) => cbor2Encode(generic, cdeEncodeOptions),
  },
];

/** Median over the rounds, object by object. */
export async function measureCodec(options: BenchOptions): Promise<readonly CodecRow[]> {
  const rows: CodecRow[] = [];
  for (const sample of samples()) {
    const generic = decoder.decode(sample.payload) as unknown;
    const cases = CODECS.flatMap((codec): BenchCase[] => [
      repeated(`decode, ${codec.name}`, () => codec.decode(sample)),
      repeated(`encode, ${codec.name}`, () => codec.encode(sample, generic)),
    ]);
    const rounds = await runRounds(cases, options);
    for (const { name } of CODECS) {
      rows.push({
        ...{ codec: name, object: sample.kind.name, bytes: sample.payload.length },
        decode: resultOf(rounds, `decode, ${name}`, `decode, ${OURS}`),
        encode: resultOf(rounds, `encode, ${name}`, `encode, ${OURS}`),
      });
    }
  }
  return rows;
}

/** Over all objects, the geometric mean of a codec's ratios: no object counts more for being slow. */
export function overall(rows: readonly CodecRow[], codec: string, what: "decode" | "encode"): number {
  const own = rows.filter((row) => row.codec === codec);
  return Math.exp(own.reduce((sum, row) => sum + Math.log(row[what].ratio), 0) / own.length);
}

export const CODEC_NAMES: readonly string[] = CODECS.map(({ name }) => name);

function repeated(name: string, once: () => unknown): BenchCase {
  return {
    name,
    run(iterations) {
      let last: unknown;
      for (let count = 0; count < iterations; count++) last = once();
      return last;
    },
  };
}
