/**
 * Coverage marks: places that a campaign must have come to, seen from outside by what happens. No firmware has a switch for them. A
 * campaign that has missed one has not tested what it claims.
 */
import { equalBytes, limits, MESSAGE_BUSY } from "@nyckelfri/protocol";
import type { Breach, Checker, Truth, Watch } from "../../checkers/checker.ts";
import { asCylinder, asKey, cylinderStep, keyStep, roleOf } from "../../checkers/observed.ts";
import type { Nvm, NvmOperation } from "../../hardware/nvm.ts";
import type { Happening, HappeningOf } from "../../world/happenings.ts";
import type { OptionName } from "../../world/options.ts";
import type { Strikes } from "../../world/strikes.ts";

const WHAT = {
  opened: "a key opened a door",
  "opened again": "the same key opened the same door again",
  "refused: revoked": "a door refused a revoked key",
  "refused: out of scope": "a door refused a key that is for others",
  "refused: other": "a door refused for another reason",
  "key asked for nothing": "a key saw that it was unfit, and asked for nothing",
  "key without activation": "a key or door missed the ticket",
  "key after its shift": "a key whose grant had ended",
  "key with a doubtful clock": "a key whose clock was lost or in conflict stayed silent",
  "too little energy": "a door measured that it had too little energy for an opening",
  "rogue turned away": "a rogue's visit ended without an opening",
  "host came back": "a host opened a new session with its device",
  "older list kept out": "a device kept its newer list",
  "wrong PIN counted": "a key counted a wrong PIN",
  "broken off": "a visit ended without an answer",
  "swapped within a second": "a key was in another door at once",
  "request repeated": "a request was sent again, bit for bit",
  "answer repeated": "a repeated request was answered again from the cache",
  "BUSY said": "a device asked for patience",
  "torn word met at boot": "a cylinder booted over a torn word",
  "marginal word met at boot": "a cylinder booted over a word that reads differently each time",
  "faded word met at boot": "a cylinder booted over a word that has lost a bit",
  "dark in its decision": "a cylinder lost its power before it committed",
  "dark in its commit": "a cylinder lost its power while it committed an intent",
  "dark while engaged": "a cylinder lost its power while its clutch was engaged",
  "dark while logging": "a cylinder lost its power while it recorded the outcome",
  "dark at boot": "a cylinder lost its power while it repaired its stores",
  "number voided": "a record's number was used up by a void",
  "outcome unknown": "an intent without outcome was closed at boot",
  "opening aborted": "an intent was written, and the door stayed shut",
  "epoch followed by a door": "a door went into a new epoch",
  "epoch followed by a key": "a key went into a new epoch",
  "list taken mid-visit": "a door took a newer list before it decided",
  "policy taken mid-visit": "a door took a newer policy before it decided",
  "floor raised": "a door's floor rose",
  "door taken out of service": "a door was deactivated",
  "cylinder dismounted": "a cylinder was dismounted",
  "ring wrapped": "a ring of openings went round",
  "memory refused": "a memory did not take an operation, and said so",
  "written once more": "what did not read back was written in another place",
  "key dark in a commit": "a key lost its power while it wrote",
  "key came back": "a key started with its clock still running",
  "clock lost": "a key gave its clock up",
  "clock in conflict": "a key heard two times that exclude each other",
  "PIN locked": "a key was locked by wrong PINs",
  "battery low": "a key's battery was low",
  "battery empty": "a key's battery was empty",
  activated: "a box gave a ticket",
  "bolt drawn": "a cabinet let a key go",
  "segment stored": "the city stored a new record",
  "segment came again": "the city was brought a record that it had",
  "clutch fell by power": "a clutch fell because the power went",
  "clutch fell by time": "a clutch fell after its longest time",
  "mechanical key turned": "the resident's key turned the bolt",
  "live again": "after all faults a good key opened a healthy door",
} as const;

export type MarkName = keyof typeof WHAT;
/** What each says. */
export const marks: Readonly<Record<MarkName, string>> = WHAT;
export const markNames: readonly MarkName[] = Object.keys(WHAT) as MarkName[];

