import { describe, expect, test } from "vitest";
import { encodeFrame, type Frame, MESSAGE_BUSY, MESSAGE_ERROR } from "#src/framing/frame.ts";
import { encodeErrorBody, encodeNumberBody } from "#src/framing/reply-bodies.ts";
import {
  newResponder,
  REMEMBERED_SESSIONS,
  type ResponderEffect,
  type ResponderInput,
  type ResponderState,
  stepResponder,
} from "#src/framing/responder.ts";
import { frameOf } from "./support.ts";

const SLOW = 9;
const CONFIG = { busyMessages: [SLOW], busyMilliseconds: 300 };
const SESSION = 0x11223344;
const HELLO: Partial<Frame> = { sequence: 0, message: 0 };
const ANSWER = Uint8Array.of(0xa1, 1, 7);

/** A responder on a bench whose handler answers only when told to. */
class Bench {
  state: ResponderState = newResponder();

  give(input: ResponderInput): readonly ResponderEffect[] {
    const step = stepResponder(CONFIG, this.state, input);
    this.state = step.state;
    return step.effects;
  }

  ask(fields: Partial<Frame>): readonly ResponderEffect[] {
    return this.give({ kind: "received", frame: frameOf({ session: SESSION, ...fields }) });
  }

  answer(
    sequence: number,
    outcome: "reply" | "error" = "reply",
    session: number = SESSION,
  ): readonly ResponderEffect[] {
    return this.give({ kind: "answer", session, sequence, outcome, body: ANSWER });
  }
}

function opened(): Bench {
  const bench = new Bench();
  bench.ask(HELLO);
  bench.answer(0);
  return bench;
}

function written(fields: Partial<Frame>): ResponderEffect {
  return { kind: "write", bytes: encodeFrame(frameOf({ session: SESSION, kind: "reply", body: ANSWER, ...fields })) };
}

const sequenceError = (sequence: number, code: "framing/sequence-gap" | "framing/sequence-reused"): ResponderEffect =>
  written({ sequence, message: MESSAGE_ERROR, body: encodeErrorBody(code) });

