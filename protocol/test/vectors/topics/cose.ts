// Envelopes (SPEC chapter COS): one sound one, and the same with one thing wrong. Each is signed over its own bytes, so that
// the signature holds and only the rule that is named refuses it.
import { concatBytes, toHex } from "#src/bytes.ts";
import { encode } from "#src/cbor/encode.ts";
import { forgeWithoutPrivateKey, GROUP_ORDER, smallOrderEncodings, toBytes32, toNumber } from "../../crypto/forge.ts";
import { fleetId, issuers, key, type Party, provider } from "../../support/city.ts";
import {
  accepted,
  ascii,
  encoded,
  fleetField,
  flipped,
  hex,
  type Made,
  make,
  protectedHeader,
  refused,
  toBeSigned,
  type Vector,
  type VectorFile,
} from "../build.ts";
import { coseKey, grant, openBodies, otherFleet, proofExtra, stranger, ticket, usual } from "../usual.ts";

const TYP = 65_002;
const signer: Party = issuers.grant;
const KID = toHex(signer.kid);
const typ = "10 19fdea";

/** The parts of an envelope in hex. */
interface Pieces {
  readonly array: string;
  readonly protectedHead: string;
  readonly protectedBytes: string;
  readonly unprotected: string;
  readonly payloadHead: string;
  readonly payload: string;
  readonly payloadEnd: string;
  readonly signatureHead: string;
  readonly end: string;
}

const sound: Pieces = {
  array: "84",
  protectedHead: "51",
  protectedBytes: `a3 0132 0448${KID} ${typ}`,
  unprotected: "a0",
  payloadHead: `58${grant.payload.length.toString(16)}`,
  payload: toHex(grant.payload),
  payloadEnd: "",
  signatureHead: "5840",
  end: "",
};

/** A protected header of any bytes, with its head. */
function header(text: string): Partial<Pieces> {
  const { length } = hex(text);
  const protectedHead = length < 24 ? (0x40 + length).toString(16) : `58${length.toString(16)}`;
  return { protectedBytes: text, protectedHead };
}

interface Given {
  readonly fleet: Uint8Array;
  readonly extra: readonly Uint8Array[];
  readonly publicKey: Uint8Array;
  readonly typ: number;
  /** Payload of a detached envelope. */
  readonly detachedPayload?: Uint8Array;
}

const usually: Given = { fleet: fleetId, extra: [], publicKey: signer.publicKey, typ: TYP };

function fields(
  bytes: Uint8Array,
  signed: { protectedBytes: Uint8Array; payload: Uint8Array },
  given: Given,
  shown = true,
) {
  const { fleet, extra, publicKey, detachedPayload } = given;
  return {
    ...(shown ? encoded(bytes) : { bytes: toHex(bytes) }),
    publicKey: toHex(publicKey),
    ...fleetField(fleet),
    extra: extra.map(toHex),
    expectedTyp: given.typ,
    ...(detachedPayload === undefined ? {} : { detachedPayload: toHex(detachedPayload) }),
    toBeSigned: toHex(toBeSigned(signed.protectedBytes, signed.payload, fleet, extra)),
  };
}

function assembled(
  differs: Partial<Pieces>,
  by: Party = signer,
): { bytes: Uint8Array; protectedBytes: Uint8Array; payload: Uint8Array } {
  const pieces = { ...sound, ...differs };
  const protectedBytes = hex(pieces.protectedBytes);
  const payload = hex(pieces.payload);
  const signature = provider.sign(by.seed, toBeSigned(protectedBytes, payload, fleetId));
  const { array, protectedHead, unprotected, payloadHead, payloadEnd, signatureHead, end } = pieces;
  const before = [array, protectedHead, pieces.protectedBytes, unprotected, payloadHead, pieces.payload, payloadEnd];
  return { bytes: concatBytes(hex(before.join("")), hex(signatureHead), signature, hex(end)), protectedBytes, payload };
}

function fault(name: string, clauses: string, reason: string, differs: Partial<Pieces>): Vector {
  const built = assembled(differs);
  return refused(name, clauses, reason, fields(built.bytes, built, usually));
}

