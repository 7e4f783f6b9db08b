/**
 * The world behind a simulated station, and what can be done in it by lines (README, "A station without hardware"): what hands do,
 * what time does, and what only the city can. Deterministic: the same seed, lines and bytes at the same times make the same world.
 */
import {
  type CareProvider,
  type CylinderState,
  type DeviceFixture,
  type DoorFixture,
  OPEN,
  OutsideStation,
  type VisitReport,
  type Worker,
  World,
} from "@nyckelfri/firmware-sim";
import type { Nvm } from "@nyckelfri/firmware-sim/hardware";
import { keyId, toHex } from "@nyckelfri/protocol";
import { Failure } from "../program/failure.ts";
import type { LineFields } from "./line-fields.ts";
import type { Memories } from "./memory-images.ts";

export interface TownOptions {
  readonly seed: number;
  /** Unix seconds. */
  readonly beginsAt: number;
}

/** By log: the number of its newest record, and whether that is the outcome of an opening. */
interface Newest {
  readonly openings: number;
  readonly refusals: number;
  readonly endsWith: "outcome" | "other";
}
const NONE: Newest = { openings: 0, refusals: 0, endsWith: "other" };

const NVM_STAGES = ["before", "torn", "marginal", "after"] as const;
const DAY = 86_400;
const STARTS_WITHIN = 2;
const SLOTS = 4;

export class SimulatedTown {
  readonly world: World;
  readonly station: OutsideStation;
  readonly #providers: Map<string, CareProvider> = new Map();
  readonly #doors: Map<string, DoorFixture> = new Map();
  readonly #boxes: Map<string, DeviceFixture> = new Map();
  readonly #workers: Map<string, Worker> = new Map();
  readonly #newest: Map<string, Newest> = new Map();
  readonly #memoryOf: (device: string) => Nvm | undefined;
  /** The city's receipts for an object that it has, in hex: a host that lost them before the station had them is given them again. */
  readonly #receipts: Map<string, readonly string[]> = new Map();

