import { certificateObject, revocationListObject } from "@nyckelfri/protocol";
import { beforeAll, expect, test } from "vitest";
import { phaseOf } from "#src/devices/cylinder/cylinder.ts";
import { type Nvm, type NvmProfile, wearNvm } from "#src/hardware/nvm.ts";
import { CONTEXT, FLASH } from "./rig.ts";
import { again, greet, mountedTown, NOW, type Town, visit } from "./town.ts";

let fresh: Town;
beforeAll(() => {
  fresh = mountedTown();
});

const { layout } = CONTEXT;

function worn(nvm: Nvm, { page, pages }: { readonly page: number; readonly pages: number }): Nvm {
  let now = nvm;
  for (let index = page; index < page + pages; index++) now = wearNvm(now, index, FLASH.enduranceCycles);
  return now;
}

function leave(town: Town): string {
  const { result } = visit(town);
  if (town.rig.state.power === "on") town.rig.give({ kind: "removed", tickMs: town.rig.tickMs + 900 });
  town.rig.pull();
  return result;
}

test.each(["fails", "silent-no-op", "programs-marginal"] as const)(
  "P13, SPEC LOG-3: with a worn ring whose pages say %s, nothing opens without a confirmed intent",
  (wearOut) => {
    const profile: NvmProfile = { ...FLASH, wearOut };
    const town = again(fresh, { ...worn(fresh.rig.nvm, layout.openings), profile });
    const results: string[] = [];
    for (let index = 0; index < 130; index++) {
      const { length } = town.rig.engagements;
      results.push(leave(town));
      if (results.at(-1) !== "opened") expect(town.rig.engagements.length).toBe(length);
    }
    // The ring goes round once on pages that are blank, and then stops.
    expect(results[0]).toBe("opened");
    expect(results.at(-1)).toBe("silence");
    visit(town);
    expect(phaseOf(town.rig.state)).toBe("closed");
  },
);

test("P11: a memory that says done and writes nothing gives no nonce, so nothing is answered", () => {
  const town = again(fresh, fresh.rig.nvm);
  town.rig.skips = () => true;
  expect(greet(town).answered.kind).toBe("silence");
  expect(phaseOf(town.rig.state)).toBe("closed");
  town.rig.skips = () => false;
  expect(leave(town)).toBe("opened");
});

test("a page that does not take its program is passed over, and the visit goes on", () => {
  const town = again(fresh, fresh.rig.nvm);
  let left = 2;
  town.rig.skips = ({ kind, page }) => kind === "program" && page >= layout.openings.page && left-- > 0;
  expect(leave(town)).toBe("opened");
  expect(left).toBeLessThanOrEqual(0);
});

const DEAD: readonly (readonly [string, number, number])[] = (["settings", "objects"] as const).flatMap((name) => {
  const { page, pagesPerPart, parts } = layout[name];
  return Array.from({ length: parts }, (_, part) => [name, page + part * pagesPerPart, pagesPerPart] as const);
});

// Swarm seed fee08cee.29: with 1 of 200 pages worn a policy update closed the door at each insertion, because it tried one bank for ever.
test("P14, SPEC PER-4: whichever bank or slot takes nothing any more, a visit that brings an update opens, and so does the next", () => {
  const passedOver = new Set<string>();
  for (const [name, page, pages] of DEAD) {
    const town = again(fresh, fresh.rig.nvm);
    const entry = { kind: "grant", id: new Uint8Array(8), until: NOW } as const;
    const { bytes: list } = town.city.revoke(town.north.list, NOW, entry);
    town.rig.skips = (operation) => {
      const isDead = operation.kind === "program" && operation.page >= page && operation.page < page + pages;
      if (isDead) passedOver.add(name);
      return isDead;
    };
    expect(visit(town, { updates: [list] })).toMatchObject({ updates: ["stored"], result: "opened" });
    town.rig.give({ kind: "removed", tickMs: town.rig.tickMs + 900 });
    town.rig.pull();
    expect(visit(town, { updates: [list], by: "cti", ticket: "kept" })).toMatchObject({
      updates: ["known"],
      needs: [],
      result: "opened",
    });
  }
  expect([...passedOver].sort()).toEqual(["objects", "settings"]);
});

