/**
 * The swarm's options: how large a world is and what goes wrong in it, all drawn from the seed. Half of the faults, and
 * now and then a whole group of them, are switched off: what never fails in a run leaves room for what does.
 */
import { CallerError } from "@nyckelfri/protocol";
import { finish } from "./mix.ts";
import { rootStream, type Seed, type Stream, seedText } from "./streams.ts";

/** One option. A fault that is off is 0; one that is on is drawn from least to most, and `usual` is its value without a swarm. */
export interface OptionRow {
  readonly group: "size" | "contact" | "power" | "memory" | "link" | "clock" | "battery" | "people" | "city" | "rogue";
  readonly least: number;
  readonly most: number;
  readonly usual: number;
  /** `even`: each value as likely. `magnitude`: each power of two as likely, so that rare faults are drawn too. */
  readonly drawn: "even" | "magnitude";
  readonly what: string;
}

/** Least, most, usual, and what it is. */
const SIZES = {
  clients: [1, 10, 6, "homes that are visited"],
  entrances: [0, 2, 1, "doors that several homes share"],
  providers: [1, 4, 1, "care providers"],
  holders: [1, 6, 3, "people with a key and shifts"],
  stations: [1, 2, 1, "sync stations"],
  activationBoxes: [1, 2, 1, "activation boxes"],
  keyCabinets: [0, 1, 1, "key storage units"],
  days: [1, 2, 1, "days of safety phase"],
  visitsPerShift: [4, 160, 6, "visits that a holder intends in a shift"],
  hardware: [0, 24, 0, "processor and memory of cylinders: their place among the profiles"],
} as const;

/** Group, least, most, and what it is. */
const FAULTS = {
  contactBouncePerMillion: ["contact", 1_000, 600_000, "insertions with bounce"],
  contactBounceMs: ["contact", 1, 120, "how long a bounce lasts"],
  earlyRemovalPerMillion: ["contact", 1_000, 500_000, "insertions that end before the key is done"],
  swappedDoorPerMillion: ["contact", 100, 100_000, "insertions that go on at another door"],

  powerCutPerMillion: ["power", 1, 20_000, "operations of a memory with a power cut"],
  brownOutPerMillion: ["power", 100, 100_000, "engagements with a supply that sags"],
  slowRampPerMillion: ["power", 100, 200_000, "insertions whose supply rises slowly"],
  harvestShortPerMillion: ["power", 100, 100_000, "insertions with too little energy for an opening"],

  tornWordPerMillion: ["memory", 1_000, 1_000_000, "cut writes that leave a torn word"],
  marginalWordPerMillion: ["memory", 1_000, 500_000, "cut writes whose word reads differently later"],
  incompleteErasePerMillion: ["memory", 1_000, 500_000, "cut erasures that leave a page half erased"],
  silentWritePerMillion: ["memory", 10, 20_000, "writes that change nothing and say nothing"],
  bitRotPerMillion: ["memory", 10, 20_000, "writes after which a word somewhere has lost a bit"],
  stuckPagePerMillion: ["memory", 100, 200_000, "erasures after which a page stays as it is"],
  wornErases: ["memory", 1, 200, "erasures that some pages of a cylinder stand before they are worn"],

  linkBitErrorPerMillion: ["link", 1, 2_000, "bytes with a wrong bit"],
  linkByteLossPerMillion: ["link", 1, 2_000, "bytes that are lost"],
  linkByteInsertPerMillion: ["link", 1, 2_000, "places with a byte too many"],
  linkDuplicatePerMillion: ["link", 10, 200_000, "chunks that come twice"],
  linkReorderPerMillion: ["link", 10, 100_000, "chunks that overtake another"],
  linkStallPerMillion: ["link", 10, 50_000, "chunks after which the line is silent"],
  linkStaleBytes: ["link", 1, 2_000, "bytes of an earlier session before a new one"],
  linkReplayPerMillion: ["link", 10, 200_000, "sessions into which an old frame is played"],
  linkDelayMs: ["link", 1, 1_500, "longest delay of a chunk"],

  clockDriftPpm: ["clock", 1, 200, "largest drift of an oscillator"],
  clockStopPerMillion: ["clock", 100, 50_000, "hours in which the oscillator of a key, station or box stops"],
  clockStepSeconds: ["clock", 1, 600, "step of a key's clock that nobody ordered"],
  temperatureSwingCelsius: ["clock", 1, 50, "swing around 25 degrees"],

  batterySwapPerMillion: ["battery", 10_000, 1_000_000, "shifts with a change of battery"],
  slowSwapPerMillion: ["battery", 100_000, 1_000_000, "changes that outlast the capacitor"],
  weakBatteryPerMillion: ["battery", 10_000, 1_000_000, "shifts that begin with a weak battery"],

  wrongPinPerMillion: ["people", 10_000, 1_000_000, "activations with a wrong PIN first"],
  forgottenActivationPerMillion: ["people", 10_000, 1_000_000, "shifts whose key is not activated"],
  forgottenDockPerMillion: ["people", 10_000, 1_000_000, "shifts whose key is not docked before"],
  lateVisitPerMillion: ["people", 10_000, 1_000_000, "shifts that go on after their end"],
  wrongDoorPerMillion: ["people", 1_000, 200_000, "visits at a door of another home"],
  lostKeyPerMillion: ["people", 10_000, 500_000, "shifts in which a key is lost"],
  remountPerMillion: ["people", 10_000, 1_000_000, "days on which a cylinder moves to another door"],

  stationDownPerMillion: ["city", 1_000, 500_000, "hours that a station is without its host"],
  cityOutageHours: ["city", 1, 168, "the city's system is away once"],
  staleListPerMillion: ["city", 10_000, 1_000_000, "days on which an older list comes after a newer one"],
  lostReceiptPerMillion: ["city", 1_000, 500_000, "receipts that are lost"],
  doubleUploadPerMillion: ["city", 1_000, 500_000, "segments that are uploaded twice"],
  revocationPerMillion: ["city", 10_000, 1_000_000, "shifts that end in a revocation"],
  newEpochPerMillion: ["city", 10_000, 1_000_000, "days on which an epoch is opened"],
  rootTransitionPerMillion: ["city", 10_000, 1_000_000, "days on which the successor becomes root"],

  rogueKeys: ["rogue", 1, 2, "keys that lie"],
  rogueGadgets: ["rogue", 1, 2, "gadgets that play bytes into contacts"],
  rogueStations: ["rogue", 1, 1, "stations that lie"],
  rogueBoxes: ["rogue", 1, 1, "activation boxes that lie"],
  rogueHosts: ["rogue", 1, 1, "hosts that lie"],
} as const;

