/**
 * A day of one district: clients with apartment and entrance doors, and the staff of two care providers in day, evening, night and alarm
 * patrols. Everybody docks, activates, makes their round, and comes back; now and then somebody tries a wrong door or comes too late, and
 * one key is lost. All of it follows from the seed.
 */
import { type Seconds, times } from "@nyckelfri/protocol";
import type { DeviceFixture, DoorFixture, Worker } from "./fixtures.ts";
import type { CareProvider } from "./parties.ts";
import type { PersonTask } from "./person.ts";
import type { Stream } from "./streams.ts";
import type { VisitReport } from "./visit-report.ts";
import { World, type WorldOptions } from "./world.ts";

export interface DistrictOptions extends Omit<WorldOptions, "beginsAt"> {
  readonly clients?: number;
  readonly staff?: number;
  /** Midnight UTC of the day, Unix seconds: 2 November 2026 unless given. */
  readonly day?: Seconds;
  /** Clients behind one entrance: 7 unless given. */
  readonly clientsByEntrance?: number;
  /** Of a million houses, so many have no locked entrance: 150,000 unless given. */
  readonly openHousesPerMillion?: number;
}

export const PATROLS = ["day", "evening", "night", "alarm"] as const;
export type Patrol = (typeof PATROLS)[number];

interface PatrolPlan {
  /** Of 40 staff, so many. */
  readonly share: number;
  /** Hours after midnight UTC. */
  readonly from: number;
  readonly until: number;
  /** Visits in a shift, to homes of the round or, for alarms, to any. */
  readonly visits: number;
  /** How long somebody stays in a home, in minutes, and how long the way takes. */
  readonly stayMinutes: number;
  readonly wayMinutes: number;
}

const PLANS: Readonly<Record<Patrol, PatrolPlan>> = {
  day: { share: 22, from: 6, until: 15, visits: 22, stayMinutes: 12, wayMinutes: 8 },
  evening: { share: 10, from: 14, until: 22, visits: 20, stayMinutes: 10, wayMinutes: 9 },
  night: { share: 5, from: 21, until: 30, visits: 16, stayMinutes: 8, wayMinutes: 15 },
  alarm: { share: 3, from: 5, until: 17, visits: 9, stayMinutes: 20, wayMinutes: 40 },
};

interface Client {
  readonly apartment: DoorFixture;
  readonly entrance: DoorFixture | "none";
  readonly provider: CareProvider;
}
interface Member {
  readonly worker: Worker;
  readonly patrol: Patrol;
  readonly provider: CareProvider;
}

const DAY = 1_793_577_600;
const HOUR = 3_600;
const MINUTE = 60;
const CLIENTS_BY_ENTRANCE = 7;
const OPEN_HOUSES_PER_MILLION = 150_000;
/** Of visits: at a door of somebody else's client. Of shifts: one visit after the end, and a key that is not activated at first. */
const WRONG_DOOR_PER_MILLION = 10_000;
const LATE_SHIFT_PER_MILLION = 100_000;
const FORGOTTEN_PER_MILLION = 60_000;
/** Day staff meets at the office: keys bring records home and take the news along. */
const LUNCH_HOURS = 11;
/** When a key is missed, and when whoever found it tries the doors of its round. */
const MISSED_HOURS = 10.5;
const FOUND_HOURS = 14.5;
const FOUND_TRIES = 8;
/** At a client's door the key sits as long as the door is being opened. */
const STAY_MS = 3_000;

export interface DistrictReport {
  readonly clients: number;
  readonly doors: number;
  readonly staff: number;
  readonly insertions: number;
  readonly openings: number;
  /** By what the holder is told, and why as the log says. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly recordsConfirmed: number;
  readonly recordsDelivered: number;
  readonly breaches: number;
  /** From contact to result, of openings. */
  readonly milliseconds: Spread;
  /** From the key's battery, of openings. */
  readonly millijoules: Spread;
  readonly bytesToResult: Spread;
  readonly verifications: Readonly<Record<string, number>>;
  readonly slowestChallengeMilliseconds: number;
  readonly traceRecords: number;
  readonly traceHash: string;
}
export interface Spread {
  readonly median: number;
  readonly most: number;
}

