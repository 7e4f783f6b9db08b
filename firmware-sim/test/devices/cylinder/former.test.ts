import { defaultProvider as provider } from "@nyckelfri/protocol";
import { beforeAll, expect, test } from "vitest";
import { phaseOf } from "#src/devices/cylinder/cylinder.ts";
import { cylinderMemory, layoutOf } from "#src/devices/cylinder/layout.ts";
import { readsBack } from "#src/devices/cylinder/memory.ts";
import { slotPage } from "#src/devices/cylinder/object-pool.ts";
import { factorySettings, type Settings, slotsInUse } from "#src/devices/cylinder/settings.ts";
import { planSettings } from "#src/devices/cylinder/settings-store.ts";
import {
  applyNvm,
  erasedNvm,
  NVM_CUT_STAGES,
  type Nvm,
  type NvmOperation,
  type NvmProfile,
  skipNvm,
  wearNvm,
} from "#src/hardware/nvm.ts";
import { UNTOUCHED } from "#src/hardware/nvm-pages.ts";
import { Authority } from "#src/world/authority.ts";
import { rootStream } from "#src/world/streams.ts";
import { CONTEXT, FLASH } from "./rig.ts";
import {
  again,
  boxChain,
  commission,
  DAY,
  EXP,
  foundTown,
  mountedTown,
  moveTo,
  NBF,
  NOW,
  serve,
  type Town,
  ticketFor,
  visit,
} from "./town.ts";

const { layout } = CONTEXT;
/** No two objects have so many bytes in common but what names the fleet and its signers. */
const WINDOW = 16;

/** A door with the grants, lists and tickets of its people, whose keys were pulled before it erased anything ahead. */
interface Lived {
  readonly town: Town;
  readonly dismounting: Uint8Array;
  /** What is to be found nowhere after the dismounting. */
  readonly former: readonly Uint8Array[];
}
let lived: Lived;
beforeAll(() => {
  lived = live();
});

function live(): Lived {
  const town = mountedTown();
  const { city, north, anna, key, day, window } = town;
  const list = city.revoke(north.list, NOW, { kind: "grant", id: new Uint8Array(8).fill(7), until: NOW });
  const issuer = city.centre.issuer("list").certificate.bytes;
  const grants = Array.from({ length: 7 }, () => city.grantShift({ holder: anna, key, groups: [day], ...window }));
  expect(visit(town, { updates: [issuer, list.bytes] })).toMatchObject({ result: "opened" });
  for (const grant of grants) expect(visit(town, { grant })).toMatchObject({ result: "opened" });
  town.rig.pull();
  const shown = [town.grant, ...grants].flatMap((grant) => [grant.bytes, ticketFor(town, grant).bytes]);
  const names = [town.grant, ...grants].map(({ value }) => value.cti);
  const dismounting = city.dismount(town.flat, NOW, 999).bytes;
  const objects = [...shown, list.bytes, issuer, ...boxChain(town), town.first.bytes];
  const former = windows(town, objects, dismounting).concat(names);
  expect(leftIn({ former }, town.rig.nvm).length).toBeGreaterThan(100);
  return { town, dismounting, former };
}

/** But for what the settings and the policy that dismounts have in common with them. */
function windows({ city, cylinder }: Town, objects: readonly Uint8Array[], dismounting: Uint8Array): Uint8Array[] {
  const { rootPublicKey, fleetId, successorThumbprint } = city.centre.trust;
  const allowed = text([dismounting, rootPublicKey, fleetId, successorThumbprint, cylinder.kid]);
  return objects
    .flatMap((bytes) =>
      Array.from({ length: Math.floor(bytes.length / WINDOW) }, (_, index) =>
        bytes.slice(index * WINDOW, (index + 1) * WINDOW),
      ),
    )
    .filter((bytes) => !allowed.includes(text([bytes])));
}

