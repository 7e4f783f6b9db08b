/** A shift, walked: the plan's acts in virtual time, the host's work between them, and what came of each. */
import type { VisitOutcome } from "@nyckelfri/firmware-sim";
import { Failure } from "../program/failure.ts";
import { grantWindow, groupsOf, type Roster } from "../roster/roster.ts";
import type { ShiftHost } from "./host.ts";
import { type Act, planOf } from "./plan.ts";
import type { City } from "./station-process.ts";

/** One line of the timeline. `at` in Unix seconds. */
export interface ShiftEvent {
  readonly at: number;
  readonly kind: "city" | "host" | "dock" | "activate" | "visit" | "battery" | "revoke" | "log-round";
  /** Of the worker, or who else. */
  readonly who: string;
  /** Door, box or station. */
  readonly where: string;
  readonly outcome: string;
  readonly why: string;
  /** From contact to the door's answer. */
  readonly ms?: number;
  /** From the key's battery. */
  readonly mJ?: number;
  /** Whether it came out as the roster has it. */
  readonly asPlanned: boolean;
}

export interface ShiftSummary {
  readonly opened: number;
  readonly refused: number;
  readonly recordsMade: number;
  readonly recordsHome: number;
  /** Outcomes of newest openings, which stay in their doors until the next visit. */
  readonly recordsWaiting: number;
  /** Copies of records that came by another way too. */
  readonly repeats: number;
  readonly missing: readonly { readonly door: string; readonly store: string; readonly numbers: readonly number[] }[];
  readonly keptOut: Readonly<Record<string, number>>;
  readonly breaches: readonly unknown[];
  readonly unplanned: number;
}

interface VisitAnswer {
  readonly at: number;
  readonly outcome: VisitOutcome;
  readonly resultMs?: number;
  readonly batteryMillijoules: number;
}
interface TaskAnswer {
  readonly at: number;
  readonly result: "done" | "refused" | "gave-up";
  readonly signal: string;
}
interface Audit {
  readonly logs: readonly {
    readonly door: string;
    readonly store: string;
    readonly made: number;
    readonly home: number;
    readonly waiting: number;
    readonly missing: readonly number[];
  }[];
  readonly keptOut: Readonly<Record<string, number>>;
  readonly breaches: readonly unknown[];
}

const BOX = "box";
const STATION = "station";
const HOUR = 3_600;
const FINDER = "whoever found it";

/** When the world has to begin for this roster: before anybody docks. */
export function worldBegins({ patrols }: Roster): number {
  return Math.min(...patrols.map(({ from }) => from)) - HOUR;
}

export class Walk {
  readonly #roster: Roster;
  readonly #city: City;
  readonly #host: ShiftHost;
  readonly #tell: (event: ShiftEvent) => void;
  /** World's number of each of the roster's groups. */
  readonly #groups: Map<number, number> = new Map();
  /** Doors with records that only the door, or a key that has not docked since, has: and that key. */
  readonly #unsettled: Map<string, string> = new Map();
  readonly #lost: Set<string> = new Set();
  /** Worker and patrol of each grant that was brought. */
  readonly #granted: Set<string> = new Set();
  readonly #counts = { opened: 0, refused: 0, repeats: 0, unplanned: 0 };
  #now: number;

  constructor(roster: Roster, city: City, host: ShiftHost, tell: (event: ShiftEvent) => void) {
    this.#roster = roster;
    this.#city = city;
    this.#host = host;
    this.#tell = tell;
    this.#now = worldBegins(roster);
  }

