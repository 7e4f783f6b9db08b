/**
 * A world: a city with its doors, people, keys, stations and boxes on virtual hardware, in virtual time, from one seed. Everything
 * in it speaks the real protocol with real signatures, and checkers watch.
 *
 * `World` is the builder's side, and the one who lets time pass. What has been built is referred to by fixtures, which are plain
 * data and hold in every fork.
 */
import { CallerError, type Seconds } from "@nyckelfri/protocol";
import type { Breach, Truth } from "../checkers/checker.ts";
import type { CabinetMake } from "../devices/key-cabinet/types.ts";
import { type Cell, fullCell } from "../hardware/battery.ts";
import { clutchAt, turnKeyway } from "../hardware/clutch.ts";
import type { NvmCutStage } from "../hardware/nvm.ts";
import type { Authority, PolicyChanges } from "./authority.ts";
import type { CityLog } from "./city-log.ts";
import type { WorldFaults } from "./conditions.ts";
import { forAll, forBoxes, forKey, newEpochErrands, send } from "./distribution.ts";
import type { PartRef, View } from "./entity.ts";
import {
  buildBox,
  buildCabinet,
  buildDesk,
  buildDoor,
  buildStation,
  buildWorker,
  type DeviceFixture,
  type DoorFixture,
  type Site,
  type Worker,
} from "./fixtures.ts";
import { found } from "./founding.ts";
import type { Happening } from "./happenings.ts";
import type { Inventory } from "./inventory.ts";
import type { Kernel, Snapshot } from "./kernel.ts";
import { livenessOf } from "./liveness.ts";
import { type Options, withOptions, withoutFaults } from "./options.ts";
import type { CareProvider, Door } from "./parties.ts";
import type { PersonEffect, PersonTask, TaskOutcome } from "./person.ts";
import type { DoorPlan, ShiftPlan, WorldOptions } from "./plans.ts";
import type { RecallCounts, RecallingProvider } from "./recall.ts";
import type { Seed } from "./streams.ts";
import { TruthIn } from "./truth.ts";
import type { VisitReport } from "./visit-report.ts";
import type { Watchers } from "./watchers.ts";
import type { HostRef } from "./wiring/host-wiring.ts";
import type { KeyRef } from "./wiring/key-wiring.ts";
import type { MainsRef } from "./wiring/mains-wiring.ts";

export type { DoorPlan, ShiftPlan, WorldOptions } from "./plans.ts";

const DAY = 86_400;
const SECOND = 1_000_000;
/** A task that takes longer will never end. */
const TASK_HORIZON = 600 * SECOND;

export class World {
  readonly kernel: Kernel;
  readonly #site: Site;
  /** For the city and for checkers, whose work costs no device anything. */
  readonly #provider: RecallingProvider;
  readonly #watchers: PartRef<Watchers>;
  readonly #inventory: PartRef<Inventory>;
  readonly #truths: WeakMap<View, Truth> = new WeakMap();

