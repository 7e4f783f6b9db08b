/** Files that the command line reads: keys, trust, cursors, signed objects. */
import { CBOR_SHAPE } from "../cbor-shape.ts";
import { bytesOf, textBytes, vectorsOf } from "../corpus.ts";
import { TEXT_SHAPES } from "../mutations.ts";
import { INPUT_FILE, type Subject } from "../subject.ts";
import type { Outcome, Target } from "../target.ts";
import { HEX32, refusing, TEXT, TRAPS, words } from "./text.ts";

type Call = (...given: never[]) => unknown;

export function fileTargets(subject: Subject): readonly Target[] {
  const { modules, setFile } = subject;
  const { readPrivateKey, readPublicKey } = modules["keyFile"] as Record<string, Call>;
  const { readTrustFile, readCertificateFile } = modules["trustFile"] as Record<string, Call>;
  const { cursorFile } = modules["cursorFile"] as Record<string, Call>;
  const { readDeliveries } = modules["deliveries"] as Record<string, Call>;
  const { readRoster } = modules["roster"] as Record<string, Call>;
  const objects = bytesOf(vectorsOf("objects").filter(({ valid }) => valid === true));
  const openKey = { kid: "fbcef2a53e4b5a3b", publicKey: HEX32, thumbprint: HEX32 };
  const keys = [
    textBytes(JSON.stringify({ nyckelfri: "private-key", ...openKey, seed: "00".repeat(32) })),
    textBytes(JSON.stringify({ nyckelfri: "public-key", ...openKey })),
  ];
  const trust = { nyckelfri: "trust", root: HEX32, successor: HEX32, fleet: HEX32, epoch: "1" };
  const trusts = [
    textBytes(JSON.stringify({ ...trust, certificates: ["8451"], devices: [HEX32] })),
    textBytes(`nyckelfri: trust\nroot: ${HEX32}\nsuccessor: ${HEX32}\nfleet: ${HEX32}\nepoch: 7\n`),
  ];
  const cursors = [textBytes('{"nyckelfri":"cursors","cursors":{"0011223344556677":12}}')];
  const cases: readonly (readonly [string, readonly (Call | undefined)[], readonly Uint8Array[]])[] = [
    ["key-file", [readPrivateKey, readPublicKey], keys],
    ["trust-file", [readTrustFile], trusts],
    ["cursor-file", [cursorFile], cursors],
    ["object-file", [readCertificateFile, readDeliveries, readRoster], objects.slice(0, 40)],
  ];
  return cases.map(
    ([name, readers, seeds]): Target => ({
      ...{ ...TEXT, name, seeds, most: 2_000 },
      words: words(...TRAPS, HEX32, '"seed":', '"kid":', "{}", "[]", "0xff", "1e9"),
      shapes: name === "object-file" ? [CBOR_SHAPE] : TEXT_SHAPES,
      run: (bytes) => {
        setFile(bytes);
        const read = (reader: Call | undefined): Outcome =>
          refusing(subject, () => reader?.((reader === readDeliveries ? [INPUT_FILE] : INPUT_FILE) as never));
        return { kind: "built", value: readers.map(read) };
      },
    }),
  );
}