/** Faults that are felt where a mark is seen. */
const SHOWS: Readonly<Partial<Record<MarkName, readonly OptionName[]>>> = {
  "refused: revoked": ["revocationPerMillion", "lostKeyPerMillion"],
  "refused: out of scope": ["wrongDoorPerMillion"],
  "key without activation": ["forgottenActivationPerMillion", "forgottenDockPerMillion"],
  "key after its shift": ["lateVisitPerMillion"],
  "key with a doubtful clock": ["slowSwapPerMillion"],
  "swapped within a second": ["swappedDoorPerMillion"],
  "faded word met at boot": ["bitRotPerMillion"],
  "dark while engaged": ["brownOutPerMillion"],
  "epoch followed by a door": ["newEpochPerMillion", "rootTransitionPerMillion"],
  "cylinder dismounted": ["remountPerMillion"],
  "memory refused": ["wornErases", "stuckPagePerMillion"],
  "written once more": ["silentWritePerMillion", "stuckPagePerMillion"],
  "key came back": ["batterySwapPerMillion"],
  "clock lost": ["slowSwapPerMillion", "clockStopPerMillion"],
  "clock in conflict": ["clockStepSeconds"],
  "battery low": ["weakBatteryPerMillion"],
  "battery empty": ["weakBatteryPerMillion"],
  "segment came again": ["doubleUploadPerMillion", "lostReceiptPerMillion"],
  "too little energy": ["harvestShortPerMillion"],
  "host came back": ["stationDownPerMillion", "cityOutageHours"],
  "older list kept out": ["staleListPerMillion"],
  "wrong PIN counted": ["wrongPinPerMillion"],
};

/** What is needed from one happening to the next. */
interface Seen {
  /** By sender and receiver: session and sequence of the newest request, and of the newest reply. */
  readonly asked: Map<string, string>;
  readonly answered: Map<string, string>;
  /** By device: the newest program of its memory. */
  readonly programmed: Map<string, Extract<NvmOperation, { kind: "program" }>>;
  /** By key: the door of its last visit, and when it ended. */
  readonly visited: Map<string, { readonly cylinder: string; readonly until: number }>;
}

/** Counts marks, and openings under faults and after them. It is no checker; it sits where checkers sit. */
export class Marks implements Checker {
  readonly property = "P14";
  readonly says = "nothing: it counts";
  readonly breaches: readonly Breach[] = [];
  readonly watch: Watch;
  readonly counts: Map<MarkName, number> = new Map();
  /** Set when the town is there. */
  strikes: Strikes | "none" = "none";
  readonly #seen: Seen = { asked: new Map(), answered: new Map(), programmed: new Map(), visited: new Map() };

  constructor() {
    const look = (happening: Happening, truth: Truth): void => {
      for (const name of this.#marksOf(happening, truth)) this.#mark(name);
    };
    const kinds = [
      "step",
      "sent",
      "power",
      "battery",
      "disengaged",
      "turned",
      "activated",
      "bolt",
      "collected",
      "visit",
      "liveness",
    ] as const;
    this.watch = {
      ...(Object.fromEntries(kinds.map((kind) => [kind, look])) as Watch),
      memory: ({ device, operation, outcome }) => {
        if (outcome.kind === "worn-out" || outcome.kind === "not-erased") {
          this.#mark("memory refused");
          this.#feel(device);
        }
        if (operation.kind !== "program") return;
        const { page, word, bytes } = operation;
        const before = this.#seen.programmed.get(device);
        this.#seen.programmed.set(device, operation);
        if (before === undefined || bytes.length < LONG_BYTES || (before.page === page && before.word === word)) return;
        if (!equalBytes(before.bytes, bytes)) return;
        this.#mark("written once more");
        this.#feel(device);
      },
    };
  }

  copy(): Checker {
    return this;
  }

  #mark(name: MarkName): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    if (this.strikes !== "none") for (const fault of SHOWS[name] ?? []) this.strikes.feelOf(fault);
  }