test("P14, SPEC PER-4, OPN-10: dead slots that would do for the list alone keep its issuer's certificate from closing the door", () => {
  const town = again(fresh, fresh.rig.nvm);
  const { centre } = town.city;
  const issuer = town.city.party("another list issuer");
  const { value } = centre.issuer("list").certificate;
  const certificate = centre.sign(centre.root, certificateObject, { ...value, publicKey: issuer.publicKey });
  const list = centre.sign(issuer, revocationListObject, { list: town.north.list, version: 9, iat: NOW, entries: [] });
  const { page, pagesPerPart } = layout.objects;
  const dead = new Set<number>();
  // The first five that it tries; a sixth is the last that a write may try.
  town.rig.skips = ({ kind, page: where }) => {
    const slot = Math.floor((where - page) / pagesPerPart);
    if (kind !== "program" || slot < 0 || slot >= layout.objects.parts) return false;
    if (dead.size < 5) dead.add(slot);
    return dead.has(slot);
  };
  const brought = visit(town, { updates: [certificate.bytes, list.bytes] });
  expect([brought.updates, brought.result, dead.size]).toEqual([["stored", "stored"], "opened", 5]);
});

test("P10, SPEC PER-4: where no bank takes anything the door closes, and what it held before holds", () => {
  const town = again(fresh, fresh.rig.nvm);
  const { page, pages } = layout.settings;
  const before = town.rig.nvm;
  town.rig.skips = (operation) =>
    operation.kind === "program" && operation.page >= page && operation.page < page + pages;
  const erased = new Set<number>();
  const entry = { kind: "grant", id: new Uint8Array(8), until: NOW } as const;
  const { bytes: list } = town.city.revoke(town.north.list, NOW, entry);
  expect(visit(town, { updates: [list] })).toMatchObject({ updates: ["silence"] });
  for (const operation of town.rig.operations) if (operation.kind === "erase") erased.add(operation.page);
  expect(phaseOf(town.rig.state)).toBe("closed");
  town.rig.skips = () => false;
  const { bank } = town.rig.on.stores;
  const first = page + bank.bank * layout.settings.pagesPerPart;
  for (let index = first; index < first + layout.settings.pagesPerPart; index++) {
    expect([erased.has(index), town.rig.nvm.pages.get(index)]).toEqual([false, before.pages.get(index)]);
  }
  expect(visit(town, { updates: [list] })).toMatchObject({ updates: ["stored"], result: "opened" });
});

test("P12: a slot that holds an object of another kind counts for nothing, as one that cannot be read", () => {
  // After a visit its cache holds certificates.
  const visited = again(fresh, fresh.rig.nvm);
  const { result } = visit(visited);
  const { settings } = visited.rig.on.stores.bank;
  const [certificate = -1] = settings.certificates;
  const pageOf = (slot: number): number => layout.objects.page + slot * layout.objects.pagesPerPart;
  const swapped = (to: number, from: number): Nvm => {
    let { pages } = visited.rig.nvm;
    for (let index = 0; index < layout.objects.pagesPerPart; index++) {
      pages = pages.with(pageOf(to) + index, pages.get(pageOf(from) + index));
    }
    return { ...visited.rig.nvm, pages };
  };
  const policy = settings.policy === "none" ? -1 : settings.policy;
  expect([result, policy >= 0, certificate >= 0]).toEqual(["opened", true, true]);
  // Without its policy it opens for nobody; without a certificate it asks for it again.
  expect(leave(again(fresh, swapped(policy, certificate)))).not.toBe("opened");
  expect(leave(again(fresh, swapped(certificate, policy)))).toBe("opened");
});

test("P4, SPEC PER-4: a list that cannot be read any more is asked for anew, and comes back in its version or a newer one", () => {
  const here = again(fresh, fresh.rig.nvm);
  const { city, grant, north } = here;
  const older = city.revoke(north.list, NOW - 60, { kind: "grant", id: new Uint8Array(8), until: NOW });
  const list = city.revoke(north.list, NOW, { kind: "grant", id: grant.value.cti, until: NOW });
  const issuer = city.centre.issuer("list").certificate.bytes;
  expect(visit(here, { updates: [issuer, list.bytes] })).toMatchObject({ result: "not-permitted-now" });
  const slot = here.rig.on.stores.bank.settings.lists.find((held) => held.list === north.list)?.slot ?? -1;
  here.rig.pull();
  let { pages } = here.rig.nvm;
  // What was there is gone, as after a failed erase ahead.
  for (let index = 0; index < layout.objects.pagesPerPart; index++) {
    pages = pages.with(layout.objects.page + slot * layout.objects.pagesPerPart + index, undefined);
  }
  const hurt = again(here, { ...here.rig.nvm, pages });
  const told = greet(hurt).answered;
  expect(told.kind === "reply" && told.body).toMatchObject({ lists: expect.arrayContaining([[north.list, 0]]) });
  expect(visit(hurt, { updates: [older.bytes, list.bytes] })).toMatchObject({
    updates: ["older", "stored"],
    result: "not-permitted-now",
  });
  expect(visit(hurt, { updates: [list.bytes] })).toMatchObject({ updates: ["known"], result: "not-permitted-now" });
});