export class District {
  readonly world: World;
  readonly #clients: Client[] = [];
  readonly #staff: Member[] = [];
  readonly #stations: readonly DeviceFixture[];
  readonly #boxes: readonly DeviceFixture[];
  readonly #doors: DoorFixture[] = [];
  readonly #midnight: Seconds;
  readonly #stream: Stream;

  constructor({
    clients = 400,
    staff = 40,
    day = DAY,
    clientsByEntrance = CLIENTS_BY_ENTRANCE,
    openHousesPerMillion = OPEN_HOUSES_PER_MILLION,
    ...options
  }: DistrictOptions) {
    // Staff of the first shift docks before it begins.
    const world = new World({ ...options, beginsAt: day + 4 * HOUR });
    this.world = world;
    this.#midnight = day;
    this.#stream = world.kernel.stream("district");
    const providers = [world.addProvider("municipal", PATROLS), world.addProvider("private", PATROLS)];
    this.#stations = ["north", "south"].map((name) => world.addStation(name, 8));
    this.#boxes = ["north", "south"].map((name) => world.addBox(name));
    this.#addClients(clients, providers, { clientsByEntrance, openHousesPerMillion });
    this.#addStaff(staff, providers);
  }

  /** Lets the whole day pass, with the night after it, until the last records are home. */
  run(onHour: (hour: number) => void = () => {}): DistrictReport {
    const lost = this.#stream.pick(this.#staff.filter(({ patrol }) => patrol === "day"));
    this.#planShifts(lost);
    const acts = this.#planLoss(lost);
    for (let hour = 5; hour <= 32; hour++) {
      const end = this.#midnight + hour * HOUR;
      for (const { at, act } of acts) {
        if (at < this.world.unix || at >= end) continue;
        this.world.advanceTo(at);
        act();
      }
      this.world.advanceTo(end);
      onHour(hour);
    }
    return this.report();
  }

  report(): DistrictReport {
    const { world } = this;
    const { visits } = world;
    const opened = visits.filter(({ outcome }) => outcome.kind === "opened");
    const refusals: Record<string, number> = {};
    for (const report of visits) {
      const name = refusalOf(report);
      if (name !== undefined) refusals[name] = (refusals[name] ?? 0) + 1;
    }
    const verifications: Record<string, number> = {};
    for (const report of opened) {
      verifications[report.verifications] = (verifications[report.verifications] ?? 0) + 1;
    }
    const breaches = world.finish().length;
    return {
      clients: this.#clients.length,
      doors: this.#doors.length,
      staff: this.#staff.length,
      insertions: visits.length,
      openings: opened.length,
      refusals,
      recordsConfirmed: recordsConfirmed(opened),
      recordsDelivered: world.log.totals.openings,
      breaches,
      milliseconds: spreadOf(
        opened.flatMap(({ resultMicroseconds }) =>
          resultMicroseconds === undefined ? [] : [Math.ceil(resultMicroseconds / 1_000)],
        ),
      ),
      millijoules: spreadOf(opened.map(({ batteryNanojoules }) => Math.ceil(batteryNanojoules / 1_000_000))),
      bytesToResult: spreadOf(opened.map(({ bytesToResult }) => bytesToResult)),
      verifications,
      slowestChallengeMilliseconds: Math.max(
        0,
        ...visits.map(({ challengeMicroseconds = 0 }) => Math.ceil(challengeMicroseconds / 1_000)),
      ),
      traceRecords: world.kernel.trace.length,
      traceHash: world.kernel.trace.hash(),
    };
  }

