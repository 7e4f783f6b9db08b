/**
 * Reads an OpenProof's payload in its only layout: a door does it at every visit, also at those where it knows the grant. It accepts nothing
 * that the schema would not; a property test holds the two to each other.
 */
import { LayoutReader } from "../cbor/layout-reader.ts";
import { limits } from "../registry.ts";
import type { CarriedVersions, OpenProof } from "./open-proof.ts";

const QUALITIES_BY_CODE = ["lost", "conflict", "running"] as const;
const OPEN = 1;
const SERVICE = 4;

/** The proof, or undefined where the payload has any other form. Byte strings are views of `payload`. */
export function readOpenProof(payload: Uint8Array): OpenProof | undefined {
  const reader = new LayoutReader(payload);
  reader.expect(0xa7);
  const lo = reader.labelled(0x01);
  const widthSeconds = reader.labelled(0x02);
  if (widthSeconds < 1 || widthSeconds > 0xffff) reader.fail();
  reader.expect(0x03);
  const quality = QUALITIES_BY_CODE[reader.small(0, 0, QUALITIES_BY_CODE.length - 1)] as OpenProof["quality"];
  const keyCounter = reader.labelled(0x04);
  reader.expect(0x05);
  const action = readAction(reader);
  reader.expect(0x06);
  reader.expect(0x48);
  const timeSource = reader.view(8);
  reader.expect(0x07);
  const carried = readCarried(reader);
  return reader.isAtEnd() ? { lo, widthSeconds, quality, keyCounter, action, timeSource, carried } : undefined;
}

function readAction(reader: LayoutReader): OpenProof["action"] {
  if (reader.accept(OPEN)) return "open";
  reader.expect(SERVICE);
  return "service";
}

function readCarried(reader: LayoutReader): CarriedVersions {
  const count = reader.small(0x80, 2, 2 + limits.policyLists);
  const epoch = reader.uint();
  const policy = reader.uint();
  const lists: (readonly [list: number, version: number])[] = [];
  for (let index = 2; index < count; index++) {
    reader.expect(0x82);
    lists.push([reader.uint(), reader.uint()]);
  }
  return { epoch, policy, lists };
}
