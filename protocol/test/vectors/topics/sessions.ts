// Sessions as traces of one side (SPEC FRM-6 to FRM-8, FRM-2, ERR-4). Frames are those of topics/framing.ts; nothing is shared
// with src/framing.
import { toHex } from "#src/bytes.ts";
import { accepted, type Fields as Given, refused, times, type Vector, type VectorFile } from "../build.ts";
import { openBodies } from "../usual.ts";
import { type Fields as Frame, wireOf } from "./framing.ts";

type Step =
  | Readonly<{ in: Given; out: readonly string[]; event: Given | null; wait?: number | null }>
  /** So many requests in a row, without a body, each answered without one: what nobody wants to read. */
  | Readonly<{ requests: number }>;
type Steps = readonly Step[];

const SESSION = 0x8c1f00a5;
const OTHER = 0x11223344;
const BUSY = "a1011832";
const REUSED = "a101190603";
const GAP = "a101190604";
/** error objects/nonce */
const ERROR = "a101190409";

const frame = (differs: Partial<Frame>): string => wireOf({ session: SESSION, ...differs });
const reply = (to: Partial<Frame>, body: string, message = to.message ?? 0): string =>
  frame({ ...to, kind: "reply", message, body });

const hello: Partial<Frame> = { message: 0, sequence: 0, body: toHex(openBodies.hello) };
const challenge = toHex(openBodies.challenge);
/** An update: framing does not look into its body. */
const request = (sequence: number, body = "a10141aa"): Partial<Frame> => ({ message: 4, sequence, body });
const DONE = "a10100";

/** A trace is judged by its last step. */
function traced(side: "responder" | "requester", extra: Given) {
  return (name: string, clauses: string, parts: readonly (Step | Steps)[], reason?: string, note?: string): Vector => {
    const fields = { ...(note === undefined ? {} : { note }), side, ...extra, steps: parts.flat() };
    const title = `${side}: ${name}`;
    return reason === undefined ? accepted(title, clauses, fields) : refused(title, clauses, reason, fields);
  };
}

const responder = traced("responder", {});
const heard = (given: Partial<Frame>, ...out: string[]): Step => ({ in: { receive: frame(given) }, out, event: null });
const handed = (given: Partial<Frame>): Step => {
  const { session = SESSION, sequence = 1, message = 0, body = "" } = given;
  return { in: { receive: frame(given) }, out: [], event: { handle: { session, sequence, message, body } } };
};
const answer = (to: Partial<Frame>, body: string, outcome: "reply" | "error" = "reply"): Step => ({
  in: { answer: { session: to.session ?? SESSION, sequence: to.sequence, outcome, body } },
  out: [reply(to, body, outcome === "error" ? 1 : to.message)],
  event: null,
});
const late = (to: Partial<Frame>): Step => ({
  in: { answer: { session: SESSION, sequence: to.sequence, outcome: "reply", body: DONE } },
  out: [],
  event: null,
});
const defer = (to: Partial<Frame>): Step => ({
  in: { defer: { session: SESSION, sequence: to.sequence } },
  out: [reply(to, BUSY, 2)],
  event: null,
});
const handled = (given: Partial<Frame>): Steps => [handed(given), answer(given, DONE)];
const greet = (session = SESSION): Steps => [handed({ ...hello, session }), answer({ ...hello, session }, challenge)];
const greeted = greet();
const notified = (sequence: number): Step => ({
  in: { notify: { message: 32, body: "a0" } },
  out: [frame({ kind: "notification", message: 32, sequence, body: "a0" })],
  event: null,
});

