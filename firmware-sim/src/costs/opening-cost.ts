/** What a visit costs key and cylinder, by phase: milliseconds and millijoules are thousandths of these. */
import { messageNamed, timingOf } from "@nyckelfri/protocol";
import { estimate, type Figure, type FiguresUsed, takeFigure } from "./figure.ts";
import {
  type HardwarePair,
  type OpeningPhase,
  type OpeningStep,
  PHASES,
  type StepName,
  stepsOf,
  type VisitCourse,
} from "./opening-steps.ts";
import { type Cost, costOf, countsOf, lineNanoseconds, noOperations } from "./operation-counts.ts";
import { SHORT_REPLY_BYTES, type Visit } from "./visits.ts";

/** Energies are what each side takes at its own terminals; the battery also pays for what is lost on the way. */
export interface VisitCost {
  readonly microseconds: number;
  readonly cylinderNanojoules: number;
  readonly keyNanojoules: number;
}

/** A step with when it begins, counted from contact. */
export interface TimedStep {
  readonly step: OpeningStep;
  readonly beginsMicroseconds: number;
  readonly cost: VisitCost;
}

export interface OpeningCost {
  readonly phases: Readonly<Record<OpeningPhase, VisitCost>>;
  readonly total: VisitCost;
  /** From contact to the last byte of the result: what the holder waits. */
  readonly resultMicroseconds: number;
  /** From the key's battery, losses of contact and converter included. */
  readonly batteryNanojoules: number;
  readonly verifications: number;
  /** Hello to result, with every repetition that a slow door makes a key send (SPEC ERR-4). */
  readonly contactBytes: number;
  readonly busyAnswers: number;
  readonly steps: readonly TimedStep[];
}

/** A usual opening is held until the door is pulled. */
export const usualHeldMilliseconds: Figure = estimate(
  3_000,
  "From the result to the pulled door; no figure was found.",
);
export const usualCourse: VisitCourse = {
  boot: "after-outcome",
  end: { kind: "opened", heldMilliseconds: usualHeldMilliseconds.value },
};

/** @throws RangeError if the visit's counts are no whole numbers. */
export function openingCost(
  visit: Visit,
  pair: HardwarePair,
  course: VisitCourse = usualCourse,
  used?: FiguresUsed,
): OpeningCost {
  if (course === usualCourse) takeFigure(usualHeldMilliseconds, used);
  const steps = timedSteps(stepsOf(visit, pair, course), pair, used);
  const busy = busyRounds(steps, pair);
  const phases = Object.fromEntries(
    PHASES.map((phase) => [phase, sum(steps.filter(({ step }) => step.phase === phase).map(({ cost }) => cost))]),
  ) as Record<OpeningPhase, VisitCost>;
  phases.verify = sum([phases.verify, { microseconds: 0, ...busyEnergy(busy, pair, used) }]);
  const total = sum(Object.values(phases));
  const result = stepNamed(steps, "result");
  const bytesToResult = steps.reduce(
    (bytes, { step, beginsMicroseconds }) =>
      step.action.kind === "frame" && beginsMicroseconds <= result.beginsMicroseconds
        ? bytes + step.action.bytes
        : bytes,
    0,
  );
  return {
    phases,
    total,
    resultMicroseconds: result.beginsMicroseconds + result.cost.microseconds,
    batteryNanojoules: batteryNanojoules(total, pair, used),
    verifications: steps.reduce((count, { step }) => count + verificationsIn(step), 0),
    contactBytes: busy.reduce(
      (bytes, round) => bytes + round.answers * (round.requestBytes + SHORT_REPLY_BYTES),
      bytesToResult,
    ),
    busyAnswers: busy.reduce((answers, round) => answers + round.answers, 0),
    steps,
  };
}

/** One step after the other, from contact on. */
export function timedSteps(steps: readonly OpeningStep[], pair: HardwarePair, used?: FiguresUsed): TimedStep[] {
  let beginsMicroseconds = 0;
  return steps.map((step) => {
    const cost = stepCost(step, pair, used);
    const begun = { step, beginsMicroseconds, cost };
    beginsMicroseconds += cost.microseconds;
    return begun;
  });
}