const kid = `0448${KID}`;
const envelopeFaults: readonly Vector[] = [
  fault("alg only in the unprotected header", "COS-3", "cose/unprotected-not-empty", {
    ...header(`a2 ${kid} ${typ}`),
    unprotected: "a10132",
  }),
  fault("alg in both headers", "COS-3", "cose/unprotected-not-empty", { unprotected: "a10132" }),
  fault("another alg in the unprotected header", "COS-3", "cose/unprotected-not-empty", { unprotected: "a10127" }),
  fault("kid in the unprotected header", "COS-3", "cose/unprotected-not-empty", {
    ...header(`a2 0132 ${typ}`),
    unprotected: `a1${kid}`,
  }),
  fault("kid in both headers", "COS-3", "cose/unprotected-not-empty", { unprotected: `a1${kid}` }),
  fault("an unknown entry in the unprotected header", "COS-3", "cose/unprotected-not-empty", { unprotected: "a11701" }),
  fault("no alg anywhere", "COS-2", "cose/alg-missing", header(`a2 ${kid} ${typ}`)),
  fault("a protected header of no bytes", "COS-2", "cose/alg-missing", header("")),
  fault("a protected header that is an empty map", "COS-2", "cose/alg-missing", header("a0")),
  fault("alg -8 (EdDSA)", "COS-2", "cose/alg-unsupported", header(`a3 0127 ${kid} ${typ}`)),
  fault("alg -7 (ES256)", "COS-2", "cose/alg-unsupported", header(`a3 0126 ${kid} ${typ}`)),
  fault("alg -53 (Ed448)", "COS-2", "cose/alg-unsupported", header(`a3 013834 ${kid} ${typ}`)),
  fault("alg as text", "COS-2", "cose/alg-unsupported", header(`a3 016745643235353139 ${kid} ${typ}`)),
  fault("alg as null", "COS-2", "cose/alg-unsupported", header(`a3 01f6 ${kid} ${typ}`)),
  fault("alg twice, the last one right", "COS-2 CBR-4", "cbor/duplicate-key", header(`a4 0126 0132 ${kid} ${typ}`)),
  fault("alg twice, the same", "COS-2 CBR-4", "cbor/duplicate-key", header(`a4 0132 0132 ${kid} ${typ}`)),
  fault("crit with an unknown label", "COS-2", "cose/crit-unknown", header(`a4 0132 02811863 ${kid} ${typ}`)),
  fault("crit with a label that is there", "COS-2", "cose/crit-unknown", header(`a4 0132 028110 ${kid} ${typ}`)),
  fault("crit with nothing in it", "COS-2", "cose/crit-unknown", header(`a4 0132 0280 ${kid} ${typ}`)),
  fault("labels out of order", "COS-2 CBR-4", "cbor/unsorted-keys", header(`a3 0132 ${typ} ${kid}`)),
  fault("a content type (label 3)", "COS-2", "cose/label-unknown", header(`a4 0132 0300 ${kid} ${typ}`)),
  fault("an IV (label 5)", "COS-2", "cose/label-unknown", header(`a4 0132 ${kid} 054101 ${typ}`)),
  fault("a label below zero", "COS-2", "cose/label-unknown", header(`a4 0132 ${kid} ${typ} 2000`)),
  fault("an x5chain (label 33)", "COS-2 CBR-4", "cbor/key-type", header(`a4 0132 ${kid} ${typ} 182140`)),
  fault("a label that is text", "COS-2 CBR-4", "cbor/key-type", header(`a4 0132 ${kid} ${typ} 616101`)),
  fault("a kid of 7 bytes", "COS-2", "cose/kid", header(`a3 0132 0447${KID.slice(2)} ${typ}`)),
  fault("a kid of 9 bytes", "COS-2", "cose/kid", header(`a3 0132 044900${KID} ${typ}`)),
  fault("a kid of no bytes", "COS-2", "cose/kid", header(`a3 0132 0440 ${typ}`)),
  fault("a kid that is text", "COS-2", "cose/kid", header(`a3 0132 04686162636465666768 ${typ}`)),
  fault("no typ", "COS-2", "cose/typ", header(`a2 0132 ${kid}`)),
  fault("typ 64,999", "COS-2", "cose/typ", header(`a3 0132 ${kid} 1019fde7`)),
  fault("typ 65,536", "COS-2", "cose/typ", header(`a3 0132 ${kid} 101a00010000`)),
  fault("a typ below zero", "COS-2", "cose/typ", header(`a3 0132 ${kid} 1039fdea`)),
  fault("a typ that is text", "COS-2", "cose/typ", header(`a3 0132 ${kid} 106f6170706c69636174696f6e2f637774`)),
  fault("a typ in long form", "COS-1 CBR-2", "cbor/not-shortest", header(`a3 0132 ${kid} 101a0000fdea`)),
  fault("a protected header that is an array", "COS-2", "cose/protected-header", header("820132")),
  fault("a protected header that is an integer", "COS-2", "cose/protected-header", header("01")),
  fault("a byte after the protected map", "COS-2 CBR-1", "cbor/trailing-bytes", header(`a3 0132 ${kid} ${typ} 00`)),
  fault("a protected map cut short", "COS-2 CBR-9", "cbor/truncated", header(`a3 0132 ${kid} 1019fd`)),
  fault(
    "a protected map of indefinite length",
    "COS-4 CBR-3",
    "cbor/indefinite-length",
    header(`bf 0132 ${kid} ${typ} ff`),
  ),
  fault("a tag in the protected header", "COS-2 CBR-7", "cbor/tag", header(`a3 0132 ${kid} 10c119fdea`)),
  fault("a protected header in long form", "COS-4 CBR-2", "cbor/not-shortest", { protectedHead: "5811" }),
  fault("a protected header that is not wrapped", "COS-1", "cose/envelope", { protectedHead: "" }),
  fault("three elements", "COS-4", "cose/envelope", { array: "83", unprotected: "" }),
  fault("five elements", "COS-4", "cose/envelope", { array: "85", end: "f6" }),
  fault("a map instead of the array", "COS-4 CBR-4", "cbor/key-type", { array: "a2" }),
  fault("tag 18 (COSE_Sign1)", "COS-4 CBR-7", "cbor/tag", { array: "d284" }),
  fault("tag 17 (COSE_Mac0)", "COS-4 CBR-7", "cbor/tag", { array: "d184" }),
  fault("tag 98 (COSE_Sign)", "COS-4 CBR-7", "cbor/tag", { array: "d86284" }),
  fault("tag 61 (CWT)", "COS-4 CBR-7", "cbor/tag", { array: "d83dd284" }),
  fault("an array in long form", "COS-4 CBR-2", "cbor/not-shortest", { array: "9804" }),
  fault("an array of indefinite length", "COS-4 CBR-3", "cbor/indefinite-length", { array: "9f", end: "ff" }),
  fault("an unprotected header in long form", "COS-4 CBR-2", "cbor/not-shortest", { unprotected: "b800" }),
  fault("an unprotected header of indefinite length", "COS-4 CBR-3", "cbor/indefinite-length", { unprotected: "bfff" }),
  fault("an unprotected header that is null", "COS-1", "cose/envelope", { unprotected: "f6" }),
  fault("an unprotected header that is an empty array", "COS-1", "cose/envelope", { unprotected: "80" }),
  fault("a payload in long form", "COS-4 CBR-2", "cbor/not-shortest", {
    payloadHead: `5900${grant.payload.length.toString(16)}`,
  }),
  fault("a payload of indefinite length", "COS-4 CBR-3", "cbor/indefinite-length", {
    payloadHead: `5f${sound.payloadHead}`,
    payloadEnd: "ff",
  }),
  fault("a payload that is not wrapped", "COS-1", "cose/envelope", { payloadHead: "" }),
  fault("no payload", "COS-9", "cose/payload-missing", { payloadHead: "f6", payload: "" }),
  fault("a signature in long form", "COS-4 CBR-2", "cbor/not-shortest", { signatureHead: "590040" }),
  fault("a signature of indefinite length", "COS-4 CBR-3", "cbor/indefinite-length", {
    signatureHead: "5f5840",
    end: "ff",
  }),
  fault("a byte after the signature, inside its string", "COS-1 CRY-1", "cose/signature-length", {
    signatureHead: "5841",
    end: "00",
  }),
  fault("a signature in an array", "COS-1", "cose/envelope", { signatureHead: "815840" }),
  fault("a byte after the envelope", "COS-1 CBR-1", "cbor/trailing-bytes", { end: "00" }),
  fault("an envelope of 1,001 bytes", "COS-1", "cbor/too-large", {
    payloadHead: "590390",
    payload: "00".repeat(912),
  }),
];

