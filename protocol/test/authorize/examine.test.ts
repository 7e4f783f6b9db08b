import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { authorize, type Decision, type Evidence, type Presented } from "#src/authorize/authorize.ts";
import { type ExamineContext, examine, type OpenBytes } from "#src/authorize/examine.ts";
import { concatBytes, equalBytes, toHex } from "#src/bytes.ts";
import type { CryptoProvider } from "#src/crypto/provider.ts";
import { openProofObject, verifyOpenProof } from "#src/objects/open-proof.ts";
import { parseObject, verificationDigest } from "#src/objects/signed-object.ts";
import { anyVisit } from "./breaks.ts";
import { type Facts, oracle } from "./oracle.ts";
import { fleetId, idOf, key, provider } from "./people.ts";
import { doorOf, outcomeOf, transcript as usualTranscript, visitOf } from "./real.ts";
import { draws, representable, usual, type Whole } from "./visits.ts";

/** A provider that counts what it verifies. */
function counting(): { readonly provider: CryptoProvider; readonly verified: () => number } {
  let verified = 0;
  const verify: CryptoProvider["verify"] = (publicKey, message, signature) => {
    verified += 1;
    return provider.verify(publicKey, message, signature);
  };
  return { provider: { ...provider, verify }, verified: () => verified };
}

interface Examined {
  readonly presented: Presented;
  readonly decision: Decision;
  readonly signatures: number;
}

/** Examines the bytes of a visit, with what differs. */
function examined(facts: Facts, bytes: Partial<OpenBytes> = {}, context: Partial<ExamineContext> = {}): Examined {
  const visit = visitOf(facts, "tampered");
  const counter = counting();
  const result = examine(
    doorOf(facts),
    { ...visit.bytes, ...bytes },
    { ...visit.context, provider: counter.provider, ...context },
  );
  return { ...result, signatures: counter.verified() };
}

const outcome = ({ decision }: { readonly decision: Decision }): string => outcomeOf(decision);

const changed = (change: (facts: Whole) => void): Whole => {
  const facts = usual();
  change(facts);
  return facts;
};

const usualBytes = { ...visitOf(usual(), "tampered").bytes, transcript: usualTranscript } as const;

/** What a door keeps of an object that it has verified. */
function remembered<T>(object: Evidence<T>): { readonly bytes: Uint8Array; readonly digest: Uint8Array } {
  if (typeof object === "string" || object.state !== "verified") throw new Error("the first visit was not accepted");
  return { bytes: object.bytes, digest: verificationDigest(object, provider) };
}

describe("from real bytes to the decision", () => {
  test("SPEC OPN-10: the decision is the oracle's, for no more signatures than it needs", () => {
    const free = ["malformed", "door-not-active", "issuer-unknown", "issuer-epoch", "issuer-not-for-this"];
    fc.assert(
      fc.property(draws, fc.constantFrom("tampered" as const, "another-key" as const), (g, forgery) => {
        const facts = anyVisit(g);
        fc.pre(representable(facts));
        const visit = visitOf(facts, forgery);
        const counter = counting();
        const { presented, decision } = examine(doorOf(facts), visit.bytes, {
          ...visit.context,
          provider: counter.provider,
        });
        const { reason } = oracle(facts);
        expect(outcome({ decision })).toBe(reason);
        // SPEC OPN-13: decided again from what is kept, without a signature.
        expect(authorize(doorOf(facts), presented)).toEqual(decision);
        if (free.includes(reason)) expect(counter.verified()).toBe(0);
        else if (reason === "grant-signature") expect(counter.verified()).toBe(1);
        else expect([2, 3]).toContain(counter.verified());
      }),
      { numRuns: 400 },
    );
  });

  test("SPEC OPN-10: a first visit costs three signatures, grant, proof and ticket", () => {
    const visit = examined(usual());
    expect([outcome(visit), visit.signatures]).toEqual(["permit", 3]);
  });

  test("SPEC OPN-10, DEC-22: a ticket that is not asked for costs none", () => {
    const visit = examined(changed((f) => Object.assign(f.door, { activation: "not-asked" })));
    expect([outcome(visit), visit.signatures]).toEqual(["permit", 2]);
  });
});

