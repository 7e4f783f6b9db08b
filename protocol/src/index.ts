/**
 * @nyckelfri/protocol: the contract that keys, locks, stations, boxes, cabinets and the city speak (SPEC.md). Pure: no
 * I/O, no clock, no randomness of its own.
 */
export * from "./authorize/authorize.ts";
export * from "./authorize/examine.ts";
export * from "./authorize/revoked.ts";
export * from "./authorize/rights.ts";
export * from "./bytes.ts";
export { CborCursor } from "./cbor/cursor.ts";
export * from "./cbor/decode.ts";
export * from "./cbor/diagnostic.ts";
export * from "./cbor/encode.ts";
export * from "./cbor/schema.ts";
export type { CborLimits, CborValue } from "./cbor/value.ts";
export * from "./cose/cose-key.ts";
export { externalAad, FLEET_ID_BYTES, sigStructure } from "./cose/sig-structure.ts";
export * from "./cose/sign1.ts";
export * from "./crypto/check-public-key.ts";
export { defaultProvider } from "./crypto/default.ts";
export type { CryptoProvider } from "./crypto/provider.ts";
export * from "./errors.ts";
export * from "./objects/activation-ticket.ts";
export * from "./objects/certificate.ts";
export * from "./objects/door-policy.ts";
export * from "./objects/grant.ts";
export * from "./objects/open-proof.ts";
export * from "./objects/revocation-list.ts";
export * from "./objects/signed-object.ts";
export * from "./objects/trust.ts";
export * from "./time/clock.ts";
export * from "./time/floor.ts";
export * from "./time/time-answer.ts";
