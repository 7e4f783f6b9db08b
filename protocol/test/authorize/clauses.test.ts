import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { authorize, coarseResultOf } from "#src/authorize/authorize.ts";
import { activationTicketObject } from "#src/objects/activation-ticket.ts";
import { openProofExtra, openProofObject, verifyOpenProof } from "#src/objects/open-proof.ts";
import { issueObject, parseObject, verifyObject } from "#src/objects/signed-object.ts";
import { coarseResults, reasons } from "#src/registry.ts";
import type { Facts, ListFacts, ScopeFacts } from "./oracle.ts";
import { anotherBox, anotherIssuer, box, fleetId, idOf, key, provider, signerOf } from "./people.ts";
import { decide, doorOf, gullible, outcomeOf, transcript, visitOf } from "./real.ts";
import { DOOR, type Draft, exposure, LATEST, USUAL, usual, type Whole } from "./visits.ts";

const { nbf, exp, lo, width } = USUAL;
const hi = lo + width;
const SERVICE: Draft<ScopeFacts> = { kind: "group", id: "1", rights: 4 };
const HERE: Draft<ScopeFacts> = { kind: "door", id: DOOR, rights: 1 };

const outcome = (facts: Facts): string => outcomeOf(decide(facts));

type Change = (facts: Whole) => void;

function outcomeAfter(change: Change): string {
  const facts: Whole = usual();
  change(facts);
  return outcome(facts);
}

/** Each line: what is said of the usual visit, and what comes of it. */
function cases(lines: readonly (readonly [says: string, change: Change, outcome: string])[]): void {
  test.each(lines)("%s", (_, change, expected) => {
    expect(outcomeAfter(change)).toBe(expected);
  });
}

test("the usual visit is permitted with its own interval", () => {
  expect(decide(usual())).toEqual({ verdict: "permit-open", interval: { lo, hi } });
});

describe("SPEC DEC-1: malformed", () => {
  test.each(["absent", "malformed"] as const)("grant or proof %s", (state) => {
    expect([outcome({ ...usual(), grant: state }), outcome({ ...usual(), proof: state })]).toEqual([
      "malformed",
      "malformed",
    ]);
  });
});

describe("SPEC DEC-2: door-not-active", () => {
  test.each(["factory", "commissioned", "deactivated", "dismounted"] as const)("%s: service only", (lifecycle) => {
    const service: Change = (f) => {
      f.door.lifecycle = lifecycle;
      f.grant.scope = [SERVICE];
      f.proof.action = "service";
    };
    const open: Change = (f) => {
      f.door.lifecycle = lifecycle;
    };
    expect([outcomeAfter(open), outcomeAfter(service)]).toEqual(["door-not-active", "permit"]);
  });
});

describe("SPEC DEC-3, DEC-4: issuer-unknown, issuer-epoch", () => {
  test("no certificate for the grant's kid, or one for another kid", () => {
    expect(outcome({ ...usual(), issuer: "unknown" })).toBe("issuer-unknown");
  });
  cases([
    ["the grant names another issuer", (f) => Object.assign(f.grant, { by: anotherIssuer.id }), "issuer-unknown"],
    ["the certificate is of a lower epoch", (f) => Object.assign(f.issuer, { epoch: 2 }), "issuer-epoch"],
    ["the certificate is of a higher epoch", (f) => Object.assign(f.issuer, { epoch: 4 }), "issuer-epoch"],
  ]);
});

