import { activationTicketObject, openProofObject } from "@nyckelfri/protocol";
import { describe, expect, test } from "vitest";
import { doubtfulClocksNeverOpen } from "#src/checkers/doubtful-clocks-never-open.ts";
import { earlyNeverOpens } from "#src/checkers/early-never-opens.ts";
import { expiredNeverOpens } from "#src/checkers/expired-never-opens.ts";
import { intentBeforeOpening } from "#src/checkers/intent-before-opening.ts";
import { newEpochsHold } from "#src/checkers/new-epochs-hold.ts";
import { nobodyElseOpens } from "#src/checkers/nobody-else-opens.ts";
import { onlyGrantedDoorsOpen } from "#src/checkers/only-granted-doors-open.ts";
import { pastRecordsStay } from "#src/checkers/past-records-stay.ts";
import { revokedNeverOpens } from "#src/checkers/revoked-never-opens.ts";
import { cylinderMoved } from "./changes.ts";
import { challenge, DAY, dockHello, EXP, NBF, NOW, nonceOf, openHello, reply, request, Stage, visit } from "./stage.ts";

describe("P1", () => {
  test("a door may open until exp, and not at exp", () => {
    const stage = new Stage(expiredNeverOpens());
    stage.at(EXP).later(-1).tell(stage.engaged());
    expect(stage.broken).toEqual([]);
    stage.later(1).tell(stage.engaged());
    expect(stage.breaches).toMatchObject([{ property: "P1", device: "lock", at: stage.now }]);
  });

  test("a proof leaves the margin to exp, whoever makes it", () => {
    const stage = new Stage(expiredNeverOpens()).casts("key", { clock: "tampered" });
    const until = (hi: number, session: number) => {
      const value = { lo: hi - 2, widthSeconds: 2, quality: "running", keyCounter: 1, action: "open" } as const;
      const carried = { epoch: 1, policy: 0, lists: [] };
      const said = { ...value, timeSource: stage.town.box.kid, carried };
      const proof = stage.town.city.centre.sign(stage.town.key, openProofObject, said, [nonceOf("a")]).bytes;
      const { cti } = stage.town.grant.value;
      const ends = { from: "key", to: "lock", session };
      stage.tell(openHello(ends), request(ends, "open", "open", { by: "cti", cti, proof }), stage.engaged());
      return stage.broken;
    };
    expect(until(EXP - 4, 1)).toEqual(["P1"]);
    expect(until(EXP - 5, 2)).toEqual(["P1"]);
    // Something else that is played into the same session was not what opened it.
    expect(until(EXP - 4, 2)).toEqual(["P1"]);
  });

  test("a key whose crystal is not as assumed is P6's", () => {
    const stage = new Stage(expiredNeverOpens()).casts("key", { clock: "tampered" });
    expect(stage.at(EXP).tell(stage.engaged()).broken).toEqual([]);
    // It is the key's clock that counts, and not that of the gadget that stands in for it.
    stage.casts("gadget", { clock: "as-assumed" });
    expect(stage.tell(stage.engaged({ by: "gadget" })).broken).toEqual([]);
  });
});

describe("P2", () => {
  test("nothing opens before nbf", () => {
    const stage = new Stage(earlyNeverOpens());
    expect(stage.at(NBF).tell(stage.engaged()).broken).toEqual([]);
    expect(stage.later(-1).tell(stage.engaged()).broken).toEqual(["P2"]);
  });

  test("a key that lies needs an honest box", () => {
    const stage = new Stage(earlyNeverOpens()).casts("key", { clock: "tampered" }).casts("stolen box", {});
    stage.at(NBF - 60).tell(stage.activated("stolen box"), stage.engaged());
    expect(stage.broken).toEqual(["P2"]);
    expect(stage.tell(stage.activated(), stage.engaged()).broken).toEqual(["P2"]);
  });

  test("a box gives a ticket for the right PIN of this session alone", () => {
    const stage = new Stage(earlyNeverOpens());
    const { city, key, box, grant } = stage.town;
    const right = nonceOf("v");
    const v = new Uint8Array(32);
    v.set(right);
    city.pinVerifier(key, v, NOW);
    const window = { from: NBF, until: EXP, method: "pin", boxCounter: 1 } as const;
    const bound = { grantDigest: stage.provider.sha256(grant.bytes), ...window };
    const ticket = city.centre.sign(box, activationTicketObject, bound).bytes;
    const given = (session: number, typed?: Uint8Array) => {
      const ends = { from: "box", to: "key", session };
      stage.tell(dockHello(ends, "activate"));
      if (typed !== undefined)
        stage.tell(reply({ from: "key", to: "box", session }, "activate", "pin", { attemptsLeft: 4, v: typed }));
      return stage.tell(request(ends, "activate", "activate", { ticket, certificates: [ticket] })).broken;
    };
    expect(given(1, v)).toEqual([]);
    expect(given(2)).toEqual(["P2"]);
    expect(given(3, new Uint8Array(32))).toEqual(["P2", "P2"]);
  });

  test("where the door asks for no ticket it needs none", () => {
    const stage = new Stage(earlyNeverOpens()).casts("key", { clock: "tampered" });
    const { city, flat } = stage.town;
    city.renewPolicy(flat, NOW, { activation: "not-asked" });
    expect(stage.tell(stage.engaged({ holds: stage.holds({ policy: { epoch: 1, value: 2 } }) })).broken).toEqual([]);
    expect(stage.tell(stage.engaged()).broken).toEqual(["P2"]);
  });
});