  #feel(device: string): void {
    if (this.strikes !== "none") this.strikes.feel(device);
  }

  #feelOf(fault: OptionName): void {
    if (this.strikes !== "none") this.strikes.feelOf(fault);
  }

  #settle(device: string): void {
    if (this.strikes !== "none") this.strikes.settle(device);
  }

  #marksOf(happening: Happening, truth: Truth): readonly MarkName[] {
    switch (happening.kind) {
      case "sent":
        return this.#sent(happening);
      case "visit":
        return this.#visit(happening);
      case "power":
        return this.#power(happening, truth);
      case "step":
        return this.#step(happening, truth);
      case "battery":
        return happening.step === "low" ? ["battery low"] : happening.step === "empty" ? ["battery empty"] : [];
      case "disengaged":
        if (happening.why === "firmware") return [];
        return [happening.why === "power" ? "clutch fell by power" : "clutch fell by time"];
      case "turned":
        return happening.keyway === "mechanical" ? ["mechanical key turned"] : [];
      case "activated":
        return ["activated"];
      case "bolt":
        return ["bolt drawn"];
      case "collected":
        return [happening.known === "new" ? "segment stored" : "segment came again"];
      case "liveness":
        return happening.opened === "yes" ? ["live again"] : [];
      default:
        return [];
    }
  }

  #sent({ from, to, frame }: HappeningOf<"sent">): readonly MarkName[] {
    const isRequest = frame.kind === "request";
    for (const [id, fault] of ROGUES) if (from.startsWith(id)) this.#feelOf(fault);
    if (frame.kind === "reply" && frame.message === MESSAGE_BUSY) return ["BUSY said"];
    const line = `${from} ${to}`;
    const what = `${frame.session} ${frame.sequence}`;
    const known = isRequest ? this.#seen.asked : this.#seen.answered;
    const isSame = known.get(line) === what;
    known.set(line, what);
    if (!isSame) return [];
    this.#feel(from);
    this.#feel(to);
    return [isRequest ? "request repeated" : "answer repeated"];
  }

  #visit({ report }: HappeningOf<"visit">): readonly MarkName[] {
    const { key, cylinder, outcome, from, until } = report;
    if (key.startsWith("rogue:")) return outcome.kind === "opened" ? [] : ["rogue turned away"];
    const before = this.#seen.visited.get(key);
    this.#seen.visited.set(key, { cylinder, until });
    const swapped: MarkName[] =
      before !== undefined && before.cylinder !== cylinder && from - before.until < 2_000_000
        ? ["swapped within a second"]
        : [];
    if (outcome.kind === "opened") this.#settle(key);
    else this.#feel(key);
    if (outcome.kind === "opened") this.#settle(cylinder);
    else this.#feel(cylinder);
    switch (outcome.kind) {
      case "opened":
        return [...swapped, "opened", ...(before?.cylinder === cylinder ? (["opened again"] as const) : [])];
      case "refused":
        return [...swapped, refusalMark(outcome.reason)];
      case "not-asked":
        return [...swapped, "key asked for nothing", ...signalMarks(outcome.signal)];
      case "broken-off":
        return [...swapped, "broken off"];
      case "worked":
        return swapped;
    }
  }

  #power({ device, power }: HappeningOf<"power">, truth: Truth): readonly MarkName[] {
    if (power === "on") return [];
    const phase = asCylinder(truth.state(device))?.phase.name;
    if (phase === undefined || phase === "closed") return [];
    return [DARK[phase]];
  }

  #step(happening: HappeningOf<"step">, truth: Truth): readonly MarkName[] {
    const { moment } = happening;
    if (moment.before === moment.after) return [];
    const door = cylinderStep(moment, truth);
    if (door !== undefined) return this.#doorMarks(door, moment.input as { readonly kind: string; readonly nvm?: Nvm });
    const key = keyStep(moment, truth);
    if (key !== undefined) return keyMarks(key);
    const { kind } = moment.input;
    if (roleOf(moment.entity, truth) === "host") return hostMarks(kind, moment.effects);
    if (kind === "power-lost" && roleOf(moment.entity, truth) === "key") {
      return (asKey(moment.before)?.commit ?? "idle") === "idle" ? [] : ["key dark in a commit"];
    }
    return [];
  }

  #doorMarks(
    { id, before, after }: NonNullable<ReturnType<typeof cylinderStep>>,
    input: { readonly kind: string; readonly nvm?: Nvm },
  ): readonly MarkName[] {
    if (before === undefined) {
      const met = input.nvm === undefined ? [] : hurtWords(input.nvm);
      if (met.length > 0) this.#feel(id);
      return met;
    }
    const { stores } = after;
    if (stores === before.stores) return [];
    const seen: MarkName[] = [];
    const { last } = stores.openings;
    if (last !== undefined && last !== before.stores.openings.last) {
      const { record } = last;
      if (record.kind === "void") seen.push("number voided");
      if (record.kind === "outcome" && record.code === "unknown") seen.push("outcome unknown");
      if (record.kind === "outcome" && record.code === "aborted") seen.push("opening aborted");
      if (stores.openings.blockNumber > RING_BLOCKS && stores.openings.block === 0) seen.push("ring wrapped");
    }
    if (stores.floor !== before.stores.floor && stores.floor.value > before.stores.floor.value)
      seen.push("floor raised");
    const [was, is] = [before.stores.bank.settings, stores.bank.settings];
    if (was === is) return seen;
    if (is.trust.epoch > was.trust.epoch) seen.push("epoch followed by a door");
    const isUndecided = after.phase.name === "updating" || after.phase.name === "challenging";
    if (isUndecided && is.lists !== was.lists) seen.push("list taken mid-visit");
    if (isUndecided && is.policyVersion !== was.policyVersion) seen.push("policy taken mid-visit");
    if (is.lifecycle !== was.lifecycle && is.lifecycle === "deactivated") seen.push("door taken out of service");
    if (is.lifecycle !== was.lifecycle && is.lifecycle === "dismounted") seen.push("cylinder dismounted");
    return seen;
  }
}