describe("SPEC DEC-5: issuer-not-for-this", () => {
  const bounded = (groups: number[], scope: Draft<ScopeFacts>[]): Change => {
    return (f) => {
      f.issuer.groups = groups;
      f.grant.scope = scope;
    };
  };
  const group = (id: string): Draft<ScopeFacts> => ({ kind: "group", id, rights: 1 });
  const otherDoor = (rights: number): Draft<ScopeFacts> => ({ kind: "door", id: idOf("another door"), rights });
  cases([
    ["a certificate of role policy", (f) => Object.assign(f.issuer, { roles: 2 }), "issuer-not-for-this"],
    [
      "issued a second before the certificate",
      (f) => Object.assign(f.issuer, { nbf: f.grant.iat + 1 }),
      "issuer-not-for-this",
    ],
    ["issued as the certificate begins", (f) => Object.assign(f.issuer, { nbf: f.grant.iat }), "permit"],
    ["ends as the certificate does", (f) => Object.assign(f.issuer, { exp }), "permit"],
    ["ends a second after the certificate", (f) => Object.assign(f.issuer, { exp: exp - 1 }), "issuer-not-for-this"],
    ["within its groups", bounded([1, 2], [group("1"), group("2")]), "permit"],
    ["a group beside its groups", bounded([1, 2], [group("1"), group("3")]), "issuer-not-for-this"],
    ["bounded, with a door", bounded([1], [group("1"), otherDoor(1)]), "issuer-not-for-this"],
    ["bounded, with an exclusion", bounded([1], [group("1"), otherDoor(0)]), "permit"],
  ]);
});

describe("SPEC DEC-6, DEC-7: grant-signature, proof-signature", () => {
  test.each(["tampered", "another-key"] as const)("%s", (forgery) => {
    const forged = (part: "grant" | "proof"): unknown => {
      const facts = usual();
      facts[part].signature = "invalid";
      return authorize(doorOf(facts), visitOf(facts, forgery, gullible).presented);
    };
    expect([forged("grant"), forged("proof")]).toEqual([
      { verdict: "refuse", reason: "grant-signature", result: "update-key" },
      { verdict: "refuse", reason: "proof-signature", result: "try-again" },
    ]);
  });
});

describe("SPEC DEC-8: time-untrusted", () => {
  cases([
    ["lost", (f) => Object.assign(f.proof, { quality: "lost" }), "time-untrusted"],
    ["conflict", (f) => Object.assign(f.proof, { quality: "conflict" }), "time-untrusted"],
    ["as wide as the policy allows", (f) => Object.assign(f.proof, { width: 180 }), "permit"],
    ["a second wider", (f) => Object.assign(f.proof, { width: 181 }), "time-untrusted"],
    ["a policy that allows none", (f) => Object.assign(f.door, { widest: 0 }), "time-untrusted"],
  ]);

  test("every width from 1 to 65535 is judged by the policy's own limit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 0, max: 65_535 }), (asWide, widest) => {
        const visit: Change = (f) => {
          f.door.widest = widest;
          f.door.longest = LATEST;
          f.proof.width = asWide;
          f.grant.exp = f.ticket.until = lo + asWide + 5;
        };
        expect(outcomeAfter(visit)).toBe(asWide <= widest ? "permit" : "time-untrusted");
      }),
      { numRuns: 300 },
    );
  });
});

describe("SPEC DEC-9, DEC-10, DEC-11: behind-floor, not-yet, expired", () => {
  cases([
    ["the floor is the interval's end", (f) => Object.assign(f.door, { floor: hi }), "behind-floor"],
    ["the floor is the interval's last second", (f) => Object.assign(f.door, { floor: hi - 1 }), "permit"],
    ["lo a second before nbf", (f) => Object.assign(f.proof, { lo: nbf - 1 }), "not-yet"],
    ["lo at nbf", (f) => Object.assign(f.proof, { lo: nbf }), "permit"],
    [
      "lo before nbf, the floor at it",
      (f) => Object.assign(f, { proof: { ...f.proof, lo: nbf - 1 }, door: { ...f.door, floor: nbf } }),
      "permit",
    ],
    ["the end five seconds before exp", (f) => Object.assign(f.proof, { lo: exp - 5 - width }), "permit"],
    ["the end four seconds before exp", (f) => Object.assign(f.proof, { lo: exp - 4 - width }), "expired"],
    ["at exp", (f) => Object.assign(f.proof, { lo: exp - width }), "expired"],
    ["long after exp", (f) => Object.assign(f.proof, { lo: exp + 86_400 }), "expired"],
  ]);
});