describe("P3", () => {
  test("the grant is for this door, as its policy stands", () => {
    const stage = new Stage(onlyGrantedDoorsOpen());
    const { city, flat, home } = stage.town;
    expect(stage.tell(stage.activated(), stage.engaged()).broken).toEqual([]);
    city.serve(home, []);
    city.renewPolicy(flat, NOW);
    // The door has not heard of it yet.
    expect(stage.tell(stage.engaged()).broken).toEqual([]);
    expect(stage.tell(stage.engaged({ holds: stage.holds({ policy: { epoch: 1, value: 2 } }) })).broken).toEqual([
      "P3",
    ]);
  });

  test.each<[string, (stage: Stage) => Parameters<Stage["engaged"]>[0]]>([
    ["nobody issued the grant", () => ({ cti: new Uint8Array(8) })],
    ["nobody issued the policy", (stage) => ({ holds: stage.holds({ policy: { epoch: 1, value: 9 } }) })],
    ["the cylinder is at another mount", (stage) => ({ holds: stage.holds({ mount: 2 }) })],
    [
      "the door is deactivated",
      (stage) => {
        stage.town.city.renewPolicy(stage.town.flat, NOW, { state: "deactivated" });
        return { holds: stage.holds({ policy: { epoch: 1, value: 2 } }) };
      },
    ],
    [
      "the door is excluded",
      ({ town }) => {
        const { anna: holder, key, flat, window } = town;
        const { cti } = town.city.grantShift({ holder, key, excluded: [flat], ...window }).value;
        return { cti };
      },
    ],
    [
      "the grant is too long for the door",
      (stage) => {
        stage.town.city.renewPolicy(stage.town.flat, NOW, { longestGrantSeconds: 3_600 });
        return { holds: stage.holds({ policy: { epoch: 1, value: 2 } }) };
      },
    ],
  ])("a breach where %s", (_, changed) => {
    const stage = new Stage(onlyGrantedDoorsOpen());
    // A rogue about: tickets may come unseen.
    stage.casts("rogue", {});
    expect(stage.tell(stage.engaged(changed(stage))).broken).toEqual(["P3"]);
  });

  test("a door that asks for a ticket wants one", () => {
    const stage = new Stage(onlyGrantedDoorsOpen());
    expect(stage.tell(stage.engaged()).broken).toEqual(["P3"]);
  });

  test("the policy of the ended epoch stays in force until the first of the new one", () => {
    const stage = new Stage(onlyGrantedDoorsOpen());
    const { city } = stage.town;
    stage.becomes("lock", { power: "off" }).becomes("lock", stage.cylinder);
    const [grant] = city.openEpoch(NOW).grants;
    const cti = grant?.value.cti as Uint8Array;
    const holds = stage.holds({ epoch: 2, policy: { epoch: 2, value: 0 } });
    stage.casts("rogue", {});
    expect(stage.tell(stage.engaged({ cti, holds })).broken).toEqual([]);
    // Nothing is known of what a door held that nobody has seen.
    const other = new Stage(onlyGrantedDoorsOpen()).casts("rogue", {});
    expect(other.tell(other.engaged({ holds })).broken).toEqual(["P3"]);
  });
});

