import { type Signed, timeStatementObject, type UploadReceipt } from "@nyckelfri/protocol";
import { describe, expect, test } from "vitest";
import { hear, type Sessions } from "#src/checkers/hearing.ts";
import { noncesAreFresh } from "#src/checkers/nonces-are-fresh.ts";
import { strangersLearnLittle } from "#src/checkers/strangers-learn-little.ts";
import { wrongTimesAreRepaired } from "#src/checkers/wrong-times-are-repaired.ts";
import type { HappeningOf } from "#src/world/happenings.ts";
import { cylinderMoved } from "./changes.ts";
import { challenge, DAY, dockHello, NOW, nonceOf, openHello, reply, request, Stage, sent } from "./stage.ts";

describe("P13", () => {
  const on = { kind: "power", device: "lock", power: "on" } as const;
  const given = (stage: Stage, nonce: Uint8Array, session: number, lock = "lock") => {
    const ends = { from: "key", to: lock, session };
    return stage.tell(openHello(ends), challenge(ends, stage.town.cylinder.kid, nonce));
  };

  test("a nonce is given once; an answer that is sent again is the same one", () => {
    const stage = new Stage(noncesAreFresh()).tell(on);
    given(given(stage, nonceOf("a"), 1), nonceOf("a"), 1);
    given(stage, nonceOf("b"), 2);
    expect(stage.broken).toEqual([]);
    expect(given(stage, nonceOf("a"), 3).broken).toEqual(["P13"]);
  });

  test("a session has one nonce", () => {
    const stage = new Stage(noncesAreFresh()).tell(on);
    given(stage, nonceOf("a"), 1);
    expect(given(stage, nonceOf("b"), 1).broken).toEqual(["P13"]);
  });

  test("a host that comes back hundreds of times makes nobody deaf to the doors", () => {
    const stage = new Stage(noncesAreFresh()).tell(on);
    const versions = { oldest: 1, newest: 1 };
    for (let session = 1; session <= 300; session++) {
      const hello = { versions, exchange: "serve", nonce: nonceOf(`host ${session}`) } as const;
      stage.tell(request({ from: "host", to: "station", session }, "serve", "hello", hello));
    }
    given(stage, nonceOf("a"), 1);
    expect(given(stage, nonceOf("a"), 2).broken).toEqual(["P13"]);
  });

  test("a host's session is heard through hundreds of keys", () => {
    const hello = { versions: { oldest: 1, newest: 1 }, exchange: "serve", nonce: nonceOf("host") } as const;
    const serving = request({ from: "host", to: "station" }, "serve", "hello", hello) as HappeningOf<"sent">;
    const sessions: Sessions = new Map();
    hear(sessions, serving);
    for (let session = 2; session <= 1_000; session++) {
      hear(sessions, openHello({ from: "key", to: "lock", session }) as HappeningOf<"sent">);
    }
    const later = { ...serving, frame: { ...serving.frame, sequence: 1 } };
    expect(hear(sessions, later)).toMatchObject({ exchange: "serve", asker: "host" });
    // And what keys said goes on being forgotten.
    expect(sessions.size).toBeLessThan(250);
  });

  test("no power cut brings one back", () => {
    const stage = new Stage(noncesAreFresh()).tell(on);
    given(stage, nonceOf("a"), 1).tell(on);
    expect(given(stage, nonceOf("a"), 1).broken).toEqual(["P13"]);
  });

  test("the counter alone makes the same at two cylinders", () => {
    const stage = new Stage(noncesAreFresh()).casts("other", { role: "cylinder" });
    given(stage, nonceOf("1"), 1);
    expect(given(stage, nonceOf("1"), 1, "other").broken).toEqual(["P13"]);
  });

  test("the bare counter", () => {
    const stage = new Stage(noncesAreFresh());
    given(stage, new Uint8Array(16).fill(0, 0, 15).fill(1, 15), 1);
    expect(given(stage, new Uint8Array(16).fill(2, 15), 2).broken).toEqual(["P13"]);
  });

  test("a gadget may say what it likes; in a service session a nonce counts too", () => {
    const stage = new Stage(noncesAreFresh()).casts("fake lock", {});
    given(stage, nonceOf("a"), 1, "fake lock");
    expect(given(stage, nonceOf("a"), 2, "fake lock").broken).toEqual([]);
    given(stage, nonceOf("b"), 3);
    const ends = { from: "tool", to: "lock" };
    const versions = { oldest: 1, newest: 1 };
    stage.tell(request(ends, "service", "hello", { versions, exchange: "service", nonce: nonceOf("n") }));
    const welcome = {
      versions,
      device: stage.town.cylinder.kid,
      nonce: nonceOf("b"),
      kind: "cylinder",
      state: "active",
    } as const;
    expect(stage.tell(reply({ from: "lock", to: "tool" }, "service", "hello", welcome)).broken).toEqual(["P13"]);
  });
});