describe("SPEC DEC-12: grant-too-long", () => {
  cases([
    ["as long as the policy allows", (f) => Object.assign(f.door, { longest: exp - nbf }), "permit"],
    ["a second longer", (f) => Object.assign(f.door, { longest: exp - nbf - 1 }), "grant-too-long"],
    ["issued seven days ahead", (f) => Object.assign(f.grant, { iat: nbf - 604_800 }), "permit"],
    ["issued a second more ahead", (f) => Object.assign(f.grant, { iat: nbf - 604_801 }), "grant-too-long"],
  ]);
});

describe("SPEC DEC-7, OBJ-12: a verified proof is evidence for its own grant and ticket alone", () => {
  const presentedOf = (facts: Facts) => visitOf(facts, "tampered", gullible).presented;
  const wider = usual();
  wider.grant.scope = [{ kind: "group", id: "1", rights: 7 }];

  test("not for a wider grant of the same key, nor for another ticket or none", () => {
    const door = doorOf(usual());
    const usualVisit = presentedOf(usual());
    const otherTicket = usual();
    otherTicket.ticket.from += 1;
    const decided = (differs: Partial<typeof usualVisit>) => outcomeOf(authorize(door, { ...usualVisit, ...differs }));
    expect(decided({})).toBe("permit");
    expect(decided({ grant: presentedOf(wider).grant })).toBe("proof-signature");
    expect(decided({ ticket: presentedOf(otherTicket).ticket })).toBe("proof-signature");
    expect(decided({ ticket: "absent" })).toBe("proof-signature");
  });
});

describe("SPEC DEC-13: not-activated", () => {
  test.each(["absent", "malformed"] as const)("the ticket is %s", (state) => {
    expect(outcome({ ...usual(), ticket: state })).toBe("not-activated");
  });
  test("the box signed it, under another's kid", () => {
    const facts = usual();
    const { presented, bytes: sent } = visitOf(facts, "tampered", gullible);
    const grantBytes = sent.grant;
    const grantDigest = provider.sha256(grantBytes);
    const { proof: usualProof } = presented;
    if (typeof usualProof === "string") throw new Error("a proof");
    const proofValue = usualProof.value;
    const value = {
      grantDigest,
      from: facts.ticket.from,
      until: facts.ticket.until,
      method: "pin",
      boxCounter: 1,
    } as const;
    const outcomes = [box.kid, anotherBox.kid].map((kid) => {
      const { bytes } = issueObject(activationTicketObject, value, { ...signerOf(box), kid });
      const { publicKey } = box;
      const ticket = verifyObject(parseObject(activationTicketObject, bytes), { provider, publicKey, fleetId });
      // The proof is for this ticket: a proof for another one would be refused before (SPEC OBJ-12).
      const extra = openProofExtra(provider, transcript, grantBytes, bytes);
      const proof = issueObject(openProofObject, proofValue, signerOf(key), extra);
      const verified = verifyOpenProof(
        parseObject(openProofObject, proof.bytes),
        { provider, publicKey: key.publicKey, fleetId },
        { transcript, grant: grantBytes, ticket: bytes },
      );
      return outcomeOf(authorize(doorOf(facts), { ...presented, ticket, proof: verified }));
    });
    expect(outcomes).toEqual(["permit", "not-activated"]);
  });
  test("the box is unknown", () => {
    expect(outcome({ ...usual(), box: "unknown" })).toBe("not-activated");
  });
  const ticket = (values: Partial<Whole["ticket"]>): Change => {
    return (f) => Object.assign(f.ticket, values);
  };
  const certificate = (values: Partial<Whole["issuer"]>): Change => {
    return (f) => Object.assign(f.box.certificate, values);
  };
  cases([
    ["of another box than its certificate", ticket({ by: anotherBox.id }), "not-activated"],
    ["signature does not hold", ticket({ signature: "invalid" }), "not-activated"],
    ["a box of role collector", certificate({ roles: 512 }), "not-activated"],
    [
      "a box of another epoch",
      (f) =>
        Object.assign(f.box, {
          certificate: { ...f.box.certificate, epoch: 2 },
          issuer: { ...f.box.issuer, epoch: 2 },
        }),
      "not-activated",
    ],
    ["begins before its certificate", certificate({ nbf: nbf + 1 }), "not-activated"],
    ["begins with its certificate", certificate({ nbf }), "permit"],
    ["ends after its certificate", certificate({ exp: exp - 1 }), "not-activated"],
    ["ends with its certificate", certificate({ exp }), "permit"],
    ["for another grant", ticket({ binds: "another-grant" }), "not-activated"],
    ["from now on", ticket({ from: lo }), "permit"],
    ["from a second later on", ticket({ from: lo + 1 }), "not-activated"],
    [
      "from the floor on",
      (f) => Object.assign(f, { ticket: { ...f.ticket, from: lo + 2 }, door: { ...f.door, floor: lo + 2 } }),
      "permit",
    ],
    ["until five seconds after the end", ticket({ until: hi + 5 }), "permit"],
    ["until four seconds after the end", ticket({ until: hi + 4 }), "not-activated"],
    ["until after the grant", ticket({ until: exp + 1 }), "not-activated"],
  ]);
});

