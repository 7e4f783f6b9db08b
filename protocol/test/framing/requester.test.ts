import { describe, expect, test } from "vitest";
import { encodeFrame, type Frame, MESSAGE_BUSY, MESSAGE_ERROR } from "#src/framing/frame.ts";
import { encodeErrorBody, encodeNumberBody } from "#src/framing/reply-bodies.ts";
import {
  newRequester,
  type RequesterEffect,
  type RequesterInput,
  type RequesterState,
  type RequestTiming,
  stepRequester,
} from "#src/framing/requester.ts";
import { frameOf } from "./support.ts";

const TIMING: RequestTiming = { replyMilliseconds: 250, retries: 2, busyReplies: 2, busyMilliseconds: 400 };
const SESSION = 0x11223344;
const HELLO = 0;
const BODY = Uint8Array.of(0xa1, 1, 2);

/** A requester on a bench: takes inputs, keeps the state and the effects of the last one. */
class Bench {
  state: RequesterState = newRequester();
  effects: readonly RequesterEffect[] = [];

  give(input: RequesterInput): readonly RequesterEffect[] {
    ({ state: this.state, effects: this.effects } = stepRequester(this.state, input));
    return this.effects;
  }

  open(session: number = SESSION): readonly RequesterEffect[] {
    return this.give({ kind: "open", session, message: HELLO, body: BODY, timing: TIMING });
  }

  request(message = 5): readonly RequesterEffect[] {
    return this.give({ kind: "request", message, body: BODY, timing: TIMING });
  }

  reply(fields: Partial<Frame>): readonly RequesterEffect[] {
    return this.give({ kind: "received", frame: frameOf({ kind: "reply", session: SESSION, ...fields }) });
  }

  timeout(): readonly RequesterEffect[] {
    return this.give({ kind: "timeout", timer: this.state.timer });
  }

  get written(): Uint8Array[] {
    return this.effects.flatMap((effect) => (effect.kind === "write" ? [effect.bytes] : []));
  }
}

function opened(): Bench {
  const bench = new Bench();
  bench.open();
  bench.reply({ sequence: 0, message: HELLO });
  return bench;
}

function waiting(): Bench {
  const bench = opened();
  bench.request();
  return bench;
}

describe("SPEC FRM-8: opening", () => {
  test("a session begins with a zero and a hello of sequence 0", () => {
    const bench = new Bench();
    const hello = encodeFrame(frameOf({ session: SESSION, sequence: 0, message: HELLO, body: BODY }));
    expect(bench.open()).toEqual([
      { kind: "write", bytes: Uint8Array.of(0, ...hello) },
      { kind: "set-timer", timer: 1, milliseconds: 250 },
    ]);
  });

  test("requests follow the answered hello, count from 1, and wrap from 255 to 1", () => {
    const bench = opened();
    const sequences: number[] = [];
    for (let count = 0; count < 257; count++) {
      bench.request();
      const { at } = bench.state;
      if (at.phase !== "waiting") break;
      sequences.push(at.sequence);
      bench.reply({ sequence: at.sequence });
    }
    expect(sequences.slice(0, 3)).toEqual([1, 2, 3]);
    expect(sequences.slice(-3)).toEqual([255, 1, 2]);
  });

  test("a hello answered by an error leaves no session", () => {
    const bench = new Bench();
    bench.open();
    const body = encodeErrorBody("framing/busy");
    expect(bench.reply({ sequence: 0, message: MESSAGE_ERROR, body })).toEqual([
      { kind: "clear-timer" },
      { kind: "answered", sequence: 0, message: HELLO, outcome: "error", body },
    ]);
    expect(() => bench.request()).toThrow(expect.objectContaining({ code: "framing/no-session" }));
  });

  test("opening again abandons what was outstanding, and replies of the old session are nothing", () => {
    const bench = waiting();
    expect(bench.open(7)).toEqual([
      { kind: "clear-timer" },
      { kind: "failed", sequence: 1, message: 5, reason: "framing/abandoned" },
      expect.objectContaining({ kind: "write" }),
      expect.objectContaining({ kind: "set-timer" }),
    ]);
    expect(bench.reply({ sequence: 1 })).toEqual([]);
    expect(bench.reply({ sequence: 0, message: HELLO })).toEqual([]);
    expect(bench.state.counters.otherSession).toBe(2);
  });

  test("the version agreed on is that of all requests that follow, and of their replies", () => {
    const bench = opened();
    bench.give({ kind: "agree", version: 3 });
    bench.request();
    expect(bench.written).toEqual([encodeFrame(frameOf({ version: 3, session: SESSION, body: BODY }))]);
    expect(bench.reply({ version: 1 })).toEqual([]);
    expect(bench.reply({ version: 3 })).toContainEqual(expect.objectContaining({ kind: "answered" }));
  });
});

