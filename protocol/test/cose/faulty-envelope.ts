// Envelopes with one thing wrong, named after it. Each is signed over its own to-be-signed bytes, so that the signature
// would verify and only the envelope's rule refuses it.
import { concatBytes, fromHex, toHex } from "#src/bytes.ts";
import { sigStructure } from "#src/cose/sig-structure.ts";
import type { CryptoProvider } from "#src/crypto/provider.ts";
import type { ErrorCode } from "#src/registry.ts";

export interface Signer {
  readonly provider: CryptoProvider;
  readonly seed: Uint8Array;
  readonly externalAad: Uint8Array;
}

/** The pieces of an envelope in hex, before they are put together; `protectedBytes` and `payload` are what is signed. */
interface Pieces {
  array: string;
  protectedHead: string;
  protectedBytes: string;
  unprotected: string;
  payloadHead: string;
  payload: string;
  payloadEnd: string;
  signatureHead: string;
  afterSignature: string;
}

const KID = "a1a2a3a4a5a6a7a8";
const PAYLOAD = "a10102".padEnd(60, "0");
const TYP = "10 19fdea";

/** Well-formed: what each fault departs from. */
const SOUND: Readonly<Pieces> = {
  array: "84",
  protectedHead: "51",
  protectedBytes: hex(`a3 0132 0448${KID} ${TYP}`),
  unprotected: "a0",
  payloadHead: "581e",
  payload: PAYLOAD,
  payloadEnd: "",
  signatureHead: "5840",
  afterSignature: "",
};

interface Fault {
  readonly code: ErrorCode;
  readonly pieces: Partial<Pieces>;
}

const withProtected = (text: string, rest: Partial<Pieces> = {}): Partial<Pieces> => {
  const protectedBytes = hex(text);
  const length = protectedBytes.length / 2;
  const head = length < 24 ? (0x40 + length).toString(16) : `58${length.toString(16)}`;
  return { protectedBytes, protectedHead: head, ...rest };
};

