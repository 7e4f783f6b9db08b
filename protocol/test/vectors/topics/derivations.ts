// Every hash and key derivation of SPEC Appendix D, spelled out from the appendix and not through the library.
import { concatBytes, toHex } from "#src/bytes.ts";
import { encode } from "#src/cbor/encode.ts";
import { cylinder, fixedBytes, issueGrant, key, provider, root } from "../../support/city.ts";
import { accepted, ascii, bytesOf, hex, times, uint32, type Vector, type VectorFile } from "../build.ts";
import * as usual from "../usual.ts";

const { sha256, hmacSha256 } = provider;
const COSE_KEY = hex("a3 0101 2006 215820");

type Inputs = Readonly<Record<string, Uint8Array | number | string | readonly Uint8Array[]>>;

function derived(
  name: string,
  clauses: string,
  derivation: string,
  inputs: Inputs,
  hashed: Uint8Array,
  length = 32,
): Vector {
  return accepted(name, clauses, {
    derivation,
    inputs: hexed(inputs),
    hashed: toHex(hashed),
    output: toHex(sha256(hashed).slice(0, length)),
  });
}

function keyed(
  name: string,
  clauses: string,
  derivation: string,
  inputs: Inputs,
  secret: Uint8Array,
  text: Uint8Array,
  length = 32,
): Vector {
  return accepted(name, clauses, {
    derivation,
    inputs: hexed(inputs),
    hmacKey: toHex(secret),
    hashed: toHex(text),
    output: toHex(hmacSha256(secret, text).slice(0, length)),
  });
}

function hexed(inputs: Inputs): Readonly<Record<string, unknown>> {
  const form = (value: Inputs[string]): unknown => {
    if (value instanceof Uint8Array) return toHex(value);
    return typeof value === "object" ? value.map(toHex) : value;
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, form(value)]));
}

const ofKey = (name: string, clauses: string, derivation: string, publicKey: Uint8Array, length = 32): Vector =>
  derived(name, clauses, derivation, { publicKey }, concatBytes(COSE_KEY, publicKey), length);

const grant = issueGrant().bytes;
const stored = bytesOf({ 1: 0 });
const updates = [fixedBytes("body of an update", 40), stored, fixedBytes("body of another update", 40), stored];
const secret = fixedBytes("secret of the door", 32);
const label = ascii("nyckelfri challenge");
const nonce = (counter: number): Vector =>
  keyed(
    `nonce_c of counter ${counter}`,
    "OPN-3 CRY-9",
    "challenge-nonce",
    { deviceSecret: secret, counter },
    secret,
    concatBytes(label, uint32(counter)),
    16,
  );

/** h_0 … h_3 of the cylinder's openings, one step a vector. */
function chain(): Vector[] {
  const records = usual.openings.slice(0, 3).map((record) => encode(record));
  const start = derived(
    "h_0 of a cylinder's openings",
    "LOG-2",
    "chain-start",
    { kid: cylinder.kid, store: 1 },
    concatBytes(ascii("nyckelfri log"), cylinder.kid, Uint8Array.of(1)),
    16,
  );
  const steps = records.map((record, index) => {
    const before = usual.heads.openings[index] as Uint8Array;
    const number = index + 1;
    const hashed = concatBytes(before, uint32(number), record);
    return derived(
      `h_${number} of a cylinder's openings`,
      "LOG-2",
      "chain-next",
      { head: before, number, record },
      hashed,
      16,
    );
  });
  return [start, ...steps];
}

const pin = (digits: string): Vector =>
  keyed(
    `v of the PIN ${digits}`,
    "DCK-8 CRY-9",
    "pin-proof",
    { pepper: usual.pepper, digits },
    usual.pepper,
    ascii(digits),
  );

const large = Uint8Array.from(times(2000, (index) => index % 251));

export const derivations: VectorFile = {
  description:
    "Every hash and key derivation of SPEC Appendix D. `inputs` are the named values; `hashed` is what SHA-256 is over, or HMAC-SHA256 under `hmacKey` where there is one; `output` is the result, the first bytes of the hash where the appendix says so.",
  vectors: [
    ofKey("thumbprint of the root", "COS-11", "thumbprint", root.publicKey),
    ofKey("fleet id", "TRU-2", "fleet-id", root.publicKey),
    ofKey("kid of a key", "COS-11", "kid", key.publicKey, 8),
    ofKey("kid of a cylinder", "COS-11", "kid", cylinder.publicKey, 8),
    derived("digest of a grant", "OBJ-6", "object-digest", { object: grant }, grant),
    derived(
      "transcript of an opening without updates",
      "OBJ-12",
      "open-transcript",
      { ...usual.openBodies, updates: [] },
      concatBytes(usual.openBodies.hello, usual.openBodies.challenge),
    ),
    derived(
      "transcript of an opening with two updates and their replies",
      "OBJ-12",
      "open-transcript",
      { ...usual.openBodies, updates },
      concatBytes(usual.openBodies.hello, usual.openBodies.challenge, ...updates),
    ),
    derived(
      "transcript of a dock session",
      "MSG-6",
      "session-transcript",
      usual.dockBodies,
      concatBytes(usual.dockBodies.hello, usual.dockBodies.answer),
    ),
    derived(
      "h_0 of a cylinder's refusals",
      "LOG-2",
      "chain-start",
      { kid: cylinder.kid, store: 2 },
      concatBytes(ascii("nyckelfri log"), cylinder.kid, Uint8Array.of(2)),
      16,
    ),
    derived(
      "h_0 of a key's journal",
      "LOG-2 OBJ-16",
      "chain-start",
      { kid: key.kid, store: 3 },
      concatBytes(ascii("nyckelfri log"), key.kid, Uint8Array.of(3)),
      16,
    ),
    ...chain(),
    derived(
      "a head at the highest number",
      "LOG-2",
      "chain-next",
      { head: usual.heads.openings[3] as Uint8Array, number: 4_294_967_295, record: encode([10]) },
      concatBytes(usual.heads.openings[3] as Uint8Array, uint32(4_294_967_295), encode([10])),
      16,
    ),
    nonce(0),
    nonce(1),
    nonce(88),
    nonce(4_294_967_295),
    pin("2468"),
    pin("0000"),
    pin("12345678"),
    derived(
      "digest of a PinVerifier",
      "OBJ-17",
      "pin-verifier",
      { v: usual.v, salt: usual.salt },
      concatBytes(usual.v, usual.salt),
    ),
    derived("digest of a chunked object", "FRM-9", "object-digest", { object: large }, large),
  ],
};