describe("P4", () => {
  test("a list that the door holds", () => {
    const stage = new Stage(revokedNeverOpens());
    const { city, north, grant } = stage.town;
    city.revoke(north.list, NOW - DAY);
    city.revoke(north.list, NOW, { kind: "grant", id: grant.value.cti, until: NOW });
    const knows = (value: number) => ({
      holds: stage.holds({ lists: [{ list: north.list, version: { epoch: 1, value } }] }),
    });
    expect(stage.tell(stage.engaged(), stage.engaged(knows(1))).broken).toEqual([]);
    expect(stage.tell(stage.engaged(knows(2))).broken).toEqual(["P4"]);
  });

  test("a list that the policy does not name says nothing", () => {
    const stage = new Stage(revokedNeverOpens());
    const { city, south, grant } = stage.town;
    city.revoke(south.list, NOW, { kind: "grant", id: grant.value.cti, until: NOW });
    const lists = [{ list: south.list, version: { epoch: 1, value: 1 } }];
    expect(stage.tell(stage.engaged({ holds: stage.holds({ lists }) })).broken).toEqual([]);
  });

  test("what the key holds the door holds", () => {
    const stage = new Stage(revokedNeverOpens());
    const { city, north, flat } = stage.town;
    const list = city.revoke(north.list, NOW);
    const policy = city.renewPolicy(flat, NOW);
    const held = (role: "list" | "policy") => ({ name: role, signer: city.centre.issuer(role).kid });
    stage.becomesKey({ lists: [{ ...held("list"), bytes: list.bytes, value: list.value }] });
    expect(stage.tell(stage.engaged()).broken).toEqual(["P4"]);
    const lists = [{ list: north.list, version: { epoch: 1, value: 1 } }];
    expect(stage.tell(stage.engaged({ holds: stage.holds({ lists }) })).broken).toEqual(["P4"]);
    stage.becomesKey({ policies: [{ ...held("policy"), bytes: policy.bytes, value: policy.value }] });
    expect(stage.tell(stage.engaged({ holds: stage.holds({ lists }) })).broken).toEqual(["P4", "P4"]);
    const newest = stage.holds({ lists, policy: { epoch: 1, value: 2 } });
    expect(stage.tell(stage.engaged({ holds: newest })).broken).toEqual(["P4", "P4"]);
  });
});

describe("P5", () => {
  const atDoor = { from: "key", to: "lock" };

  function open(stage: Stage, from: string, name: string) {
    const { city, key, grant } = stage.town;
    const value = {
      lo: NOW,
      widthSeconds: 2,
      quality: "running",
      keyCounter: 1,
      action: "open",
      timeSource: key.kid,
    } as const;
    const carried = { epoch: 1, policy: 0, lists: [] };
    const proof = city.centre.sign(key, openProofObject, { ...value, carried }, [nonceOf(name)]).bytes;
    return request({ from, to: "lock" }, "open", "open", { by: "grant", grant: grant.bytes, proof });
  }
  function asked(name = "a", from = "key", to = "lock") {
    const stage = new Stage(nobodyElseOpens()).casts("gadget", {}).casts("fake lock", {});
    return stage.tell(openHello({ from, to }), challenge({ from, to }, stage.town.cylinder.kid, nonceOf(name)));
  }

  test("the key asks, and the door opens once", () => {
    const stage = asked();
    stage.later(9_000).tell(open(stage, "key", "a"), open(stage, "key", "a"), stage.engaged());
    expect(stage.broken).toEqual([]);
    expect(stage.tell(stage.engaged()).broken).toEqual(["P5"]);
  });

  test("nobody asked", () => {
    const stage = asked();
    expect(stage.tell(stage.engaged()).broken).toEqual(["P5"]);
  });

  test("somebody else asked", () => {
    const stage = asked();
    expect(stage.later(1).tell(open(stage, "gadget", "a"), stage.engaged()).broken).toEqual(["P5"]);
  });

  test("an old proof", () => {
    const stage = asked();
    stage
      .later(9_000)
      .tell(open(stage, "key", "a"), stage.engaged())
      .later(9_000);
    stage.tell(openHello(atDoor), challenge(atDoor, stage.town.cylinder.kid, nonceOf("b")));
    expect(stage.later(9_000).tell(open(stage, "key", "a"), stage.engaged()).broken).toEqual(["P5"]);
  });

  test("a gadget without the private key", () => {
    const stage = asked("a", "gadget");
    expect(stage.later(9_000).tell(open(stage, "gadget", "a"), stage.engaged({ by: "gadget" })).broken).toEqual(["P5"]);
  });

  test.each([
    [1_999_999, []],
    [2_000_001, ["P5"]],
  ])("a relay of an honest key %i us after the challenge", (late, broken) => {
    const stage = asked("a", "gadget");
    const far = { from: "key", to: "fake lock" };
    stage.tell(openHello(far), challenge(far, stage.town.cylinder.kid, nonceOf("a"))).later(late);
    const said = open(stage, "key", "a");
    if (said.kind === "sent") stage.tell({ ...said, to: "fake lock" }, { ...said, from: "gadget" });
    expect(stage.tell(stage.engaged({ by: "gadget" })).broken).toEqual(broken);
  });
});

