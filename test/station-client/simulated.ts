/**
 * The simulated sync station at the end of a cable in memory, in virtual time, with a city behind the host: everything that a client
 * is handed, and hands on what can go wrong.
 */

import {
  Authority,
  KEY_OFF,
  type KeyConfig,
  type KeyInput,
  type KeyState,
  keyDevice,
  MAINS_LAYOUT,
  MAINS_NVM,
  MAINS_OFF,
  manufactureKey,
  manufactureMains,
  type Party,
  rootStream,
  STATION_QUOTAS,
  type StationConfig,
  type StationInput,
  type StationState,
  stationDevice,
  USUAL_LAYOUT,
  USUAL_NVM,
  USUAL_QUOTAS,
} from "@nyckelfri/firmware-sim";
import { type Nvm, type NvmCut, runNvm } from "@nyckelfri/firmware-sim/hardware";
import {
  defaultProvider,
  encode,
  type Frame,
  FrameDecoder,
  type JournalEntry,
  journalPositions,
  type KeyJournal,
  keyJournalObject,
  parseObject,
  toHex,
} from "@nyckelfri/protocol";
import { type CursorStore, commandSigner, type LogLine, type StationOptions } from "@nyckelfri/station-client";
import { Cable } from "./cable.ts";
import { type Clock, VirtualTime } from "./virtual-time.ts";

const provider = defaultProvider;
const DAY = 86_400;
/** Unix seconds at the virtual time 0. */
export const BEGINS_AT = 1_793_606_400;
const SALT = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);
const KEY_CONFIG: KeyConfig = { provider, layout: USUAL_LAYOUT, quotas: USUAL_QUOTAS };
const CONFIG: StationConfig = {
  provider,
  layout: MAINS_LAYOUT,
  slots: 3,
  serial: "SY-0001",
  firmware: [1, 0, 0],
  certificatePlaces: 24,
  listPlaces: 8,
  resyncMs: 6 * 3_600_000,
  quotas: STATION_QUOTAS,
};

type UntimedKey = KeyInput extends infer I ? (I extends KeyInput ? Omit<I, "tickMs"> : never) : never;

/** A key's firmware on its memory, in somebody's hand. */
export class SimulatedKey {
  #nvm: Nvm;
  #state: KeyState = KEY_OFF;
  #said: Uint8Array[] = [];

