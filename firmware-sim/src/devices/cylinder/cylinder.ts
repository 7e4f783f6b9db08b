/**
 * The DUO cylinder (SPEC 8.1, 8.6): a lock without mains, battery or clock, which lives on the energy of the key that is in it.
 * A pure machine: what comes in and goes out is in cylinder-io.ts, what it knows in cylinder-state.ts, and the tables by which
 * it runs in tables.ts. The resident's own keyway is no business of its (hardware/clutch.ts), and it never makes anybody
 * wait (SPEC LOG-8).
 */
import {
  type ChunkRequest,
  decodeLargeRequest,
  decodeRequest,
  encodeReply,
  mayAsk,
  NyckelfriError,
  newResponder,
  PeerError,
  stepResponder,
  stepTransfer,
  wholeBody,
} from "@nyckelfri/protocol";
import type { Device, Stepped } from "../../world/entity.ts";
import { collect, handOut, receive } from "./carry.ts";
import { challenge, greet } from "./challenge.ts";
import type { CylinderEffect, CylinderInput } from "./cylinder-io.ts";
import type {
  After,
  Brought,
  Build,
  CylinderConfig,
  CylinderOn,
  CylinderState,
  OpenSession,
  PhaseName,
  ServiceSession,
  Target,
} from "./cylinder-state.ts";
import { asked, supplied } from "./decide.ts";
import { findingsOf } from "./findings.ts";
import { readIdentity } from "./identity.ts";
import { INSERTIONS, layoutOf } from "./layout.ts";
import { readsBack } from "./memory.ts";
import { andThen, answer, answerError, move, RESPONDER, respond, type Step, step, write } from "./moves.ts";
import { actuated, letGo, measured, released, sessionAfter } from "./open.ts";
import { inOtherSlot } from "./other-slot.ts";
import { commission, enrol, lifecycle, transfer } from "./service.ts";
import { factorySettings } from "./settings.ts";
import { afterFailure, afterTask, openStores, planTask, retryOf } from "./stores.ts";
import { ACCEPTS, WRITE_ATTEMPTS } from "./tables.ts";
import { judgeUpdate } from "./update.ts";
import { erasesAhead, splitRepairs } from "./upkeep.ts";

/** Throws `caller/argument` for a memory that is too small. */
export function cylinderDevice(config: CylinderConfig): Device<CylinderState, CylinderInput, CylinderEffect> {
  const { provider, profile, insertions = INSERTIONS } = config;
  const findings = findingsOf(config.keeping ?? "by-page", provider);
  const build: Build = { provider, profile, layout: layoutOf(profile), insertions, findings };
  return { step: (state, input) => stepCylinder(build, state, input) };
}

/** An empty frame. */
const LINE_READY: Uint8Array = Uint8Array.of(0);

/** Before the first insertion. */
export const DARK: CylinderState = { power: "off" };

export function phaseOf(state: CylinderState): PhaseName {
  return state.power === "on" ? state.phase.name : "unpowered";
}

function stepCylinder(
  build: Build,
  state: CylinderState,
  input: CylinderInput,
): Stepped<CylinderState, CylinderEffect> {
  if (input.kind === "power-lost") return { state: DARK, effects: [] };
  if (input.kind === "power-on") return boot(build, input);
  if (state.power !== "on" || ACCEPTS[state.phase.name][input.kind] === "ignored") return { state, effects: [] };
  return settle(build, handle(build, state, input), input.tickMs);
}

function handle(
  build: Build,
  state: CylinderOn,
  input: Exclude<CylinderInput, { kind: "power-on" | "power-lost" }>,
): Step {
  const { tickMs } = input;
  switch (input.kind) {
    case "frame":
      return received(build, state, input);
    case "nvm-done":
      return written(build, state, input);
    case "energy":
      return measured(build, state, input.reading, tickMs);
    case "clutch":
      return actuated(state, input.outcome, tickMs);
    case "removed":
      return letGo(state, tickMs);
    case "timer":
      return released(state, tickMs);
  }
}

/** SPEC OPN-1. Without identity there is nothing that could speak. */
function boot(
  build: Build,
  { nvm, noise, tickMs }: Extract<CylinderInput, { kind: "power-on" }>,
): Stepped<CylinderState, CylinderEffect> {
  const { provider, findings } = build;
  const memory = { nvm, noise };
  const identity = readIdentity(build, memory);
  if (identity === undefined) return { state: { power: "blank" }, effects: [] };
  const { stores, tasks, deferred } = openStores(
    build,
    memory,
    findings.factory.of(identity, () => factorySettings(provider, identity.kid)),
  );
  const { now, owed } = splitRepairs(build, memory, stores, tasks);
  const on: CylinderOn = {
    power: "on",
    memory,
    identity,
    stores,
    phase: { name: "booting" },
    session: "none",
    responder: newResponder(),
    work: "idle",
    waiting: "none",
    owed,
    deferred,
    upkeep: "later",
    refusalRecorded: "no",
  };
  return settle(build, step(write(on, now, { kind: "booted" })), tickMs);
}

