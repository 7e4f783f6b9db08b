// The CBOR profile (SPEC chapter CBR). The hand-made cases of the codec's own tests, and the edges of every head.
import { toHex } from "#src/bytes.ts";
import { diagnose } from "#src/cbor/diagnostic.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { refused as badCases, accepted as goodCases } from "../../cbor/cases.ts";
import { accepted, hex, refused, times, type Vector, type VectorFile } from "../build.ts";

type Plain = unknown;

/** A decoded item as JSON: what JSON has no form for is an object with one member that names the type. */
export function plain(value: CborValue): Plain {
  if (typeof value === "bigint") return { integer: String(value) };
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { bytes: toHex(value) };
  if (value instanceof Map) return { map: [...value].map(([key, item]) => [key, plain(item as CborValue)]) };
  return (value as readonly CborValue[]).map(plain);
}

const good = (cbor: string, value: CborValue, clauses: string, name?: string): Vector => {
  const bytes = hex(cbor);
  const diagnostic = diagnose(bytes, { maxBytes: 4096 });
  return accepted(name ?? diagnostic, clauses, { bytes: toHex(bytes), diagnostic, value: plain(value) });
};

function clausesOf(value: CborValue): string {
  if (typeof value === "number" || typeof value === "bigint") return "CBR-2 CBR-8";
  if (typeof value === "string") return "CBR-5";
  if (typeof value === "boolean" || value === null) return "CBR-6";
  return value instanceof Map ? "CBR-3 CBR-4" : "CBR-3";
}

const integers: readonly (readonly [string, number | bigint])[] = [
  ["18ff", 255],
  ["190100", 256],
  ["19ffff", 65_535],
  ["1a00010000", 65_536],
  ["1b001ffffffffffffe", 9_007_199_254_740_990],
  ["1b0020000000000001", 9_007_199_254_740_993n],
  ["1b7fffffffffffffff", 9_223_372_036_854_775_807n],
  ["1b8000000000000000", 9_223_372_036_854_775_808n],
  ["1bfffffffffffffffe", 18_446_744_073_709_551_614n],
  ["38ff", -256],
  ["390100", -257],
  ["39ffff", -65_536],
  ["3a00010000", -65_537],
  ["3b7ffffffffffffffe", -9_223_372_036_854_775_807n],
];

const lengths: readonly Vector[] = [23, 24, 255, 256].flatMap((length) => {
  const head = (major: number): string =>
    length < 24
      ? (major + length).toString(16)
      : length < 256
        ? `${(major + 24).toString(16)}${length.toString(16)}`
        : `${(major + 25).toString(16)}${length.toString(16).padStart(4, "0")}`;
  const zeros = new Uint8Array(length);
  return [
    good(head(0x40) + "00".repeat(length), zeros, "CBR-2 CBR-3", `byte string of ${length} bytes`),
    good(head(0x60) + "61".repeat(length), "a".repeat(length), "CBR-2 CBR-3", `text of ${length} bytes`),
    good(
      head(0x80) + "00".repeat(length),
      times(length, () => 0),
      "CBR-2 CBR-3",
      `array of ${length} elements`,
    ),
  ];
});

const allKeys = [...times(24, (key) => key), ...times(24, (key) => -1 - key)];
const maps: readonly Vector[] = [
  good(
    `b7${times(23, (key) => `${toHex(Uint8Array.of(key))}00`).join("")}`,
    new Map(times(23, (key) => [key, 0])),
    "CBR-2 CBR-4",
    "map of 23 entries",
  ),
  good(
    `b830${allKeys.map((key) => `${toHex(Uint8Array.of(key < 0 ? 0x1f - key : key))}f6`).join("")}`,
    new Map(allKeys.map((key) => [key, null])),
    "CBR-2 CBR-4",
    "map of all 48 keys, 0..23 and then -1..-24",
  ),
  good(
    "a301022003 21a0",
    new Map<number, CborValue>([
      [1, 2],
      [-1, 3],
      [-2, new Map()],
    ]),
    "CBR-4",
  ),
];

