/** Commands that take anything: `inspect` with any bytes, and the lines that drive `sim serve`. */
import { CBOR_SHAPE } from "../cbor-shape.ts";
import { bytesOf, textBytes, vectorsOf } from "../corpus.ts";
import { FRAME_SHAPE } from "../frame-shape.ts";
import { INPUT_FILE, type Subject } from "../subject.ts";
import { must, type Target } from "../target.ts";
import { decoded, HEX32, NOW, refusing, TEXT, TRAPS, words } from "./text.ts";

/** What a program is run with in `inspect`, as far as it looks at it. */
interface Terminal {
  readonly environment: object;
  readonly output: "pipe";
  readonly now: () => number;
  readonly random: (length: number) => Uint8Array;
  readonly zone: string;
}

export function inspectTargets(subject: Subject): readonly Target[] {
  const { modules, setFile } = subject;
  const { run } = modules["inspect"] as unknown as {
    readonly run: (
      invocation: object,
      terminal: Terminal,
    ) => Promise<{ readonly data: unknown; readonly text: string }>;
  };
  const { fromText } = modules["input"] as unknown as {
    readonly fromText: (text: string) => { bytes: Uint8Array } | undefined;
  };
  const invocation = { operands: [INPUT_FILE], values: new Map(), switches: new Set(), json: false };
  const terminal: Terminal = {
    ...{ environment: {}, output: "pipe", now: () => NOW, zone: "Europe/Stockholm" },
    random: (length) => new Uint8Array(length),
  };
  const { Failure } = modules["failure"] as unknown as {
    readonly Failure: new () => Error & { readonly code: string };
  };
  const seeds = [
    ...sampled(bytesOf(vectorsOf("objects"))),
    ...sampled(bytesOf(vectorsOf("messages"))),
    ...bytesOf(vectorsOf("framing"), "wire"),
    ...bytesOf(vectorsOf("cose-key")),
    ...words("h'a10102'", "0xA1 01:02,", "oQEC", "gwECAw==", "a1 01 02\n"),
  ];
  return [
    {
      ...{ name: "inspect", seeds },
      ...{ words: words("h'", "'", "0x", "==", "-_"), shapes: [CBOR_SHAPE, FRAME_SHAPE], most: 1_400 },
      ...{ work: { each: 2_500, fixed: 50_000 }, output: { each: 300, fixed: 30_000 } },
      run: async (bytes) => {
        setFile(bytes);
        fromText(decoded(bytes));
        try {
          const { data, text } = await run(invocation, terminal);
          // What is printed with --json is JSON.
          return { kind: "built", value: [JSON.stringify(data), text] };
        } catch (error) {
          if (!(error instanceof Failure) && !(error instanceof subject.protocol.PeerError)) throw error;
          must(error.code !== "cli/internal", `told as a fault of the program itself: ${error.message}`);
          return { kind: "refused", why: error.code };
        }
      },
    },
  ];
}

/** Each one of a few. */
function sampled(all: readonly Uint8Array[]): readonly Uint8Array[] {
  return all.filter((_, index) => index % Math.ceil(all.length / 16) === 0);
}

/** They do what they are told for as long as they are told to. */
const TIME_PASSES = ["advance", "visit", "change-battery", "dock", "activate"];

/** They leave another town: each has one of its own, so that the same line always meets the same town. */
const CHANGES = [
  "add-provider",
  "add-door",
  "add-box",
  "add-worker",
  "mains",
  "cut-power",
  "certify-host",
  "grant",
  "revoke",
  "keep",
];

export function simTargets(subject: Subject): readonly Target[] {
  const { modules } = subject;
  const { parseLine, LineFields } = modules["simLine"] as unknown as {
    readonly parseLine: (text: string) => Readonly<Record<string, unknown>>;
    readonly LineFields: new (fields: object) => Record<string, (...given: unknown[]) => unknown>;
  };
  const { SimulatedTown } = modules["simTown"] as unknown as {
    readonly SimulatedTown: new (options: object) => { perform(verb: string, fields: object): unknown };
  };
  const lines = [
    { id: 1, do: "add-provider", name: "north", groups: ["day"] },
    { do: "add-door", name: "flat", kind: "apartment", groups: [1_000_000] },
    { do: "add-worker", name: "anna", provider: "north", pin: "2580" },
    { do: "cut-power", after: 3, stage: "torn" },
    { do: "state-time", nonce: "00".repeat(16) },
    { do: "certify-host", publicKey: HEX32 },
    { do: "grant", worker: "anna", from: NOW, until: NOW + 9, groups: [7], doors: ["flat"] },
    { do: "describe" },
    ...["constructor", "__proto__", "toString", "valueOf"].map((name) => ({ do: name, name })),
    { do: "audit" },
    { do: "advance", seconds: 3 },
    { do: "dock", worker: "anna", slot: 1 },
  ].map((line) => textBytes(JSON.stringify(line)));
  const newTown = () => new SimulatedTown({ seed: 1, beginsAt: NOW });
  const town = newTown();
  return [
    {
      ...{ ...TEXT, name: "sim-line", seeds: lines, most: 400 },
      // Most of it builds a town.
      work: { each: 6_000, fixed: 5_000_000 },
      words: words(
        ...TRAPS,
        '{"do":"constructor"}',
        '"id":',
        "[]",
        "{}",
        "null",
        "-1",
        "1e999",
        '""',
        "audit",
        "describe",
      ),
      run: (bytes) =>
        refusing(subject, () => {
          const fields = parseLine(decoded(bytes));
          const told = new LineFields(fields);
          const read = ["text", "number", "bytes", "texts", "numbers", "has"].map((kind) =>
            Object.keys(fields).map((name) => refusing(subject, () => told[kind]?.(name))),
          );
          const verb = String(told["text"]?.("do"));
          // What is answered is printed as JSON.
          const answer = TIME_PASSES.includes(verb)
            ? verb
            : JSON.stringify((CHANGES.includes(verb) ? newTown() : town).perform(verb, told));
          return [read, answer];
        }),
    },
  ];
}