  constructor({ seed, beginsAt }: TownOptions) {
    this.world = new World({ seed, beginsAt, keeping: "last" });
    this.station = this.world.build((site) => new OutsideStation(site, "station", SLOTS));
    this.#memoryOf = this.world.build(
      ({ kernel, bodies }) =>
        (device) =>
          kernel.part(bodies).any(device)?.nvm,
    );
    this.world.kernel.observe(({ entity, after }) => {
      if (!entity.startsWith("cylinder:")) return;
      const state = after as CylinderState;
      if (state.power !== "on") return;
      const { openings, refusals } = state.stores;
      this.#newest.set(entity, {
        openings: openings.last?.number ?? 0,
        refusals: refusals.last?.number ?? 0,
        endsWith: openings.last?.record.kind === "outcome" ? "outcome" : "other",
      });
    });
    // Who finds the port finds a station that has started.
    this.world.advance({ seconds: STARTS_WITHIN });
  }

  /** Throws a `Failure` `cli/sim-line`, or what the world throws for something that cannot be done in it. */
  perform(verb: string, fields: LineFields): unknown {
    // What every object has, such as `constructor`, is no verb.
    const perform = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
    if (perform === undefined) throw new Failure("cli/sim-line", `there is no ${verb}; there are ${VERB_NAMES}`);
    return perform(this, fields);
  }

  /** Of all devices, as they are now. */
  get memories(): Memories {
    const devices = [
      { id: this.station.fixture.id, party: this.station.fixture.party },
      ...[...this.#boxes.values()].map(({ id, party }) => ({ id, party })),
      ...[...this.#doors.values()].map(({ cylinder, party }) => ({ id: cylinder, party })),
      ...[...this.#workers.values()].map(({ key, party }) => ({ id: key, party })),
    ];
    return new Map(
      devices.flatMap(({ id, party }) => {
        const nvm = this.#memoryOf(id);
        return nvm === undefined ? [] : [[toHex(party.kid), nvm] as const];
      }),
    );
  }

  // ---- the town ----------------------------------------------------------------------------------

  addProvider(fields: LineFields): unknown {
    const name = fields.text("name");
    const provider = this.world.addProvider(name, fields.texts("groups"));
    this.#providers.set(name, provider);
    // The list that says nothing yet is at the boxes; a station gets it from its host.
    const list = this.world.city.revoke(provider.list, this.world.unix);
    this.world.deliver(list.bytes);
    return { groups: provider.groups, list: toHex(list.bytes) };
  }

  addDoor(fields: LineFields): unknown {
    const name = fields.text("name");
    const kind = fields.choice("kind", ["apartment", "entrance"]);
    const door = this.world.addDoor(name, { groups: fields.numbers("groups"), kind });
    this.#doors.set(name, door);
    return { cylinder: toHex(door.party.kid), door: toHex(door.door.id) };
  }

  addBox(fields: LineFields): unknown {
    const name = fields.text("name");
    const box = this.world.addBox(name);
    this.#boxes.set(name, box);
    return { device: toHex(box.party.kid) };
  }

  addWorker(fields: LineFields): unknown {
    const name = fields.text("name");
    const provider = named(this.#providers, "provider", fields);
    const worker = this.world.addWorker(name, provider, fields.has("pin") ? fields.text("pin") : "2580");
    this.#workers.set(name, worker);
    return { key: toHex(worker.party.kid) };
  }

  // ---- what hands do -----------------------------------------------------------------------------

  dock(fields: LineFields): unknown {
    const { world, station } = this;
    return { ...world.dock(this.#worker(fields), station.fixture, fields.number("slot", 0)), at: world.unix };
  }

  activate(fields: LineFields): unknown {
    const worker = this.#worker(fields);
    const pin = fields.has("pin") ? fields.text("pin") : worker.pin;
    return { ...this.world.activate(worker, named(this.#boxes, "box", fields), pin), at: this.world.unix };
  }

  visit(fields: LineFields): unknown {
    const door = named(this.#doors, "door", fields);
    const report = this.world.visit(this.#worker(fields), door, fields.number("stayMs", 3_000));
    return visitData(report, this.world.kernel.beginsAt);
  }

  changeBattery(fields: LineFields): unknown {
    const outSeconds = fields.number("outSeconds", 40);
    this.world.changeBattery(this.#worker(fields), outSeconds);
    this.world.advance({ seconds: outSeconds + 1 });
    return { at: this.world.unix };
  }

  mains(fields: LineFields): unknown {
    this.world.setMains(this.station.fixture, fields.choice("power", ["on", "off"]));
    this.world.advance({ seconds: 1 });
    return { at: this.world.unix };
  }

  cutPower(fields: LineFields): unknown {
    this.world.cutPower(this.station.fixture.id, fields.number("after"), fields.choice("stage", NVM_STAGES));
    return {};
  }

  advance(fields: LineFields): unknown {
    if (fields.has("to")) this.world.advanceTo(fields.number("to"));
    else this.world.advance({ seconds: fields.number("seconds") });
    return { at: this.world.unix };
  }

  // ---- what only the city can --------------------------------------------------------------------

  stateTime(fields: LineFields): unknown {
    const { city, unix } = this.world;
    const statement = city.stateTime(fields.bytes("nonce"), unix, 1_100).bytes;
    return { statement: toHex(statement), certificates: city.centre.chainOf("time").map(toHex) };
  }

  /** The private key of a host stays with it. */
  certifyHost(fields: LineFields): unknown {
    const { city, unix } = this.world;
    const publicKey = fields.bytes("publicKey");
    const kid = keyId(city.centre.provider, publicKey);
    city.certify({ publicKey, kid }, "host", unix - DAY);
    const certificates = city.centre.chainOf({ kid, role: "host" });
    return { kid: toHex(kid), fleetId: toHex(city.centre.trust.fleetId), certificates: certificates.map(toHex) };
  }

  grant(fields: LineFields): unknown {
    const { world } = this;
    const { holder, party } = this.#worker(fields);
    const { bytes } = world.city.grantShift({
      ...{ holder, key: party, rights: OPEN, iat: world.unix },
      ...{ nbf: fields.number("from"), exp: fields.number("until"), groups: fields.numbers("groups") },
      doors: fields.has("doors") ? fields.texts("doors").map((name) => this.#door(name).door) : [],
    });
    return { key: toHex(party.kid), object: toHex(bytes) };
  }

  revoke(fields: LineFields): unknown {
    const { city, unix } = this.world;
    const { party, holder } = this.#worker(fields);
    const list = city.revoke(holder.provider.list, unix, { kind: "key", id: party.kid, until: unix });
    this.world.deliver(list.bytes);
    return { object: toHex(list.bytes) };
  }

  /** An object of a log that a host has read. */
  keep(fields: LineFields): unknown {
    const { ingested, receipt } = this.station.bringHome(fields.bytes("object"));
    const object = toHex(fields.bytes("object"));
    const receipts = receipt === undefined ? (this.#receipts.get(object) ?? []) : [toHex(receipt)];
    this.#receipts.set(object, receipts);
    if (ingested.kind === "refused") return { kept: "no", why: ingested.why, receipts };
    const device = toHex(ingested.device);
    const records = ingested.records.map(({ store, counter, known }) => ({ store, counter, known }));
    return { kept: "yes", device, records, receipts };
  }

  // ---- what is the case --------------------------------------------------------------------------

  describe(): unknown {
    const { world, station } = this;
    return {
      ...{ unix: world.unix, station: toHex(station.fixture.party.kid), slots: SLOTS },
      ...{ providers: [...this.#providers.keys()], doors: [...this.#doors.keys()] },
      ...{ boxes: [...this.#boxes.keys()], workers: [...this.#workers.keys()] },
    };
  }

  /**
   * For each door and log: records made, and records that the city holds, each once. The outcome of a door's newest opening is written
   * when the key has its log already: it is no missing record, but waits for the next visit (SPEC OPN-15). Then what was broken.
   */
  audit(): unknown {
    const { world } = this;
    const logs = [...this.#doors.values()].flatMap(({ name, cylinder, party }) =>
      (["openings", "refusals"] as const).map((store) => {
        const newest = this.#newest.get(cylinder) ?? NONE;
        const made = newest[store];
        const held = new Set(world.log.records(party.kid, store).map(({ counter }) => counter));
        const away = Array.from({ length: made }, (_, index) => index + 1).filter((number) => !held.has(number));
        const waits = store === "openings" && newest.endsWith === "outcome" && away.at(-1) === made;
        const missing = waits ? away.slice(0, -1) : away;
        return { door: name, store, made, home: held.size, waiting: waits ? 1 : 0, missing };
      }),
    );
    return { logs, keptOut: world.log.totals.refused, breaches: world.finish() };
  }

  #worker(fields: LineFields): Worker {
    return named(this.#workers, "worker", fields);
  }

  #door(name: string): DoorFixture {
    const found = this.#doors.get(name);
    if (found === undefined) throw new Failure("cli/sim-line", `there is no door ${name}`);
    return found;
  }
}

/** Times in milliseconds, energy in millijoules. */
function visitData(report: VisitReport, beginsAt: number): unknown {
  const { outcome, from, until, resultMicroseconds, batteryNanojoules, phases } = report;
  const cylinderNanojoules = Object.values(phases).reduce((sum, phase) => sum + phase.cylinderNanojoules, 0);
  return {
    at: beginsAt + Math.floor(from / 1_000_000),
    ...{ outcome, insertedMs: Math.round((until - from) / 1_000) },
    ...(resultMicroseconds === undefined ? {} : { resultMs: Math.round(resultMicroseconds / 1_000) }),
    batteryMillijoules: Math.round(batteryNanojoules / 100_000) / 10,
    cylinderMillijoules: Math.round(cylinderNanojoules / 100_000) / 10,
  };
}

function named<T>(things: ReadonlyMap<string, T>, field: string, fields: LineFields): T {
  const name = fields.text(field);
  const found = things.get(name);
  if (found === undefined) throw new Failure("cli/sim-line", `there is no ${field} ${name}`);
  return found;
}

const VERBS: Readonly<Record<string, (town: SimulatedTown, fields: LineFields) => unknown>> = {
  "add-provider": (town, fields) => town.addProvider(fields),
  "add-door": (town, fields) => town.addDoor(fields),
  "add-box": (town, fields) => town.addBox(fields),
  "add-worker": (town, fields) => town.addWorker(fields),
  dock: (town, fields) => town.dock(fields),
  activate: (town, fields) => town.activate(fields),
  visit: (town, fields) => town.visit(fields),
  "change-battery": (town, fields) => town.changeBattery(fields),
  mains: (town, fields) => town.mains(fields),
  "cut-power": (town, fields) => town.cutPower(fields),
  advance: (town, fields) => town.advance(fields),
  "state-time": (town, fields) => town.stateTime(fields),
  "certify-host": (town, fields) => town.certifyHost(fields),
  grant: (town, fields) => town.grant(fields),
  revoke: (town, fields) => town.revoke(fields),
  keep: (town, fields) => town.keep(fields),
  describe: (town) => town.describe(),
  audit: (town) => town.audit(),
};
const VERB_NAMES = Object.keys(VERBS).join(", ");