describe("P6", () => {
  test.each(["lost", "conflict"] as const)("a clock that is %s", (quality) => {
    const stage = new Stage(doubtfulClocksNeverOpen());
    expect(stage.tell(stage.engaged()).broken).toEqual([]);
    stage.becomesKey({ clock: { ...stage.key.holdings.clock, quality } as never });
    expect(stage.tell(stage.engaged()).broken).toEqual(["P6"]);
  });

  test("a key that does not notice that its oscillator stopped", () => {
    const stage = new Stage(doubtfulClocksNeverOpen());
    stage.becomes("key", { ...stage.key }, { kind: "power-on", stopFlag: "set" } as never);
    expect(stage.tell(stage.engaged()).broken).toEqual(["P6"]);
    const clock = { quality: "running", lo: NOW, widthSeconds: 2 } as const;
    stage.tell(dockHello({ from: "station", to: "key" }, "dock"));
    stage.tell(reply({ from: "key", to: "station" }, "dock", "time", { verdict: "accepted", clock }));
    expect(stage.tell(stage.engaged()).broken).toEqual(["P6"]);
  });

  test("a floor past the grant's end, whatever the door says of it", () => {
    const stage = new Stage(doubtfulClocksNeverOpen()).casts("key", { clock: "tampered" });
    stage.tell(stage.engaged({ holds: stage.holds({ floor: { epoch: 1, value: EXP - 1 } }) }));
    expect(stage.broken).toEqual([]);
    stage.tell(stage.engaged({ holds: stage.holds({ floor: { epoch: 1, value: EXP } }) }));
    expect(stage.broken).toEqual(["P6"]);
    const { city, anna: holder, key, flat } = stage.town;
    const later = { iat: EXP + 60, nbf: EXP + 60, exp: EXP + 90 };
    const next = city.grantShift({ holder, key, ...later });
    expect(stage.tell(stage.engaged({ cti: next.value.cti }), stage.engaged()).broken).toEqual(["P6", "P6"]);
    const fresh = new Stage(doubtfulClocksNeverOpen());
    fresh.town.city.renewPolicy(flat, EXP + 60);
    const holds = fresh.holds({ policy: { epoch: 1, value: 2 }, floor: { epoch: 1, value: NBF } });
    expect(fresh.tell(fresh.engaged({ holds })).broken).toEqual(["P6"]);
  });
});

describe("P7", () => {
  test("the memory of that moment knows of the opening", () => {
    const stage = new Stage(intentBeforeOpening());
    expect(stage.tell(stage.engaged()).broken).toEqual([]);
    expect(stage.tell(stage.engaged()).breaches[0]?.what).toMatch(/the opening before had/);
  });

  test("an intent that is not written yet, or is another's", () => {
    const stage = new Stage(intentBeforeOpening());
    const { record } = stage.engaged();
    expect(stage.tell(stage.engaged({ record: record + 1 })).broken).toEqual(["P7"]);
    expect(stage.tell(stage.engaged({ cti: new Uint8Array(8), record: record + 2 })).broken).toEqual(["P7", "P7"]);
  });

  test("each opening has its own intent", () => {
    const stage = new Stage(intentBeforeOpening());
    stage.tell(stage.engaged());
    visit(stage.town);
    const record = stage.town.rig.engagements.at(-1) as number;
    const [snapshot] = stage.checkers.map((checker) => checker.copy());
    expect(stage.tell(stage.engaged({ record })).broken).toEqual(["P7"]);
    stage.checkers = snapshot === undefined ? [] : [snapshot];
    stage.memories.set("lock", stage.town.rig.nvm);
    expect(stage.tell(stage.engaged({ record })).broken).toEqual([]);
  });
});