/** Hands out the next thing to write, or goes on after the last one, until the machine waits for something. */
function settle(build: Build, stepped: Step, tickMs: number): Step {
  let at = stepped;
  for (;;) {
    const { state } = at;
    const { work, waiting } = state;
    if (state.phase.name === "closed") return at;
    if (work === "idle") {
      if (waiting === "none") {
        if (state.phase.name !== "logging" || state.upkeep !== "due") return at;
        at = andThen(at, (on) => keepUp(build, on));
        continue;
      }
      const greeted = andThen(at, (on) => greet(build, on, waiting));
      if (greeted.state.waiting !== "none") return at;
      at = greeted;
      continue;
    }
    if (work.stages.length > 0) return at;
    const [task] = work.tasks;
    if (task === undefined) {
      at = andThen(at, (on) => follow(build, { ...on, work: "idle" }, work.follows, tickMs));
      continue;
    }
    // Nobody waits for what can be done later.
    if (task.kind === "erase-ahead" && waiting !== "none") {
      at = andThen(at, (on) => step({ ...on, work: { ...work, tasks: work.tasks.slice(1) } }));
      continue;
    }
    const stages = planTask(build, state.memory, state.stores, task);
    const [first] = stages;
    const operations = first?.operations ?? [];
    return andThen(at, (on) => step({ ...on, work: { ...work, stages } }, { kind: "nvm", operations }));
  }
}

/** After an opening: what the next sessions will fill is erased. */
function keepUp(build: Build, state: CylinderOn): Step {
  const tasks = erasesAhead(build, state.memory, state.stores, "all");
  const kept: CylinderOn = { ...state, upkeep: "done" };
  return step(tasks.length === 0 ? kept : write(kept, tasks, { kind: "nothing" }));
}

/** A stage is done, or was not: everything is read back before it counts. */
function written(
  build: Build,
  state: CylinderOn,
  { nvm, outcome }: Extract<CylinderInput, { kind: "nvm-done" }>,
): Step {
  const { work } = state;
  const on: CylinderOn = { ...state, memory: { ...state.memory, nvm } };
  if (work === "idle" || work.stages.length === 0) return step(on);
  const [stage, ...further] = work.stages;
  const [task, ...later] = work.tasks;
  if (stage === undefined || task === undefined) return step(on);
  if (outcome.kind === "done" && stage.expected.every((expected) => readsBack(on.memory, expected))) {
    const [next] = further;
    if (next !== undefined) {
      return step({ ...on, work: { ...work, stages: further } }, { kind: "nvm", operations: next.operations });
    }
    // The next one has all its attempts: it may meet the same dead places.
    const left = { ...work, tasks: later, stages: [], failures: 0 };
    return step({ ...on, stores: afterTask(build, on.stores, task), work: left });
  }
  // What does not erase is found out when it is to be filled, or when everything is read back.
  if (task.kind === "erase-ahead" || task.kind === "erase-unnamed")
    return step({ ...on, work: { ...work, tasks: later, stages: [] } });
  const failures = work.failures + 1;
  const stores = afterFailure(build, on.stores, task);
  if (failures < WRITE_ATTEMPTS) {
    const again = { ...on, stores, work: { ...work, tasks: [retryOf(stores, task), ...later], stages: [], failures } };
    return step(task.kind === "object" ? inOtherSlot(build, again, again.work, task.slot) : again);
  }
  // While the clutch holds, only the cache is written; the engagement ends as it would.
  if (on.phase.name === "engaged") return step({ ...on, stores, work: "idle" });
  return move({ ...on, stores, work: "idle" }, "memory-failed", { name: "closed", reason: "memory" });
}

/** What follows when everything is written. */
function follow(build: Build, state: CylinderOn, after: After, tickMs: number): Step {
  switch (after.kind) {
    case "booted": {
      const ready = move(state, "booted", { name: "challenging" });
      const isEnded = state.stores.openings.last?.record.kind === "exhausted";
      // SPEC SER-6: on this the key says hello.
      if (!isEnded) return andThen(ready, (on) => step(on, { kind: "send", bytes: LINE_READY }));
      return andThen(ready, (on) => move(on, "exhausted", { name: "closed", reason: "exhausted" }));
    }
    case "exhausted":
      return move(state, "exhausted", { name: "closed", reason: "exhausted" });
    case "challenge":
      return challenge(build, state, after, tickMs);
    case "reply":
      return answer(withBrought(state, after.brought ?? {}), after.target, after.answer);
    case "intent-written":
      return step(state, { kind: "measure-energy", load: "actuation" });
    case "result": {
      const { target, message: name } = after.asked;
      const session = { ...(state.session as OpenSession), carry: after.carry };
      const event = state.phase.name === "committing" ? "aborted" : "refused";
      const told = answer({ ...state, session }, target, { exchange: "open", name, body: after.result });
      return andThen(
        andThen(told, (on) => move(on, event, { name: "logging" })),
        (on) => step(sessionAfter(on)),
      );
    }
    case "nothing":
      return step(state);
  }
}