/** By the begin of their names: what a rogue says is felt by whoever hears it. */
const ROGUES: readonly (readonly [string, OptionName])[] = [
  ["rogue:thief", "rogueKeys"],
  ["rogue:gadget", "rogueGadgets"],
  ["rogue:station", "rogueStations"],
  ["rogue:box", "rogueBoxes"],
  ["cable of station:lied", "rogueHosts"],
];
const RING_BLOCKS = 6;
/** Shorter ones are marks and counters, which are alike by nature. */
const LONG_BYTES = 32;
type DarkPhase = Exclude<NonNullable<ReturnType<typeof asCylinder>>["phase"]["name"], "closed">;
const DARK: Readonly<Record<DarkPhase, MarkName>> = {
  booting: "dark at boot",
  challenging: "dark in its decision",
  updating: "dark in its decision",
  verifying: "dark in its decision",
  committing: "dark in its commit",
  engaged: "dark while engaged",
  logging: "dark while logging",
};

function refusalMark(reason: string): MarkName {
  if (reason === "not-activated") return "key without activation";
  if (reason === "energy") return "too little energy";
  if (reason.includes("revoked") || reason.includes("void")) return "refused: revoked";
  return reason.includes("access") || reason.includes("scope") ? "refused: out of scope" : "refused: other";
}

function signalMarks(signal: string): readonly MarkName[] {
  switch (signal) {
    case "activate":
      return ["key without activation"];
    case "clock":
      return ["key with a doubtful clock"];
    case "not-permitted-now":
    case "shift-over":
      return ["key after its shift"];
    default:
      return [];
  }
}

function keyMarks({ before, after }: NonNullable<ReturnType<typeof keyStep>>): readonly MarkName[] {
  const seen: MarkName[] = [];
  const [was, is] = [before?.holdings, after.holdings];
  if (is === was) return seen;
  if (was === undefined) return is.clock.quality === "running" ? ["key came back"] : [];
  if (is.trust.epoch > was.trust.epoch) seen.push("epoch followed by a key");
  if (is.clock.quality !== was.clock.quality) {
    if (is.clock.quality === "conflict") seen.push("clock in conflict");
    if (is.clock.quality === "lost") seen.push("clock lost");
  }
  const attempts = is.pin?.attempts ?? 0;
  if (attempts > (was.pin?.attempts ?? 0)) seen.push("wrong PIN counted");
  if (attempts >= limits.pinAttempts && attempts > (was.pin?.attempts ?? 0)) seen.push("PIN locked");
  return seen;
}

function hostMarks(
  input: string,
  effects: readonly { readonly kind: string; readonly outcome?: string }[],
): readonly MarkName[] {
  if (input === "connect") return ["host came back"];
  return effects.some(({ kind, outcome }) => kind === "task-done" && outcome === "older")
    ? ["older list kept out"]
    : [];
}

function hurtWords({ pages }: Nvm): readonly MarkName[] {
  const seen = new Set<MarkName>();
  for (const page of pages.held) {
    for (const [, damage] of page.damage) {
      if (damage.state === "torn") seen.add("torn word met at boot");
      else seen.add(isFaded(damage) ? "faded word met at boot" : "marginal word met at boot");
    }
  }
  return [...seen];
}

/** One bit, which the ECC corrects. */
function isFaded({ from, to }: { readonly from: Uint8Array; readonly to: Uint8Array }): boolean {
  let bits = 0;
  for (let index = 0; index < from.length; index++) {
    for (let left = (from[index] ?? 0) ^ (to[index] ?? 0); left !== 0; left &= left - 1) bits += 1;
  }
  return bits === 1;
}