describe("SPEC OPN-10: a repeated visit", () => {
  const first = examined(usual()).presented;
  const store = new Map(
    [remembered(first.grant), remembered(first.ticket)].map(({ bytes, digest }) => [toHex(bytes), digest] as const),
  );
  const seen = (bytes: Uint8Array): Uint8Array | undefined => store.get(toHex(bytes));

  test("checks the proof alone, and always", () => {
    const repeat = examined(usual(), {}, { seen });
    const forged = examined(
      changed((f) => Object.assign(f.proof, { signature: "invalid" })),
      {},
      { seen },
    );
    expect([outcome(repeat), repeat.signatures]).toEqual(["permit", 1]);
    expect([outcome(forged), forged.signatures]).toEqual(["proof-signature", 1]);
  });

  test("replaces signature checks and no decision", () => {
    const late = examined(
      changed((f) => Object.assign(f.proof, { lo: f.grant.exp })),
      {},
      { seen },
    );
    expect([outcome(late), late.signatures]).toEqual(["expired", 1]);
  });

  test("a digest of other bytes or of another key proves nothing", () => {
    const tampered = changed((f) => Object.assign(f.grant, { signature: "invalid" }));
    const [grantDigest, ticketDigest] = [...store.values()];
    const digests = [grantDigest, ticketDigest, new Uint8Array(32), new Uint8Array(0)];
    for (const digest of digests) {
      const visit = examined(tampered, {}, { seen: () => digest });
      expect([outcome(visit), visit.signatures]).toEqual(["grant-signature", 1]);
    }
  });

  test("a proof is never taken from the store", () => {
    if (typeof first.proof === "string" || first.proof.state !== "bound")
      throw new Error("the first visit was not accepted");
    const { proof: object } = first.proof;
    expect(() => verificationDigest(object, provider)).toThrow(expect.objectContaining({ code: "caller/argument" }));
    // What a door would have to store for it, put together by hand.
    const digest = provider.sha256(concatBytes(object.fleetId, object.publicKey, object.bytes));
    const proof = { bytes: object.bytes, digest };
    const believing = (bytes: Uint8Array): Uint8Array | undefined =>
      equalBytes(bytes, proof.bytes) ? proof.digest : seen(bytes);
    const replayed = examined(
      usual(),
      { transcript: { ...usualBytes.transcript, challenge: Uint8Array.of(0) } },
      { seen: believing },
    );
    expect([outcome(replayed), replayed.signatures]).toEqual(["proof-signature", 1]);
  });
});

describe("SPEC CBR-12, OPN-13: what was decided on is no one else's to change", () => {
  const { grant, ticket = new Uint8Array(0), proof } = usualBytes;
  /** As received into a buffer that takes the next frame afterwards. */
  const received = () => ({ grant: grant.slice(), ticket: ticket.slice(), proof: proof.slice() });

  test("the decision from the evidence stays, whatever becomes of the buffers", () => {
    const bytes = received();
    const { presented, decision } = examined(usual(), bytes);
    for (const buffer of Object.values(bytes)) buffer.fill(0xa5);
    expect(decision.verdict).toBe("permit-open");
    expect(authorize(doorOf(usual()), presented)).toEqual(decision);
    expect([bytesOf(presented.grant), bytesOf(presented.ticket)]).toEqual([grant, ticket]);
  });

  test("nor what a proof was bound to", () => {
    const { presented, decision } = examined(usual());
    const bytes = received();
    const bound = verifyOpenProof(
      parseObject(openProofObject, bytes.proof),
      { provider, publicKey: key.publicKey, fleetId },
      { ...bytes, transcript: usualTranscript },
    );
    for (const buffer of Object.values(bytes)) buffer.fill(0xa5);
    expect(authorize(doorOf(usual()), { ...presented, proof: bound })).toEqual(decision);
  });

  test("the evidence of one decision lies in one piece of memory with nothing else in it, and of two in two", () => {
    const size = grant.length + ticket.length + proof.length;
    const [one, other] = [examined(usual()), examined(usual())].map(({ presented }) => bytesOf(presented.grant).buffer);
    expect([one?.byteLength, other?.byteLength]).toEqual([size, size]);
    expect(one).not.toBe(other);
  });

  test("what is no byte string is the caller's mistake", () => {
    for (const part of ["grant", "ticket", "proof"] as const) {
      expect(() => examined(usual(), { [part]: [1, 2] as unknown as Uint8Array })).toThrow(
        expect.objectContaining({ code: "caller/argument" }),
      );
    }
  });
});

