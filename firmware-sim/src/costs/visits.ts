/**
 * What a visit asks of key and cylinder, in bytes and signatures: SPEC Appendix B for the bytes, OPN-10 for the
 * signatures. These are inputs; the world's own counts replace them.
 */

/** An object that C verifies: the bytes of SPEC Appendix B, and those of external_aad beyond the usual 47. */
export interface VerifiedObject {
  readonly objectBytes: number;
  readonly furtherAadBytes: number;
  /** Certificates make a public key trusted, which is checked as well (SPEC OBJ-1). */
  readonly trusts: "nothing" | "public-key";
}

/** A request with its reply, framed, and what C does before it answers. */
export interface MessageRound {
  readonly requestBytes: number;
  readonly replyBytes: number;
  readonly verified: readonly VerifiedObject[];
  /** Kept by C in one commit: the exact bytes of the object. */
  readonly keptBytes: number;
}

/** Whatever comes between contact and result, and after it. */
export interface Visit {
  readonly name: string;
  readonly helloBytes: number;
  readonly challengeBytes: number;
  readonly updates: readonly MessageRound[];
  readonly openBytes: number;
  /** `need` and its `supply` (SPEC OPN-9), where C lacks certificates. */
  readonly supplies: readonly MessageRound[];
  readonly verified: readonly VerifiedObject[];
  readonly resultBytes: number;
  /** Bytes that the intent commit keeps beside the record: floor, and the cache entry of a first visit. */
  readonly intentKeptBytes: number;
  readonly carries: "nothing" | "segment";
}

/** Framed and object bytes of SPEC Appendix B; a test compares them with that table. */
export const VISIT_BYTES = {
  hello: 32,
  challenge: 84,
  openFirst: 458,
  openRepeat: 137,
  result: 20,
  policyUpdate: 196,
  listUpdate: 204,
  certificateUpdate: 173,
  collect: 395,
  certificate: 147,
  grant: 183,
  ticket: 142,
  policy: 163,
  list: 171,
  fullList: 877,
  proof: 110,
  segment: 356,
  intent: 22,
  outcome: 6,
} as const;

/** An `update`'s reply, or BUSY: header, CRC, COBS and a small map. */
export const SHORT_REPLY_BYTES: number = 20;
const UPDATE_ENVELOPE_BYTES = VISIT_BYTES.listUpdate - VISIT_BYTES.list - SHORT_REPLY_BYTES;
/** Transcript, grant digest and ticket digest as three byte strings (SPEC OBJ-12). */
const PROOF_AAD_BYTES = 102;
const FLOOR_BYTES = 8;

const grant: VerifiedObject = { objectBytes: VISIT_BYTES.grant, furtherAadBytes: 0, trusts: "nothing" };
const ticket: VerifiedObject = { objectBytes: VISIT_BYTES.ticket, furtherAadBytes: 0, trusts: "nothing" };
const proof: VerifiedObject = { objectBytes: VISIT_BYTES.proof, furtherAadBytes: PROOF_AAD_BYTES, trusts: "nothing" };
const certificate: VerifiedObject = { objectBytes: VISIT_BYTES.certificate, furtherAadBytes: 0, trusts: "public-key" };

function update(objectBytes: number, roundBytes: number, trusts: VerifiedObject["trusts"]): MessageRound {
  return {
    requestBytes: roundBytes - SHORT_REPLY_BYTES,
    replyBytes: SHORT_REPLY_BYTES,
    verified: [{ objectBytes, furtherAadBytes: 0, trusts }],
    keptBytes: objectBytes + FLOOR_BYTES,
  };
}

export const policyUpdate: MessageRound = update(VISIT_BYTES.policy, VISIT_BYTES.policyUpdate, "nothing");
export const listUpdate: MessageRound = update(VISIT_BYTES.list, VISIT_BYTES.listUpdate, "nothing");
export const certificateUpdate: MessageRound = update(
  VISIT_BYTES.certificate,
  VISIT_BYTES.certificateUpdate,
  "public-key",
);
/** A list of 48 entries: the largest object that an update brings. */
export const fullListUpdate: MessageRound = update(
  VISIT_BYTES.fullList,
  VISIT_BYTES.fullList + UPDATE_ENVELOPE_BYTES + SHORT_REPLY_BYTES,
  "nothing",
);

/** The grant issuer's certificate, the box's and its issuer's: everything that a door can lack at once. */
const allCertificates: MessageRound = {
  requestBytes: 3 * VISIT_BYTES.certificate + SHORT_REPLY_BYTES,
  replyBytes: SHORT_REPLY_BYTES,
  verified: [certificate, certificate, certificate],
  keptBytes: 0,
};

/** Grant and ticket are new to the door: three signatures, two where no activation is asked. */
export const firstVisit: Visit = {
  name: "first visit",
  helloBytes: VISIT_BYTES.hello,
  challengeBytes: VISIT_BYTES.challenge,
  updates: [],
  openBytes: VISIT_BYTES.openFirst,
  supplies: [],
  verified: [grant, ticket, proof],
  resultBytes: VISIT_BYTES.result,
  intentKeptBytes: FLOOR_BYTES + VISIT_BYTES.grant + VISIT_BYTES.ticket,
  carries: "nothing",
};

export const firstVisitWithoutActivation: Visit = {
  ...firstVisit,
  name: "first visit, no activation asked",
  openBytes: VISIT_BYTES.openFirst - VISIT_BYTES.ticket,
  verified: [grant, proof],
  intentKeptBytes: FLOOR_BYTES + VISIT_BYTES.grant,
};

/** The door holds grant and ticket: the proof alone is verified. */
export const repeatVisit: Visit = {
  ...firstVisit,
  name: "repeat",
  openBytes: VISIT_BYTES.openRepeat,
  verified: [proof],
  intentKeptBytes: FLOOR_BYTES,
};

/** A repeat after which the key stays and takes a segment of eight openings along (SPEC OPN-15). */
export const repeatWithLog: Visit = { ...repeatVisit, name: "repeat that carries log", carries: "segment" };

/** A new provider's first visit, which brings everything new and takes log along. */
export const fullVisit: Visit = {
  ...firstVisit,
  name: "first visit with three updates and log",
  updates: [certificateUpdate, policyUpdate, listUpdate],
  carries: "segment",
};

/** The most that SPEC lets one opening ask of a door: three full lists, then every certificate by `supply`. */
export const heaviestVisit: Visit = {
  ...firstVisit,
  name: "heaviest",
  updates: [fullListUpdate, fullListUpdate, fullListUpdate],
  supplies: [allCertificates],
};

export const visits: readonly Visit[] = [
  firstVisit,
  firstVisitWithoutActivation,
  repeatVisit,
  repeatWithLog,
  fullVisit,
  heaviestVisit,
];