const responders: readonly Vector[] = [
  responder("first hello", "FRM-8", [greeted]),
  responder("hello again", "FRM-7 FRM-8", [greeted, heard(hello, reply(hello, challenge))]),
  responder("hello again after its error", "FRM-7 FRM-8", [
    handed(hello),
    answer(hello, ERROR, "error"),
    heard(hello, reply(hello, ERROR, 1)),
  ]),
  responder(
    "hello of the session with other bytes",
    "FRM-7",
    [greeted, heard({ ...hello, body: "a0" }, reply(hello, REUSED, 1))],
    "framing/sequence-reused",
  ),
  responder("hello again after a request", "FRM-8", [greeted, handled(request(1)), heard(hello)], "dropped"),
  responder("hello of a new session", "FRM-8", [greeted, handled(request(1)), greet(OTHER)]),
  responder(
    "hello of the session that was left",
    "FRM-8",
    [greeted, handled(request(1)), greet(OTHER), heard(hello)],
    "dropped",
  ),
  responder(
    "hello of the session that was left 16 sessions ago",
    "FRM-8",
    [greeted, times(16, (index) => greet(OTHER + index)).flat(), heard(hello)],
    "dropped",
  ),
  responder("request of the session that was left", "FRM-8", [greeted, greet(OTHER), heard(request(1))], "dropped"),
  responder(
    "request of a session that never began",
    "FRM-8",
    [greeted, heard({ ...request(1), session: OTHER })],
    "dropped",
  ),
  responder("request before any hello", "FRM-8", [heard(request(1))], "dropped"),
  responder(
    "answer to a request of the session that was left",
    "FRM-8",
    [greeted, handed(request(1)), greet(OTHER), late(request(1))],
    "dropped",
  ),
  responder("first request", "FRM-7", [greeted, handled(request(1))]),
  responder("next sequence", "FRM-7", [greeted, handled(request(1)), handled(request(2))]),
  responder("same sequence, same bytes", "FRM-7", [
    greeted,
    handled(request(1)),
    heard(request(1), reply(request(1), DONE)),
  ]),
  responder("same sequence and bytes as a request that ended in an error", "FRM-7", [
    greeted,
    handed(request(1)),
    answer(request(1), ERROR, "error"),
    heard(request(1), reply(request(1), ERROR, 1)),
  ]),
  responder("next sequence after an error", "FRM-7", [
    greeted,
    handed(request(1)),
    answer(request(1), ERROR, "error"),
    handled(request(2)),
  ]),
  responder(
    "same sequence, other body",
    "FRM-7",
    [greeted, handled(request(1)), heard(request(1, "a10141bb"), reply(request(1), REUSED, 1))],
    "framing/sequence-reused",
  ),
  responder(
    "same sequence, other message",
    "FRM-7",
    [greeted, handled(request(1)), heard({ ...request(1), message: 5 }, reply(request(1), REUSED, 1))],
    "framing/sequence-reused",
  ),
  responder("same bytes once more after a reused sequence", "FRM-7", [
    greeted,
    handled(request(1)),
    heard(request(1, "a10141bb"), reply(request(1), REUSED, 1)),
    heard(request(1), reply(request(1), DONE)),
  ]),
  responder(
    "one sequence left out",
    "FRM-7",
    [greeted, handled(request(1)), heard(request(3), reply(request(3), GAP, 1))],
    "framing/sequence-gap",
  ),
  responder(
    "first request has sequence 2",
    "FRM-7",
    [greeted, heard(request(2), reply(request(2), GAP, 1))],
    "framing/sequence-gap",
  ),
  responder(
    "a sequence before the last",
    "FRM-7",
    [greeted, handled(request(1)), handled(request(2)), heard(request(1), reply(request(1), GAP, 1))],
    "framing/sequence-gap",
  ),
  responder("next sequence after a gap", "FRM-7", [
    greeted,
    heard(request(2), reply(request(2), GAP, 1)),
    handled(request(1)),
  ]),
  responder("after 255 comes 1", "FRM-7", [
    greeted,
    { requests: 254 },
    handled(request(255)),
    handled(request(1)),
    heard(request(1), reply(request(1), DONE)),
  ]),
  responder(
    "after 255 comes 2",
    "FRM-7",
    [greeted, { requests: 254 }, handled(request(255)), heard(request(2), reply(request(2), GAP, 1))],
    "framing/sequence-gap",
  ),
  responder(
    "after 255 comes 0",
    "FRM-7 FRM-8",
    [greeted, { requests: 254 }, handled(request(255)), heard(hello)],
    "dropped",
  ),
  responder("repeated while it is handled, and then answered", "FRM-7", [
    greeted,
    handed(request(1)),
    heard(request(1), reply(request(1), BUSY, 2)),
    heard(request(1), reply(request(1), BUSY, 2)),
    answer(request(1), DONE),
    heard(request(1), reply(request(1), DONE)),
  ]),
  responder(
    "the next one while a request is handled",
    "FRM-6 FRM-7",
    [greeted, handed(request(1)), heard(request(2), reply(request(2), GAP, 1))],
    "framing/sequence-gap",
  ),
  responder("put off, and asked again", "FRM-7", [
    greeted,
    handed(request(1)),
    defer(request(1)),
    handled(request(1)),
    heard(request(1), reply(request(1), DONE)),
  ]),
  responder("version 2 in a session of version 1", "VER-2", [greeted, heard({ ...request(1), version: 2 })], "dropped"),
  responder("a hello of version 2", "FRM-2", [heard({ ...hello, version: 2 })], "dropped"),
  responder("a reply", "FRM-6", [greeted, heard({ ...request(1), kind: "reply" })], "dropped"),
  responder("notifications have a sequence of their own", "FRM-2 MSG-1", [
    greeted,
    notified(1),
    handled(request(1)),
    notified(2),
    handled(request(2)),
  ]),
];

