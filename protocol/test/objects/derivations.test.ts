// The derivations of SPEC Appendix D (SPEC CRY-9, OPN-3, MSG-6, OBJ-12, OBJ-17), held against node:crypto.
import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { challengeNonce, pinProof, pinVerifierDigest, sessionTranscript } from "#src/objects/derivations.ts";
import { openProofExtra, openProofObject } from "#src/objects/open-proof.ts";
import { matchesPin, pinVerifierObject } from "#src/objects/pin-verifier.ts";
import {
  fixedBytes,
  issue,
  issueProof,
  issuers,
  key,
  NOW,
  proofExtra,
  provider,
  transcript,
  verifiedUnder,
  visit,
} from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";

const secret = fixedBytes("device secret", 32);
const sha256 = (...parts: readonly (string | Uint8Array)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

describe("SPEC OPN-3: the nonce of a challenge", () => {
  test("is an HMAC over label and counter, cut to 16 bytes", () => {
    const hmac = createHmac("sha256", secret)
      .update("nyckelfri challenge")
      .update(Uint8Array.of(0, 1, 0, 2));
    expect(challengeNonce(provider, secret, 0x0001_0002)).toEqual(new Uint8Array(hmac.digest().subarray(0, 16)));
  });

  test("does not come again with the end of the counter", () => {
    expect(challengeNonce(provider, secret, 2 ** 32 - 1).length).toBe(16);
    for (const counter of [2 ** 32, -1, 0.5]) {
      expect(codeOf(() => challengeNonce(provider, secret, counter))).toBe("caller/argument");
    }
  });
});

test("SPEC MSG-6: the transcript of a session is over both bodies", () => {
  const [hello, answer] = [fixedBytes("hello", 20), fixedBytes("answer", 30)];
  expect(sessionTranscript(provider, hello, answer)).toEqual(sha256(hello, answer));
});

describe("SPEC OBJ-12: an OpenProof", () => {
  const bytes = visit();
  const context = { ...bytes, ticket: bytes.ticket };

  test("is bound to transcript, grant and ticket", () => {
    const updates = [fixedBytes("first update", 30), fixedBytes("second update", 30)];
    const extra = openProofExtra(provider, { ...transcript, updates }, bytes.grant, bytes.ticket);
    expect(extra).toEqual([
      sha256(transcript.hello, transcript.challenge, ...updates),
      sha256(bytes.grant),
      sha256(bytes.ticket ?? ""),
    ]);
    expect(openProofExtra(provider, transcript, bytes.grant, undefined)[2]).toEqual(new Uint8Array(0));
  });

  test("does not verify with any of them changed", () => {
    const proof = issueProof(context);
    const verify = (differs: Partial<typeof context>) =>
      codeOf(() => verifiedUnder(key, proof, proofExtra({ ...context, ...differs })));
    expect(verify({})).toBe("accepted");
    expect(verify({ grant: fixedBytes("another grant", 30) })).toBe("cose/signature-invalid");
    expect(verify({ ticket: fixedBytes("another ticket", 30) })).toBe("cose/signature-invalid");
    expect(verify({ ticket: undefined })).toBe("cose/signature-invalid");
    for (const differs of [
      { hello: fixedBytes("hello", 20) },
      { challenge: fixedBytes("challenge", 20) },
      { updates: [fixedBytes("an update", 20)] },
    ]) {
      expect(verify({ transcript: { ...transcript, ...differs } })).toBe("cose/signature-invalid");
    }
  });

  test("carries none of it, and no kid", () => {
    const proof = issueProof(context);
    expect(proof.kid).toBeUndefined();
    for (const part of proofExtra(context)) expect(Buffer.from(proof.bytes).includes(Buffer.from(part))).toBe(false);
  });

  test("SPEC OBJ-13: its interval has a width", () => {
    expect(codeOf(() => issueProof(context, { widthSeconds: 0 }))).toBe("schema/not-buildable");
    const last = issueProof(context, { lo: 0xffff_ffff, widthSeconds: 0xffff }).value;
    expect(last.lo + last.widthSeconds).toBe(0x1_0000_fffe);
    expect(openProofObject.kid).toBe("implied");
  });
});

describe("SPEC OBJ-17: a PIN's verifier", () => {
  const pepper = fixedBytes("pepper", 32);
  const salt = fixedBytes("salt", 16);
  const v = pinProof(provider, pepper, "0471");
  const verifier = verifiedUnder(
    issuers.device,
    issue(
      pinVerifierObject,
      { key: key.kid, salt, digest: pinVerifierDigest(provider, v, salt), version: 1, iat: NOW },
      issuers.device,
    ),
  ).value;

  test("is a salted hash of what the key makes of the digits", () => {
    expect(v).toEqual(new Uint8Array(createHmac("sha256", pepper).update("0471").digest()));
    expect(verifier.digest).toEqual(sha256(v, salt));
  });

  test("matches this PIN of this key alone", () => {
    expect(matchesPin(provider, verifier, v)).toBe(true);
    expect(matchesPin(provider, verifier, pinProof(provider, pepper, "0472"))).toBe(false);
    expect(matchesPin(provider, verifier, pinProof(provider, fixedBytes("another pepper", 32), "0471"))).toBe(false);
    expect(matchesPin(provider, { ...verifier, salt: fixedBytes("another salt", 16) }, v)).toBe(false);
    expect(matchesPin(provider, verifier, v.subarray(0, 31))).toBe(false);
  });

  test.each(["123", "123456789", "12a4", "", " 1234", "１２３４"])("%j is no PIN", (digits) => {
    expect(codeOf(() => pinProof(provider, pepper, digits))).toBe("caller/argument");
  });
});
