/** P10 (SPEC TRU-8, TIM-5, TIM-6, TIM-11, LOG-2, PER-3, PER-4): every pair and counter of every honest device, over all power cuts. */
import { comparePairs, type EpochPair, toHex } from "@nyckelfri/protocol";
import type { BoxOwn } from "../devices/activation-box/types.ts";
import type { KeyOn } from "../devices/key/state.ts";
import type { StationOwn } from "../devices/station/types.ts";
import type { CastMember, Checker } from "./checker.ts";
import { asCylinder, asKey, type Holding, holdingOf, roleOf } from "./observed.ts";
import { checkerOf } from "./watching.ts";

interface Reading {
  readonly name: string;
  readonly pair: EpochPair;
}
interface Reader {
  /** What must have changed for the readings to have changed; undefined while the device is off. */
  readonly part: (state: unknown) => object | undefined;
  readonly read: (state: unknown) => readonly Reading[];
}
interface Memory {
  /** By device and name: the highest ever. */
  readonly highest: Map<string, EpochPair>;
}

export function pairsNeverGoBack(): Checker {
  return checkerOf<Memory>({
    property: "P10",
    says: "counters, versions and floors, as pairs, never go back",
    begin: () => ({ highest: new Map() }),
    watch: {
      step: ({ moment: { entity, before, after } }, { memory: { highest }, truth, breach }) => {
        if (before === after) return;
        const role = roleOf(entity, truth);
        if (role === "rogue" || role === "host") return;
        const readings = READERS[role].flatMap(({ part, read }) => (part(after) === part(before) ? [] : read(after)));
        for (const { name, pair } of readings) {
          const place = `${entity} ${name}`;
          const known = highest.get(place);
          const order = known === undefined ? 1 : comparePairs(pair, known);
          if (order > 0 || (order < 0 && name === LOWER_BOUND && isRepaired(role, before, after)))
            highest.set(place, pair);
          else if (order < 0 && known !== undefined) {
            breach(
              entity,
              `its ${name} went from (${known.epoch}, ${known.value}) back to (${pair.epoch}, ${pair.value})`,
            );
          }
        }
      },
    },
  });
}

const LOWER_BOUND = "lower bound";

/** SPEC TIM-6: by an issuer's statement that was taken in this step, and by nothing else. */
function isRepaired(role: CastMember["role"], before: unknown, after: unknown): boolean {
  const [old, clock] = [holdingOf(role, before)?.clock, holdingOf(role, after)?.clock];
  if (clock?.quality !== "running" || clock.source.sourceClass !== "issuer") return false;
  return old?.quality !== "running" || old.bounds !== clock.bounds;
}

const COMMON: Reader = {
  part: (state) => holdingOf("station", state),
  read: (state) => readCommon(holdingOf("station", state)),
};

/** What stations, boxes and cabinets have besides. */
const OWN: Omit<Reader, "read"> = { part: (state) => ownOf(state) };
const CURSORS: Reader = { ...OWN, read: readCursors };
const TICKETS: Reader = { ...OWN, read: readTickets };

/** One row for each kind of device; counters are pairs of epoch 0. */
const READERS: Readonly<Record<Exclude<CastMember["role"], "rogue">, readonly Reader[]>> = {
  cylinder: [{ part: (state) => asCylinder(state)?.stores, read: readCylinder }],
  key: [{ part: (state) => asKey(state)?.holdings, read: readKey }],
  station: [COMMON, CURSORS],
  "activation-box": [COMMON, TICKETS],
  "key-cabinet": [COMMON, CURSORS],
  host: [],
};

function readCylinder(state: unknown): readonly Reading[] {
  const stores = asCylinder(state)?.stores;
  if (stores === undefined) return [];
  const { settings } = stores.bank;
  const { trust, policyVersion, mount, acknowledged, lists } = settings;
  const fleet = fleetName(trust.fleetId);
  return [
    { name: `epoch${fleet}`, pair: { epoch: trust.epoch, value: 0 } },
    { name: `floor${fleet}`, pair: stores.floor },
    { name: `policy version${fleet}`, pair: policyVersion },
    // SPEC SVC-5: a dismounted door forgets its lists.
    ...lists.map(({ list, version }) => {
      return { name: `list ${list} of mount ${mount}${fleet}`, pair: { epoch: trust.epoch, value: version } };
    }),
    counter("mount number", mount),
    counter("nonce counter", stores.nonces.value),
    counter("count of unproven refusals", stores.counted.value),
    counter("openings", stores.openings.newest.number),
    counter("refusals", stores.refusals.newest.number),
    counter("acknowledged openings", acknowledged.openings),
    counter("acknowledged refusals", acknowledged.refusals),
  ];
}

function readKey(state: unknown): readonly Reading[] {
  const holdings: KeyOn["holdings"] | undefined = asKey(state)?.holdings;
  if (holdings === undefined) return [];
  const { journal, keyCounter } = holdings;
  return [
    ...readCommon(holdings),
    counter("key counter", keyCounter),
    counter("journal", journal.newest),
    counter("oldest entry of the journal", journal.oldest),
  ];
}

function readCommon(holding: Holding | undefined): readonly Reading[] {
  if (holding === undefined) return [];
  const { clock, floor, trust } = holding;
  const fleet = fleetName(trust.fleetId);
  return [
    { name: `epoch${fleet}`, pair: { epoch: trust.epoch, value: 0 } },
    { name: `floor${fleet}`, pair: floor },
    counter(LOWER_BOUND, clock.knownLower),
  ];
}

function ownOf(state: unknown): Partial<StationOwn & BoxOwn> | undefined {
  const device = state as { readonly power: string; readonly own?: Partial<StationOwn & BoxOwn> };
  return device.power === "on" ? device.own : undefined;
}

function readCursors(state: unknown): readonly Reading[] {
  const cursors = ownOf(state)?.cursors;
  if (cursors === undefined) return [];
  return [counter("upload cursor", cursors.next), counter("host's cursor", cursors.acknowledged)];
}

/** SPEC OBJ-6. */
function readTickets(state: unknown): readonly Reading[] {
  const ticketCounter = ownOf(state)?.ticketCounter;
  return ticketCounter === undefined ? [] : [counter("ticket counter", ticketCounter)];
}

/** SPEC TRU-10: pairs of two fleets cannot be compared. */
function fleetName(fleetId: Uint8Array): string {
  return ` in fleet ${toHex(fleetId.subarray(0, 4))}`;
}

function counter(name: string, value: number): Reading {
  return { name, pair: { epoch: 0, value } };
}
