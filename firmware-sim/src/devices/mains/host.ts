/** A host at a station, box or cabinet: the device answers (SPEC 8.5). Which message may come when is protocol's session table. */
import {
  type Answer,
  afterAnswer,
  chooseVersion,
  decodeLargeRequest,
  decodeRequest,
  encodeError,
  encodeReply,
  exchangeOfHello,
  type Frame,
  type MessageName,
  mayAsk,
  messageNumbered,
  NO_TRANSFER,
  neededCapability,
  newResponder,
  newSession,
  PeerError,
  type ResponderInput,
  type SessionState,
  SPOKEN_VERSIONS,
  sessionTranscript,
  wholeBody,
} from "@nyckelfri/protocol";
import { capabilitiesOf, type HostMessage, hostHandlers } from "./host-messages.ts";
import type {
  At,
  Extension,
  Handled,
  HostAnswer,
  HostAsked,
  HostSession,
  HostSide,
  MainsInput,
  MainsOn,
  Todo,
  Turn,
} from "./state.ts";
import { drawn, followed, hostStep, RESPONDER, still, withTodo } from "./turns.ts";

export function newHostSide(): HostSide {
  return { responder: newResponder(), session: "none", line: "untold" };
}

type HostFrame = Extract<MainsInput<never>, { kind: "host-frame" }>;

export function receiveFromHost<X extends Extension>(at: At<X>, { frame, line }: HostFrame): Turn<X> {
  const on = line === undefined ? at.on : { ...at.on, host: { ...at.on.host, line } };
  return respond({ ...at, on }, { kind: "received", frame });
}

/** The answer to a request, when what it changed is committed. */
export function answerHost<X extends Extension>(at: At<X>, answer: HostAnswer): Turn<X> {
  return respond(at, { kind: "answer", outcome: "reply", ...answer });
}

/**
 * SPEC SRV-6, FRM-7: while the memory is written a request that may hear BUSY hears it at once, and is asked again. Undefined
 * for what has to wait.
 */
export function busyForHost<X extends Extension>(on: MainsOn<X>, frame: Frame): Turn<X> | undefined {
  if (frame.kind !== "request" || !RESPONDER.busyMessages.includes(frame.message)) return undefined;
  const { turn, asked } = hostStep(on, { kind: "received", frame });
  const [request] = asked;
  if (request === undefined) return turn;
  if (request.kind !== "handle") return undefined;
  const { session, sequence } = request;
  return followed(turn, (after) => hostStep(after, { kind: "defer", session, sequence }).turn);
}

function respond<X extends Extension>(at: At<X>, input: ResponderInput): Turn<X> {
  const { turn, asked } = hostStep(at.on, input);
  return asked.reduce<Turn<X>>(
    (before, request) =>
      followed(before, (on) =>
        request.kind === "handle-hello" ? greet({ ...at, on }, request) : handle({ ...at, on }, request),
      ),
    turn,
  );
}

type Asked = ReturnType<typeof hostStep>["asked"][number];

/** SPEC MSG-3, SRV-5. */
function greet<X extends Extension>(at: At<X>, { session, message, body }: Asked): Turn<X> {
  const nobody = { ...at, on: withSession(at.on, "none") };
  const place = { session, sequence: 0 };
  try {
    const exchange = exchangeOfHello(body);
    if (exchange !== "serve") throw new PeerError("messages/unexpected", { exchange });
    const hello = decodeRequest(exchange, message, body);
    if (hello.name !== "hello") throw new PeerError("messages/unexpected");
    const version = chooseVersion(hello.body.versions);
    const { bytes: nonce, on } = drawn(at, at.on, 16);
    const { plan, config } = at;
    const { holdings } = on;
    const capabilities = capabilitiesOf({ ...at, on });
    const welcome = encodeReply("serve", "hello", {
      versions: SPOKEN_VERSIONS,
      device: holdings.signer.kid,
      nonce,
      fleetId: holdings.trust.fleetId,
      kind: plan.kind,
      firmware: config.firmware,
      capabilities,
      slots: config.slots,
    });
    const fresh: HostSession = {
      marks: marksAfter(newSession("serve"), "hello", { outcome: "reply", body: {} }),
      nonce,
      transcript: sessionTranscript(config.provider, body, welcome),
      capabilities,
      timeChallenge: "none",
      lastSequence: "none",
      transfer: NO_TRANSFER,
      transferred: "none",
    };
    const answer = { kind: "answer", ...place, outcome: "reply", body: welcome, version } as const;
    return respond({ ...at, on: withSession(on, fresh) }, answer);
  } catch (error) {
    return refuse(nobody, place, error);
  }
}