describe("P20", () => {
  const door = { from: "key", to: "fake lock" };
  const back = { from: "fake lock", to: "key" };

  function atFakeLock() {
    const stage = new Stage(strangersLearnLittle())
      .casts("fake lock", {})
      .casts("gadget", {})
      .casts("fake station", {});
    return stage.tell(openHello(door), challenge(door, stage.town.cylinder.kid, nonceOf("a")));
  }

  test("a key tells a door what is for that door", () => {
    const stage = atFakeLock();
    const { city, north, flat, tool } = stage.town;
    const update = (object: Uint8Array) => request(door, "open", "update", { object });
    stage.tell(update(city.renewPolicy(flat, NOW).bytes), update(city.revoke(north.list, NOW).bytes));
    stage.tell(update(city.centre.issuer("policy").certificate.bytes));
    expect(stage.broken).toEqual([]);
    const shed = city.addDoor("shed");
    expect(stage.tell(update(city.mount(shed, tool, NOW).bytes)).broken).toEqual(["P20"]);
    expect(stage.tell(update(receiptOf(stage).bytes)).broken).toEqual(["P20", "P20"]);
  });

  test("what follows an opening comes after it", () => {
    const stage = atFakeLock();
    const collect = request(door, "open", "collect", { store: "openings" });
    expect(stage.tell(collect).broken).toEqual(["P20"]);
    stage.tell(reply(back, "open", "open", { kind: "result", result: "opened", record: 1 }), collect);
    expect(stage.broken).toEqual(["P20"]);
    // Another session begins anew.
    const next = { ...door, session: 2 };
    stage.tell(openHello(next), challenge(next, stage.town.cylinder.kid, nonceOf("b")));
    expect(stage.tell(request(next, "open", "receipt", { receipt: receiptOf(stage).bytes })).broken).toEqual([
      "P20",
      "P20",
    ]);
  });

  test("a door answers a gadget what it answers to all", () => {
    const stage = atFakeLock();
    const ends = { from: "gadget", to: "lock" };
    const answer = (result: "opened" | "not-permitted-now") =>
      reply({ from: "lock", to: "gadget" }, "open", "open", { kind: "result", result });
    const log = reply({ from: "lock", to: "gadget" }, "open", "collect", {});
    const list = reply({ from: "lock", to: "gadget" }, "open", "fetch", {});
    stage.tell(openHello(ends), challenge(ends, stage.town.cylinder.kid, nonceOf("a")));
    expect(stage.tell(log).broken).toEqual(["P20"]);
    // SPEC OPN-15: the right to collect the log alone.
    expect(stage.tell(answer("not-permitted-now"), log).broken).toEqual(["P20"]);
    expect(stage.tell(list).broken).toEqual(["P20", "P20"]);
    expect(stage.tell(answer("opened"), log, list).broken).toEqual(["P20", "P20"]);
  });

  test("a key keeps its journal for those who prove themselves", () => {
    const stage = atFakeLock();
    const { city } = stage.town;
    const prove = (ends: { from: string; to: string }, certificates: readonly Uint8Array[]) => [
      dockHello(ends, "dock"),
      request(ends, "dock", "prove", { proof: receiptOf(stage).bytes, certificates }),
      reply({ from: ends.to, to: ends.from }, "dock", "prove", {}),
    ];
    const journal = (to: string) => reply({ from: "key", to }, "dock", "journal", {});
    const honest = { from: "station", to: "key" };
    const foreign = [city.centre.issuer("policy").certificate.bytes];
    expect(stage.tell(dockHello(honest, "dock"), journal("station")).broken).toEqual(["P20"]);
    expect(stage.tell(...prove(honest, foreign), journal("station")).broken).toEqual(["P20"]);
    // Another station's certificates, or none of this city.
    const party = city.party("station");
    city.certify(party, "station", NOW - DAY);
    const chain = city.centre.chainOf({ kid: party.kid, role: "collector" });
    const fake = { from: "fake station", to: "key" };
    expect(stage.tell(...prove(fake, chain), journal("fake station")).broken).toEqual(["P20", "P20"]);
    expect(stage.tell(...prove(fake, foreign), journal("fake station")).broken).toEqual(["P20", "P20", "P20"]);
    // A stolen station is a station until it is revoked.
    stage.casts("fake station", { party });
    expect(stage.tell(...prove(fake, chain), journal("fake station")).broken).toEqual(["P20", "P20", "P20"]);
  });

  test.each<[string, string, (stage: Stage) => Uint8Array]>([
    ["private key", "key", ({ key }) => key.holdings.signer.seed],
    ["private key", "lock", ({ cylinder }) => cylinder.identity.seed],
    ["device secret", "lock", ({ cylinder }) => cylinder.identity.deviceSecret],
    ["PIN pepper", "key", () => nonceOf("pepper")],
  ])("no %s of the %s is ever sent", (name, device, secret) => {
    const stage = new Stage(strangersLearnLittle()).casts("gadget", {});
    stage.becomesKey({ pin: { pepper: nonceOf("pepper"), attempts: 0 } });
    const frame = { version: 1, kind: "reply", message: 3, session: 9, sequence: 1 } as const;
    const body = new Uint8Array(90);
    stage.tell(sent(device, "gadget", { ...frame, body }));
    expect(stage.broken).toEqual([]);
    body.set(secret(stage), 7);
    expect(stage.tell(sent(device, "gadget", { ...frame, body })).breaches).toMatchObject([
      { what: expect.stringContaining(name) },
    ]);
  });
});

