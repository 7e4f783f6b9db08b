/**
 * Chunk: a part of what does not fit a frame, in every exchange but open (SPEC FRM-9). The request after the last chunk may
 * then be a `chunked-body`: its body is what was transferred. Replies are never chunked.
 */
import { bytes, decodeAs, encodeAs, map, required, type Schema, uint } from "../cbor/schema.ts";
import { PeerError } from "../errors.ts";
import { CHUNK_DATA_BYTES, type Chunk } from "../framing/chunks.ts";
import { digest } from "./common.ts";

/** `framing/chunks.ts` cuts objects into these and joins them. */
export type ChunkRequest = Chunk;
export interface ChunkReply {
  /** Bytes received so far. */
  readonly received: number;
}

export const chunkRequest: Schema<ChunkRequest> = map({
  digest: required(1, digest),
  offset: required(2, uint()),
  total: required(3, uint()),
  data: required(4, bytes({ min: 1, max: CHUNK_DATA_BYTES })),
});
export const chunkReply: Schema<ChunkReply> = map({ received: required(1, uint()) });

/** Stands in place of a request's body. No request has a label 0 of its own. */
export interface ChunkedBody {
  /** SHA-256 of the transferred body. */
  readonly digest: Uint8Array;
}
export const chunkedBody: Schema<ChunkedBody> = map({ digest: required(0, digest) });

/** A finished transfer: what `stepTransfer` gave as complete, and the digest that its chunks named and it has checked. */
export interface Transferred {
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
}

export function encodeChunkedBody(digest: Uint8Array): Uint8Array {
  return encodeAs(chunkedBody, { digest }, { name: "chunked-body" });
}

/** The digest in a `chunked-body`; undefined for every other body. */
export function chunkedDigest(body: Uint8Array): Uint8Array | undefined {
  // Its encoding has one length (SPEC CBR-2), so no other body is decoded for this.
  if (body.length !== CHUNKED_BODY_BYTES) return undefined;
  try {
    return decodeAs(chunkedBody, body).digest;
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

/** The bytes of a request's body, whether they came in its frame or were transferred before it (SPEC FRM-9). */
export function wholeBody(body: Uint8Array, transferred: Transferred | undefined): Uint8Array {
  return transferred === undefined || chunkedDigest(body) === undefined ? body : transferred.bytes;
}

/** a1 00 58 20 and the digest. */
const CHUNKED_BODY_BYTES = 36;
