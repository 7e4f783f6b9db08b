/**
 * @nyckelfri/protocol/cbor: the deterministic profile by itself (SPEC chapter 1), with the schemas in which the objects and
 * messages of the protocol are written.
 */
export { CborCursor, type LengthRange } from "./cursor.ts";
export * from "./decode.ts";
export * from "./diagnostic.ts";
export * from "./encode.ts";
export * from "./schema.ts";
export type { CborLimits, CborValue } from "./value.ts";