const FAULTS = {
  "alg only in the unprotected header": {
    code: "cose/unprotected-not-empty",
    pieces: withProtected(`a2 0448${KID} ${TYP}`, { unprotected: "a10132" }),
  },
  "alg in both headers": { code: "cose/unprotected-not-empty", pieces: { unprotected: "a10132" } },
  "kid in the unprotected header": {
    code: "cose/unprotected-not-empty",
    pieces: withProtected(`a2 0132 ${TYP}`, { unprotected: `a10448${KID}` }),
  },
  "an unsigned entry in the unprotected header": {
    code: "cose/unprotected-not-empty",
    pieces: { unprotected: "a11701" },
  },
  "no alg anywhere": { code: "cose/alg-missing", pieces: withProtected(`a2 0448${KID} ${TYP}`) },
  "an empty protected header as an empty string": { code: "cose/alg-missing", pieces: withProtected("") },
  "an empty protected header as an empty map": { code: "cose/alg-missing", pieces: withProtected("a0") },
  "alg -8 (EdDSA)": { code: "cose/alg-unsupported", pieces: withProtected(`a3 0127 0448${KID} ${TYP}`) },
  "alg -7 (ES256)": { code: "cose/alg-unsupported", pieces: withProtected(`a3 0126 0448${KID} ${TYP}`) },
  "alg as text": { code: "cose/alg-unsupported", pieces: withProtected(`a3 016745643235353139 0448${KID} ${TYP}`) },
  "alg twice": { code: "cbor/duplicate-key", pieces: withProtected(`a4 0126 0132 0448${KID} ${TYP}`) },
  "crit with an unknown label": {
    code: "cose/crit-unknown",
    pieces: withProtected(`a4 0132 02811863 0448${KID} ${TYP}`),
  },
  "crit with a known label": { code: "cose/crit-unknown", pieces: withProtected(`a4 0132 028110 0448${KID} ${TYP}`) },
  "labels out of order": { code: "cbor/unsorted-keys", pieces: withProtected(`a3 0132 ${TYP} 0448${KID}`) },
  "a content type (label 3)": { code: "cose/label-unknown", pieces: withProtected(`a4 0132 0300 0448${KID} ${TYP}`) },
  "an x5chain (label 33)": { code: "cbor/key-type", pieces: withProtected(`a4 0132 0448${KID} ${TYP} 182140`) },
  "a label that is text": { code: "cbor/key-type", pieces: withProtected(`a4 0132 0448${KID} ${TYP} 616101`) },
  "a kid of 7 bytes": { code: "cose/kid", pieces: withProtected(`a3 0132 0447${KID.slice(2)} ${TYP}`) },
  "a kid of 9 bytes": { code: "cose/kid", pieces: withProtected(`a3 0132 044900${KID} ${TYP}`) },
  "a kid that is text": { code: "cose/kid", pieces: withProtected(`a3 0132 04686162636465666768 ${TYP}`) },
  "no typ": { code: "cose/typ", pieces: withProtected(`a2 0132 0448${KID}`) },
  "a typ below the range": { code: "cose/typ", pieces: withProtected(`a3 0132 0448${KID} 1019fde7`) },
  "a typ above the range": { code: "cose/typ", pieces: withProtected(`a3 0132 0448${KID} 101a00010000`) },
  "a typ that is text": { code: "cose/typ", pieces: withProtected(`a3 0132 0448${KID} 1063612f62`) },
  "a typ in long form": { code: "cbor/not-shortest", pieces: withProtected(`a3 0132 0448${KID} 101a0000fdea`) },
  "a protected header that is an array": { code: "cose/protected-header", pieces: withProtected("820132") },
  "a byte after the protected map": {
    code: "cbor/trailing-bytes",
    pieces: withProtected(`a3 0132 0448${KID} ${TYP} 00`),
  },
  "a protected map of indefinite length": {
    code: "cbor/indefinite-length",
    pieces: withProtected(`bf 0132 0448${KID} ${TYP} ff`),
  },
  "a protected header in long form": { code: "cbor/not-shortest", pieces: { protectedHead: "5811" } },
  "a protected header that is not wrapped": { code: "cose/envelope", pieces: { protectedHead: "" } },
  "three elements": { code: "cose/envelope", pieces: { array: "83", unprotected: "" } },
  "five elements": { code: "cose/envelope", pieces: { array: "85", afterSignature: "f6" } },
  "a map instead of the array": { code: "cbor/key-type", pieces: { array: "a2" } },
  "tag 18 (COSE_Sign1)": { code: "cbor/tag", pieces: { array: "d284" } },
  "tag 17 (COSE_Mac0)": { code: "cbor/tag", pieces: { array: "d184" } },
  "tag 98 (COSE_Sign)": { code: "cbor/tag", pieces: { array: "d86284" } },
  "tag 61 (CWT)": { code: "cbor/tag", pieces: { array: "d83dd284" } },
  "an array in long form": { code: "cbor/not-shortest", pieces: { array: "9804" } },
  "an array of indefinite length": { code: "cbor/indefinite-length", pieces: { array: "9f", afterSignature: "ff" } },
  "an unprotected header in long form": { code: "cbor/not-shortest", pieces: { unprotected: "b800" } },
  "an unprotected header of indefinite length": { code: "cbor/indefinite-length", pieces: { unprotected: "bfff" } },
  "an unprotected header that is null": { code: "cose/envelope", pieces: { unprotected: "f6" } },
  "a payload in long form": { code: "cbor/not-shortest", pieces: { payloadHead: "59001e" } },
  "a payload of indefinite length": {
    code: "cbor/indefinite-length",
    pieces: { payloadHead: "5f581e", payloadEnd: "ff" },
  },
  "a payload that is not wrapped": { code: "cose/envelope", pieces: { payloadHead: "", payload: "a10102" } },
  "no payload": { code: "cose/payload-missing", pieces: { payloadHead: "f6", payload: "" } },
  "a signature in long form": { code: "cbor/not-shortest", pieces: { signatureHead: "590040" } },
  "a signature of indefinite length": {
    code: "cbor/indefinite-length",
    pieces: { signatureHead: "5f5840", afterSignature: "ff" },
  },
  "a signature with a byte more": {
    code: "cose/signature-length",
    pieces: { signatureHead: "5841", afterSignature: "00" },
  },
  "a signature in an array": { code: "cose/envelope", pieces: { signatureHead: "815840" } },
  "a byte after the envelope": { code: "cbor/trailing-bytes", pieces: { afterSignature: "00" } },
  "a payload that makes it too large": {
    code: "cbor/too-large",
    pieces: { payloadHead: "590391", payload: "00".repeat(913) },
  },
} as const;
FAULTS satisfies Readonly<Record<string, Fault>>;

export type EnvelopeFault = keyof typeof FAULTS;

/** Every fault, with the code that refuses it. */
export const envelopeFaults: readonly { readonly fault: EnvelopeFault; readonly code: ErrorCode }[] = Object.entries(
  FAULTS,
).map(([fault, { code }]) => ({ fault: fault as EnvelopeFault, code }));

export interface FaultyEnvelope {
  readonly bytes: Uint8Array;
  readonly toBeSigned: Uint8Array;
  readonly signature: Uint8Array;
}

/** The envelope without a fault, or with the one that is named. */
export function buildEnvelopeWith(fault: EnvelopeFault | "none", signer: Signer): FaultyEnvelope {
  const pieces = { ...SOUND, ...(fault === "none" ? {} : FAULTS[fault].pieces) };
  const toBeSigned = sigStructure(fromHex(pieces.protectedBytes), signer.externalAad, fromHex(pieces.payload));
  const signature = signer.provider.sign(signer.seed, toBeSigned);
  const text =
    pieces.array +
    pieces.protectedHead +
    pieces.protectedBytes +
    pieces.unprotected +
    pieces.payloadHead +
    pieces.payload +
    pieces.payloadEnd +
    pieces.signatureHead +
    toHex(signature) +
    pieces.afterSignature;
  return { bytes: concatBytes(fromHex(text)), toBeSigned, signature };
}

function hex(text: string): string {
  return text.replaceAll(" ", "");
}
