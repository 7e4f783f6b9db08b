/** A hello, the nonce that is committed before anything leaves, and the answer (SPEC OPN-2 to OPN-4, SVC-4, LOG-8). */
import {
  afterAnswer,
  challengeNonce,
  chooseVersion,
  decodeRequest,
  type ExchangeName,
  encodeReply,
  exchangeOfHello,
  NO_TRANSFER,
  NyckelfriError,
  newSession,
  PeerError,
  SPOKEN_VERSIONS,
} from "@nyckelfri/protocol";
import type { After, Build, CylinderOn, Greeting, Hello, Session } from "./cylinder-state.ts";
import { policyOf, readList, settingsOf } from "./held.ts";
import { answerError, move, respond, type Step, step, write } from "./moves.ts";
import { FINISHES_FIRST } from "./tables.ts";
import { erasesAhead } from "./upkeep.ts";

/** Begins a session, or lets the hello wait until what was begun is done. */
export function greet(build: Build, state: CylinderOn, hello: Hello): Step {
  if (state.work !== "idle" || FINISHES_FIRST.includes(state.phase.name)) return step({ ...state, waiting: hello });
  const fresh: CylinderOn = { ...state, waiting: "none", session: "none" };
  // First of all what the session before was about to do is over, whatever this hello says (SPEC FRM-8).
  const { state: next, effects } = move(fresh, "hello", { name: "challenging" });
  const greeting = readHello(hello);
  if (greeting instanceof NyckelfriError) {
    const refused = answerError(next, { ...hello, sequence: 0 }, greeting);
    return { ...refused, effects: [...effects, ...refused.effects] };
  }
  const isExhausted = state.stores.nonces.value >= build.insertions;
  const written = isExhausted
    ? write(next, [...state.owed, { kind: "record", log: "openings", record: { kind: "exhausted" } }], {
        kind: "exhausted",
      })
    : write(next, [{ kind: "count", counter: "nonces" }], { kind: "challenge", hello, greeting });
  return step(written, ...effects);
}

/** The counter has been committed: the answer may leave. */
export function challenge(
  build: Build,
  state: CylinderOn,
  { hello, greeting }: Extract<After, { kind: "challenge" }>,
  tickMs: number,
): Step {
  const { provider } = build;
  const { kid: cylinder, deviceSecret } = state.identity;
  const nonceCounter = state.stores.nonces.value;
  const nonce = challengeNonce(provider, deviceSecret, nonceCounter);
  const { lifecycle, trust, floor, policyVersion } = settingsOf(state);
  const version = chooseVersion(greeting.body.versions);
  const shared = { hello: hello.body, nonce, answeredAtMs: tickMs, certified: [], lists: [] };
  let body: Uint8Array;
  let session: Session;
  if (greeting.exchange === "open") {
    const named = policyOf(build, state)?.lists ?? [];
    body = encodeReply("open", "hello", {
      versions: SPOKEN_VERSIONS,
      cylinder,
      nonce,
      epoch: trust.epoch,
      policyVersion: policyVersion.value,
      lists: named.map((id) => [id, toldVersion(build, state, id)] as const),
      floor: floor.value,
      state: lifecycle,
      newestRecord: state.stores.openings.newest.number,
    });
    const rules = greeted("open");
    const keyNonce = greeting.body.nonce;
    const open = { rules, keyNonce, nonceCounter, updates: [], contact: "held", fork: "not-noted" } as const;
    session = { exchange: "open", ...shared, answer: body, ...open, carry: "nothing", cursors: {} };
  } else {
    const told = { versions: SPOKEN_VERSIONS, device: cylinder, nonce, kind: "cylinder", state: lifecycle } as const;
    body = encodeReply("service", "hello", told);
    const rules = greeted("service");
    session = { exchange: "service", ...shared, answer: body, rules, transfer: NO_TRANSFER, transferred: undefined };
  }
  const { state: next, effects } = move({ ...state, session }, "challenged", { name: "updating" });
  const target = { session: hello.session, sequence: 0 };
  const sent = respond(next, { kind: "answer", ...target, outcome: "reply", body, version });
  // Only now is there time for what begins with an erase. What is owed moves the rings on: what comes next is not known yet.
  const { owed, memory, stores } = state;
  const tasks = owed.length > 0 ? owed : erasesAhead(build, memory, stores, "urgent");
  const going: CylinderOn = { ...sent.state, owed: [], upkeep: "later" };
  const written = tasks.length === 0 ? going : write(going, tasks, { kind: "nothing" });
  return step(written, ...effects, ...sent.effects);
}

/** SPEC MSG-2, MSG-3: of the exchanges that a cylinder has. */
function readHello({ message, body }: Hello): Greeting | NyckelfriError {
  try {
    const exchange = exchangeOfHello(body);
    if (exchange !== "open" && exchange !== "service")
      return new PeerError("messages/unexpected", { exchange, message });
    const request = decodeRequest<"open" | "service">(exchange, message, body);
    if (request.name !== "hello") return new PeerError("messages/out-of-turn", { message });
    const greeting = { exchange, body: request.body } as Greeting;
    chooseVersion(greeting.body.versions);
    return greeting;
  } catch (error) {
    if (error instanceof NyckelfriError) return error;
    throw error;
  }
}

function greeted<E extends ExchangeName & ("open" | "service")>(exchange: E): ReturnType<typeof newSession<E>> {
  const session = newSession(exchange);
  const after = afterAnswer<E, never>(session, "hello" as never, { outcome: "reply", body: undefined as never });
  return after.kind === "goes-on" ? after.state : session;
}

/** SPEC PER-4: of a list that cannot be read any more it tells 0, so that the next key that carries it brings it. */
function toldVersion(build: Build, state: CylinderOn, id: number): number {
  const held = settingsOf(state).lists.find(({ list }) => list === id);
  return held === undefined || readList(build, state, held) === undefined ? 0 : held.version;
}