const largest = new Uint8Array(4093);
const sizes: readonly Vector[] = [
  good(`590ffd${toHex(largest)}`, largest, "CBR-10", "an item of 4,096 bytes"),
  refused("an item of 4,097 bytes", "CBR-10", "cbor/too-large", { bytes: `590ffe${"00".repeat(4094)}` }),
];

const bad = badCases.map(([cbor, verdict, what]) => {
  const [code = ""] = verdict.split(" ");
  const [, clause, text] = /^(?:(CBR-\d+) )?(.*)$/.exec(what) ?? [];
  const short = cbor.length > 24 ? `${cbor.slice(0, 24)}…` : cbor;
  // What RFC 8949 §3 reserves begins no data item at all.
  return refused(`${text}: ${short === "" ? "no bytes" : short}`, clause ?? "CBR-1", code, { bytes: cbor });
});

const more: readonly Vector[] = [
  ["18ff00", "CBR-1", "cbor/trailing-bytes", "an integer and a byte"],
  ["1818f6", "CBR-1", "cbor/trailing-bytes", "24 and null"],
  ["18", "CBR-1", "cbor/truncated", "a one-byte argument that is missing"],
  ["1900ff", "CBR-2", "cbor/not-shortest", "255 in two bytes of argument"],
  ["1a000000ff", "CBR-2", "cbor/not-shortest", "255 in four bytes of argument"],
  ["1b000000000000ffff", "CBR-2", "cbor/not-shortest", "65,535 in eight bytes of argument"],
  ["1b0000000000000000", "CBR-2", "cbor/not-shortest", "0 in eight bytes of argument"],
  ["3900ff", "CBR-2", "cbor/not-shortest", "-256 in two bytes of argument"],
  ["3a0000ffff", "CBR-2", "cbor/not-shortest", "-65,536 in four bytes of argument"],
  [`5817${"00".repeat(23)}`, "CBR-2", "cbor/not-shortest", "a byte string of 23 bytes with a longer head"],
  [`5900ff${"00".repeat(255)}`, "CBR-2", "cbor/not-shortest", "a byte string of 255 bytes with a longer head"],
  [`7817${"61".repeat(23)}`, "CBR-2", "cbor/not-shortest", "text of 23 bytes with a longer head"],
  [`9817${"00".repeat(23)}`, "CBR-2", "cbor/not-shortest", "an array of 23 elements with a longer head"],
  ["a11817f6", "CBR-2", "cbor/not-shortest", "key 23 in two bytes"],
  ["3b8000000000000001", "CBR-8", "cbor/integer-range", "-2^63-2"],
  ["81818181818181818181", "CBR-10", "cbor/too-deep", "ten arrays, an end that never comes"],
  ["c2410a", "CBR-7", "cbor/tag", "10 as a bignum"],
  ["d81843010203", "CBR-7", "cbor/tag", "tag 24, embedded CBOR"],
  ["f818", "CBR-6", "cbor/simple", "simple value in two bytes, reserved range"],
].map(([bytes = "", clause = "", reason = "", name = ""]) => refused(name, clause, reason, { bytes }));

export const cbor: VectorFile = {
  description:
    'Items of the CBOR profile (SPEC chapter CBR). `bytes` is the input. A valid one has its `diagnostic` notation and its decoded `value` as JSON: integers beyond ±(2^53-1) are {"integer": decimal}, byte strings {"bytes": hex}, maps {"map": [[key, value], …]} in their order; it also encodes to exactly `bytes`. An invalid one is refused with `reason`.',
  vectors: [
    ...goodCases.map(([bytes, value]) => good(bytes, value, clausesOf(value))),
    ...integers.map(([bytes, value]) => good(bytes, value, clausesOf(value))),
    ...lengths,
    ...maps,
    ...sizes,
    ...bad,
    ...more,
  ],
};