describe("SPEC DEC-22: where no ticket is asked for it is not looked at", () => {
  cases([
    [
      "absent",
      (f) => Object.assign(f.door, { activation: "not-asked" }) && Object.assign(f, { ticket: "absent" }),
      "permit",
    ],
    [
      "malformed",
      (f) => Object.assign(f.door, { activation: "not-asked" }) && Object.assign(f, { ticket: "malformed" }),
      "permit",
    ],
    [
      "forged",
      (f) => Object.assign(f.door, { activation: "not-asked" }) && Object.assign(f.ticket, { signature: "invalid" }),
      "permit",
    ],
    [
      "for another grant",
      (f) => Object.assign(f.door, { activation: "not-asked" }) && Object.assign(f.ticket, { binds: "another-grant" }),
      "permit",
    ],
  ]);

  test("nor are the certificates of its box held against a list", () => {
    const facts = usual();
    facts.door.activation = "not-asked";
    const { kid } = facts.box.certificate;
    facts.door.lists = [{ id: 12, version: 9, entries: [{ kind: "device", id: kid, until: LATEST }] }];
    expect(outcome(facts)).toBe("permit");
    facts.door.activation = "asked";
    expect(outcome(facts)).toBe("revoked");
  });
});

describe("SPEC DEC-14, OBJ-9: revoked", () => {
  const lists = (entries: ListFacts["entries"], holder = 12): Draft<ListFacts>[] =>
    [11, 12, 13].map((id) => ({
      id,
      version: 9,
      entries: id === holder ? entries.map((entry) => ({ ...entry })) : [],
    }));
  const named = exposure(usual()).map((hit) => [`${hit.kind} ${hit.id}`, hit] as const);

  test("the six kinds are covered", () => {
    expect(new Set(named.map(([, { kind }]) => kind)).size).toBe(6);
  });

  test.each(named)("%s: T a second before, at and after its date", (_, { kind, id, date }) => {
    const at = (until: number, list?: number): string =>
      outcomeAfter((f) => {
        f.door.lists = lists([{ kind, id, until }], list);
      });
    expect([at(date - 1), at(date), at(date + 1), at(date + 1, 13)]).toEqual([
      "permit",
      "revoked",
      "revoked",
      "permit",
    ]);
  });

  test("an entry about somebody else voids nothing, and one of many is enough", () => {
    const other = { kind: "holder", id: idOf("somebody else"), until: LATEST } as const;
    const hit = { kind: "grant", id: idOf("cti"), until: LATEST } as const;
    const swapped = { kind: "key", id: idOf("cti"), until: LATEST } as const;
    const outcomes = [[other], [swapped], [other, hit]].map((entries) =>
      outcomeAfter((f) => {
        f.door.lists = lists(entries);
      }),
    );
    expect(outcomes).toEqual(["permit", "permit", "revoked"]);
  });
});