function received(build: Build, state: CylinderOn, { frame, tickMs }: Extract<CylinderInput, { kind: "frame" }>): Step {
  const { state: responder, effects } = stepResponder(RESPONDER, state.responder, { kind: "received", frame });
  let at = step({ ...state, responder });
  for (const effect of effects) {
    at = andThen(at, (on) => {
      switch (effect.kind) {
        case "write":
          return step(on, { kind: "send", bytes: effect.bytes });
        case "handle-hello": {
          const { session, message, body } = effect;
          return greet(build, on, { session, message, body });
        }
        case "handle": {
          const { session, sequence, message, body } = effect;
          return request(build, on, { session, sequence }, message, body, tickMs);
        }
      }
    });
  }
  return at;
}

/** A request of the running session. */
function request(
  build: Build,
  state: CylinderOn,
  target: Target,
  message: number,
  body: Uint8Array,
  tickMs: number,
): Step {
  const { session, work } = state;
  // Something is still being written that belongs to no request: it is soon done.
  if (work !== "idle" || state.phase.name === "committing") return respond(state, { kind: "defer", ...target });
  if (session === "none") return answerError(state, target, new PeerError("messages/out-of-turn"));
  try {
    return session.exchange === "open"
      ? openRequest(build, state, session, target, message, body, tickMs)
      : serviceRequest(build, state, session, target, message, body);
  } catch (error) {
    if (error instanceof NyckelfriError) return answerError(state, target, error);
    throw error;
  }
}

function openRequest(
  build: Build,
  state: CylinderOn,
  session: OpenSession,
  target: Target,
  message: number,
  body: Uint8Array,
  tickMs: number,
): Step {
  const received = decodeRequest("open", message, body);
  const may = mayAsk(session.rules, received.name);
  if (may !== "allowed") throw new PeerError(may, { message });
  switch (received.name) {
    case "hello":
      throw new PeerError("messages/out-of-turn", { message });
    case "update": {
      const { outcome, tasks, brought } = judgeUpdate(build, state, received.body.object);
      const given = { exchange: "open", name: "update", body: { outcome } } as const;
      const updates = [...session.updates, body, encodeReply("open", "update", given.body)];
      const on = { ...state, session: { ...session, updates } };
      return step(write(on, tasks, { kind: "reply", target, answer: given, brought }));
    }
    case "open":
      return asked(build, state, session, target, received.body, tickMs);
    case "supply":
      return supplied(build, state, session, target, received.body);
    case "collect":
      if (session.carry === "nothing") throw new PeerError("messages/out-of-turn", { message });
      return collect(build, state, session, target, received.body);
    case "receipt":
      return receive(build, state, session, target, received.body.receipt);
    case "fetch":
      return handOut(build, state, target, received.body);
  }
}

function serviceRequest(
  build: Build,
  state: CylinderOn,
  session: ServiceSession,
  target: Target,
  message: number,
  body: Uint8Array,
): Step {
  const received = decodeLargeRequest("service", message, body, session.transferred);
  const may = mayAsk(session.rules, received.name);
  if (may !== "allowed") throw new PeerError(may, { message });
  const whole = wholeBody(body, session.transferred);
  const on: CylinderOn = { ...state, session: { ...session, transferred: undefined } };
  switch (received.name) {
    case "hello":
      throw new PeerError("messages/out-of-turn", { message });
    case "chunk":
      return chunk(build, state, session, target, received.body);
    case "update": {
      const { outcome, tasks, brought } = judgeUpdate(build, on, received.body.object);
      const given = { exchange: "service", name: "update", body: { outcome } } as const;
      return step(write(on, tasks, { kind: "reply", target, answer: given, brought }));
    }
    case "enrol":
      return enrol(build, on, target, received.body.nonce);
    case "commission":
      return commission(build, on, target, received.body, whole);
    case "lifecycle":
      return lifecycle(build, on, session, target, received.body);
    case "transfer":
      return transfer(build, on, session, target, received.body.transfer);
  }
}

function chunk(
  { provider }: Build,
  state: CylinderOn,
  session: ServiceSession,
  target: Target,
  part: ChunkRequest,
): Step {
  const { state: moving, outcome } = stepTransfer(session.transfer, part, (bytes) => provider.sha256(bytes));
  const kept: CylinderOn = { ...state, session: { ...session, transfer: moving } };
  if (outcome.kind === "refused") return answerError(kept, target, new PeerError(outcome.code));
  const isWhole = outcome.kind === "complete";
  const transferred = isWhole ? { digest: part.digest, bytes: outcome.bytes } : undefined;
  const on: CylinderOn = { ...state, session: { ...session, transfer: moving, transferred } };
  const body = { received: isWhole ? part.total : outcome.received };
  return answer(on, target, { exchange: "service", name: "chunk", body });
}

function withBrought(state: CylinderOn, { certified = [], lists = [] }: Brought): CylinderOn {
  const { session } = state;
  if (session === "none" || certified.length + lists.length === 0) return state;
  const others = session.lists.filter(
    (held) => !lists.some(({ object }) => object.value.list === held.object.value.list),
  );
  const held = { certified: [...session.certified, ...certified], lists: [...others, ...lists] };
  return { ...state, session: { ...session, ...held } };
}
