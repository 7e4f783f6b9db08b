/**
 * The plan of a seed: everything that people, the city and their tools will do in its town, in order of time. Each kind of mishap draws
 * from a stream of its own, whether it is switched on or not, so that one that is switched off changes nothing of the others.
 */
import { limits } from "@nyckelfri/protocol";
import type { OptionName, Options } from "../../world/options.ts";
import { rootStream, type Seed, type Stream } from "../../world/streams.ts";
import type { Act, Deed } from "./acts.ts";

const MINUTE = 60;
const HOUR: number = 60 * MINUTE;
const DAY: number = 24 * HOUR;
/** The world begins a little earlier than the first shift. */
const MORNING: number = 30 * MINUTE;
const MILLION = 1_000_000;
/**
 * P14 holds for doors that have missed one root, and where they lack no more than two lists two (SPEC Appendix F): an entrance has one of
 * each provider.
 */
function mostRoots({ entrances, providers }: Options): number {
  return entrances > 0 && providers > 2 ? 1 : 2;
}
/** An epoch may rise by 16 at once (SPEC TRU-8). */
const MOST_EPOCHS = 5;
/** The capacitor holds a clock for 300 s. */
const QUICK_SWAP_SECONDS = [1, 280] as const;
const SLOW_SWAP_SECONDS = [301, 3_600] as const;
const FULL = 1_000;
const MIDWAY_DOCK_PER_MILLION = 100_000;
const LEFT_IN_DOOR_MS = 12_000;
const TECHNICIANS_DO_LAST: number = 40 * MINUTE;

class Drawing {
  readonly acts: Act[] = [];
  readonly options: Options;
  readonly #stream: Stream;

  constructor(seed: Seed, options: Options) {
    this.options = options;
    this.#stream = rootStream(seed).fork("plan");
  }

  /** One label, one use. */
  draws(label: string): Stream {
    return this.#stream.fork(label);
  }

  add(at: number, deed: Deed, fault?: OptionName): void {
    this.acts.push({ deed, at: Math.max(0, Math.floor(at)), ...(fault === undefined ? {} : { fault }) });
  }

  /** What is drawn where this fault strikes. A stream in the place of a label goes on from use to use. */
  where(fault: OptionName, from: string | Stream, then: (draws: Stream) => void): void {
    const draws = typeof from === "string" ? this.draws(`${fault} ${from}`) : from;
    if (draws.chance(Math.min(MILLION, this.options[fault]))) then(draws);
  }

  /** In time; what is planned for the same second stays in its order. */
  inOrder(): readonly Act[] {
    return this.acts
      .map((act, index): [Act, number] => [act, index])
      .sort(([one, place], [other, next]) => one.at - other.at || place - next)
      .map(([act]) => act);
  }
}

export function planOf(seed: Seed, options: Options): readonly Act[] {
  const drawing = new Drawing(seed, options);
  for (let day = 0; day < options.days; day++) {
    for (let who = 0; who < options.holders; who++) planShift(drawing, day, who);
    planCity(drawing, day);
    planStops(drawing, day);
  }
  planOutage(drawing);
  return drawing.inOrder();
}

/** When the last thing is done, in seconds. */
export function endOf(acts: readonly Act[]): number {
  return (acts.at(-1)?.at ?? 0) + MORNING;
}

