// Ed25519 (SPEC chapter CRY): the RFC's own vectors, the keys that nobody owns, and the cases on which libraries differ.
import { Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, toHex } from "#src/bytes.ts";
import {
  challengeScalar,
  forgeWithoutPrivateKey,
  GROUP_ORDER,
  signMixedOrder,
  smallOrderEncodings,
  toBytes32,
  toNumber,
} from "../../crypto/forge.ts";
import { accepted, ascii, flipped, hex, refused, type Vector, type VectorFile } from "../build.ts";
import { type SpeccheckCase, speccheckCases } from "./speccheck-cases.ts";

const INVALID = "cose/signature-invalid";
const fields = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array, note?: string) => ({
  ...(note === undefined ? {} : { note }),
  publicKey: toHex(publicKey),
  message: toHex(message),
  signature: toHex(signature),
});

interface RfcCase {
  readonly name: string;
  readonly seed: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}
const rfcCases: readonly RfcCase[] = [
  {
    name: "TEST 1: empty message",
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    name: "TEST 2: one byte",
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    name: "TEST 3: two bytes",
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
  {
    name: "TEST SHA(abc): 64 bytes",
    seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
    publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    message: toHex(sha512(ascii("abc"))),
    signature:
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
  },
];

/** TEST 3 with one thing changed. */
function rfcFaults(): Vector[] {
  const [, , third] = rfcCases;
  if (third === undefined) throw new RangeError("TEST 3 is missing");
  const [publicKey, message, signature] = [hex(third.publicKey), hex(third.message), hex(third.signature)];
  const above = (by: bigint): Uint8Array =>
    concatBytes(signature.slice(0, 32), toBytes32(toNumber(signature.slice(32)) + by * GROUP_ORDER));
  const bad = (name: string, clauses: string, k: Uint8Array, m: Uint8Array, s: Uint8Array): Vector =>
    refused(`TEST 3, ${name}`, clauses, INVALID, fields(k, m, s));
  return [
    bad("another message", "CRY-3", publicKey, flipped(message, 0), signature),
    bad("a bit of R changed", "CRY-3", publicKey, message, flipped(signature, 3)),
    bad("a bit of S changed", "CRY-3", publicKey, message, flipped(signature, 40)),
    bad("another key", "CRY-3", hex(rfcCases[0]?.publicKey ?? ""), message, signature),
    bad("S + L", "CRY-2", publicKey, message, above(1n)),
    bad("S + 7 L", "CRY-2", publicKey, message, above(7n)),
    bad("S + 8 L", "CRY-2", publicKey, message, above(8n)),
    bad("a signature of 63 bytes", "CRY-1", publicKey, message, signature.slice(0, 63)),
    bad("a signature of 65 bytes", "CRY-1", publicKey, message, concatBytes(signature, Uint8Array.of(0))),
    bad("no signature", "CRY-1", publicKey, message, new Uint8Array(0)),
    bad("a key of 31 bytes", "CRY-1", publicKey.slice(0, 31), message, signature),
    bad("a key of 33 bytes", "CRY-1", concatBytes(publicKey, Uint8Array.of(0)), message, signature),
  ];
}

export const rfc8032: VectorFile = {
  description:
    "Ed25519 of RFC 8032: `seed` is the private key, whose `publicKey` and whose `signature` of `message` are these. The invalid ones are TEST 3 with one thing changed.",
  source:
    "The numbers of the valid vectors are those of RFC 8032, section 7.1; they are facts, in no one's ownership. The changes are ours.",
  vectors: [...rfcCases.map(({ name, ...values }) => accepted(name, "CRY-3 CRY-8", { ...values })), ...rfcFaults()],
};

/** R is the neutral element, S = k a: the equation holds, and the signer has given no commitment. */
function smallCommitment(): Vector {
  const a = 987654321987654321n;
  const publicKey = Point.BASE.multiply(a).toBytes();
  const r = Point.ZERO.toBytes();
  const message = ascii("small R");
  const s = (challengeScalar(r, publicKey, message) * a) % GROUP_ORDER;
  return refused(
    "R of small order under a sound key",
    "CRY-4",
    INVALID,
    fields(
      publicKey,
      message,
      concatBytes(r, toBytes32(s)),
      "Made by the owner of the key; the cofactorless equation holds.",
    ),
  );
}

const ORDERS = [1, 8, 4, 8, 2, 8, 4, 8];
const mixed = signMixedOrder(true);
const mixedFailing = signMixedOrder(false);

export const smallOrder: VectorFile = {
  description:
    "Signatures that careless verifiers take. For each of the 14 encodings of the points of small order there is a signature under it that needed no private key: the textbook equation R = S B - k A holds (with the encoding decoded leniently). And points of mixed order, which verify what their owner signs but may not be enrolled (`enrol` is the verdict of CRY-7).",
  vectors: [
    ...smallOrderEncodings().map((publicKey, index) => {
      const { message, signature } = forgeWithoutPrivateKey(publicKey);
      const order = ORDERS[index];
      const name =
        order === undefined
          ? `non-canonical encoding ${index - 7} of 6 as public key, signed by nobody`
          : `canonical encoding ${index + 1} of 8 (order ${order}) as public key, signed by nobody`;
      return refused(name, index < 10 ? "CRY-4" : "CRY-4 CRY-5", INVALID, {
        ...fields(publicKey, message, signature),
        enrol: "objects/public-key",
      });
    }),
    smallCommitment(),
    accepted("a key of mixed order, k a multiple of 8", "CRY-3 CRY-7", {
      ...fields(mixed.publicKey, mixed.message, mixed.signature, "Verification takes it; enrolment does not."),
      enrol: "objects/public-key",
    }),
    refused("a key of mixed order, only the cofactored equation holds", "CRY-3 CRY-7", INVALID, {
      ...fields(mixedFailing.publicKey, mixedFailing.message, mixedFailing.signature),
      enrol: "objects/public-key",
    }),
  ],
};

export const speccheck: VectorFile = {
  description:
    "The twelve edge cases of Ed25519 verification on which libraries disagree, with the verdict of SPEC chapter CRY.",
  source:
    "Case data of github.com/novifinancial/ed25519-speccheck (cases.txt), from 'Taming the many EdDSAs', Chalkias, Garillot, Nikolaenko, 2020; the verdicts and reasons are ours.",
  vectors: speccheckCases.map(({ name, note, ...given }) => {
    const clauses = (note.match(/CRY-\d+/g) ?? ["CRY-6"]).join(" ");
    return given.valid
      ? accepted(name, clauses, { note, ...values(given) })
      : refused(name, clauses, INVALID, { note, ...values(given) });
  }),
};

function values({
  publicKey,
  message,
  signature,
}: Omit<SpeccheckCase, "name" | "note">): Readonly<Record<string, string>> {
  return { publicKey, message, signature };
}