function handle<X extends Extension>(at: At<X>, request: Extract<Asked, { kind: "handle" }>): Turn<X> {
  const { session } = at.on.host;
  if (session === "none") return still(at.on);
  const place = { session: request.session, sequence: request.sequence };
  try {
    const { name } = messageNumbered("serve", request.message);
    requireCapability(session, name as HostMessage);
    const allowed = mayAsk(session.marks, name as MessageName<"serve">);
    if (allowed !== "allowed") throw new PeerError(allowed);
    const transferred = session.transferred === "none" ? undefined : session.transferred;
    const decoded = decodeLargeRequest("serve", request.message, request.body, transferred);
    // What was transferred is for the request right after it.
    const now: HostSession = { ...session, transferred: "none" };
    const handler = hostHandlers<X>()[decoded.name as HostMessage] as (
      call: object,
      body: object,
    ) => Handled<X, object | "later">;
    const body = wholeBody(request.body, transferred);
    const handled = handler({ ...at, asked: place, session: now, body }, decoded.body);
    const { reply, changes = new Map(), effects = [], todo = [] } = handled;
    const marks =
      reply === "later" ? session.marks : marksAfter(session.marks, name, { outcome: "reply", body: reply });
    const on = withSession(handled.on ?? at.on, { ...now, ...handled.session, marks });
    const then = withTodo<X>(on, ...answering(place, name, reply), { kind: "effects", effects }, ...todo);
    return changes.size === 0 ? still(then) : { on: then, effects: [], changes };
  } catch (error) {
    return refuse({ ...at, on: withSession(at.on, afterError(session, request.message)) }, place, error);
  }
}

/** SPEC SRV-6: what is answered later hears BUSY when it is asked again, from the responder by itself. */
function answering(asked: HostAsked, name: string, reply: object | "later"): readonly Todo<never>[] {
  if (reply === "later") return [];
  return [{ kind: "answer-host", answer: { ...asked, body: encodeReply("serve", name as "deliver", reply as never) } }];
}

/**
 * SPEC SRV-5. Of these messages the two that bring the time are answered all the same: a device that has lost it lists no
 * `time`, and would never have it again.
 */
function requireCapability({ capabilities }: HostSession, name: HostMessage): void {
  const needed = neededCapability[name];
  if (needed !== undefined && !capabilities.includes(needed)) throw new PeerError("messages/unexpected", { needed });
}

function refuse<X extends Extension>(
  at: At<X>,
  place: { readonly session: number; readonly sequence: number },
  error: unknown,
): Turn<X> {
  if (!(error instanceof PeerError)) throw error;
  return respond(at, { kind: "answer", ...place, outcome: "error", body: encodeError(error) });
}

/** A nonce that was to be answered is used up by an error too (SPEC TIM-3), and so is what was transferred. */
function afterError(session: HostSession, message: number): HostSession {
  const marks = errorMarks(session.marks, message);
  const timeChallenge = marks.marks.includes("time-challenged") ? session.timeChallenge : "none";
  return { ...session, marks, timeChallenge, transferred: "none" };
}

function errorMarks(marks: SessionState<"serve">, message: number): SessionState<"serve"> {
  try {
    return marksAfter(marks, messageNumbered("serve", message).name, { outcome: "error" });
  } catch (error) {
    if (error instanceof PeerError) return marks;
    throw error;
  }
}

function marksAfter(marks: SessionState<"serve">, name: string, answer: Answer<object>): SessionState<"serve"> {
  const step = afterAnswer(marks, name as "deliver", answer as never);
  return step.kind === "goes-on" ? step.state : marks;
}

function withSession<X extends Extension>(on: MainsOn<X>, session: HostSide["session"]): MainsOn<X> {
  return { ...on, host: { ...on.host, session } };
}
