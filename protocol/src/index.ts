/**
 * @nyckelfri/protocol: the contract that keys, locks, stations, boxes, cabinets and the city speak (SPEC.md). Pure: no
 * I/O, no clock, no randomness of its own.
 */
export * from "./authorize/authorize.ts";
export * from "./authorize/examine.ts";
export * from "./authorize/revoked.ts";
export * from "./authorize/rights.ts";
export * from "./bytes.ts";
export { decode } from "./cbor/decode.ts";
export { type DiagnosticOptions, diagnose } from "./cbor/diagnostic.ts";
export { encode } from "./cbor/encode.ts";
export { decodeAs, encodeAs, type Schema } from "./cbor/schema.ts";
export type { CborLimits, CborValue } from "./cbor/value.ts";
export * from "./cose/cose-key.ts";
export { type Binding, type ExternalAad, externalAad, FLEET_ID_BYTES, sigStructure } from "./cose/sig-structure.ts";
export {
  parseDetached,
  parseSign1,
  type SignedSign1,
  type SignOptions,
  signSign1,
  type UnverifiedSign1,
  type VerifiedSign1,
  type VerifyOptions,
  verifySign1,
} from "./cose/sign1.ts";
export * from "./crypto/check-public-key.ts";
export { defaultProvider } from "./crypto/default.ts";
export type { CryptoProvider } from "./crypto/provider.ts";
export * from "./errors.ts";
export * from "./framing/chunks.ts";
export * from "./framing/cobs.ts";
export * from "./framing/crc32.ts";
export * from "./framing/frame.ts";
export * from "./framing/frame-decoder.ts";
export * from "./framing/requester.ts";
export * from "./framing/responder.ts";
export * from "./link.ts";
export type * from "./messages/activate.ts";
export { ticketWindow } from "./messages/activate.ts";
export * from "./messages/answers.ts";
export * from "./messages/bodies.ts";
export type * from "./messages/chunk.ts";
export { chunkedDigest, encodeChunkedBody, wholeBody } from "./messages/chunk.ts";
export type * from "./messages/common.ts";
export type * from "./messages/dock.ts";
export * from "./messages/lifecycle.ts";
export * from "./messages/message-table.ts";
export * from "./messages/negotiation.ts";
export type * from "./messages/open.ts";
export { suppliedFor, supplyFor, versionsToName } from "./messages/open.ts";
export type * from "./messages/serve.ts";
export { neededCapability, serveAuthority } from "./messages/serve.ts";
export type * from "./messages/service.ts";
export * from "./messages/session.ts";
export type * from "./messages/store.ts";
export * from "./objects/activation-ticket.ts";
export * from "./objects/certificate.ts";
export * from "./objects/chain.ts";
export * from "./objects/derivations.ts";
export * from "./objects/device-proof.ts";
export * from "./objects/device-transfer.ts";
export * from "./objects/door-policy.ts";
export * from "./objects/enrolment.ts";
export * from "./objects/epoch.ts";
export * from "./objects/grant.ts";
export * from "./objects/host-command.ts";
export * from "./objects/key-journal.ts";
export * from "./objects/log-record.ts";
export * from "./objects/log-segment.ts";
export {
  type BoundProof,
  type CarriedVersions,
  type LifecycleTranscript,
  type OpenProof,
  type OpenTranscript,
  openProofExtra,
  openProofObject,
  type ProofSubject,
  verifyOpenProof,
} from "./objects/open-proof.ts";
export * from "./objects/pin-verifier.ts";
export * from "./objects/revocation-list.ts";
export * from "./objects/root-transition.ts";
export {
  type Issuance,
  issueObject,
  type ObjectKind,
  type ObjectName,
  parseObject,
  type Recall,
  recallVerified,
  type Signed,
  type Signer,
  typOf,
  type Unverified,
  type Verified,
  type Verifier,
  type Violation,
  verificationDigest,
  verifyObject,
} from "./objects/signed-object.ts";
export * from "./objects/time-statement.ts";
export * from "./objects/trust.ts";
export * from "./objects/update.ts";
export * from "./objects/upload-receipt.ts";
export {
  coarseResults,
  type ErrorCode,
  errors,
  limits,
  messages,
  objects,
  reasons,
  rights,
  roles,
  times,
  wire,
} from "./registry.ts";
export * from "./time/clock.ts";
export * from "./time/floor.ts";
export * from "./time/time-answer.ts";