  async run(): Promise<ShiftSummary> {
    await this.#furnish();
    for (const act of planOf(this.#roster)) {
      await this.#advanceTo(act.at);
      await this.#perform(act);
    }
    await this.#logRound();
    return this.#summary();
  }

  // ---- before the shift ----------------------------------------------------------------------------

  async #furnish(): Promise<void> {
    const { providers, patrols, doors, workers } = this.#roster;
    const lists: string[] = [];
    await this.#city.ask("add-box", { name: BOX });
    for (const { id } of providers) {
      const own = patrols.filter(({ provider }) => provider === id);
      const added = await this.#city.ask<{ groups: Record<string, number>; list: string }>("add-provider", {
        ...{ name: id, groups: own.map((patrol) => patrol.id) },
      });
      for (const patrol of own) this.#groups.set(patrol.group, added.groups[patrol.id] as number);
      lists.push(added.list);
    }
    for (const { id, kind } of doors) {
      const groups = groupsOf(this.#roster, id).map((group) => this.#groupOf(group));
      await this.#city.ask("add-door", { name: id, kind, groups });
    }
    for (const { id, provider } of workers) await this.#city.ask("add-worker", { name: id, provider });
    await this.#advanceTo(this.#now + 60);
    const welcome = await this.#host.client.ready();
    this.#event(
      "city",
      "city",
      counted(doors.length, "door"),
      "commissioned",
      `${counted(workers.length, "key")} enrolled`,
    );
    await this.#host.giveTime();
    this.#event("host", "host", STATION, "connected", `${welcome.slots} slots; it has the time now`);
    for (const list of lists) await this.#host.bring(list);
    await this.#requireRoom(workers.length);
    for (const { id, patrols: shifts } of workers) await this.#grantFor(id, shifts[0]);
    const grants = this.#granted.size;
    this.#event(
      "host",
      "host",
      STATION,
      "preloaded",
      `${counted(grants, "grant")}, ${counted(lists.length, "revocation list")}`,
    );
  }

  /** A station keeps the bundle of each key while its grant lasts; one more is for the log round. */
  async #requireRoom(keys: number): Promise<void> {
    const { bundleRoom } = await this.#host.client.info();
    if (keys < bundleRoom) return;
    throw new Failure(
      "cli/station-room",
      `the roster has ${counted(keys, "worker")}, and the station has room for ${bundleRoom - 1}`,
    );
  }

  /** The grant of a shift, once: a key takes the newest that its bundle has, so those of later shifts come when they begin. */
  async #grantFor(worker: string, id: string | undefined): Promise<void> {
    const patrol = this.#roster.patrols.find((one) => one.id === id);
    const name = `${worker} ${id}`;
    if (patrol === undefined || this.#granted.has(name)) return;
    this.#granted.add(name);
    const { nbf, exp } = grantWindow(this.#roster, patrol);
    await this.#grant(worker, { from: nbf, until: exp, groups: [this.#groupOf(patrol.group)] });
  }

  async #grant(worker: string, shift: Readonly<Record<string, unknown>>): Promise<void> {
    const { key, object } = await this.#city.ask<{ key: string; object: string }>("grant", { worker, ...shift });
    await this.#host.bring(object, key);
  }

  #groupOf(group: number): number {
    return this.#groups.get(group) ?? 0;
  }

  // ---- the shift -----------------------------------------------------------------------------------

  async #perform(act: Act): Promise<void> {
    switch (act.kind) {
      case "dock":
        return this.#dock(act.worker, act.why, act.patrol);
      case "activate": {
        const { result, signal, at } = await this.#city.ask<TaskAnswer>("activate", { worker: act.worker, box: BOX });
        this.#now = at;
        const isDone = result === "done";
        return this.#did("activate", act.worker, BOX, isDone ? "activated" : "refused", isDone ? "" : signal, {
          asPlanned: isDone,
        });
      }
      case "visit":
        return this.#visit(act);
      case "change-battery": {
        const { at } = await this.#city.ask<{ at: number }>("change-battery", { worker: act.worker });
        this.#now = at;
        return this.#did("battery", act.worker, "key", "changed", "its clock has stopped");
      }
      case "revoke": {
        this.#lost.add(act.worker);
        const { object } = await this.#city.ask<{ object: string }>("revoke", { worker: act.worker });
        await this.#host.bring(object);
        return this.#did("revoke", act.worker, "key", "revoked", "reported lost");
      }
      default:
        return act satisfies never;
    }
  }

  async #dock(worker: string, why: string, patrol?: string): Promise<void> {
    await this.#host.giveTime();
    await this.#grantFor(worker, patrol);
    const { result, at } = await this.#city.ask<TaskAnswer>("dock", { worker, slot: 0 });
    this.#now = at;
    const { records, repeats, receipts } = await this.#host.collect();
    this.#counts.repeats += repeats;
    if (result === "done") {
      for (const [door, key] of this.#unsettled) if (key === worker) this.#unsettled.delete(door);
    }
    const home = records === 0 ? "" : `; ${counted(records, "record")} home, ${counted(receipts, "receipt")}`;
    this.#did("dock", worker, STATION, result === "done" ? "docked" : result, `${why}${home}`, {
      asPlanned: result === "done",
    });
  }

  async #visit({ worker, door, expected, note }: Extract<Act, { kind: "visit" }>): Promise<void> {
    const answer = await this.#city.ask<VisitAnswer>("visit", { worker, door });
    const { outcome, resultMs, batteryMillijoules } = answer;
    const isOpen = outcome.kind === "opened";
    this.#now = answer.at;
    if (isOpen) this.#counts.opened += 1;
    else this.#counts.refused += 1;
    // A visit that fails may leave a record that only the door has.
    this.#unsettled.set(door, isOpen && !this.#lost.has(worker) ? worker : "");
    const reason = reasonOf(outcome);
    this.#did("visit", worker, door, isOpen ? "opens" : "refused", [note, reason].filter(Boolean).join(": "), {
      asPlanned: isOpen === (expected === "opens") && outcome.kind !== "broken-off",
      ...(resultMs === undefined ? {} : { ms: resultMs }),
      mJ: batteryMillijoules,
    });
  }

  // ---- after the shift -----------------------------------------------------------------------------

  /** Doors whose newest records nobody has brought home: somebody with a key goes by. */
  async #logRound(): Promise<void> {
    const doors = [...this.#unsettled]
      .filter(([, key]) => key === "" || this.#lost.has(key))
      .map(([door]) => door)
      .sort();
    if (doors.length === 0) return;
    const worker = "log-round";
    await this.#advanceTo(this.#now + HOUR);
    const provider = this.#roster.providers[0]?.id;
    await this.#city.ask("add-worker", { name: worker, provider });
    await this.#grant(worker, { from: this.#now, until: this.#now + 4 * HOUR, groups: [], doors });
    await this.#dock(worker, "takes time and grant for the log round");
    await this.#perform({ at: this.#now, kind: "activate", worker });
    for (const door of doors) {
      await this.#advanceTo(this.#now + 600);
      await this.#visit({ at: this.#now, kind: "visit", worker, door, expected: "opens", note: "log round" });
    }
    await this.#advanceTo(this.#now + 600);
    await this.#dock(worker, "brings the last records");
  }

  async #summary(): Promise<ShiftSummary> {
    const { logs, keptOut, breaches } = await this.#city.ask<Audit>("audit");
    const missing = logs
      .filter((log) => log.missing.length > 0)
      .map(({ door, store, missing: numbers }) => ({ door, store, numbers }));
    return {
      ...this.#counts,
      recordsMade: logs.reduce((sum, { made }) => sum + made, 0),
      recordsHome: logs.reduce((sum, { home }) => sum + home, 0),
      recordsWaiting: logs.reduce((sum, { waiting }) => sum + waiting, 0),
      ...{ missing, keptOut, breaches },
    };
  }

  async #advanceTo(at: number): Promise<void> {
    if (at <= this.#now) return;
    await this.#city.ask("advance", { to: at });
    this.#now = at;
  }

  #did(
    kind: ShiftEvent["kind"],
    worker: string,
    where: string,
    outcome: string,
    why: string,
    more: Partial<Pick<ShiftEvent, "ms" | "mJ" | "asPlanned">> = {},
  ): void {
    const known = this.#roster.workers.find(({ id }) => id === worker)?.name ?? worker;
    const who = kind === "visit" && this.#lost.has(worker) ? FINDER : known;
    this.#event(kind, who, where, outcome, why, more);
  }

  #event(
    kind: ShiftEvent["kind"],
    who: string,
    where: string,
    outcome: string,
    why: string,
    more: Partial<Pick<ShiftEvent, "ms" | "mJ" | "asPlanned">> = {},
  ): void {
    const event = { at: this.#now, kind, who, where, outcome, why, asPlanned: true, ...more };
    if (!event.asPlanned) this.#counts.unplanned += 1;
    this.#tell(event);
  }
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

function reasonOf(outcome: VisitOutcome): string {
  switch (outcome.kind) {
    case "opened":
      return "";
    case "refused":
      return `${outcome.reason} (the key is told: ${outcome.result})`;
    case "not-asked":
      return `the key itself: ${outcome.signal}`;
    case "worked":
      return outcome.signal;
    case "broken-off":
      return "broken off";
  }
}
