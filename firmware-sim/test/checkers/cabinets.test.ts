/** P23 (SPEC STO-1, SRV-2): who a cabinet draws a bolt for. */
import { type Command, grantObject, hostCommandObject, toHex } from "@nyckelfri/protocol";
import { describe, expect, test } from "vitest";
import { keysGoToTheirHolders } from "#src/checkers/keys-go-to-their-holders.ts";
import type { Whereabouts } from "#src/devices/key-cabinet/types.ts";
import { request, Stage } from "./stage.ts";

const SLOT = 2;
const MINUTE = 60_000_000;
const BOLT = { kind: "bolt", cabinet: "cabinet", slot: SLOT, key: "key" } as const;

/** A cabinet with the key of the stage, which holds anna's grant, in a slot; with a host. */
function keeping(place: Whereabouts["place"] | "unknown" = { kind: "stored", slot: SLOT }): Stage {
  const stage = new Stage(keysGoToTheirHolders()).casts("cabinet", { role: "key-cabinet" });
  stage.casts("host", { role: "host" }).casts("stranger", { role: "rogue" });
  const { kid, publicKey } = stage.town.key;
  const whereabouts = place === "unknown" ? [] : [[`where/${toHex(kid)}`, { kid, publicKey, place }] as const];
  stage.states.set("cabinet", { power: "on", own: { whereabouts: new Map(whereabouts) } });
  return stage.becomesKey({ grants: [held(stage, stage.town.grant)] as never });
}

function held(stage: Stage, { bytes, value }: Stage["town"]["grant"]) {
  const signer = stage.town.city.centre.issuer("grant").kid;
  return { name: "grant/0", bytes, value, signer, epoch: 1, kind: grantObject.name };
}

function present({ town }: Stage, who: "anna" | "otto") {
  return { kind: "presented", cabinet: "cabinet", holder: town[who].pseudonym } as const;
}

function told(stage: Stage, from: string, command: Command) {
  const hello = {
    ...{ versions: { oldest: 1, newest: 1 }, exchange: "serve" as const, nonce: new Uint8Array(16) },
  } as const;
  const { city, box } = stage.town;
  const value = { device: box.kid, nonce: new Uint8Array(16), sequence: 1, command };
  const { bytes } = city.centre.sign(city.party("host"), hostCommandObject, value, [new Uint8Array(32)]);
  const ends = { from, to: "cabinet" };
  return [
    request(ends, "serve", "hello", hello),
    request(ends, "serve", "command", {
      command: bytes,
      certificates: [city.centre.issuer("device").certificate.bytes],
    }),
  ];
}

describe("P23", () => {
  test("a key goes to the holder of its grant, who asked within the last minute", () => {
    const stage = keeping();
    expect(stage.tell(present(stage, "anna")).later(MINUTE).tell(BOLT).broken).toEqual([]);
    expect(stage.later(1).tell(BOLT).broken).toEqual(["P23"]);
  });

  test("and to nobody else", () => {
    const nobody = keeping();
    expect(nobody.tell(BOLT).broken).toEqual(["P23"]);
    const other = keeping();
    expect(other.tell(present(other, "otto"), BOLT).broken).toEqual(["P23"]);
    // Its holder, who comes after, may.
    expect(other.tell(present(other, "anna"), BOLT).broken).toEqual(["P23"]);
  });

  test("who had the key before does not get it back under a grant that it holds no more", () => {
    const stage = keeping();
    const { city, key, otto, window } = stage.town;
    const next = city.grantShift({ holder: otto, key, groups: [stage.town.day], ...window });
    stage.becomesKey({ grants: [held(stage, next)] as never });
    expect(stage.tell(present(stage, "otto"), BOLT).broken).toEqual([]);
    const before = keeping();
    before.town.city.grantShift({ holder: otto, key, groups: [before.town.day], ...window });
    expect(before.tell(present(before, "otto"), BOLT).broken).toEqual(["P23"]);
  });

  test("SPEC SRV-2: a certified host's word opens the slot that it names", () => {
    const release = { kind: "release-slot", slot: SLOT } as const;
    const meant = keeping();
    expect(meant.tell(...told(meant, "host", release), BOLT).broken).toEqual([]);
    const other = keeping();
    expect(other.tell(...told(other, "host", { ...release, slot: 1 }), BOLT).broken).toEqual(["P23"]);
    const stranger = keeping();
    expect(stranger.tell(...told(stranger, "stranger", release), BOLT).broken).toEqual(["P23"]);
    const logs = keeping();
    expect(logs.tell(...told(logs, "host", { kind: "read-log", cursor: 0 }), BOLT).broken).toEqual(["P23"]);
  });

  test("what is not kept may be given back, and what is to be taken is kept until it is", () => {
    expect(keeping("unknown").tell(BOLT).broken).toEqual([]);
    const lease = { grant: "unknown", exp: 0, since: 0 } as const;
    expect(keeping({ kind: "released", slot: SLOT, lease }).tell(BOLT).broken).toEqual(["P23"]);
    expect(keeping({ kind: "out", slot: SLOT, lease, overdue: "not-told" }).tell(BOLT).broken).toEqual([]);
    expect(keeping({ kind: "stored", slot: 1 }).tell(BOLT).broken).toEqual([]);
    expect(keeping().tell({ ...BOLT, key: "nobody" }).broken).toEqual([]);
    // A rogue cabinet owes nothing.
    expect(keeping().casts("cabinet", { role: "rogue" }).tell(BOLT).broken).toEqual([]);
  });
});