/** The first step of that name. @throws RangeError if the visit has none. */
export function stepNamed(steps: readonly TimedStep[], name: StepName): TimedStep {
  const found = steps.find(({ step }) => step.name === name);
  if (found === undefined) throw new RangeError(`the visit has no step ${name}`);
  return found;
}

function verificationsIn({ action }: OpeningStep): number {
  return action.kind === "work" && action.at === "cylinder" ? action.counts.ed25519Verify : 0;
}

function sum(costs: readonly VisitCost[]): VisitCost {
  return costs.reduce(
    (all, cost) => ({
      microseconds: all.microseconds + cost.microseconds,
      cylinderNanojoules: all.cylinderNanojoules + cost.cylinderNanojoules,
      keyNanojoules: all.keyNanojoules + cost.keyNanojoules,
    }),
    { microseconds: 0, cylinderNanojoules: 0, keyNanojoules: 0 },
  );
}

/** From the battery, rounded up. */
export function batteryNanojoules(cost: VisitCost, { key, cylinder }: HardwarePair, used?: FiguresUsed): number {
  const { supplyPercent } = cylinder.contact;
  const { converterPercent } = key.battery;
  const atContact = Math.ceil((cost.cylinderNanojoules * 100) / takeFigure(supplyPercent, used));
  return Math.ceil(((cost.keyNanojoules + atContact) * 100) / takeFigure(converterPercent, used));
}

function stepCost({ action }: OpeningStep, pair: HardwarePair, used: FiguresUsed | undefined): VisitCost {
  const { key, cylinder } = pair;
  const waiting = (hardware: HardwarePair["key"] | HardwarePair["cylinder"], microseconds: number): number =>
    costOf({ ...noOperations, microsecondsWaiting: microseconds }, hardware, used).nanojoules;
  switch (action.kind) {
    case "work": {
      const isKey = action.at === "key";
      const { microseconds, nanojoules }: Cost = costOf(action.counts, isKey ? key : cylinder, used);
      const other = waiting(isKey ? cylinder : key, microseconds);
      return isKey
        ? { microseconds, keyNanojoules: nanojoules, cylinderNanojoules: other }
        : { microseconds, keyNanojoules: other, cylinderNanojoules: nanojoules };
    }
    case "frame": {
      const sent = countsOf({ bytesSent: action.bytes });
      const received = countsOf({ bytesReceived: action.bytes });
      const keys = costOf(action.from === "key" ? sent : received, key, used);
      const cylinders = costOf(action.from === "cylinder" ? sent : received, cylinder, used);
      const turnaround = takeFigure(cylinder.contact.turnaroundMicroseconds, used);
      return {
        microseconds: Math.max(keys.microseconds, cylinders.microseconds) + turnaround,
        keyNanojoules: keys.nanojoules + waiting(key, turnaround),
        cylinderNanojoules: cylinders.nanojoules + waiting(cylinder, turnaround),
      };
    }
    case "listen": {
      const microseconds = takeFigure(cylinder.contact.listenMicroseconds, used);
      return { microseconds, keyNanojoules: waiting(key, microseconds), cylinderNanojoules: 0 };
    }
    case "charge": {
      const microseconds = riseMicroseconds(pair, used);
      return {
        microseconds,
        keyNanojoules: waiting(key, microseconds),
        cylinderNanojoules: fillNanojoules(pair, used),
      };
    }
    case "start": {
      const microseconds = takeFigure(cylinder.processor.startMicroseconds, used);
      return {
        microseconds,
        keyNanojoules: waiting(key, microseconds),
        cylinderNanojoules: waiting(cylinder, microseconds),
      };
    }
    case "signal":
      return {
        microseconds: 0,
        keyNanojoules: takeFigure(key.signal.microjoulesPerSignal, used) * 1_000,
        cylinderNanojoules: 0,
      };
  }
}