function planShift(drawing: Drawing, day: number, who: number): void {
  const { options } = drawing;
  const label = `${day} ${who}`;
  const draws = drawing.draws(`shift ${label}`);
  const begins = day * DAY + MORNING + draws.below(12 * HOUR);
  const seconds = draws.between(HOUR, 11 * HOUR);
  const ends = begins + seconds;
  const doors = options.clients + options.entrances;
  const station = draws.below(options.stations);
  const box = draws.below(options.activationBoxes);
  const early = begins - draws.between(10, 25) * MINUTE;
  drawing.add(early - draws.below(60) * 10, { kind: "grant", who, startsIn: 0, seconds: ends + HOUR - early });
  let isForgotten = false;
  drawing.where("forgottenDockPerMillion", label, () => {
    isForgotten = true;
  });
  if (isForgotten) drawing.add(begins + HOUR, { kind: "dock", who, station }, "forgottenDockPerMillion");
  else drawing.add(early, { kind: "dock", who, station });
  planActivation(drawing, label, early + 2 * MINUTE, { kind: "activate", who, box, pin: "right" });
  const homes = drawing.draws(`round ${label}`);
  const own = homesOf(options, who);
  const visits = options.visitsPerShift;
  const luck = visitLuck(drawing, label);
  for (let visit = 0; visit < visits; visit++) {
    const now = begins + Math.floor((visit * seconds) / visits) + homes.below(MINUTE);
    planVisit(drawing, luck, { now, who, door: homes.pick(own), doors });
    if (!homes.chance(MIDWAY_DOCK_PER_MILLION)) continue;
    // At the office again: news, records, and a ticket for whoever has none.
    drawing.add(now + 30, { kind: "dock", who, station });
    drawing.add(now + 60, { kind: "activate", who, box, pin: "right" });
  }
  if (options.keyCabinets > 0 && homes.chance(500_000)) {
    const cabinet = homes.below(2);
    drawing.add(ends + 5 * MINUTE, { kind: "store", who, cabinet });
    // Whoever comes by asks too, and is not handed what is not theirs.
    const asking = drawing.draws(`present ${label}`);
    for (const one of [who, asking.below(options.holders)])
      drawing.add(ends + 5 * MINUTE + asking.below(4 * MINUTE), { kind: "present", who: one, cabinet });
  }
  drawing.add(ends + 10 * MINUTE, { kind: "dock", who, station });
  planMishaps(drawing, label, { who, begins, ends, doors, own });
}

/** Of the own provider, and the entrances. */
function homesOf({ clients, entrances, providers }: Options, who: number): readonly number[] {
  const own = Array.from({ length: clients }, (_, door) => door).filter((door) => door % providers === who % providers);
  const shared = Array.from({ length: entrances }, (_, entrance) => clients + entrance);
  return own.length + shared.length > 0 ? [...own, ...shared] : [0];
}

function planActivation(
  drawing: Drawing,
  label: string,
  at: number,
  activate: Extract<Deed, { kind: "activate" }>,
): void {
  let when = at;
  let fault: OptionName | undefined;
  drawing.where("forgottenActivationPerMillion", label, (draws) => {
    // Whoever is refused at the first doors goes back.
    when += draws.between(30, 120) * MINUTE;
    fault = "forgottenActivationPerMillion";
  });
  drawing.where("wrongPinPerMillion", label, (draws) => {
    const wrong = draws.between(1, limits.pinAttempts + 1);
    for (let time = 0; time < wrong; time++)
      drawing.add(when + time * 20, { ...activate, pin: "wrong" }, "wrongPinPerMillion");
    when += wrong * 20;
    // Where they lock the key, a station unlocks it (SPEC ACT-4).
    if (wrong >= limits.pinAttempts) drawing.add(when, { kind: "dock", who: activate.who, station: 0 });
    when += MINUTE;
  });
  drawing.add(when, activate, fault);
}

/** Of the visits of one shift: each kind from a stream of its own. */
type VisitLuck = Readonly<Record<"stay" | "wrong" | "swapped" | "way" | "again", Stream>>;

function visitLuck(drawing: Drawing, label: string): VisitLuck {
  const [stay, wrong, swapped] = [
    drawing.draws(`stay ${label}`),
    drawing.draws(`wrong ${label}`),
    drawing.draws(`swapped ${label}`),
  ];
  return { stay, wrong, swapped, way: drawing.draws(`way ${label}`), again: drawing.draws(`again ${label}`) };
}

interface Intended {
  readonly now: number;
  readonly who: number;
  readonly door: number;
  readonly doors: number;
}

function planVisit(drawing: Drawing, luck: VisitLuck, { now, who, door, doors }: Intended): void {
  const { clients, entrances } = drawing.options;
  // Now and then a key is left in the door.
  const stayMs = luck.stay.chance(30_000) ? LEFT_IN_DOOR_MS : luck.stay.between(300, 4_000);
  let meant = door;
  let fault: OptionName | undefined;
  drawing.where("wrongDoorPerMillion", luck.wrong, (draws) => {
    meant = draws.below(doors);
    fault = "wrongDoorPerMillion";
  });
  let isSwapped = false;
  drawing.where("swappedDoorPerMillion", luck.swapped, (draws) => {
    isSwapped = true;
    const afterMs = draws.between(1, 1_500);
    drawing.add(now, { kind: "swap", who, door: meant, next: draws.below(doors), afterMs }, "swappedDoorPerMillion");
  });
  if (luck.way.chance(400_000) && entrances > 0) {
    drawing.add(now - 20, { kind: "visit", who, door: clients + (door % entrances), stayMs });
  }
  if (!isSwapped) drawing.add(now, { kind: "visit", who, door: meant, stayMs }, fault);
  // In again at once: for the post, the laundry, the bag that was left.
  if (luck.again.chance(300_000)) drawing.add(now + 15, { kind: "visit", who, door: meant, stayMs });
}