function bytesOf<T>(evidence: Evidence<T>): Uint8Array {
  if (typeof evidence === "string") throw new Error(evidence);
  return evidence.bytes;
}

describe("SPEC DEC-7, OBJ-12: a proof answers for one session, grant and ticket", () => {
  const { transcript } = usualBytes;
  const a = Uint8Array.of(0xa1, 1, 0x41, 1);
  const b = Uint8Array.of(0xa1, 1, 0x41, 2);
  const replays: readonly (readonly [string, Partial<OpenBytes["transcript"]>])[] = [
    ["another hello", { hello: Uint8Array.of(0xa1, 1, 9) }],
    ["another challenge", { challenge: Uint8Array.of(0xa1, 1, 9) }],
    ["an update more", { updates: [a] }],
    ["hello and challenge swapped", { hello: transcript.challenge, challenge: transcript.hello }],
  ];
  test.each(replays)("%s", (_, other) => {
    expect(outcome(examined(usual(), { transcript: { ...transcript, ...other } }))).toBe("proof-signature");
  });

  test("the updates in another order", () => {
    const signed = visitOf(usual(), "tampered", provider, { ...transcript, updates: [a, b] }).bytes;
    const inOrder = examined(usual(), signed);
    const swapped = examined(usual(), { ...signed, transcript: { ...transcript, updates: [b, a] } });
    expect([outcome(inOrder), outcome(swapped)]).toEqual(["permit", "proof-signature"]);
  });

  test("another grant for the same key", () => {
    const other = visitOf(
      changed((f) => Object.assign(f.grant, { cti: idOf("another cti") })),
      "tampered",
    ).bytes;
    expect(outcome(examined(usual(), { grant: other.grant }))).toBe("proof-signature");
  });

  test("another ticket, or none, where one was presented", () => {
    const other = visitOf(
      changed((f) => Object.assign(f.ticket, { from: f.ticket.from - 1 })),
      "tampered",
    ).bytes;
    const notAsked = changed((f) => Object.assign(f.door, { activation: "not-asked" }));
    expect(outcome(examined(usual(), { ticket: other.ticket }))).toBe("proof-signature");
    expect(outcome(examined(usual(), { ticket: undefined }))).toBe("proof-signature");
    // SPEC DEC-22: even where nobody looks at it, the proof signs its digest.
    expect(outcome(examined(notAsked, { ticket: undefined }))).toBe("proof-signature");
    expect(outcome(examined(notAsked, { ticket: other.ticket }))).toBe("proof-signature");
  });

  test("SPEC COS-6: nothing of another fleet verifies", () => {
    expect(outcome(examined(usual(), {}, { fleetId: provider.sha256(fleetId) }))).toBe("grant-signature");
  });
});