/** From no charge to the least voltage, by what the store draws or the key's battery gives, whichever is less. */
export function riseMicroseconds({ key, cylinder: { store } }: HardwarePair, used?: FiguresUsed): number {
  const microamps = Math.min(takeFigure(store.chargeMicroamps, used), takeFigure(key.battery.pulseMicroamps, used));
  // nF · mV are picocoulombs; microamps are picocoulombs per microsecond.
  return Math.ceil((takeFigure(store.nanofarads, used) * takeFigure(store.leastMillivolts, used)) / microamps);
}

/** Filled through a resistance: as much is lost as is stored, and what is stored is lost at removal. */
export function fillNanojoules({ cylinder: { store } }: HardwarePair, used?: FiguresUsed): number {
  const fullMillivolts = takeFigure(store.fullMillivolts, used);
  // nF · mV · mV are femtojoules.
  return Math.ceil((takeFigure(store.nanofarads, used) * fullMillivolts * fullMillivolts) / 1_000_000);
}

/** A request that C is still handling when its time-out ends, and the BUSY answers that it gives meanwhile. */
export interface BusyRound {
  readonly message: "update" | "open" | "supply";
  readonly requestBytes: number;
  readonly handlingMicroseconds: number;
  readonly answers: number;
}

/** Each request of the visit with how long C handles it (SPEC FRM-7, ERR-4). */
export function busyRounds(steps: readonly TimedStep[], { cylinder }: HardwarePair): BusyRound[] {
  const rounds = new Map<
    string,
    { message: BusyRound["message"]; requestBytes: number; handlingMicroseconds: number }
  >();
  for (const { step, cost } of steps) {
    if (step.handling === undefined) continue;
    const { message, requestBytes, round } = step.handling;
    const id = `${message} ${round}`;
    const known = rounds.get(id);
    const handlingMicroseconds = (known?.handlingMicroseconds ?? 0) + cost.microseconds;
    rounds.set(id, { message, requestBytes, handlingMicroseconds });
  }
  return [...rounds.values()].map((round) => {
    const { timeoutMilliseconds, busyMilliseconds } = requestTiming(round.message);
    const lateMicroseconds = round.handlingMicroseconds - timeoutMilliseconds * 1_000;
    const onLine = lineNanoseconds(round.requestBytes + SHORT_REPLY_BYTES, cylinder.contact) / 1_000;
    const answers = lateMicroseconds <= 0 ? 0 : Math.ceil(lateMicroseconds / (busyMilliseconds * 1_000 + onLine));
    return { ...round, answers };
  });
}

/** Time-out and BUSY delay of a request of exchange open (SPEC ERR-4). */
export function requestTiming(message: BusyRound["message"]): {
  timeoutMilliseconds: number;
  retries: number;
  busyMilliseconds: number;
} {
  const entry = messageNamed("open", message);
  return {
    timeoutMilliseconds: entry.timeoutMs,
    retries: entry.retries,
    busyMilliseconds: timingOf(entry).busyMilliseconds,
  };
}

/** The waiting is counted already: what is added are the frames. */
function busyEnergy(
  rounds: readonly BusyRound[],
  { key, cylinder }: HardwarePair,
  used?: FiguresUsed,
): Omit<VisitCost, "microseconds"> {
  const requests = rounds.reduce((bytes, { answers, requestBytes }) => bytes + answers * requestBytes, 0);
  const replies = rounds.reduce((bytes, { answers }) => bytes + answers * SHORT_REPLY_BYTES, 0);
  const frames = (hardware: HardwarePair["key"] | HardwarePair["cylinder"], sent: number, received: number): number => {
    if (sent + received === 0) return 0;
    const { processor, contact } = hardware;
    const cycles = (sent + received) * takeFigure(processor.cyclesPerFramedByte, used);
    const picojoules =
      cycles * takeFigure(processor.picojoulesPerCycle, used) +
      sent * takeFigure(contact.nanojoulesPerByte, used) * 1_000;
    return Math.ceil(picojoules / 1_000);
  };
  return { keyNanojoules: frames(key, requests, replies), cylinderNanojoules: frames(cylinder, replies, requests) };
}