describe("SPEC DEC-15: update-withheld", () => {
  const carried = (epoch: number, policy: number, versions: (readonly [number, number])[] = []): Change => {
    return (f) => {
      f.proof.carried = { epoch, policy, lists: versions.map(([id, version]) => ({ id, version })) };
    };
  };
  cases([
    ["the same versions", carried(3, 5, [[12, 9]]), "permit"],
    ["a higher policy", carried(3, 6), "update-withheld"],
    ["a higher policy of a lower epoch", carried(2, 6), "permit"],
    ["no policy, of a higher epoch", carried(4, 0), "update-withheld"],
    ["a higher list", carried(3, 5, [[12, 10]]), "update-withheld"],
    ["a higher list of a lower epoch", carried(2, 5, [[12, 10]]), "permit"],
    ["a list that the policy names and the door lacks", carried(3, 5, [[11, 1]]), "update-withheld"],
    ["version 0 of it", carried(3, 5, [[11, 0]]), "permit"],
    ["a list that the policy does not name", carried(3, 5, [[13, 7]]), "permit"],
    [
      "the second of two",
      carried(3, 5, [
        [12, 9],
        [11, 1],
      ]),
      "update-withheld",
    ],
  ]);
});

describe("SPEC DEC-16, DEC-18: no-access", () => {
  const scope = (...entries: Draft<ScopeFacts>[]): Change => {
    return (f) => {
      f.grant.scope = entries;
    };
  };
  const group = (id: string, rights: number): Draft<ScopeFacts> => ({ kind: "group", id, rights });
  cases([
    ["a group that the door does not serve", scope(group("2", 7)), "no-access"],
    ["the door itself", scope(HERE), "permit"],
    ["another door", scope({ ...HERE, id: idOf("another door") }), "no-access"],
    ["collecting only", scope(group("1", 2)), "no-access"],
    ["collecting by the group, opening by the door", scope(group("1", 2), HERE), "permit"],
    ["opening by the group, collecting by the door", scope(group("1", 1), { ...HERE, rights: 2 }), "permit"],
    [
      "opening by one served group, collecting by the next",
      (f) => {
        f.door.groups = [1, 2];
        f.grant.scope = [group("1", 1), group("2", 2)];
      },
      "permit",
    ],
    ["everything by the group, and the door excluded", scope(group("1", 7), { ...HERE, rights: 0 }), "no-access"],
    [
      "everything by the group, and another door excluded",
      scope(group("1", 7), { ...HERE, id: idOf("another door"), rights: 0 }),
      "permit",
    ],
  ]);

  test("SPEC DEC-21, SVC-7: a permit is for one action, with that action's own right", () => {
    const table = [1, 2, 4, 5, 7].map((rights) =>
      (["open", "service"] as const).map((action) => {
        const facts = usual();
        facts.grant.scope = [group("1", rights)];
        facts.proof.action = action;
        const decision = decide(facts);
        return decision.verdict === "refuse" ? decision.reason : decision.verdict;
      }),
    );
    expect(table).toEqual([
      ["permit-open", "no-access"],
      ["no-access", "no-access"],
      ["no-access", "permit-service"],
      ["permit-open", "permit-service"],
      ["permit-open", "permit-service"],
    ]);
  });
});

describe("SPEC DEC-17: energy", () => {
  cases([["a short store refuses what all else permits", (f) => Object.assign(f, { energy: "short" }), "energy"]]);
});

describe("SPEC MSG-8: the coarse result of each reason", () => {
  // The last column of the table of SPEC chapter 9.
  const column = [1, 5, 6, 6, 4, 6, 1, 2, 2, 4, 4, 6, 3, 4, 1, 4, 1];

  test.each(reasons.map(({ name }, index) => [name, column[index]] as const))("%s says %i", (name, number) => {
    const coarse = coarseResults.find((one) => one.name === coarseResultOf(name));
    expect(coarse?.number).toBe(number);
  });
});