const timing = { replyMs: 500, retries: 2, busyReplies: 200, busyMs: 50 } as const;
const requester = traced("requester", { timing });
type Event = Given | null;
const step = (given: Given, out: readonly string[], event: Event, wait: number | null): Step => ({
  in: given,
  out,
  event,
  wait,
});
/** A flush goes before the hello (SPEC FRM-8). */
const helloWire = (session = SESSION): string => `00${frame({ ...hello, session })}`;
const opens = (session = SESSION, event: Event = null): Step =>
  step({ open: { session, message: 0, body: hello.body } }, [helloWire(session)], event, timing.replyMs);
const asks = (given: Partial<Frame>): Step =>
  step({ request: { message: given.message, body: given.body } }, [frame(given)], null, timing.replyMs);
const receives = (given: Partial<Frame>, event: Event = null, wait: number | null = null): Step =>
  step({ receive: frame({ ...given, kind: given.kind ?? "reply" }) }, [], event, wait);
const timesOut = (...out: string[]): Step => step({ timeout: true }, out, null, timing.replyMs);
const answeredBy = (to: Partial<Frame>, body: string, outcome: "reply" | "error" = "reply"): Step =>
  receives(
    { ...to, body, message: outcome === "error" ? 1 : (to.message ?? 0) },
    { answered: { sequence: to.sequence, message: to.message, outcome, body } },
  );
const failure = (of: Partial<Frame>, reason: string): Given => ({
  failed: { sequence: of.sequence, message: of.message, reason },
});
const gone = (of: Partial<Frame>): Step => step({ timeout: true }, [], failure(of, "framing/no-reply"), null);
const busy = (to: Partial<Frame>, body = BUSY): Step => receives({ ...to, message: 2, body }, null, 50);
const done = (sequence: number): Steps => [asks(request(sequence)), answeredBy(request(sequence), DONE)];
const opened: Steps = [opens(), answeredBy(hello, challenge)];
const unanswered: Steps = [
  asks(request(1)),
  timesOut(frame(request(1))),
  timesOut(frame(request(1))),
  gone(request(1)),
];
const note32: Partial<Frame> = { kind: "notification", message: 32, body: "a0" };
const notice = (sequence: number, missed: number): Step =>
  receives({ ...note32, sequence }, { notified: { message: 32, body: "a0", missed } });