describe("P18", () => {
  test("a grant of another epoch than the door's", () => {
    const stage = new Stage(newEpochsHold());
    expect(stage.tell(stage.engaged()).broken).toEqual([]);
    expect(stage.tell(stage.engaged({ holds: stage.holds({ epoch: 2 }) })).broken).toEqual(["P18"]);
  });

  test("a door that stays behind its key", () => {
    const stage = new Stage(newEpochsHold());
    const { trust } = stage.key.holdings;
    stage.becomesKey({ trust: { ...trust, epoch: 2 } });
    expect(stage.tell(stage.engaged()).broken).toEqual(["P18"]);
  });

  test("a visit that came to a result leaves the door in its key's epoch", () => {
    const stage = new Stage(newEpochsHold());
    const refused = visitReport({ kind: "refused", result: "update-key", reason: "issuer-epoch" });
    stage.becomes("lock", { power: "off" }).becomes("lock", stage.cylinder);
    expect(stage.tell(refused).broken).toEqual([]);
    stage.becomesKey({ trust: { ...stage.key.holdings.trust, epoch: 2 } });
    expect(stage.tell(visitReport({ kind: "broken-off" })).broken).toEqual([]);
    expect(stage.tell(refused).broken).toEqual(["P18"]);
    cylinderMoved(stage, { trust: { ...stage.cylinder.stores.bank.settings.trust, epoch: 2 } });
    expect(stage.tell(refused).broken).toEqual(["P18"]);
  });

  test("a station has not done with a key that it leaves in an old epoch", () => {
    const stage = new Stage(newEpochsHold());
    const { trust } = stage.key.holdings;
    const slot = (phase: string) => ({ phase, met: { welcome: { key: stage.town.key.kid } } });
    const station = (epoch: number, phase: string) =>
      stage.becomes("station", {
        power: "on",
        holdings: { trust: { ...trust, epoch } },
        slots: [slot(phase)],
      });
    station(1, "empty");
    station(1, "talking");
    expect(station(1, "resting").broken).toEqual([]);
    // It hears of another one while the key is there.
    expect(station(2, "resting").broken).toEqual([]);
    station(1, "talking");
    expect(station(2, "resting").broken).toEqual([]);
    station(2, "talking");
    expect(station(2, "resting").broken).toEqual(["P18"]);
    station(2, "talking");
    stage.becomesKey({ trust: { ...trust, epoch: 2 } });
    expect(station(2, "resting").broken).toEqual(["P18"]);
  });

  test("honest keys are served in a new epoch", () => {
    const stage = new Stage(newEpochsHold());
    const failed = {
      kind: "liveness",
      key: "key",
      cylinder: "lock",
      insertions: 3,
      microseconds: 9,
      opened: "no",
    } as const;
    stage.becomes("lock", { power: "off" });
    expect(stage.tell(failed).broken).toEqual([]);
    stage.town.city.openEpoch(NOW);
    expect(stage.tell({ ...failed, opened: "yes" }).broken).toEqual([]);
    expect(stage.tell(failed).broken).toEqual(["P18"]);
  });
});

describe("P19", () => {
  const collected = (stage: Stage, changes: object = {}) => {
    const { record, cti } = stage.engaged();
    const intent = { kind: "intent", cti, keyCounter: 1, lo: NOW, widthSeconds: 2, flags: 0 } as const;
    return {
      kind: "collected",
      cylinder: "lock",
      store: "openings",
      counter: record,
      mount: 1,
      record: intent,
      known: "new",
      ...changes,
    } as never;
  };

  test("who and where stay what they were, also when the lock has moved on", () => {
    const stage = new Stage(pastRecordsStay());
    const { city, cylinder } = stage.town;
    stage.tell(stage.engaged(), collected(stage));
    const shed = city.addDoor("shed");
    city.mount(shed, cylinder, NOW);
    stage.doors.set("lock", shed);
    expect(stage.tell(collected(stage)).finish().broken).toEqual([]);
    // The mount at which the lock is now is not the one at which it opened.
    expect(stage.tell(collected(stage, { mount: 2 })).broken).toEqual(["P19"]);
  });

  test("another holder's grant, or no intent", () => {
    const stage = new Stage(pastRecordsStay());
    stage.tell(stage.engaged());
    const { cti } = stage.town.order.value;
    const intent = { kind: "intent", cti, keyCounter: 1, lo: NOW, widthSeconds: 2, flags: 0 };
    expect(stage.tell(collected(stage, { record: intent })).broken).toEqual(["P19"]);
    expect(stage.tell(collected(stage, { record: { kind: "void" } })).broken).toEqual(["P19", "P19"]);
  });
});

function visitReport(outcome: object) {
  const report = { key: "key", cylinder: "lock", outcome };
  return { kind: "visit", report } as never;
}