/** The right bytes up to the signature, and another signature there. */
function resigned(made: Made, signature: Uint8Array): Uint8Array {
  return encode([made.protectedBytes, new Map(), made.payload, signature]);
}

function badSignature(
  name: string,
  clauses: string,
  bytes: Uint8Array,
  signed: Made = grant,
  given: Partial<Given> = {},
): Vector {
  return refused(name, clauses, "cose/signature-invalid", fields(bytes, signed, { ...usually, ...given }, false));
}

const raised = (multiple: bigint): Uint8Array =>
  concatBytes(grant.signature.slice(0, 32), toBytes32(toNumber(grant.signature.slice(32)) + multiple * GROUP_ORDER));

/** Made under a small-order key by trial: the payload is the counter that the forger has to turn. */
function forgedUnderSmallOrder(): Vector {
  const publicKey = smallOrderEncodings()[2] as Uint8Array;
  const { message, signature } = forgeWithoutPrivateKey(publicKey);
  const protectedBytes = protectedHeader(TYP, signer.kid);
  const bytes = encode([protectedBytes, new Map(), message, signature]);
  return refused(
    "a signature by nobody under a public key of small order",
    "CRY-4",
    "cose/signature-invalid",
    fields(bytes, { protectedBytes, payload: message }, { ...usually, publicKey }),
  );
}

