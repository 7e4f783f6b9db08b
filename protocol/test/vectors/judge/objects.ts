// Judges of objects.json, messages.json and log.json.
import { decode } from "#src/cbor/decode.ts";
import { diagnose } from "#src/cbor/diagnostic.ts";
import { encode } from "#src/cbor/encode.ts";
import { externalAad, sigStructure } from "#src/cose/sig-structure.ts";
import { bodySchemas } from "#src/messages/bodies.ts";
import { chunkedBody } from "#src/messages/chunk.ts";
import { messageNumbered } from "#src/messages/message-table.ts";
import { type ChainPosition, compareWithKnown } from "#src/objects/chain.ts";
import { journalPositions, keyJournalObject } from "#src/objects/key-journal.ts";
import { logSegmentObject, segmentPositions } from "#src/objects/log-segment.ts";
import { parseObject, verifyObject } from "#src/objects/signed-object.ts";
import { covers, judgeReceipt, uploadReceiptObject } from "#src/objects/upload-receipt.ts";
import { kindNamed } from "./kinds.ts";
import { bytes, hex, type Judge, plain, type Vector, verdict } from "./outsider.ts";

export const objects: Judge = (vector, provider) => {
  const { object, publicKey, fleetId, extra } = vector;
  let toBeSigned: string | undefined;
  const judged = verdict(() => {
    const parsed = parseObject(kindNamed(object), bytes(vector.bytes));
    const bound = extra.map(bytes);
    const { protectedBytes, payload } = parsed.message;
    toBeSigned = hex(sigStructure(protectedBytes, externalAad(bytes(fleetId), bound), payload));
    verifyObject(parsed, { provider, publicKey: bytes(publicKey), fleetId: bytes(fleetId), extra: bound });
    // SPEC CBR-11: what was read is written again as the same bytes.
    const again = encode(parsed.kind.schema.build(parsed.value as never, object));
    return { bytes: vector.bytes, payloadAgain: hex(again) === hex(payload) ? undefined : "differs" };
  });
  const { payloadAgain, ...fields } = judged;
  if (payloadAgain !== undefined) return { ...fields, payloadAgain };
  return toBeSigned === undefined ? fields : { ...fields, toBeSigned };
};

const schemas = { ...bodySchemas, "chunked-body": chunkedBody } as const;

export const messages: Judge = (vector) =>
  verdict(() => {
    const { body, places } = vector;
    const schema = schemas[body as keyof typeof schemas];
    const content = bytes(vector.bytes);
    const value: unknown = schema.parse(decode(content, { maxBytes: 1013 }), body);
    const again = encode(schema.build(value as never, body));
    return {
      bytes: hex(again),
      value: plain(value),
      diagnostic: diagnose(content, { embedded: true }),
      places: places?.filter((place: Vector) => travels(place, body)),
    };
  });

/** Whether the library's table of messages agrees that a body travels there. */
function travels({ exchanges, number, kind }: Vector, body: string): boolean {
  if (exchanges === "all" || kind === "notification") return true;
  return exchanges.every((exchange: never) => messageNumbered(exchange, number)[kind as "request" | "reply"] === body);
}

export const log: Judge = (vector, provider) => {
  const verifier = { provider, publicKey: bytes(vector.publicKey), fleetId: bytes(vector.fleetId) };
  if (vector.operation === "receipt") {
    const receipt = verifyObject(parseObject(uploadReceiptObject, bytes(vector.bytes)), verifier);
    const { device, store, heads } = vector.log;
    const headAt = (number: number): Uint8Array | undefined => {
      const found = heads.find((position: Vector) => position.number === number);
      return found === undefined ? undefined : bytes(found.head);
    };
    const own = { device: bytes(device), store, headAt };
    const judged = judgeReceipt(receipt, own);
    return { ...validIf(judged, "covered"), covered: covers(receipt, own, vector.record) };
  }
  const positions =
    vector.object === "key-journal"
      ? journalPositions(provider, verifyObject(parseObject(keyJournalObject, bytes(vector.bytes)), verifier).value)
      : segmentPositions(provider, verifyObject(parseObject(logSegmentObject, bytes(vector.bytes)), verifier).value);
  const known: ChainPosition = { number: vector.known.number, head: bytes(vector.known.head) };
  return { ...validIf(compareWithKnown(positions, known), "agrees"), positions: plain(positions) };
};

export function validIf(found: string, wanted: string): Readonly<Record<string, unknown>> {
  return found === wanted ? { valid: true, verdict: found } : { valid: false, verdict: found, reason: found };
}