const requesters: readonly Vector[] = [
  requester("hello after a flush, and its answer", "FRM-8", [opened]),
  requester("hello again, the same bytes", "FRM-6", [opens(), timesOut(helloWire()), answeredBy(hello, challenge)]),
  requester("hello answered by an error", "FRM-2 MSG-1", [opens(), answeredBy(hello, ERROR, "error")]),
  requester("requests count from 1", "FRM-6 FRM-7", [opened, done(1), done(2)]),
  requester("a request again, the same bytes", "FRM-6 ERR-4", [
    opened,
    asks(request(1)),
    timesOut(frame(request(1))),
    timesOut(frame(request(1))),
    answeredBy(request(1), DONE),
  ]),
  requester("no reply after all retries", "FRM-6 ERR-4", [opened, unanswered], "framing/no-reply"),
  requester(
    "the reply comes when the request has failed",
    "FRM-6",
    [opened, unanswered, receives({ ...request(1), body: DONE })],
    "dropped",
  ),
  requester(
    "a request when the request before it has failed",
    "FRM-6",
    [
      opened,
      unanswered,
      step({ request: { message: 4, body: "a10141aa" } }, [], { refused: "framing/no-session" }, null),
    ],
    "framing/no-session",
  ),
  requester("a new hello when a request has failed", "FRM-6 ERR-4", [
    opened,
    unanswered,
    opens(OTHER),
    answeredBy({ ...hello, session: OTHER }, challenge),
  ]),
  requester(
    "a second request before the reply to the first",
    "FRM-6",
    [
      opened,
      asks(request(1)),
      step({ request: { message: 4, body: "a10141bb" } }, [], { refused: "framing/request-outstanding" }, null),
    ],
    "framing/request-outstanding",
  ),
  requester(
    "reply of the request before",
    "FRM-6",
    [opened, done(1), asks(request(2)), receives({ ...request(1), body: DONE })],
    "dropped",
  ),
  requester("second copy of the reply", "FRM-6", [opened, done(1), receives({ ...request(1), body: DONE })], "dropped"),
  requester(
    "reply with another message number",
    "FRM-6",
    [opened, asks(request(1)), receives({ ...request(1), message: 5, body: DONE })],
    "dropped",
  ),
  requester(
    "reply of another session",
    "FRM-6",
    [opened, asks(request(1)), receives({ ...request(1), session: OTHER, body: DONE })],
    "dropped",
  ),
  requester(
    "reply of another version",
    "FRM-6",
    [opened, asks(request(1)), receives({ ...request(1), version: 2, body: DONE })],
    "dropped",
  ),
  requester(
    "answer to the hello in version 2",
    "FRM-2",
    [opens(), receives({ ...hello, version: 2, body: challenge })],
    "dropped",
  ),
  requester(
    "its own request comes back",
    "FRM-6",
    [opened, asks(request(1)), receives({ ...request(1), kind: "request" })],
    "dropped",
  ),
  requester("the reply after one that was dropped", "FRM-6", [
    opened,
    done(1),
    asks(request(2)),
    receives({ ...request(1), body: DONE }),
    answeredBy(request(2), DONE),
  ]),
  requester("busy, then the same bytes, then the reply", "FRM-6 FRM-7 ERR-4", [
    opened,
    asks(request(1)),
    busy(request(1)),
    timesOut(frame(request(1))),
    answeredBy(request(1), DONE),
  ]),
  requester("busy does not count as a try", "ERR-4", [
    opened,
    asks(request(1)),
    ...times(4, () => [busy(request(1)), timesOut(frame(request(1)))]).flat(),
    timesOut(frame(request(1))),
    answeredBy(request(1), DONE),
  ]),
  requester("busy for 1,000 ms is taken as 50", "ERR-4", [
    opened,
    asks(request(1)),
    busy(request(1), "a1011903e8"),
    timesOut(frame(request(1))),
    answeredBy(request(1), DONE),
  ]),
  requester("busy for 10 ms", "ERR-4", [
    opened,
    asks(request(1)),
    receives({ ...request(1), message: 2, body: "a1010a" }, null, 10),
    timesOut(frame(request(1))),
    answeredBy(request(1), DONE),
  ]),
  requester("an error is an answer, and the session goes on", "MSG-1", [
    opened,
    asks(request(1)),
    answeredBy(request(1), ERROR, "error"),
    done(2),
  ]),
  ...(
    [
      ["a sequence came back with other bytes", REUSED],
      ["a sequence is neither the last nor the next", GAP],
    ] as const
  ).map(([what, body]) =>
    requester(
      `the other side answers that ${what}`,
      "FRM-6 FRM-7",
      [
        opened,
        asks(request(1)),
        receives({ ...request(1), message: 1, body }, failure(request(1), "framing/out-of-step")),
      ],
      "framing/out-of-step",
      "Nobody can know whether it was handled, so the session ends.",
    ),
  ),
  requester("after 255 comes 1", "FRM-7", [opened, { requests: 254 }, done(255), done(1)]),
  requester("notifications, one of them lost", "FRM-2 MSG-1", [opened, notice(1, 0), notice(3, 1), done(1)]),
  requester("a notification again", "FRM-2", [opened, notice(1, 0), receives({ ...note32, sequence: 1 })], "dropped"),
  requester(
    "a notification before the hello is answered",
    "FRM-8 SER-3",
    [opens(), receives({ ...note32, sequence: 1 })],
    "dropped",
  ),
  requester("a new hello gives up the request before it", "FRM-8", [
    opened,
    asks(request(1)),
    opens(OTHER, failure(request(1), "framing/abandoned")),
    answeredBy({ ...hello, session: OTHER }, challenge),
  ]),
];

export const sessions: VectorFile = {
  description:
    "Sessions as one side sees them, from power-up (SPEC FRM-6 to FRM-8). A step has what comes `in`, the frames that go `out` for it, in hex with their delimiter, and what its own application is told (`event`, or null). `in` is one of: `receive`, a frame on the wire; for a responder `answer`, what its application answers to a request, `defer`, the application did nothing and wants to be asked again, `notify`; for a requester `open`, begin a session by a hello, `request`, and `timeout`, the time that the last `wait` named is over. `event` is one of: `handle`, a request to be done, once; `answered`; `failed`, which ends the session; `notified`, with how many were missed before it; `refused`, the application asked out of turn. `wait` is the time in ms to the next `timeout`, or null where no new one is set; `timing` is the table of chapter 12 for every message of the trace. A step `requests` stands for so many requests in a row of message 4 without a body, each done at once and answered without a body. A responder says 50 ms in busy, and says it for every message of the trace but the hello. `valid` and `reason` are about the last step: `dropped` is an input without any effect, else the code of the error that was answered, or of the failure.",
  vectors: [...responders, ...requesters],
};