  #addClients(
    count: number,
    providers: readonly CareProvider[],
    { clientsByEntrance, openHousesPerMillion }: { clientsByEntrance: number; openHousesPerMillion: number },
  ): void {
    let entrance: DoorFixture | "none" = "none";
    for (let index = 0; index < count; index++) {
      const provider = this.#stream.pick(providers);
      if (index % clientsByEntrance === 0) {
        // A house without a locked entrance now and then. Both providers have clients behind the others.
        const groups = providers.flatMap((one) => Object.values(one.groups));
        entrance = this.#stream.chance(openHousesPerMillion)
          ? "none"
          : this.#door(`entrance ${1 + index / clientsByEntrance}`, groups, "entrance");
      }
      const apartment = this.#door(`flat ${index + 1}`, Object.values(provider.groups), "apartment");
      this.#clients.push({ apartment, entrance, provider });
    }
  }

  #door(name: string, groups: readonly number[], kind: "apartment" | "entrance"): DoorFixture {
    const fixture = this.world.addDoor(name, { groups, kind });
    this.#doors.push(fixture);
    return fixture;
  }

  #addStaff(count: number, providers: readonly CareProvider[]): void {
    const shares = PATROLS.flatMap((patrol) => Array.from({ length: PLANS[patrol].share }, () => patrol));
    for (let index = 0; index < count; index++) {
      const patrol = shares[Math.floor((index * shares.length) / count)] ?? "day";
      const provider = providers[index % providers.length] as CareProvider;
      const worker = this.world.addWorker(`${patrol} ${index + 1}`, provider);
      this.#staff.push({ worker, patrol, provider });
    }
  }

  /** Everybody's day, as tasks at their times. */
  #planShifts(lost: Member): void {
    const rounds = this.#rounds();
    const missed = this.#midnight + MISSED_HOURS * HOUR;
    this.#staff.forEach((member, index) => {
      const until = member === lost ? missed : Number.POSITIVE_INFINITY;
      this.#planShift(member, index, rounds.get(member) ?? [], until);
    });
  }

  /** A key is missed and revoked; whoever has found it tries doors. */
  #planLoss(lost: Member): readonly { readonly at: Seconds; readonly act: () => void }[] {
    const missed = this.#midnight + MISSED_HOURS * HOUR;
    const own = this.#clients.filter(({ provider }) => provider === lost.provider);
    for (let attempt = 0; attempt < FOUND_TRIES; attempt++) {
      const { cylinder } = this.#stream.pick(own).apartment;
      const at = this.#midnight + FOUND_HOURS * HOUR + attempt * 7 * MINUTE;
      this.world.tell(lost.worker, { kind: "visit", cylinder, stayMs: STAY_MS }, this.#after(at));
    }
    return [{ at: missed, act: () => this.#revoke(lost, missed) }];
  }

  /** Microseconds until a moment, somewhere in its second. */
  #after(at: Seconds): number {
    return (at - this.world.unix) * 1_000_000 + this.#stream.below(1_000_000);
  }

  #revoke({ worker, provider }: Member, at: Seconds): void {
    const entry = { kind: "key", id: worker.party.kid, until: at } as const;
    this.world.deliver(this.world.city.revoke(provider.list, at, entry).bytes);
  }

  /** Each patrol shares the clients of its provider out among its members; alarms go anywhere. */
  #rounds(): Map<Member, Client[]> {
    const rounds = new Map<Member, Client[]>();
    for (const member of this.#staff) {
      const colleagues = this.#staff.filter((one) => one.patrol === member.patrol && one.provider === member.provider);
      const place = colleagues.indexOf(member);
      const clients = this.#clients.filter(({ provider }) => provider === member.provider);
      const own = clients.filter((_, index) => index % colleagues.length === place);
      const { visits } = PLANS[member.patrol];
      const from = member.patrol === "alarm" ? clients : own;
      rounds.set(
        member,
        Array.from({ length: visits }, () => this.#stream.pick(from)),
      );
    }
    return rounds;
  }

  /** `keptUntil`: what somebody does with a key that they have. */
  #planShift({ worker, patrol, provider }: Member, index: number, round: readonly Client[], keptUntil: Seconds): void {
    const { world } = this;
    const { from, until, stayMinutes, wayMinutes } = PLANS[patrol];
    const begins = this.#midnight + from * HOUR;
    const ends = this.#midnight + until * HOUR;
    const group = provider.groups[patrol] as number;
    world.grant(worker, {
      nbf: begins,
      exp: Math.min(ends + HOUR, begins + times.longestGrantSeconds),
      groups: [group],
    });
    const tell = (task: PersonTask, at: Seconds): void => {
      if (at < keptUntil) world.tell(worker, task, this.#after(at));
    };
    const station = this.#stations[index % this.#stations.length] as DeviceFixture;
    const box = this.#boxes[index % this.#boxes.length] as DeviceFixture;
    const slot = Math.floor(index / this.#stations.length) % station.slots;
    // One after the other at the box, with some minutes between them.
    const early = begins - (40 - (index % 30)) * MINUTE;
    tell({ kind: "dock", station: station.id, slot }, early);
    let now = begins + this.#stream.below(10 * MINUTE);
    // Who forgets it is told so at the first door, and goes to the box.
    const activates = this.#stream.chance(FORGOTTEN_PER_MILLION) ? now + 5 * MINUTE : early + 3 * MINUTE;
    tell({ kind: "activate", box: box.id, pin: worker.pin }, activates);
    const lunch = patrol === "day" ? this.#midnight + LUNCH_HOURS * HOUR + (index % 6) * 5 * MINUTE : "none";
    if (lunch !== "none") tell({ kind: "dock", station: station.id, slot }, lunch);
    for (const client of round) {
      if (lunch !== "none" && now > lunch - 15 * MINUTE && now < lunch + 15 * MINUTE) now = lunch + 15 * MINUTE;
      const isWrong = this.#stream.chance(WRONG_DOOR_PER_MILLION);
      const { apartment, entrance } = isWrong ? this.#stream.pick(this.#clients) : client;
      if (now > ends - 15 * MINUTE) break;
      if (entrance !== "none") tell({ kind: "visit", cylinder: entrance.cylinder, stayMs: STAY_MS }, now);
      tell({ kind: "visit", cylinder: apartment.cylinder, stayMs: STAY_MS }, now + MINUTE);
      now += (stayMinutes + this.#stream.below(wayMinutes) + 2) * MINUTE;
    }
    const back = Math.min(ends - 10 * MINUTE, now);
    tell({ kind: "dock", station: station.id, slot }, back);
    // Somebody forgets that the shift is over.
    if (this.#stream.chance(LATE_SHIFT_PER_MILLION)) {
      const { apartment } = this.#stream.pick(round);
      tell({ kind: "visit", cylinder: apartment.cylinder, stayMs: STAY_MS }, ends + HOUR + 20 * MINUTE);
    }
  }
}

/** By the newest opening of each door, with its outcome. */
function recordsConfirmed(visits: readonly VisitReport[]): number {
  const newest = new Map<string, number>();
  for (const { cylinder, outcome } of visits) {
    if (outcome.kind === "opened") newest.set(cylinder, outcome.record + 1);
  }
  return [...newest.values()].reduce((sum, number) => sum + number, 0);
}

/** What a refused visit was told, with the reason where the door's log has it. */
function refusalOf({ outcome }: VisitReport): string | undefined {
  switch (outcome.kind) {
    case "opened":
    case "worked":
      return undefined;
    case "refused":
      return `${outcome.result} (${outcome.reason})`;
    case "not-asked":
      return `not asked: ${outcome.signal}`;
    case "broken-off":
      return "broken off";
  }
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, most: sorted.at(-1) ?? 0 };
}