function text(all: readonly Uint8Array[]): string {
  return all.map((bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).join("|");
}

/** The raw memory, with all that its hurt words may show. */
function raw({ pages, profile }: Nvm): string {
  const { wordBytes: size, wordsPerPage } = profile;
  let [whole, hurt] = ["", ""];
  for (let number = 0; number < profile.pages; number++) {
    const page = pages.get(number) ?? UNTOUCHED;
    const bytes = new Uint8Array(size * wordsPerPage).fill(0xff);
    bytes.set(page.bytes);
    whole += text([bytes]);
    for (const [, damage] of page.damage) if (damage.state === "marginal") hurt += text([damage.from]);
  }
  return `${whole}|${hurt}`;
}

function leftIn({ former }: Pick<Lived, "former">, nvm: Nvm): Uint8Array[] {
  const memory = raw(nvm);
  return former.filter((bytes) => memory.includes(text([bytes])));
}

const dismount = (here: Town) => moveTo(here, lived.dismounting, boxChain(here).toReversed());
const settingsIn = ({ rig }: Town) => rig.on.stores.bank.settings;

test("SPEC SVC-5, PRV-4: a dismounted lock has no byte of the grants, lists, tickets and certificates of its door", () => {
  const here = again(lived.town, lived.town.rig.nvm);
  expect(dismount(here)).toBe("done");
  expect(leftIn(lived, here.rig.nvm)).toEqual([]);
  // In the pool there is what the settings name, and nothing beside it.
  const named = slotsInUse(settingsIn(here));
  for (let slot = 0; slot < layout.objects.parts; slot++) {
    const page = slotPage(layout.objects, slot);
    const pages = Array.from({ length: layout.objects.pagesPerPart }, (_, at) => here.rig.nvm.pages.get(page + at));
    expect(pages.some((held) => (held?.bytes.length ?? 0) > 0)).toBe(named.includes(slot));
  }
  serve(here);
  expect(settingsIn(here)).toMatchObject({ lifecycle: "dismounted", erasure: "done" });
});

test("SPEC TRU-10, PRV-4: a lock that went over into another fleet has nothing of the former one's", () => {
  const here = foundTown();
  commission(here);
  const request = here.city.commission(here.first);
  const objects = [...request.issuers, here.first.bytes, here.city.centre.trust.rootPublicKey];
  const has = () => objects.filter((bytes) => raw(here.rig.nvm).includes(text([bytes.slice(-2 * WINDOW)])));
  expect(has().length).toBeGreaterThan(2);
  const to = new Authority({ provider, stream: rootStream(9).fork("other city"), foundedAt: NBF - 20 * DAY });
  const { answered } = serve(here);
  if (answered.kind !== "reply") throw new Error(answered.kind);
  const given = { device: here.cylinder.kid, nonce: answered.body.nonce, nbf: EXP };
  const transfer = here.city.centre.transfer(to.centre.trust, given).bytes;
  expect(here.rig.ask("service", "transfer", { transfer })).toMatchObject({ kind: "reply" });
  expect(has()).toEqual([]);
});

test("SPEC SVC-5, PRV-4: a cut anywhere in a dismounting, and one at the boot that goes on with it, leave nothing either", () => {
  const outcomes = { before: 0, during: 0 };
  for (let after = 0, turn = 0; ; after++, turn++) {
    const here = again(lived.town, lived.town.rig.nvm, turn + 1);
    const { rig } = here;
    const cut = (operations: number) => {
      const stage = NVM_CUT_STAGES[turn % NVM_CUT_STAGES.length] ?? "torn";
      rig.cut = { operation: rig.nvm.operations + operations, stage };
    };
    cut(after);
    dismount(here);
    if (rig.nvm.operations < (rig.cut?.operation ?? 0)) break;
    rig.pull();
    cut((after * 7) % 150);
    serve(here);
    rig.pull();
    rig.cut = undefined;
    // One boot owes the erasure and does all of it.
    expect(serve(here).answered.kind).toBe("reply");
    const { lifecycle, erasure } = settingsIn(here);
    expect(erasure).toBe("done");
    outcomes[lifecycle === "dismounted" ? "during" : "before"] += 1;
    if (lifecycle === "dismounted") expect(leftIn(lived, rig.nvm)).toEqual([]);
    else expect(lifecycle).toBe("active");
  }
  expect(outcomes.before).toBeGreaterThan(20);
  expect(outcomes.during).toBeGreaterThan(100);
});

test("SPEC OPN-1, ERR-4: at boot the challenge leaves first, and then few slots are erased at once, so that a request between hears BUSY", () => {
  const here = again(lived.town, lived.town.rig.nvm);
  const { rig } = here;
  const slots = layout.objects;
  // Its next banks are erased: the settings could be committed at once.
  visit(here);
  rig.give({ kind: "removed", tickMs: rig.tickMs + 900 });
  const isErased = ({ kind, page }: NvmOperation) =>
    kind === "erase" && page >= slots.page && page < slots.page + slots.pages;
  rig.skips = (operation) => {
    if (isErased(operation)) rig.cut ??= { operation: rig.nvm.operations, stage: "before" };
    return false;
  };
  dismount(here);
  rig.cut = undefined;
  rig.skips = () => false;
  rig.pull();
  const before = leftIn(lived, rig.nvm).length;
  expect(before).toBeGreaterThan(0);
  serve(here);
  const told = rig.operations.slice(0, rig.beforeChallenge);
  expect(told.filter(({ kind }) => kind === "erase")).toEqual([]);
  expect(told.length).toBeLessThan(3);
  const inPool = rig.batches.map((batch) => batch.filter(isErased).length);
  expect(Math.max(...inPool)).toBeLessThanOrEqual(4 * slots.pagesPerPart);
  expect(inPool.filter((pages) => pages > 0).length).toBeGreaterThan(2);
  expect(leftIn(lived, rig.nvm)).toEqual([]);
});

test("SPEC SVC-5, PRV-4: a page whose erase did nothing is erased again, wherever it is", () => {
  const { town, former } = lived;
  const { nvm } = town.rig;
  const filled = [...nvm.pages].flatMap(([number, { bytes }]) =>
    number >= layout.settings.page && bytes.length > 0 ? [number] : [],
  );
  expect(filled.length).toBeGreaterThan(20);
  for (const stuck of filled) {
    for (const times of [1, 2]) {
      const here = again(town, nvm);
      let left = times;
      here.rig.skips = ({ kind, page }) => kind === "erase" && page === stuck && left-- > 0;
      expect(dismount(here)).toBe("done");
      expect(leftIn({ former }, here.rig.nvm)).toEqual([]);
    }
  }
});

// With pages this short, eight lists push the names of grants into the second page of a bank, which settings without them do not reach.
test("SPEC PRV-4: settings that are to outlive the former ones take no bank in which those still stand behind them", () => {
  const profile = cylinderMemory({ ...FLASH, wordsPerPage: 32 });
  const context = { ...CONTEXT, profile, layout: layoutOf(profile) };
  const region = context.layout.settings;
  const usual = factorySettings(provider, new Uint8Array(8));
  const lists = Array.from({ length: 8 }, (_, slot) => ({ list: slot + 1, version: 1, slot }));
  const grants = Array.from({ length: 8 }, (_, index) => {
    return { cti: new Uint8Array(8).fill(0xa0 + index), grant: 10 + index, ticket: 20 + index };
  });
  const held = { settings: usual, sequence: 0, bank: region.parts - 1, before: region.parts - 1, givenUp: 0 };
  const draws = rootStream(3).fork("draws");
  const after = (nvm: Nvm, settings: Settings, stuck: number) => {
    const [stage] = planSettings(context, { nvm, noise: 1 }, held, settings);
    let now = nvm;
    for (const operation of stage.operations) {
      const isStuck = operation.kind === "erase" && operation.page === stuck;
      now = (isStuck ? skipNvm(now, operation) : applyNvm(now, operation, draws)).nvm;
    }
    return { nvm: now, isTaken: stage.expected.every((expected) => readsBack({ nvm: now, noise: 1 }, expected)) };
  };
  const full = after(erasedNvm(profile), { ...usual, lists, grants }, -1).nvm;
  const has = (nvm: Nvm) => grants.some(({ cti }) => raw(nvm).includes(text([cti])));
  const stuck = after(full, { ...usual, erasure: "due" }, region.page + 1);
  expect(has(stuck.nvm)).toBe(true);
  expect(stuck.isTaken).toBe(false);
  const gone = after(full, { ...usual, erasure: "due" }, -1);
  expect(has(gone.nvm)).toBe(false);
  expect(gone.isTaken).toBe(true);
});

test.each(["fails", "silent-no-op"] as const)(
  "SPEC SVC-5, PRV-4: a page that never erases any more (%s) ends the lock, and everything else is erased",
  (wearOut) => {
    const [held] = slotsInUse(visited().settings);
    const page = slotPage(layout.objects, held as number);
    const profile: NvmProfile = { ...FLASH, wearOut };
    const here = again(lived.town, { ...wearNvm(lived.town.rig.nvm, page, FLASH.enduranceCycles), profile });
    expect(dismount(here)).toBe("silence");
    expect(phaseOf(here.rig.state)).toBe("closed");
    here.rig.pull();
    serve(here);
    expect(phaseOf(here.rig.state)).toBe("closed");
    const there = { ...here.rig.nvm, pages: here.rig.nvm.pages.with(page, undefined) };
    expect(leftIn(lived, there)).toEqual([]);
  },
);

function visited() {
  const here = again(lived.town, lived.town.rig.nvm);
  serve(here);
  return { settings: settingsIn(here) };
}