describe("SPEC FRM-7: answering", () => {
  test("hands a request over once and answers with its version, session, sequence and message", () => {
    const bench = opened();
    expect(bench.ask({ sequence: 1 })).toEqual([
      { kind: "handle", session: SESSION, sequence: 1, message: 5, body: frameOf().body },
    ]);
    expect(bench.answer(1)).toEqual([written({ sequence: 1 })]);
  });

  test("the same bytes again get the kept reply, bit for bit, as often as they come", () => {
    const bench = opened();
    bench.ask({ sequence: 1 });
    const reply = bench.answer(1);
    for (const _copy of [1, 2, 3]) expect(bench.ask({ sequence: 1 })).toEqual(reply);
    expect(bench.state.counters).toMatchObject({ requestsHandled: 2, repliesRepeated: 3 });
  });

  test("an error of the handler is kept like any answer", () => {
    const bench = opened();
    bench.ask({ sequence: 1 });
    const reply = bench.answer(1, "error");
    expect(reply).toEqual([written({ sequence: 1, message: MESSAGE_ERROR })]);
    expect(bench.ask({ sequence: 1 })).toEqual(reply);
  });

  test.each<[string, Partial<Frame>]>([
    ["body", { body: Uint8Array.of(0xa1) }],
    ["body, longer", { body: Uint8Array.of(0xa0, 0) }],
    ["message", { message: 6 }],
    ["version", { version: 2 }],
  ])("the same sequence with another %s is refused without effect, answered or still handled", (_name, other) => {
    for (const isAnswered of [true, false]) {
      const bench = opened();
      bench.ask({ sequence: 1 });
      if (isAnswered) bench.answer(1);
      const { at } = bench.state;
      const { version } = frameOf(other);
      expect(bench.ask({ sequence: 1, ...other })).toEqual([
        written({ sequence: 1, version, message: MESSAGE_ERROR, body: encodeErrorBody("framing/sequence-reused") }),
      ]);
      expect(bench.state.at).toBe(at);
    }
  });

  test.each([1, 2, 4, 5, 255])("after sequence 3 was answered, %i is out of order or the next", (last) => {
    const bench = opened();
    for (const sequence of [1, 2, 3]) {
      bench.ask({ sequence });
      bench.answer(sequence);
    }
    const { at } = bench.state;
    const effects = bench.ask({ sequence: last });
    if (last === 4) {
      expect(effects).toEqual([expect.objectContaining({ kind: "handle", sequence: 4 })]);
    } else {
      expect(effects).toEqual([sequenceError(last, "framing/sequence-gap")]);
      expect(bench.state.at).toBe(at);
    }
  });

  test("255 is followed by 1", () => {
    const bench = opened();
    for (let sequence = 1; sequence <= 255; sequence++) {
      bench.ask({ sequence });
      bench.answer(sequence);
    }
    expect(bench.ask({ sequence: 0 })).toEqual([]);
    expect(bench.ask({ sequence: 1 })).toEqual([expect.objectContaining({ kind: "handle", sequence: 1 })]);
  });

  test("while a request is handled its retry gets BUSY where the message allows it, else silence; then the answer", () => {
    const busy = written({ sequence: 1, message: MESSAGE_BUSY, body: encodeNumberBody(300) });
    for (const [message, expected] of [
      [SLOW, [busy]],
      [5, []],
    ] as const) {
      const bench = opened();
      bench.ask({ sequence: 1, message });
      for (const _copy of [1, 2]) expect(bench.ask({ sequence: 1, message })).toEqual(expected);
      const reply = bench.answer(1);
      expect(reply).toEqual([written({ sequence: 1, message })]);
      expect(bench.ask({ sequence: 1, message })).toEqual(reply);
    }
  });

  test("while a request is handled the next one is out of order", () => {
    const bench = opened();
    bench.ask({ sequence: 1 });
    expect(bench.ask({ sequence: 2 })).toEqual([sequenceError(2, "framing/sequence-gap")]);
    expect(bench.answer(1)).toEqual([written({ sequence: 1 })]);
  });

  test("a deferred request gets BUSY, which is not kept: its retry is handed over, the one before still answered", () => {
    const bench = opened();
    const before = bench.ask(HELLO);
    bench.ask({ sequence: 1 });
    expect(bench.give({ kind: "defer", session: SESSION, sequence: 1 })).toEqual([
      written({ sequence: 1, message: MESSAGE_BUSY, body: encodeNumberBody(300) }),
    ]);
    expect(bench.ask(HELLO)).toEqual(before);
    expect(bench.ask({ sequence: 1 })).toEqual([expect.objectContaining({ kind: "handle", sequence: 1 })]);
    expect(bench.answer(1)).toEqual([written({ sequence: 1 })]);
  });

  test("an answer that nobody waits for is dropped", () => {
    const bench = opened();
    expect(bench.answer(0)).toEqual([]);
    bench.ask({ sequence: 1 });
    expect(bench.answer(2)).toEqual([]);
    expect(bench.answer(1, "reply", 99)).toEqual([]);
    expect(bench.give({ kind: "defer", session: 99, sequence: 1 })).toEqual([]);
    expect(bench.state.counters.staleAnswers).toBe(4);
  });

  test.each(["reply", "notification"] as const)("a %s is dropped", (kind) => {
    const bench = opened();
    expect(bench.ask({ kind, sequence: 1 })).toEqual([]);
    expect(bench.state.counters.unexpectedKind).toBe(1);
  });
});