  constructor(city: Authority, party: Party) {
    const commission = city.commission();
    this.#nvm = manufactureKey(KEY_CONFIG, USUAL_NVM, {
      ...{ seed: party.seed, salt: SALT },
      commission: { ...commission, issuers: [...commission.issuers, ...city.centre.chainOf("receipt")] },
    });
    const entropy = rootStream("key").bytes(32);
    this.input({ kind: "power-on", nvm: this.#nvm, stopFlag: "set", battery: "ok", entropy });
  }

  input(input: UntimedKey): void {
    const pending: KeyInput[] = [{ ...input, tickMs: 1_000 } as KeyInput];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const { state, effects } = keyDevice(KEY_CONFIG).step(this.#state, next);
      this.#state = state;
      for (const effect of effects) {
        if (effect.kind === "send") this.#said.push(effect.bytes);
        if (effect.kind !== "nvm") continue;
        const { nvm, outcomes } = runNvm(this.#nvm, effect.operations, { below: () => 0 });
        this.#nvm = nvm;
        pending.push({ kind: "nvm-done", nvm, outcome: outcomes.at(-1) ?? { kind: "done" }, tickMs: 1_000 });
      }
    }
  }

  /** What it answers. */
  hear(bytes: Uint8Array): readonly Frame[] {
    for (const frame of framesIn(bytes)) this.input({ kind: "frame", frame });
    return this.#said.splice(0).flatMap(framesIn);
  }
}

function framesIn(bytes: Uint8Array): Frame[] {
  return new FrameDecoder().push(bytes).flatMap((event) => (event.kind === "frame" ? [event.frame] : []));
}

type Untimed = StationInput extends infer I ? (I extends StationInput ? Omit<I, "tickMs"> : never) : never;

/** The station's firmware on its memory. Its power can go at any time, and at any operation of its memory. */
export class SimulatedStation {
  nvm: Nvm;
  state: StationState = MAINS_OFF;
  /** Power ends at this operation of the memory, and comes back after a second. */
  cut: NvmCut | undefined;
  restarts = 0;
  readonly #time: Clock;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #timers: Map<string, () => void> = new Map();
  readonly #keys: Map<number, SimulatedKey> = new Map();
  #line: FrameDecoder = new FrameDecoder();

  constructor(time: Clock, nvm: Nvm, send: (bytes: Uint8Array) => void) {
    this.#time = time;
    this.nvm = nvm;
    this.#send = send;
    this.powerOn();
  }

  get on(): Extract<StationState, { power: "on" }> {
    if (this.state.power !== "on") throw new Error(`the station is ${this.state.power}`);
    return this.state;
  }

  hear(bytes: Uint8Array): void {
    if (this.state.power !== "on") return;
    for (const event of this.#line.push(bytes)) {
      if (event.kind === "frame") this.input({ kind: "host-frame", frame: event.frame, line: this.#line.counters });
    }
  }

  powerOn(): void {
    this.#line = new FrameDecoder();
    const entropy = rootStream(`entropy-${this.restarts}`).bytes(32);
    this.input({ kind: "power-on", nvm: this.nvm, stopFlag: "clear", entropy });
  }

  dock(slot: number, key: SimulatedKey): void {
    this.#keys.set(slot, key);
    key.input({ kind: "contact", shows: "idle-high" });
    this.input({ kind: "slot-contact", slot, contact: "made" });
  }

  undock(slot: number): void {
    this.#keys.get(slot)?.input({ kind: "removed" });
    this.#keys.delete(slot);
    this.input({ kind: "slot-contact", slot, contact: "broken" });
  }

  /** Power goes, and comes back with what the memory holds. */
  restart(offMs = 1_000): void {
    this.restarts += 1;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.state = stationDevice(CONFIG).step(this.state, { kind: "power-lost", tickMs: this.#tick }).state;
    this.#time.setTimer(offMs, () => this.powerOn());
  }

  input(input: Untimed): void {
    const device = stationDevice(CONFIG);
    const pending: StationInput[] = [{ ...input, tickMs: this.#tick } as StationInput];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const { state, effects } = device.step(this.state, next);
      this.state = state;
      for (const effect of effects) {
        if (effect.kind === "host-send") this.#send(effect.bytes);
        if (effect.kind === "arm") this.#arm(effect.name, effect.delayMs);
        if (effect.kind === "disarm") this.#timers.get(effect.name)?.();
        if (effect.kind === "slot-send") {
          for (const frame of this.#keys.get(effect.slot)?.hear(effect.bytes) ?? []) {
            pending.push({ kind: "slot-frame", slot: effect.slot, frame, tickMs: this.#tick });
          }
        }
        if (effect.kind !== "nvm") continue;
        const { nvm, outcomes } = runNvm(this.nvm, effect.operations, { below: () => 0 }, this.cut);
        this.nvm = nvm;
        const outcome = outcomes.at(-1) ?? { kind: "done" };
        if (outcome.kind === "cut") {
          this.cut = undefined;
          this.restart();
          return;
        }
        pending.push({ kind: "nvm-done", nvm, outcome, tickMs: this.#tick });
      }
    }
  }

  get #tick(): number {
    return 1_000 + Math.floor(this.#time.nowMs());
  }

  #arm(name: `slot/${number}` | `own/${string}`, delayMs: number): void {
    this.#timers.get(name)?.();
    const cancel = this.#time.setTimer(delayMs, () => {
      this.#timers.delete(name);
      this.input({ kind: "timer", name });
    });
    this.#timers.set(name, cancel);
  }
}

/** Pages of one key's journal, each a chain behind the one before it. */
export function journalOf(city: Authority, key: Party, pages: number): readonly Uint8Array[] {
  const all: Uint8Array[] = [];
  let first = 1;
  let headBefore: Uint8Array | undefined;
  for (let page = 0; page < pages; page++) {
    const entries: readonly JournalEntry[] = [
      { kind: "clock-lost", lo: BEGINS_AT + page },
      { kind: "time-accepted", source: key.kid, lo: BEGINS_AT + page, widthSeconds: 2 },
    ];
    const value: KeyJournal = {
      ...{ first, entries, nonce: new Uint8Array(16).fill(page) },
      headBefore: headBefore ?? startOf(key),
    };
    all.push(city.centre.sign(key, keyJournalObject, value).bytes);
    headBefore = journalPositions(provider, value).at(-1)?.head;
    first += entries.length;
  }
  return all;
}

function startOf(key: Party): Uint8Array {
  const text = Uint8Array.from("nyckelfri log", (letter) => letter.charCodeAt(0));
  return provider.sha256(Uint8Array.of(...text, ...key.kid, 3)).slice(0, 16);
}

/** The city's book: each record once, and the receipt for all that it has of a key's journal without a gap (SPEC LOG-9). */
export class Book {
  readonly records: string[] = [];
  /** How often a record came that was there already. */
  repeats = 0;
  readonly #city: Authority;

  constructor(city: Authority) {
    this.#city = city;
  }

  keep(object: Uint8Array): Uint8Array {
    const { kid = new Uint8Array(8), value } = parseObject(keyJournalObject, object);
    for (const index of value.entries.keys()) {
      const name = `${toHex(kid)}/${value.first + index}`;
      if (this.records.includes(name)) this.repeats += 1;
      else this.records.push(name);
    }
    const { number: n = 0, head = new Uint8Array(16) } = journalPositions(provider, value).at(-1) ?? {};
    return this.#city.receipt({ device: kid, store: "journal", n, head, iat: BEGINS_AT }).bytes;
  }
}

export class MemoryCursors implements CursorStore {
  readonly kept: Map<string, number> = new Map();

  async load(device: string): Promise<number | undefined> {
    return this.kept.get(device);
  }

  async save(device: string, cursor: number): Promise<void> {
    this.kept.set(device, cursor);
  }
}

/** Memories as they leave the city's desk, by the pages in them: they are the same every time. */
const memories: Map<number, Nvm> = new Map();

export interface Simulation {
  /** Journal pages of one key that the station keeps. */
  readonly pages?: number;
  /** For what goes wrong on the cable, and for what the host draws. */
  readonly seed?: number;
  /** Unless it is to run in virtual time. */
  readonly clock?: Clock;
}

/** A station, a cable to it, and what a host is given. */
export function simulatedStation({ pages = 0, seed = 1, clock }: Simulation = {}) {
  const time = new VirtualTime();
  const { nowMs, setTimer } = clock ?? time;
  const city = new Authority({ provider, stream: rootStream("city"), foundedAt: BEGINS_AT - 30 * DAY });
  const north = city.addProvider("north", ["day"]);
  const [key, party, host] = [city.party("key"), city.party("station"), city.party("host")];
  city.certify(party, "station", BEGINS_AT - DAY);
  city.certify(host, "host", BEGINS_AT - DAY);
  const own = (["collector", "time-source"] as const).flatMap((role) =>
    city.centre.chainOf({ kid: party.kid, role }).slice(0, 1),
  );
  const issuers = [...city.centre.chainOf("receipt"), ...city.centre.chainOf("time")];
  const uploads = journalOf(city, key, pages).map((object, cursor) => [`upload/${cursor}`, encode([key.kid, object])]);
  const items = new Map([...(uploads as [string, Uint8Array][]), ["cursors", encode([pages, 0])] as const]);
  const commissioned = { commission: city.commission(), certificates: [...own, ...issuers] };
  const made = { seed: party.seed, salt: SALT, commissioned, items };
  const nvm = memories.get(pages) ?? manufactureMains(CONFIG, MAINS_NVM, made);
  memories.set(pages, nvm);
  const chance = rootStream(seed).fork("cable");
  const cable: Cable = new Cable({ nowMs, setTimer }, chance, (bytes) => station.hear(bytes));
  const station: SimulatedStation = new SimulatedStation({ nowMs, setTimer }, nvm, (bytes) => cable.say(bytes));
  const draws = rootStream(seed).fork("host");
  const lines: LogLine[] = [];
  const cursors = new MemoryCursors();
  const shift = { iat: BEGINS_AT - 3_600, nbf: BEGINS_AT, exp: BEGINS_AT + 9 * 3_600 };
  const grantOf = (to: Party) => city.grantShift({ holder: city.addHolder(to.name, north), key: to, ...shift }).bytes;
  const stateTime = async (nonce: Uint8Array) => ({
    statement: city.stateTime(nonce, BEGINS_AT + Math.floor(nowMs() / 1_000)).bytes,
    certificates: city.centre.chainOf("time"),
  });
  const signer = { provider, seed: host.seed, kid: host.kid, fleetId: city.centre.fleetId };
  const options: StationOptions = {
    open: cable.open,
    nowMs,
    setTimer,
    randomBytes: (count) => draws.bytes(count),
    provider,
    stateTime: ({ nonce }) => stateTime(nonce),
    signer: commandSigner(signer, city.centre.chainOf({ kid: host.kid, role: "host" })),
    cursors,
    log: (line) => lines.push(line),
  };
  return { time, city, north, key, party, host, cable, station, options, lines, cursors, grantOf };
}