describe("SPEC DEC-1: whatever bytes come, there is a decision and no exception", () => {
  const garbage = fc.uint8Array({ maxLength: 1100 });
  const refusedAs = (bytes: Partial<OpenBytes>): readonly [string, number] => {
    const visit = examined(usual(), bytes);
    return [outcome(visit), visit.signatures];
  };

  test("garbage", () => {
    fc.assert(
      fc.property(garbage, (bytes) => {
        expect(refusedAs({ grant: bytes })).toEqual(["malformed", 0]);
        expect(refusedAs({ proof: bytes })).toEqual(["malformed", 0]);
        // The proof that came with it was made for another ticket.
        expect(refusedAs({ ticket: bytes })).toEqual(["proof-signature", 2]);
      }),
      { numRuns: 60 },
    );
  });

  test("one kind of object in the place of another", () => {
    const { grant, ticket, proof } = usualBytes;
    expect([
      refusedAs({ grant: proof })[0],
      refusedAs({ proof: grant })[0],
      refusedAs({ grant: ticket ?? proof })[0],
    ]).toEqual(["malformed", "malformed", "malformed"]);
  });

  test("SPEC OBJ-22: no single byte changed, nothing cut off or added, is permitted", () => {
    const parts = ["grant", "ticket", "proof"] as const;
    for (const part of parts) {
      const own = usualBytes[part] ?? new Uint8Array(0);
      for (let index = 0; index < own.length; index += 1) {
        const changedByte = new Uint8Array(own);
        changedByte[index] = (changedByte[index] ?? 0) ^ (1 << (index % 8));
        expect(refusedAs({ [part]: changedByte })[0]).not.toBe("permit");
      }
      for (const length of [0, 1, own.length - 1]) {
        expect(refusedAs({ [part]: own.slice(0, length) })[0]).not.toBe("permit");
      }
      expect(refusedAs({ [part]: Uint8Array.of(...own, 0) })[0]).not.toBe("permit");
    }
  });

  test("bytes overwritten at random are decided too", () => {
    const spot = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    const overwritten = (own: Uint8Array, spots: readonly { at: number; byte: number }[]): Uint8Array => {
      const copy = new Uint8Array(own);
      for (const { at, byte } of spots) copy[at % copy.length] = byte;
      return copy;
    };
    fc.assert(
      fc.property(fc.array(spot, { maxLength: 4 }), fc.array(spot, { maxLength: 4 }), (inGrant, inProof) => {
        const grant = overwritten(usualBytes.grant, inGrant);
        const proof = overwritten(usualBytes.proof, inProof);
        const untouched = equalBytes(grant, usualBytes.grant) && equalBytes(proof, usualBytes.proof);
        expect(refusedAs({ grant, proof })[0] === "permit").toBe(untouched);
      }),
      { numRuns: 200 },
    );
  });
});

describe("SPEC SVC-7: each message has its action", () => {
  const service = changed((f) => {
    f.proof.action = "service";
    f.grant.scope = [{ kind: "group", id: "1", rights: 5 }];
  });

  test("a lifecycle takes a proof with action service, an open one with action open", () => {
    const { transcript: lifecycle } = visitOf(service, "tampered").bytes;
    expect(examined(service).decision.verdict).toBe("permit-service");
    expect(outcome(examined(service, { transcript: usualTranscript }))).toBe("malformed");
    expect(examined(usual()).decision.verdict).toBe("permit-open");
    expect(outcome(examined(usual(), { transcript: lifecycle }))).toBe("malformed");
  });
});

describe("certificates that the door cannot find", () => {
  test("SPEC DEC-3, DEC-13: no issuer is issuer-unknown and costs nothing; no box is not-activated", () => {
    const noIssuer = examined(usual(), {}, { issuersOf: () => [] });
    const noBox = examined(usual(), {}, { boxesOf: () => [] });
    expect([outcome(noIssuer), noIssuer.signatures]).toEqual(["issuer-unknown", 0]);
    expect([outcome(noBox), noBox.signatures]).toEqual(["not-activated", 2]);
  });

  test("SPEC OPN-9: of several certificates of one kid, which a renewal makes, the one that fits is used", () => {
    const facts = usual();
    const { grantIssuer: fitting, box } = visitOf(facts, "tampered").presented;
    const ended = changed((f) => Object.assign(f.issuer, { nbf: 1, exp: f.grant.iat }));
    const { grantIssuer: former } = visitOf(ended, "tampered").presented;
    const boxEnded = changed((f) => Object.assign(f.box.certificate, { nbf: 1, exp: f.ticket.from }));
    const { box: formerBox } = visitOf(boxEnded, "tampered").presented;
    if (!fitting || !former || !box || !formerBox) throw new Error("four certified keys");
    const both = { issuersOf: () => [former, fitting], boxesOf: () => [formerBox, box] };
    expect(outcome(examined(facts, {}, both))).toBe("permit");
    expect(outcome(examined(facts, {}, { ...both, issuersOf: () => [former] }))).toBe("issuer-not-for-this");
    expect(outcome(examined(facts, {}, { ...both, boxesOf: () => [formerBox] }))).toBe("not-activated");
  });
});