const context = [openBodies.hello, openBodies.challenge];
const extra = proofExtra(context, grant.bytes, ticket.bytes);
const proof = make("open-proof", usual["open-proof"].payload, { by: key, extra });
const proofGiven: Given = { fleet: fleetId, extra, publicKey: key.publicKey, typ: 65_007 };
const proofFault = (name: string, clauses: string, other: readonly Uint8Array[]): Vector =>
  badSignature(name, clauses, proof.bytes, proof, { ...proofGiven, extra: other });

const plainFleet = make("grant", usual.grant.payload, { by: signer, fleet: otherFleet });
const noFleet = make("grant", usual.grant.payload, { by: signer, fleet: new Uint8Array(32) });
const secondFormat = make("grant", usual.grant.payload, { by: signer, format: 2 });
const byStranger = make("grant", usual.grant.payload, { by: stranger, kid: signer.kid });

const otherContext = provider.sign(
  signer.seed,
  encode(["Signature", grant.protectedBytes, encode(["nyckelfri", 1, fleetId]), grant.payload]),
);
const withoutAad = provider.sign(
  signer.seed,
  encode(["Signature1", grant.protectedBytes, new Uint8Array(0), grant.payload]),
);
const payloadAlone = provider.sign(signer.seed, grant.payload);

const smallPayload = make("grant", hex("a0"), { by: signer });
const largestPayload = make("grant", new Uint8Array(911), { by: signer });

const detachedBytes = encode([grant.protectedBytes, new Map(), null, grant.signature]);
const detachedGiven: Given = { ...usually, detachedPayload: grant.payload };

const sure = (name: string, clauses: string, made: Made, given: Given): Vector =>
  accepted(name, clauses, { ...fields(made.bytes, made, given), ...parts(made, given) });
const parts = ({ payload }: Made, { typ }: Given) => ({
  kid: typ === 65_007 ? null : KID,
  typ,
  payload: toHex(payload),
});

export const cose: VectorFile = {
  description:
    "Envelopes (SPEC chapter COS). `bytes` is the COSE_Sign1; a verifier is given `publicKey`, `fleetId`, `extra` (what external_aad has after the fleet id), the `expectedTyp`, and for a detached one the `detachedPayload`. `toBeSigned` is the Sig_structure that follows from these; a valid vector's signature is over it. Invalid ones are signed over their own bytes unless the signature is what is wrong. Payloads are opaque here. `common` is what every vector has besides, as far as it does not say otherwise.",
  common: { fleetId: toHex(fleetId) },
  vectors: [
    sure("a grant's envelope, kid sent", "COS-1 COS-2 COS-5 COS-6", grant, usually),
    sure("a proof's envelope, kid implied, three extras", "COS-2 COS-6 OBJ-12", proof, proofGiven),
    sure("a payload of one byte", "COS-1", smallPayload, usually),
    sure("an envelope of 1,000 bytes", "COS-1", largestPayload, usually),
    accepted("a detached payload", "COS-9", {
      ...fields(detachedBytes, grant, detachedGiven),
      ...parts(grant, usually),
    }),
    ...envelopeFaults,
    refused(
      "an attached payload where a detached one is expected",
      "COS-9",
      "cose/payload-attached",
      fields(grant.bytes, grant, detachedGiven),
    ),
    badSignature(
      "a detached payload that is another one",
      "COS-9",
      detachedBytes,
      { ...grant, payload: ticket.payload },
      {
        detachedPayload: ticket.payload,
      },
    ),
    refused(
      "a grant where a certificate is expected",
      "COS-7",
      "cose/typ-mismatch",
      fields(grant.bytes, grant, { ...usually, typ: 65_000 }),
    ),
    refused("a certificate's typ over a grant's payload", "COS-7", "cose/typ-mismatch", retyped()),
    badSignature("signed for another fleet", "COS-6 TRU-2", plainFleet.bytes, plainFleet),
    badSignature("signed for no fleet", "COS-6 TRU-2", noFleet.bytes, noFleet),
    badSignature("verified for another fleet", "COS-6", grant.bytes, grant, { fleet: otherFleet }),
    badSignature("object format 2 in external_aad", "COS-6 VER-4", secondFormat.bytes, secondFormat),
    badSignature("signed by somebody else, in the signer's name", "COS-11", byStranger.bytes, byStranger),
    badSignature("a byte of the kid changed", "COS-5", flipped(grant.bytes, 7), {
      ...grant,
      protectedBytes: flipped(grant.protectedBytes, 5),
    }),
    badSignature("a byte of the payload changed", "COS-5 OBJ-22", flipped(grant.bytes, -67), {
      ...grant,
      payload: flipped(grant.payload, -1),
    }),
    badSignature("a byte of R changed", "CRY-3", flipped(grant.bytes, -60)),
    badSignature("a byte of S changed", "CRY-3", flipped(grant.bytes, -30)),
    badSignature("S + L", "CRY-2", resigned(grant, raised(1n))),
    badSignature("a signature of zeros", "CRY-4", resigned(grant, new Uint8Array(64))),
    badSignature("the context string of COSE_Sign", "COS-5", resigned(grant, otherContext)),
    badSignature("an empty external_aad", "COS-6", resigned(grant, withoutAad)),
    badSignature("a signature over the payload alone", "COS-5", resigned(grant, payloadAlone)),
    forgedUnderSmallOrder(),
    proofFault("a proof without its extras", "COS-6 OBJ-12", []),
    proofFault("a proof with its extras in another order", "COS-6 OBJ-12", [
      extra[1],
      extra[0],
      extra[2],
    ] as Uint8Array[]),
    proofFault(
      "a proof of another session",
      "COS-6 OBJ-12",
      proofExtra([openBodies.hello, openBodies.hello], grant.bytes, ticket.bytes),
    ),
    proofFault("a proof for another grant", "COS-6 OBJ-12", proofExtra(context, byStranger.bytes, ticket.bytes)),
    proofFault("a proof whose ticket was taken away", "COS-6 OBJ-12", proofExtra(context, grant.bytes)),
    proofFault("a proof with one extra more", "COS-6", [...extra, ascii("more")]),
  ],
};

