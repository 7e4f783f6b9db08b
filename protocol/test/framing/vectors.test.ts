import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { concatBytes, fromHex, toHex } from "#src/bytes.ts";
import { encodeFrame, type FrameKind } from "#src/framing/frame.ts";
import { FrameDecoder } from "#src/framing/frame-decoder.ts";
import { decodeAll, frameOf } from "./support.ts";

type Accept = {
  name: string;
  kind: "accept";
  wire: string;
  canonical: boolean;
  header: { version: number; kind: FrameKind; message: number; session: number; sequence: number };
  body: string;
};
type Discard = { name: string; kind: "discard"; wire: string; reason: string };

const file: { format: number; vectors: (Accept | Discard)[] } = JSON.parse(
  readFileSync(new URL("../../vectors/framing.json", import.meta.url), "utf8"),
);
const accepts = file.vectors.filter((vector) => vector.kind === "accept");
const discards = file.vectors.filter((vector) => vector.kind === "discard");

describe("vectors/framing.json (SPEC FRM-1 to FRM-5)", () => {
  test.each(accepts)("accept: $name", ({ wire, canonical, header, body }) => {
    const bytes = fromHex(wire);
    expect(decodeAll(bytes)).toEqual([
      { kind: "frame", frame: { ...header, body: fromHex(body) }, bytes: bytes.length },
    ]);
    const encoded = toHex(encodeFrame({ ...header, body: fromHex(body) }));
    expect(encoded === wire).toBe(canonical);
  });

  test.each(discards)("discard: $name", ({ wire, reason }) => {
    const bytes = fromHex(wire);
    const next = encodeFrame(frameOf());
    expect(decodeAll(concatBytes(bytes, next))).toEqual([
      { kind: "discarded", reason, bytes: bytes.length },
      { kind: "frame", frame: frameOf(), bytes: next.length },
    ]);
  });

  test("every reason but that of a link that ends has a vector", () => {
    const { bytesReceived, bytesDiscarded, framesAccepted, emptyFrames, discardedUnfinished, ...reasons } =
      new FrameDecoder().counters;
    expect(new Set(discards.map((vector) => vector.reason)).size).toBe(Object.keys(reasons).length);
    expect([bytesReceived, bytesDiscarded, framesAccepted, emptyFrames, discardedUnfinished]).toEqual([0, 0, 0, 0, 0]);
  });
});