export type OptionName = keyof typeof SIZES | keyof typeof FAULTS;
export type Options = Readonly<Record<OptionName, number>>;

/** The whole table, in the order in which it is printed. */
export const optionTable: Readonly<Record<OptionName, OptionRow>> = Object.fromEntries([
  ...Object.entries(SIZES).map(([name, [least, most, usual, what]]): [string, OptionRow] => {
    return [name, { group: "size", least, most, usual, drawn: "even", what }];
  }),
  ...Object.entries(FAULTS).map(([name, [group, least, most, what]]): [string, OptionRow] => {
    return [name, { group, least, most, usual: 0, drawn: "magnitude", what }];
  }),
]) as Record<OptionName, OptionRow>;
export const optionNames: readonly OptionName[] = Object.keys(optionTable) as OptionName[];

const FAULT_OFF_PER_MILLION = 500_000;
const GROUP_OFF_PER_MILLION = 200_000;

/** A world of usual size in which nothing goes wrong. */
export const usualOptions: Options = tableOf((name) => optionTable[name].usual);

/** Draws every option, each from a stream of its own: a row more in the table changes no other. */
export function drawOptions(stream: Stream): Options {
  return tableOf((name) => {
    const row = optionTable[name];
    const own = stream.fork(name);
    if (row.group !== "size") {
      // Of the group's own stream, so that all of its rows draw the same.
      if (stream.fork(`group ${row.group}`).chance(GROUP_OFF_PER_MILLION)) return 0;
      if (own.chance(FAULT_OFF_PER_MILLION)) return 0;
    }
    return row.drawn === "even" ? own.between(row.least, row.most) : drawMagnitude(own, row);
  });
}

/** The options of a seed. */
export function optionsOf(seed: Seed): Options {
  return drawOptions(rootStream(seed).fork("options"));
}

