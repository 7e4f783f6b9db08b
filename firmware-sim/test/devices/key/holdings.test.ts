import fc from "fast-check";
import { expect, test } from "vitest";
import { USUAL_QUOTAS } from "#src/devices/key/factory.ts";
import { readHoldings } from "#src/devices/key/holdings.ts";
import type { KeyConfig } from "#src/devices/key/state.ts";
import { Cylinder } from "./cylinder.ts";
import { type City, commissioned, config, foundCity, HOUR, type KeyRig, NBF, NOW } from "./rig.ts";
import { activate, dock, Station } from "./station.ts";

/** Small enough that everything is evicted now and then. */
const tight: KeyConfig = {
  ...config,
  quotas: {
    ...USUAL_QUOTAS,
    journalEntries: 6,
    carriedBytes: 700,
    policies: 2,
    lists: 2,
    receipts: 2,
    certificates: 7,
  },
};

interface Life {
  of: City;
  readonly rig: KeyRig;
  count: number;
}

function deliver({ of, rig }: Life, ...objects: readonly { readonly bytes: Uint8Array }[]): void {
  const station = new Station(of, rig, of.station, "dock").greet();
  station.prove();
  for (const object of objects) station.deliver(object);
  rig.input({ kind: "removed" });
}

const DEEDS: Readonly<Record<string, (life: Life) => void>> = {
  visit: ({ of, rig, count }) => {
    const party = of.city.party(`cylinder ${count % 3}`);
    new Cylinder(of, { party, segment: { first: count, nonceCounter: count } }).visit(rig);
    rig.input({ kind: "removed" });
  },
  activate: ({ of, rig }) => {
    activate(of, rig);
  },
  grant: (life) => {
    const { of, count } = life;
    life.of = { ...of, grant: of.city.grantShift({ ...of.shift, iat: NBF - 12 * HOUR + count }) };
    deliver(life, life.of.grant);
  },
  list: (life) => {
    const { of, count } = life;
    deliver(life, of.city.revoke(1 + (count % 3), NOW - HOUR + count));
  },
  policy: (life) => {
    const { of, count } = life;
    const door = of.city.addDoor(`door ${count % 4}`);
    const cylinder = of.city.party(`cylinder ${count % 4}`);
    deliver(life, of.city.mount(door, cylinder, NOW - HOUR + count));
  },
  receipt: (life) => {
    const { of, count } = life;
    const device = of.city.party(`cylinder ${count % 3}`).kid;
    const head = new Uint8Array(16);
    deliver(life, of.city.receipt({ device, store: "openings", n: count, head, iat: NOW - HOUR + count }));
  },
  journal: (life) => {
    const { newest: n, head } = life.rig.on.holdings.journal;
    const device = life.of.key.kid;
    deliver(life, life.of.city.receipt({ device, store: "journal", n, head, iat: NOW - HOUR }));
  },
  certificate: (life) => {
    const { city } = life.of;
    const chain = [...city.centre.chainOf({ kid: life.of.box.kid, role: "ticket" }), ...city.centre.chainOf("time")];
    deliver(life, ...chain.map((bytes) => ({ bytes })));
  },
  epoch: (life) => {
    const opened = life.of.city.openEpoch(NOW);
    deliver(life, ...opened.issuers, ...opened.lists, ...opened.policies, ...opened.grants);
  },
  root: (life) => {
    const opened = life.of.city.rotateRoot(NOW);
    deliver(life, ...(opened.transition ? [opened.transition] : []), ...opened.issuers, ...opened.grants);
  },
  pin: ({ of, rig }) => {
    const box = new Station(of, rig, of.box, "activate").greet();
    box.prove("ticket");
    box.ask("pin", { pin: "2580" });
    rig.input({ kind: "removed" });
  },
  reboot: ({ rig }) => {
    rig.input({ kind: "power-lost" }).powerOn("clear");
  },
  "clock-lost": (life) => {
    life.rig.input({ kind: "power-lost" }).powerOn("set");
    dock(life.of, life.rig);
  },
};

test("what a key knows after each commit is what its memory says, read anew", () => {
  const deeds = fc.array(fc.constantFrom(...Object.keys(DEEDS)), { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(deeds, (names) => {
      const of = foundCity();
      const rig = commissioned(of, { config: tight }).powerOn("set");
      dock(of, rig);
      const life: Life = { of, rig, count: 1 };
      for (const name of names) {
        DEEDS[name]?.(life);
        life.count += 1;
        expect(rig.on.holdings).toEqual(readHoldings(tight, rig.on.memory.items));
      }
    }),
    { numRuns: 12 },
  );
});
