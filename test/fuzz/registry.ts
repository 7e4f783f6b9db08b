/** All targets, and the functions that have to be reached by one. */
import { messages, objects } from "@nyckelfri/protocol";
import type { Subject } from "./subject.ts";
import type { Target } from "./target.ts";
import { inspectTargets, simTargets } from "./targets/command-line.ts";
import { DEVICES, deviceTargets } from "./targets/devices.ts";
import { documentTargets } from "./targets/documents.ts";
import { fileTargets } from "./targets/files.ts";
import { linkTargets } from "./targets/links.ts";
import { messageTargets } from "./targets/messages.ts";
import { objectTargets } from "./targets/objects.ts";

/** Those that take time come last. */
const BUILDERS: readonly ((subject: Subject) => readonly Target[])[] = [
  ...[objectTargets, messageTargets, linkTargets, documentTargets, fileTargets, inspectTargets],
  ...[deviceTargets, simTargets],
];

/** Builds the targets of these names, in their order. Throws for a name that there is not. */
export function targetsOf(subject: Subject, names: readonly string[]): readonly Target[] {
  const built = new Map<string, Target>();
  for (const build of BUILDERS) {
    if (names.every((name) => built.has(name))) break;
    for (const target of build(subject)) built.set(target.name, target);
  }
  return names.map((name) => built.get(name) ?? unknownTarget(name));
}

function unknownTarget(name: string): never {
  throw new RangeError(`there is no target ${name}`);
}

/** All of them. */
export const TARGETS: readonly string[] = [
  ...["cbor", "diagnostic", "envelope", "cose-key"],
  ...objects.map(({ name }) => `object:${name}`),
  ...[...new Set(messages.flatMap(({ exchanges }) => exchanges))].map((exchange) => `exchange:${exchange}`),
  ...["notification", "answer", "transfer", "frames", "cobs"],
  ...["roster.yaml", "roster.csv", "draft", "time", "capture", "link-uri", "repeat-line"],
  ...["key-file", "trust-file", "cursor-file", "object-file", "inspect", "sim-line"],
  ...DEVICES.flatMap((name) => [`memory:${name}`, `frames:${name}`]),
];

/** What the names of decoders begin with. */
export const DECODER = /^(decode|parse|read|diagnose|unpack|unseal|scan|exchangeOf|chunked|fromText)(?![a-z])/;

export interface Decoder {
  /** `protocol/src/cbor/decode.ts: decode`. */
  readonly name: string;
  readonly counter: number;
}

/** The exported functions of all sources that read something, with the counter of their beginning. */
export function decodersOf({ files }: Subject): readonly Decoder[] {
  return files
    .filter(({ file }) => !file.includes("node_modules"))
    .flatMap(({ file, functions }) =>
      functions.map(({ name, counter }) => ({ name: `${file}: ${name}`, plain: name, counter })),
    )
    .filter(({ plain }) => DECODER.test(plain));
}

/** Those that no target has to reach, by how their names begin, and why. A new one comes here only with its reason. */
export const NOT_FROM_OUTSIDE: Readonly<Record<string, string>> = {
  "firmware-sim/src/faults/":
    "what hurts and attacks devices in tests: it meets its own schedules, and the frames that devices send",
  "firmware-sim/src/hardware/rtc.ts: readRtc": "the simulated oscillator's registers, which the simulator alone writes",
  "packages/links/src/recorder.ts: readCapture": "opens the file and hands its text to parseCapture",
  "packages/cli/src/program/arguments.ts: parseInvocation": "the words of whoever runs the program",
  "packages/cli/src/station/signer.ts: readPapers": "readTrustFile and readCertificateFile one after the other",
  "packages/cli/src/station/signer.ts: readSigner": "readPrivateKey, and then a look at certificates that were read",
};