/** Options with some changed. Throws `caller/argument` for a value that is neither off nor in its range. */
export function withOptions(options: Options, changed: Partial<Options>): Options {
  return tableOf((name) => checkedOption(name, changed[name] ?? options[name]));
}

/** The same world with nothing going wrong any more. */
export function withoutFaults(options: Options): Options {
  return tableOf((name) => (optionTable[name].group === "size" ? options[name] : 0));
}

/** The whole table, one option a line, group by group; what is off stands there as off. */
export function printOptions(options: Options): string {
  const width = Math.max(...optionNames.map((name) => name.length));
  let group = "";
  const lines: string[] = [];
  for (const name of optionNames) {
    const row = optionTable[name];
    if (row.group !== group) lines.push(`${row.group}:`);
    group = row.group;
    const value = isOff(row, options[name]) ? "off" : String(options[name]);
    lines.push(`  ${name.padEnd(width)} ${value.padStart(8)}  ${row.least}..${row.most}  ${row.what}`);
  }
  return lines.join("\n");
}

/** A run that can be repeated. */
export interface Run {
  readonly seed: Seed;
  readonly options: Options;
}

/**
 * The one line that repeats a run: `table=1f2e3d4c seed=42 clients=3`. It names the options that are not those of the seed, and the
 * table by which the seed draws.
 */
export function reproduceLine({ seed, options }: Run): string {
  const drawn = optionsOf(seed);
  const changed = optionNames.filter((name) => options[name] !== drawn[name]);
  return [`table=${TABLE_MARK}`, `seed=${seedText(seed)}`, ...changed.map((name) => `${name}=${options[name]}`)].join(
    " ",
  );
}

/**
 * The run of such a line, which may also be just `seed=42`. Throws `caller/argument` for a line that cannot be read, and for
 * one that was printed with another table of options: it would repeat another run.
 */
export function parseReproduceLine(line: string): Run {
  let seed: string | undefined;
  const changed: Partial<Record<OptionName, number>> = {};
  for (const word of line.trim().split(/\s+/)) {
    const [, name = "", value = ""] = /^(\w+)=(\S+)$/.exec(word) ?? [];
    if (name === "seed") seed = value;
    else if (name === "table") {
      if (value !== TABLE_MARK) refuse(word, `table=${TABLE_MARK}, the options of this version`);
    } else if (isOptionName(name) && /^(0|[1-9][0-9]{0,8})$/.test(value)) changed[name] = Number(value);
    else refuse(word, "table=…, seed=…, and names of options with whole numbers");
  }
  if (seed === undefined) return refuse(line, "a line with seed=…");
  return { seed: seedText(seed), options: withOptions(optionsOf(seed), changed) };
}

function drawMagnitude(stream: Stream, { least, most }: OptionRow): number {
  const magnitudes = Math.clz32(least) - Math.clz32(most) + 1;
  const cap = Math.max(least, most >>> stream.below(magnitudes));
  return stream.between(least, cap);
}

function tableOf(value: (name: OptionName) => number): Options {
  return Object.fromEntries(optionNames.map((name) => [name, value(name)])) as Record<OptionName, number>;
}

function checkedOption(name: OptionName, value: number): number {
  const row = optionTable[name];
  const inside = Number.isInteger(value) && value >= row.least && value <= row.most;
  if (!inside && !isOff(row, value)) refuse(`${name}=${value}`, `${row.least} to ${row.most}`);
  return value;
}

function isOff({ group }: OptionRow, value: number): boolean {
  return group !== "size" && value === 0;
}

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(optionTable, name);
}

function refuse(found: string, takes: string): never {
  throw new CallerError("caller/argument", { argument: "options", takes, found });
}

/** Changes with whatever changes what a seed draws. */
const TABLE_MARK: string = markOf(
  optionNames.map((name) => {
    const { group, least, most, drawn } = optionTable[name];
    return [name, group, least, most, drawn, FAULT_OFF_PER_MILLION, GROUP_OFF_PER_MILLION].join(" ");
  }),
);

function markOf(rows: readonly string[]): string {
  let mark = 0;
  for (const character of rows.join("\n")) mark = finish(mark ^ (character.codePointAt(0) ?? 0));
  return (mark >>> 0).toString(16).padStart(8, "0");
}