describe("SPEC FRM-6: asking", () => {
  test("one request at a time", () => {
    const bench = waiting();
    const before = bench.state;
    expect(() => bench.request()).toThrow(expect.objectContaining({ code: "framing/request-outstanding" }));
    expect(bench.state).toBe(before);
    expect(() => new Bench().request()).toThrow(expect.objectContaining({ code: "framing/no-session" }));
  });

  test("a retry is the same bytes; after the last send the request fails and the session ends", () => {
    const bench = waiting();
    const [first] = bench.written;
    for (const _retry of [1, 2]) {
      bench.timeout();
      expect(bench.written).toEqual([first]);
    }
    expect(bench.timeout()).toEqual([
      { kind: "clear-timer" },
      { kind: "failed", sequence: 1, message: 5, reason: "framing/no-reply" },
    ]);
    expect(bench.state).toMatchObject({ at: { phase: "closed" }, counters: { requestsSent: 2, retriesSent: 2 } });
  });

  test("the timer of an earlier send does nothing", () => {
    const bench = waiting();
    const late = bench.state.timer;
    bench.timeout();
    expect(bench.give({ kind: "timeout", timer: late })).toEqual([]);
    bench.reply({});
    expect(bench.timeout()).toEqual([]);
  });

  test.each<[string, Partial<Frame>, string]>([
    ["another session", { session: 9 }, "otherSession"],
    ["another sequence", { sequence: 2 }, "staleReplies"],
    ["the hello's sequence", { sequence: 0, message: HELLO }, "staleReplies"],
    ["another message", { message: 6 }, "staleReplies"],
    ["another version", { version: 2 }, "staleReplies"],
    ["an error of another sequence", { sequence: 255, message: MESSAGE_ERROR }, "staleReplies"],
    ["a BUSY of another sequence", { sequence: 255, message: MESSAGE_BUSY }, "staleReplies"],
    ["an echo of the request", { kind: "request" }, "unexpectedKind"],
  ])("dropped and counted: %s", (_name, fields, counter) => {
    const bench = waiting();
    const { at } = bench.state;
    expect(bench.reply(fields)).toEqual([]);
    expect(bench.state).toMatchObject({ at, counters: { [counter]: 1 } });
    expect(bench.reply({})).toContainEqual(expect.objectContaining({ kind: "answered", outcome: "reply" }));
  });

  test("a copy of the reply that was taken is stale", () => {
    const bench = waiting();
    bench.reply({});
    expect(bench.reply({})).toEqual([]);
    expect(bench.state.counters).toMatchObject({ repliesAccepted: 2, staleReplies: 1 });
  });

  test("an error is an answer, and the session goes on", () => {
    const bench = waiting();
    const body = encodeErrorBody("caller/argument");
    expect(bench.reply({ message: MESSAGE_ERROR, body })).toContainEqual({
      kind: "answered",
      sequence: 1,
      message: 5,
      outcome: "error",
      body,
    });
    expect(bench.request()).toContainEqual(expect.objectContaining({ kind: "write" }));
  });

  test.each(["framing/sequence-gap", "framing/sequence-reused"] as const)("%s ends the session", (code) => {
    const bench = waiting();
    const effects = bench.reply({ message: MESSAGE_ERROR, body: encodeErrorBody(code) });
    expect(effects).toContainEqual({ kind: "failed", sequence: 1, message: 5, reason: "framing/out-of-step" });
    expect(bench.state.at.phase).toBe("closed");
  });

  test("BUSY makes it wait, no longer than the table says, and then send the same bytes", () => {
    const bench = waiting();
    const [first] = bench.written;
    for (const [asked, wait] of [
      [90, 90],
      [60_000, 400],
    ] as const) {
      const effects = bench.reply({ message: MESSAGE_BUSY, body: encodeNumberBody(asked) });
      expect(effects).toEqual([expect.objectContaining({ kind: "set-timer", milliseconds: wait })]);
      expect(bench.reply({ message: MESSAGE_BUSY, body: encodeNumberBody(asked) })).toEqual([]);
      bench.timeout();
      expect(bench.written).toEqual([first]);
    }
    const last = bench.reply({ message: MESSAGE_BUSY, body: new Uint8Array(0) });
    expect(last).toContainEqual({ kind: "failed", sequence: 1, message: 5, reason: "framing/busy" });
  });

  test("a BUSY that says no time takes the table's", () => {
    const bench = waiting();
    const effects = bench.reply({ message: MESSAGE_BUSY, body: Uint8Array.of(0xff) });
    expect(effects).toEqual([expect.objectContaining({ kind: "set-timer", milliseconds: 400 })]);
  });

  test("the reply is taken while it waits for the end of BUSY", () => {
    const bench = waiting();
    bench.reply({ message: MESSAGE_BUSY });
    expect(bench.reply({})).toContainEqual(expect.objectContaining({ kind: "answered" }));
  });

  test("closing abandons the request; closing again does nothing", () => {
    const bench = waiting();
    expect(bench.give({ kind: "close" })).toContainEqual(
      expect.objectContaining({ kind: "failed", reason: "framing/abandoned" }),
    );
    expect(bench.give({ kind: "close" })).toEqual([]);
    expect(bench.reply({})).toEqual([]);
  });
});

describe("SPEC FRM-2: notifications", () => {
  const notify = (bench: Bench, sequence: number): readonly RequesterEffect[] =>
    bench.reply({ kind: "notification", sequence, message: 40 });

  test("arrive with the number of those that were lost, a copy is dropped, and a request goes on waiting", () => {
    const bench = waiting();
    const missed = [1, 2, 2, 5, 255, 1, 3].map((sequence) =>
      notify(bench, sequence).map((effect) => (effect.kind === "notified" ? effect.missed : effect.kind)),
    );
    expect(missed).toEqual([[0], [0], [], [2], [249], [0], [1]]);
    expect(bench.state.counters).toMatchObject({ repeatedNotifications: 1, missedNotifications: 252 });
    expect(bench.reply({})).toContainEqual(expect.objectContaining({ kind: "answered" }));
  });

  test("before the hello is answered there are none", () => {
    const bench = new Bench();
    bench.open();
    expect(notify(bench, 1)).toEqual([]);
    bench.reply({ sequence: 0, message: HELLO });
    expect(notify(bench, 2)).toEqual([expect.objectContaining({ kind: "notified", missed: 1 })]);
  });
});