function retyped(): Readonly<Record<string, unknown>> {
  const made = make("grant", usual.grant.payload, { by: signer, typ: 65_000 });
  return fields(made.bytes, made, usually);
}

const wholeKey = encode(coseKey(key.publicKey));
const keyFields = (bytes: Uint8Array): Readonly<Record<string, unknown>> => ({ ...encoded(bytes) });
const keyFault = (name: string, reason: string, text: string): Vector =>
  refused(name, "COS-10", reason, keyFields(hex(text)));
const x = `215820${toHex(key.publicKey)}`;

export const coseKeys: VectorFile = {
  description:
    "COSE_Key of an Ed25519 public key (SPEC COS-10, COS-11). A valid one has the `publicKey` in it, the RFC 9679 `thumbprint` and the `kid`.",
  vectors: [
    accepted("the key of a key", "COS-10 COS-11", {
      ...keyFields(wholeKey),
      publicKey: toHex(key.publicKey),
      thumbprint: toHex(provider.sha256(wholeKey)),
      kid: toHex(provider.sha256(wholeKey).slice(0, 8)),
    }),
    keyFault("a private part", "cose/key-private", `a4 0101 2006 ${x} 235820${"11".repeat(32)}`),
    keyFault("a private part and no public one", "cose/key-private", `a3 0101 2006 235820${"11".repeat(32)}`),
    keyFault("kty 2 (EC2)", "cose/key", `a3 0102 2006 ${x}`),
    keyFault("crv 4 (X25519)", "cose/key", `a3 0101 2004 ${x}`),
    keyFault("crv 7 (Ed448)", "cose/key", `a3 0101 2007 ${x}`),
    keyFault("no x", "cose/key", "a2 0101 2006"),
    keyFault("an x of 31 bytes", "cose/key", `a3 0101 2006 21581f${"11".repeat(31)}`),
    keyFault("an x that is text", "cose/key", `a3 0101 2006 217820${"61".repeat(32)}`),
    keyFault("a kid in it (label 2)", "cose/key", `a4 0101 0241aa 2006 ${x}`),
    keyFault("an alg in it (label 3)", "cose/key", `a4 0101 0332 2006 ${x}`),
    keyFault("key_ops in it (label 4)", "cose/key", `a4 0101 048102 2006 ${x}`),
    keyFault("an array", "cose/key", "80"),
    keyFault("labels out of order", "cbor/unsorted-keys", `a3 2006 0101 ${x}`),
    keyFault("x in long form", "cbor/not-shortest", `a3 0101 2006 21590020${toHex(key.publicKey)}`),
  ],
};