describe("P21", () => {
  const station = { from: "station", to: "key" };
  const said = (verdict: "accepted" | "earlier" | "stale", lo = NOW - 1) =>
    reply({ from: "key", to: "station" }, "dock", "time", {
      verdict,
      clock: { quality: "running", lo, widthSeconds: 3 },
    });

  function stated(t: number, source: "issuer" | "station" = "issuer") {
    const stage = new Stage(wrongTimesAreRepaired()).tell(dockHello(station, "dock"));
    const signer = source === "issuer" ? "time" : stage.town.box;
    const statement = stage.town.city.centre.sign(signer, timeStatementObject, {
      nonce: nonceOf("n"),
      t,
      uncertaintyMs: 500,
      source,
    });
    return stage.tell(request(station, "dock", "time", { statement: statement.bytes }));
  }

  test("after the issuer's word a clock is right", () => {
    expect(stated(NOW).tell(said("accepted"), said("accepted", NOW + DAY)).broken).toEqual([]);
    expect(stated(NOW).tell(said("accepted", NOW + DAY)).broken).toEqual(["P21"]);
    expect(stated(NOW).tell(said("accepted", NOW - DAY)).broken).toEqual(["P21"]);
  });

  // Found by the swarm (seed 10070): a key's count had been set back by a few seconds, of which a station's u hid all but a few
  // ms. SPEC TIM-6: the issuer's word meets the running clock in what both allow, and that may lie beside the true second.
  test("of a clock that was wrong by less than u is left what both allow, and nothing outside of the issuer's word", () => {
    const late = (stage: Stage) => {
      stage.now += 1_200_000;
      return stage;
    };
    const met = reply({ from: "key", to: "station" }, "dock", "time", {
      verdict: "accepted",
      clock: { quality: "running", lo: NOW - 1, widthSeconds: 1 },
    });
    const tampered = () => stated(NOW).casts("key", { role: "key", clock: "tampered" });
    expect(late(tampered()).tell(met).broken).toEqual([]);
    expect(late(stated(NOW)).tell(met).broken).toEqual(["P21"]);
    expect(tampered().tell(said("accepted", NOW - 2)).broken).toEqual(["P21"]);
    expect(tampered().tell(said("accepted", NOW + 1)).broken).toEqual(["P21"]);
  });

  test("the issuer's word is taken, unless it came late", () => {
    expect(stated(NOW).tell(said("stale")).broken).toEqual([]);
    expect(stated(NOW).tell(said("earlier", NOW + DAY)).broken).toEqual(["P21"]);
  });

  // Found by a neighbour in the middle, who repeats an old request after a newer statement has left: the device answers it as it did then.
  test("an answer is held against its own statement, and not against one that was sent meanwhile", () => {
    const before = reply({ from: "key", to: "station", sequence: 0 }, "dock", "time", {
      verdict: "accepted",
      clock: { quality: "running", lo: NOW - DAY, widthSeconds: 3 },
    });
    expect(stated(NOW).tell(before, said("accepted")).broken).toEqual([]);
    expect(stated(NOW).tell(before, said("accepted", NOW - DAY)).broken).toEqual(["P21"]);
  });

  test("nobody else repairs, nor an issuer who is wrong", () => {
    expect(stated(NOW, "station").tell(said("earlier", NOW + DAY)).broken).toEqual([]);
    expect(stated(NOW + DAY).tell(said("accepted", NOW + DAY)).broken).toEqual([]);
  });

  test("a new epoch brings a floor back to the present", () => {
    const stage = new Stage(wrongTimesAreRepaired());
    const { trust } = stage.cylinder.stores.bank.settings;
    const opened = (floor: { epoch: number; value: number }) =>
      stage.becomesCylinder((on) => {
        const { bank } = on.stores;
        const settings = { ...bank.settings, trust: { ...trust, epoch: trust.epoch + 1 } };
        return { ...on, stores: { ...on.stores, floor, bank: { ...bank, settings } } };
      });
    stage.town.city.openEpoch(NOW);
    expect(opened({ epoch: 2, value: NOW }).broken).toEqual([]);
    cylinderMoved(stage, { trust });
    expect(opened({ epoch: 2, value: NOW + DAY }).broken).toEqual(["P21"]);
    cylinderMoved(stage, { trust });
    expect(opened({ epoch: 1, value: NOW }).broken).toEqual(["P21", "P21"]);
    const { holdings } = stage.key;
    stage.becomesKey({ trust: { ...holdings.trust, epoch: 2 }, floor: { epoch: 2, value: NOW + DAY } });
    expect(stage.broken).toEqual(["P21", "P21", "P21"]);
  });
});

function receiptOf({ town }: Stage): Signed<UploadReceipt> {
  return town.city.receipt({ device: town.key.kid, n: 1, head: new Uint8Array(16), iat: NOW, store: "journal" });
}