interface Shift {
  readonly who: number;
  readonly begins: number;
  readonly ends: number;
  readonly doors: number;
  readonly own: readonly number[];
}

function planMishaps(drawing: Drawing, label: string, { who, begins, ends, doors, own }: Shift): void {
  const { options } = drawing;
  const within = (draws: Stream): number => draws.between(begins, ends);
  drawing.where("lateVisitPerMillion", label, (draws) => {
    // The grant ends an hour after the shift.
    const at = ends + HOUR - 20 + draws.below(40 * MINUTE);
    drawing.add(at, { kind: "visit", who, door: draws.pick(own), stayMs: 500 }, "lateVisitPerMillion");
  });
  drawing.where("batterySwapPerMillion", label, (draws) => {
    const isSlow = draws.chance(options.slowSwapPerMillion);
    const outSeconds = isSlow ? draws.between(...SLOW_SWAP_SECONDS) : draws.between(...QUICK_SWAP_SECONDS);
    const at = within(draws);
    const fault = isSlow ? "slowSwapPerMillion" : "batterySwapPerMillion";
    drawing.add(at, { kind: "battery", who, outSeconds, permille: FULL }, fault);
    // A clock that was lost is set in a station, and a new ticket belongs to it.
    drawing.add(at + outSeconds + 10 * MINUTE, { kind: "dock", who, station: 0 });
    drawing.add(at + outSeconds + 12 * MINUTE, { kind: "activate", who, box: 0, pin: "right" });
  });
  drawing.where("weakBatteryPerMillion", label, (draws) => {
    const weak = { kind: "battery", who, outSeconds: 2, permille: draws.between(0, 100) } as const;
    drawing.add(begins - 30, weak, "weakBatteryPerMillion");
  });
  drawing.where("lostKeyPerMillion", label, (draws) => {
    const at = within(draws);
    // Whoever has found it tries the doors that it was at.
    for (let tried = 0; tried < 4; tried++) {
      const visit = { kind: "visit", who, door: draws.below(doors), stayMs: 500 } as const;
      drawing.add(at + (tried + 1) * 7 * MINUTE, visit, "lostKeyPerMillion");
    }
    drawing.add(at + 10 * MINUTE, { kind: "revoke", who });
  });
  drawing.where("revocationPerMillion", label, () => {
    drawing.add(ends, { kind: "revoke", who }, "revocationPerMillion");
    drawing.add(ends + MINUTE, { kind: "visit", who, door: own[0] ?? 0, stayMs: 500 });
  });
  planClock(drawing, label, who, within);
  planRogues(drawing, label, who, within, doors);
}

function planClock(drawing: Drawing, label: string, who: number, within: (draws: Stream) => number): void {
  const { clockStepSeconds: step, temperatureSwingCelsius: swing } = drawing.options;
  const stepping = drawing.draws(`clock step ${label}`);
  const at = within(stepping);
  const seconds = stepping.between(-Math.max(1, step), Math.max(1, step));
  if (step > 0 && stepping.chance(250_000)) {
    drawing.add(at, { kind: "step", who, seconds }, "clockStepSeconds");
    drawing.add(at + 2 * HOUR, { kind: "desk", who });
  }
  const warming = drawing.draws(`temperature ${label}`);
  for (let change = 0; change < 3; change++) {
    const when = within(warming);
    const milliCelsius = 25_000 + warming.between(-Math.max(1, swing), Math.max(1, swing)) * 1_000;
    if (swing > 0) drawing.add(when, { kind: "warm", who, milliCelsius }, "temperatureSwingCelsius");
  }
}