describe("SPEC FRM-8: sessions", () => {
  test("without a session only a hello is heard, and only in its own version", () => {
    const bench = new Bench();
    expect(bench.ask({ sequence: 1 })).toEqual([]);
    expect(bench.ask({ ...HELLO, version: 2 })).toEqual([]);
    expect(bench.state.counters).toMatchObject({ otherSession: 1, otherVersion: 1 });
    expect(bench.ask(HELLO)).toEqual([expect.objectContaining({ kind: "handle-hello", session: SESSION })]);
  });

  test("a hello again gets the kept reply, bit for bit, until requests have followed; then nothing", () => {
    const bench = new Bench();
    bench.ask(HELLO);
    const reply = bench.answer(0);
    expect(bench.ask(HELLO)).toEqual(reply);
    bench.ask({ sequence: 1 });
    const { at } = bench.state;
    expect(bench.ask(HELLO)).toEqual([]);
    expect(bench.state.at).toBe(at);
    bench.answer(1);
    expect(bench.ask(HELLO)).toEqual([]);
    expect(bench.ask({ sequence: 1 })).toEqual([written({ sequence: 1 })]);
    expect(bench.state.counters).toMatchObject({ staleHello: 2, requestsHandled: 2 });
  });

  test("the number of a session with another hello is refused", () => {
    const bench = opened();
    expect(bench.ask({ ...HELLO, body: Uint8Array.of(0xa1) })).toEqual([sequenceError(0, "framing/sequence-reused")]);
  });

  test("a new hello ends the old session: its requests, its answer and its hello do nothing any more", () => {
    const bench = opened();
    bench.ask({ sequence: 1 });
    expect(bench.ask({ ...HELLO, session: 7 })).toEqual([
      expect.objectContaining({ kind: "handle-hello", session: 7 }),
    ]);
    expect(bench.answer(1)).toEqual([]);
    expect(bench.ask({ sequence: 1 })).toEqual([]);
    expect(bench.ask({ sequence: 2 })).toEqual([]);
    expect(bench.ask(HELLO)).toEqual([]);
    expect(bench.state).toMatchObject({ at: { phase: "handling", session: 7 }, counters: { staleHello: 1 } });
    expect(bench.answer(0, "reply", 7)).toHaveLength(1);
  });

  test(`the last ${REMEMBERED_SESSIONS} sessions are remembered`, () => {
    const bench = new Bench();
    for (let session = 1; session <= REMEMBERED_SESSIONS + 1; session++) bench.ask({ ...HELLO, session });
    for (let session = 1; session <= REMEMBERED_SESSIONS; session++) {
      expect(bench.ask({ ...HELLO, session })).toEqual([]);
    }
    expect(bench.state.at).toMatchObject({ session: REMEMBERED_SESSIONS + 1 });
    bench.ask({ ...HELLO, session: 1000 });
    expect(bench.state.left).toHaveLength(REMEMBERED_SESSIONS);
  });

  test("a refused hello is refused again with the same bytes, and no request follows it", () => {
    const bench = new Bench();
    bench.ask(HELLO);
    const reply = bench.answer(0, "error");
    expect(bench.ask(HELLO)).toEqual(reply);
    expect(bench.ask({ sequence: 1 })).toEqual([]);
    expect(bench.ask({ ...HELLO, session: 7 })).toEqual([expect.objectContaining({ kind: "handle-hello" })]);
  });

  test("a deferred hello may come again", () => {
    const bench = new Bench();
    bench.ask(HELLO);
    bench.give({ kind: "defer", session: SESSION, sequence: 0 });
    expect(bench.ask(HELLO)).toEqual([expect.objectContaining({ kind: "handle-hello" })]);
  });

  test("after the hello only the version agreed on is heard", () => {
    const bench = new Bench();
    bench.ask(HELLO);
    bench.give({ kind: "answer", session: SESSION, sequence: 0, outcome: "reply", body: ANSWER, version: 2 });
    expect(bench.ask({ sequence: 1 })).toEqual([]);
    expect(bench.state.counters.otherVersion).toBe(1);
    expect(bench.ask({ sequence: 1, version: 2 })).toEqual([expect.objectContaining({ kind: "handle" })]);
    expect(bench.answer(1)).toEqual([written({ sequence: 1, version: 2 })]);
  });

  test("notifications count by themselves, wrap to 1, and need an answered hello", () => {
    const bench = new Bench();
    const notify = (): readonly ResponderEffect[] => bench.give({ kind: "notify", message: 40, body: ANSWER });
    const numbered = (sequence: number): ResponderEffect => written({ kind: "notification", message: 40, sequence });
    expect(notify()).toEqual([]);
    bench.ask(HELLO);
    expect(notify()).toEqual([]);
    bench.answer(0);
    expect(notify()).toEqual([numbered(1)]);
    bench.ask({ sequence: 1 });
    expect(notify()).toEqual([numbered(2)]);
    bench.answer(1);
    for (let count = 3; count <= 255; count++) notify();
    expect(notify()).toEqual([numbered(1)]);
    expect(bench.ask({ sequence: 2 })).toEqual([expect.objectContaining({ kind: "handle" })]);
    expect(bench.state.counters.notificationsDropped).toBe(2);
  });
});