  /** A new world, or another that goes on from one as it was. */
  constructor(from: WorldOptions | { readonly world: World; readonly at: Snapshot; readonly seed: Seed }) {
    if ("world" in from) {
      const { world, at, seed } = from;
      this.kernel = world.kernel.fork(at, seed);
      this.#site = { ...world.#site, kernel: this.kernel, wiring: { ...world.#site.wiring, kernel: this.kernel } };
      this.#provider = world.#provider;
      this.#watchers = world.#watchers;
      this.#inventory = world.#inventory;
      return;
    }
    const { site, provider, watchers, inventory } = found(from, (view, happening) => this.#happen(view, happening));
    this.kernel = site.kernel;
    this.#site = site;
    this.#provider = provider;
    this.#watchers = watchers;
    this.#inventory = inventory;
  }

  /** What this world and its forks have asked of their CryptoProvider, and what of it was recalled instead of computed. */
  get recall(): RecallCounts {
    return this.#provider.counts();
  }

  /** The city as it is now; it issues, revokes and opens epochs. What it has issued still has to be brought to where it is used. */
  get city(): Authority {
    return this.kernel.part(this.#site.city);
  }

  get #has(): Inventory {
    return this.kernel.part(this.#inventory);
  }

  /** What goes wrong from now on. */
  get options(): Options {
    return this.kernel.part(this.#site.conditions).options;
  }

  /** What has come home. */
  get log(): CityLog {
    return this.kernel.part(this.#site.log);
  }

  /** True time, Unix seconds. */
  get unix(): Seconds {
    return Math.floor(this.kernel.unixMicroseconds / SECOND);
  }

  /** Visits until now. */
  get visitCount(): number {
    return this.kernel.part(this.#watchers).visits.length;
  }

  /** All of them, oldest first; made anew each time. */
  get visits(): readonly VisitReport[] {
    return this.visitsSince(0);
  }

  /** Those that came after so many. */
  visitsSince(count: number): readonly VisitReport[] {
    return this.kernel.part(this.#watchers).visits.from(count);
  }

  /** Where a property has been broken until now. */
  get breaches(): readonly Breach[] {
    return this.kernel.part(this.#watchers).breaches();
  }

  /** Goes on by itself from now, with the same devices, and with other luck by another seed; fixtures hold in both. */
  fork(seed: Seed = this.kernel.seed): World {
    return new World({ world: this, at: this.kernel.snapshot(), seed });
  }

  addProvider(name: string, groups: readonly string[]): CareProvider {
    const provider = this.city.addProvider(name, groups);
    // A list that says nothing yet: doors and boxes begin with it.
    this.deliver(this.city.revoke(provider.list, this.unix - DAY).bytes);
    return provider;
  }

  /** A door whose cylinder has been mounted and is active. */
  addDoor(name: string, { groups, kind = "apartment", terms = {} }: DoorPlan): DoorFixture {
    const door = this.city.addDoor(name, kind);
    this.city.addHome(`home ${name}`, [door], groups);
    return buildDoor(this.#site, name, door, terms, this.unix);
  }

  addStation(name: string, slots = 4): DeviceFixture {
    return this.#added(buildStation(this.#site, name, slots, this.unix));
  }

  /** `alone`: without a host, as in a vehicle. */
  addBox(name: string, place: "at-host" | "alone" = "at-host"): DeviceFixture {
    return this.#added(buildBox(this.#site, name, place, this.unix));
  }

  /** Where a key is brought whose clock nothing else repairs; `dock` it there. */
  addDesk(name: string): Pick<DeviceFixture, "id"> {
    return { id: buildDesk(this.#site, name) };
  }

  addCabinet(name: string, make: CabinetMake): DeviceFixture {
    return this.#added(buildCabinet(this.#site, name, make, this.unix));
  }

  /** Somebody of a provider, with a key that has been enrolled for them, and a PIN that every box knows. */
  addWorker(name: string, provider: CareProvider, pin = "2580"): Worker {
    const { worker, v } = buildWorker(this.#site, name, provider, pin);
    const verifier = this.city.pinVerifier(worker.party, v, this.unix - 60);
    send(this.kernel, forBoxes(this.#has.devices, [verifier.bytes]));
    this.#has.workers.push(worker);
    return worker;
  }

  /** Builds what is no usual fixture of a world, such as a rogue (rogues.ts). */
  build<T>(make: (site: Site) => T): T {
    return make(this.#site);
  }

  /** A shift for somebody; the grant is at every station and cabinet when their hosts have handed it over. */
  grant(worker: Worker, shift: ShiftPlan): void {
    const { holder, party } = worker;
    this.bundle(worker, this.city.grantShift({ holder, key: party, iat: this.unix, ...shift }).bytes);
  }

  /** Brings objects that are for everybody to every station, box and cabinet: lists, certificates, root transitions. */
  deliver(...objects: readonly Uint8Array[]): void {
    send(this.kernel, forAll(this.#has.devices, objects));
  }

  /** Brings objects for one key to every station and cabinet. */
  bundle({ party }: Worker, ...objects: readonly Uint8Array[]): void {
    send(this.kernel, forKey(this.#has.devices, party.kid, objects));
  }

  /** From now on nothing that the city has granted to this key holds where the list is known. */
  revoke({ party, holder }: Worker): void {
    const entry = { kind: "key", id: party.kid, until: this.unix } as const;
    this.deliver(this.city.revoke(holder.provider.list, this.unix, entry).bytes);
  }

  /** A new epoch with new issuers, and with the successor as root where the old one has leaked; everything is issued anew. */
  openEpoch(root: "same" | "successor" = "same"): void {
    const opened = root === "same" ? this.city.openEpoch(this.unix) : this.city.rotateRoot(this.unix);
    for (const { host } of this.#has.devices) {
      const party = host === "none" ? undefined : this.kernel.part(this.#site.cast).member(host)?.party;
      if (party !== undefined) this.city.certify(party, "host", this.unix);
    }
    send(this.kernel, newEpochErrands(this.#has.devices, this.#has.workers, opened));
  }

  /** A door's newest policy, carried by these keys from their next dock on. */
  renewPolicy({ door }: DoorFixture, carriers: readonly Worker[], changed: PolicyChanges): void {
    const policy = this.city.renewPolicy(door, this.unix, changed);
    for (const carrier of carriers) this.bundle(carrier, policy.bytes);
  }

  /** Somebody takes the battery out and puts another in so much later, a full one unless given. */
  changeBattery({ key }: Worker, outSeconds: number, other?: Cell): void {
    const cell = other ?? fullCell(this.#site.wiring.hardware.key.battery);
    const to: KeyRef = { id: key };
    this.kernel.send(to, { kind: "cell", cell: "out" });
    this.kernel.send(to, { kind: "cell", cell }, outSeconds * SECOND);
  }

  /** Somebody opens the key and sets its counter; from now on it is no honest clock. */
  tamperClock({ key }: Worker, aheadSeconds: number): void {
    const to: KeyRef = { id: key };
    this.kernel.send(to, { kind: "tampered", aheadMicroseconds: aheadSeconds * SECOND });
    this.kernel.part(this.#site.cast).tampered(key);
  }

  /** Power goes at this operation of a device's memory, counted from now. */
  cutPower(device: string, after: number, stage: NvmCutStage): void {
    const body = this.kernel.part(this.#site.bodies).any(device);
    if (body === undefined) throw new CallerError("caller/argument", { argument: "device", takes: "a device", device });
    body.plannedCut = { operation: body.nvm.operations + after, stage };
  }

  /** All faults end: nothing is cut any more, devices have mains and hosts, and nothing more goes wrong. Clocks stay as they are. */
  endFaults(): void {
    this.kernel.part(this.#site.conditions).change(withoutFaults(this.options));
    for (const body of this.kernel.part(this.#site.bodies).all()) body.plannedCut = "none";
    for (const device of this.#has.devices) {
      this.setMains(device, "on");
      this.setHost(device, "here");
    }
  }

  /** From now on this goes wrong, besides what did; 0 ends a fault. Lines that are open stay as they are. */
  setFaults(faults: WorldFaults): void {
    this.kernel.part(this.#site.conditions).change(withOptions(this.options, faults));
  }

  /** A station, box or cabinet is unplugged, or plugged in again. */
  setMains({ id }: DeviceFixture, mains: "on" | "off"): void {
    this.kernel.send({ id } as MainsRef<unknown>, { kind: "mains", mains });
  }

  /** A cylinder is taken out of its door, or put into another: somebody's hands, whatever its policy says. */
  moveCylinder({ cylinder }: DoorFixture, to: Door | "nowhere"): void {
    this.kernel.part(this.#site.cast).mount(cylinder, to);
  }

  /** The resident turns the mechanical key. */
  turnMechanical({ cylinder }: DoorFixture): void {
    const { now } = this.kernel;
    const { clutch } = this.kernel.part(this.#site.bodies).of("cylinder", cylinder);
    const outcome = turnKeyway(clutchAt(clutch, now), "mechanical", now);
    this.#happen(this.kernel, { kind: "turned", cylinder, keyway: "mechanical", outcome });
  }

  /** The host of a device goes away, with its cable, or is there again. */
  setHost({ host }: DeviceFixture, presence: "here" | "away"): void {
    const to: HostRef = { id: host };
    if (host !== "none") this.kernel.send(to, { kind: "presence", presence });
  }

  /** Gives somebody something to do, after what they have to do already. */
  tell(worker: Worker, task: PersonTask, delayMicroseconds = 0): void {
    this.kernel.send({ id: worker.person }, { kind: "task", task }, delayMicroseconds);
  }

  /** The same, and lets time pass until it is done. Throws `caller/argument` for what does not end within ten minutes. */
  run(worker: Worker, task: PersonTask): TaskOutcome {
    this.tell(worker, task);
    let outcome: TaskOutcome | undefined;
    this.kernel.runUntil(({ entity, effects }) => {
      if (entity !== worker.person) return false;
      for (const effect of effects as readonly PersonEffect[]) {
        if (effect.kind === "finished" && effect.task === task) outcome = effect.outcome;
      }
      return outcome !== undefined;
    }, this.kernel.now + TASK_HORIZON);
    if (outcome === undefined)
      throw new CallerError("caller/argument", { argument: "task", takes: "one that ends", ...task });
    this.kernel.advanceBy(SECOND / 10);
    return outcome;
  }

  /** The key stays in a station, or at a desk, until that has done, or patience ends. */
  dock(worker: Worker, station: Pick<DeviceFixture, "id">, slot = 0): TaskOutcome {
    return this.run(worker, { kind: "dock", station: station.id, slot });
  }

  /** At a box, with the PIN; `pin` where somebody types another. */
  activate(worker: Worker, box: DeviceFixture, pin: string = worker.pin): TaskOutcome {
    return this.run(worker, { kind: "activate", box: box.id, pin });
  }

  /** The key goes into a door, as often as people try; the report of its last insertion. */
  visit(worker: Worker, { cylinder }: DoorFixture, stayMs = 3_000): VisitReport {
    const before = this.visitCount;
    this.run(worker, { kind: "visit", cylinder, stayMs });
    // A contact that bounces lets go later.
    this.kernel.advanceBy(SECOND / 2);
    const report = this.visitsSince(before).findLast((one) => one.key === worker.key && one.cylinder === cylinder);
    if (report !== undefined) return report;
    throw new CallerError("caller/argument", { argument: "worker", takes: "somebody whose key made contact" });
  }

  /**
   * Somebody with every right visits a healthy door after all faults have ended; the checkers hear how that went (P14). Time is from
   * the first insertion to the result of the one that opened.
   */
  demandLiveness(worker: Worker, { cylinder }: DoorFixture): "opened" | "stayed-shut" {
    const known = this.visitCount;
    const { insertions } = this.run(worker, { kind: "visit", cylinder, stayMs: 1_000 });
    const happening = livenessOf(worker.key, cylinder, insertions, this.visitsSince(known));
    this.#happen(this.kernel, happening);
    return happening.opened === "yes" ? "opened" : "stayed-shut";
  }

  advance({ hours = 0, minutes = 0, seconds = 0 }: { hours?: number; minutes?: number; seconds?: number }): void {
    this.kernel.advanceBy((hours * 3_600 + minutes * 60 + seconds) * SECOND);
  }

  /** To a moment in Unix seconds. */
  advanceTo(unix: Seconds): void {
    this.kernel.advanceTo((unix - this.kernel.beginsAt) * SECOND);
  }

  /** What should have happened until now and has not; then all breaches. */
  finish(): readonly Breach[] {
    this.kernel.part(this.#watchers).finish(this.#truthIn(this.kernel));
    return this.breaches;
  }

  #added(fixture: DeviceFixture): DeviceFixture {
    this.#has.devices.push(fixture);
    return fixture;
  }

  #happen(view: View, happening: Happening): void {
    view.part(this.#watchers).happen(happening, this.#truthIn(view));
  }

  /** What is true in this world, or in a fork of it. */
  #truthIn(view: View): Truth {
    const known = this.#truths.get(view) ?? new TruthIn(view, this.#site, this.#provider);
    this.#truths.set(view, known);
    return known;
  }
}
