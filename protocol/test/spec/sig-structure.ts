/** SPEC.md's Appendix A: the to-be-signed bytes of one Grant, put together by hand from the rules and not by the library. */
import { toHex } from "#src/bytes.ts";
import { fleetId, issueGrant, issuers } from "../support/city.ts";

interface Part {
  readonly hex: string;
  readonly meaning: string;
}

/** Each part of the Sig_structure, in order, for an object whose envelope is given: RFC 9052 §4.4, SPEC COS-5, COS-6. */
export function sigStructureParts(envelope: Uint8Array, fleet: Uint8Array): readonly Part[] {
  const protectedHeader = envelope.subarray(2, 19);
  const long = envelope[20] === 0x58;
  const payload = envelope.subarray(long ? 22 : 21, envelope.length - 66);
  const head = (length: number): string =>
    length < 24 ? (0x40 + length).toString(16) : `58${length.toString(16).padStart(2, "0")}`;
  return [
    { hex: "84", meaning: "array of 4" },
    { hex: "6a5369676e617475726531", meaning: 'the text "Signature1"' },
    {
      hex: head(protectedHeader.length),
      meaning: `byte string of ${protectedHeader.length}: the protected header as received`,
    },
    { hex: toHex(protectedHeader), meaning: "{1: -19, 4: kid, 16: typ}" },
    { hex: head(46), meaning: "byte string of 46: external_aad" },
    { hex: "83", meaning: "array of 3 (more where the object's clause adds extra)" },
    { hex: "696e79636b656c66726901", meaning: 'the text "nyckelfri", and 1, the object format' },
    { hex: "5820", meaning: "byte string of 32: the fleet id" },
    { hex: toHex(fleet), meaning: "" },
    { hex: head(payload.length), meaning: `byte string of ${payload.length}: the payload as received` },
    { hex: toHex(payload), meaning: "" },
  ];
}

export interface WorkedExample {
  readonly envelope: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly fleetId: Uint8Array;
}

export function workedExample(): WorkedExample {
  return { envelope: issueGrant().bytes, publicKey: issuers.grant.publicKey, fleetId };
}

/** The text of the appendix. */
export function sigStructureByHand(): string {
  const { envelope, publicKey } = workedExample();
  const parts = sigStructureParts(envelope, fleetId);
  const fold = (hex: string): string => (hex.match(/.{1,64}/g) ?? []).join("\n   ");
  return [
    "For this Grant,",
    "",
    "```",
    `   ${fold(toHex(envelope))}`,
    "```",
    "",
    "the bytes under its signature (the last 64 of the envelope) are these, one after the other:",
    "",
    "```",
    ...parts.flatMap(({ hex, meaning }) => [...(meaning === "" ? [] : [`; ${meaning}`]), `   ${fold(hex)}`]),
    "```",
    "",
    `and they verify under the public key \`${toHex(publicKey)}\`.`,
    "",
  ].join("\n");
}