function planRogues(
  drawing: Drawing,
  label: string,
  who: number,
  within: (draws: Stream) => number,
  doors: number,
): void {
  const { rogueKeys, rogueGadgets, rogueStations, rogueBoxes, rogueHosts } = drawing.options;
  const draws = drawing.draws(`rogues ${label}`);
  for (let rogue = 0; rogue < rogueKeys + rogueGadgets; rogue++) {
    const fault = rogue < rogueKeys ? "rogueKeys" : "rogueGadgets";
    for (let time = 0; time < 2; time++)
      drawing.add(within(draws), { kind: "intrude", rogue, door: draws.below(doors), at: "door" }, fault);
    if (draws.chance(300_000)) drawing.add(within(draws), { kind: "intrude", rogue, door: 0, at: "station" }, fault);
  }
  for (let rogue = 0; rogue < rogueStations + rogueBoxes + rogueHosts; rogue++) {
    const fault =
      rogue < rogueStations ? "rogueStations" : rogue < rogueStations + rogueBoxes ? "rogueBoxes" : "rogueHosts";
    drawing.add(within(draws), { kind: "meet", who, rogue }, fault);
  }
  for (let rogue = 0; rogue < rogueHosts; rogue++) drawing.add(within(draws), { kind: "lie", rogue }, "rogueHosts");
}

function planCity(drawing: Drawing, day: number): void {
  const { options } = drawing;
  const doors = options.clients + options.entrances;
  const devices = options.stations + options.activationBoxes + options.keyCabinets;
  const inDay = (draws: Stream): number => day * DAY + MORNING + draws.below(16 * HOUR);
  const label = String(day);
  const epochs = drawing.acts.filter(({ deed }) => deed.kind === "epoch").length;
  if (epochs < MOST_EPOCHS) {
    drawing.where("newEpochPerMillion", label, (draws) => {
      drawing.add(inDay(draws), { kind: "epoch", root: "same" }, "newEpochPerMillion");
    });
    const roots = drawing.acts.filter(({ deed }) => deed.kind === "epoch" && deed.root === "successor").length;
    drawing.where("rootTransitionPerMillion", label, (draws) => {
      if (roots < mostRoots(options))
        drawing.add(inDay(draws), { kind: "epoch", root: "successor" }, "rootTransitionPerMillion");
    });
  }
  drawing.where("remountPerMillion", label, (draws) => {
    const remount = { kind: "remount", door: draws.below(doors) } as const;
    drawing.add(inDay(draws) + TECHNICIANS_DO_LAST, remount, "remountPerMillion");
  });
  drawing.where("staleListPerMillion", label, (draws) => {
    for (let time = 0; time < 3; time++)
      drawing.add(
        inDay(draws),
        { kind: "staleList", who: draws.below(options.holders), age: draws.between(1, 3) },
        "staleListPerMillion",
      );
  });
  const usual = drawing.draws(`policies ${day}`);
  for (let time = 0; time < 2; time++) {
    const state = usual.chance(150_000) ? "deactivated" : "active";
    const activation = usual.chance(300_000) ? "not-asked" : "asked";
    drawing.add(inDay(usual), { kind: "policy", door: usual.below(doors), state, activation });
    drawing.add(inDay(usual), { kind: "mechanical", door: usual.below(doors) });
  }
  for (let device = 0; device < devices; device++) {
    const hosts = drawing.draws(`host ${day} ${device}`);
    for (let hour = 0; hour < 24; hour++) {
      drawing.where("stationDownPerMillion", hosts, (draws) => {
        const at = day * DAY + hour * HOUR + draws.below(HOUR);
        drawing.add(at, { kind: "host", device, presence: "away" }, "stationDownPerMillion");
        drawing.add(at + draws.between(1, HOUR), { kind: "host", device, presence: "here" });
      });
    }
  }
}

function planStops(drawing: Drawing, day: number): void {
  const { holders, stations, activationBoxes } = drawing.options;
  const counts = { key: holders, station: stations, box: activationBoxes };
  for (const kind of ["key", "station", "box"] as const) {
    for (let index = 0; index < counts[kind]; index++) {
      const oscillator = drawing.draws(`stop ${kind} ${index} ${day}`);
      for (let hour = 0; hour < 24; hour++) {
        drawing.where("clockStopPerMillion", oscillator, (draws) => {
          const stop = { kind: "stop", of: kind, index } as const;
          drawing.add(day * DAY + hour * HOUR + draws.below(HOUR), stop, "clockStopPerMillion");
        });
      }
    }
  }
}

function planOutage(drawing: Drawing): void {
  const { cityOutageHours: hours, days } = drawing.options;
  if (hours === 0) return;
  const at = drawing.draws("outage").below(days * DAY);
  drawing.add(at, { kind: "host", device: "all", presence: "away" }, "cityOutageHours");
  drawing.add(at + hours * HOUR, { kind: "host", device: "all", presence: "here" });
}
