/** Chunk: a part of what does not fit a frame, in every exchange but open (SPEC FRM-9). */
import { bytes, map, required, type Schema, uint } from "../cbor/schema.ts";
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
