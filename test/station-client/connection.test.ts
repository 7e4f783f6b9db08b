/** The connection as a pure step: its table, its diagram, and every phase with every input. */
import { readFileSync, writeFileSync } from "node:fs";
import {
  defaultProvider,
  encodeError,
  encodeReply,
  type Frame,
  messageNamed,
  PeerError,
  type ServeWelcome,
  timingOf,
} from "@nyckelfri/protocol";
import {
  CONNECTION_MOVES,
  type ConnectionConfig,
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionPhase,
  type ConnectionState,
  connectionDiagram,
  LOST_SESSIONS,
  newConnection,
  ON_ENTRY,
  PHASE_TIMERS,
  stepConnection,
  USUAL_PATIENCE,
} from "@nyckelfri/station-client";
import { expect, test } from "vitest";

const config: ConnectionConfig = { provider: defaultProvider, patience: USUAL_PATIENCE };
const info = messageNamed("serve", "info");
const asking = { kind: "ask", message: info.number, body: Uint8Array.of(0xa0), timing: timingOf(info) } as const;
const drawn = { kind: "drawn", session: 7, nonce: new Uint8Array(16).fill(1) } as const;
const WELCOME: ServeWelcome = {
  ...{ versions: { oldest: 1, newest: 1 }, device: new Uint8Array(8).fill(3), nonce: new Uint8Array(16) },
  ...{ fleetId: new Uint8Array(32), kind: "station", firmware: [1, 0, 0], capabilities: ["log"], slots: 2 },
};

const reply = (sequence: number, message: number, body: Uint8Array, session = 7): ConnectionInput => ({
  kind: "frame",
  link: 1,
  frame: { version: 1, kind: "reply", message, session, sequence, body },
});
const welcomed = (welcome: Partial<ServeWelcome> = {}) =>
  reply(0, 0, encodeReply("serve", "hello", { ...WELCOME, ...welcome }));

/** One input after the other, and what came of the last. */
function after(inputs: readonly ConnectionInput[], by: ConnectionConfig = config) {
  let state = newConnection(by);
  let effects: readonly ConnectionEffect[] = [];
  for (const input of inputs) ({ state, effects } = stepConnection(by, state, input));
  return { state, effects };
}
const begin: readonly ConnectionInput[] = [{ kind: "begin" }];
const settling: readonly ConnectionInput[] = [...begin, { kind: "opened", link: 1 }];
const resyncing: readonly ConnectionInput[] = [...settling, { kind: "phase-over" }, drawn];
const ready: readonly ConnectionInput[] = [...resyncing, welcomed()];
const stalled: readonly ConnectionInput[] = [...resyncing, reply(0, 1, encodeError(new PeerError("messages/version")))];
const backingOff: readonly ConnectionInput[] = [...ready, { kind: "link-closed", link: 1, reason: "hang-up" }];
const WAYS: Readonly<Record<ConnectionPhase, readonly ConnectionInput[]>> = {
  "waiting-for-port": begin,
  settling,
  resyncing,
  ready,
  stalled,
  "backing-off": backingOff,
  closed: [...ready, { kind: "close" }],
};

/** Sends a request and lets all its time-outs end. */
function unanswered(state: ConnectionState): ReturnType<typeof after> {
  let now = stepConnection(config, state, asking);
  for (let overdue = 0; overdue <= info.retries; overdue++) {
    const { timer } = now.state.requester;
    now = stepConnection(config, now.state, { kind: "reply-overdue", timer });
  }
  return now;
}

test("every phase is reached, and takes every input: it moves as the table says, or stays and does nothing", () => {
  const frames: Frame[] = [0, 1, 2, 24, 32, 63].flatMap((message) =>
    (["request", "reply", "notification"] as const).flatMap((kind) =>
      [6, 7].map((session) => ({ version: 1, kind, message, session, sequence: 1, body: Uint8Array.of(0xa0) })),
    ),
  );
  const inputs: readonly ConnectionInput[] = [
    { kind: "begin" },
    ...[0, 1, 9].flatMap((link): ConnectionInput[] => [
      { kind: "opened", link },
      { kind: "open-failed", link },
      { kind: "open-failed", link, code: "link/busy" },
      { kind: "link-closed", link, reason: "hang-up" },
      { kind: "link-closed", link, reason: "closed-here" },
      ...frames.map((frame) => ({ kind: "frame", link, frame }) as const),
    ]),
    { kind: "phase-over" },
    { kind: "reply-overdue", timer: 1 },
    drawn,
    { kind: "renew" },
    { kind: "close" },
  ];
  expect(new Set(Object.keys(WAYS))).toEqual(new Set(Object.keys(CONNECTION_MOVES)));
  for (const [phase, way] of Object.entries(WAYS)) {
    const { state } = after(way);
    expect(state.phase).toBe(phase);
    for (const input of inputs) {
      const stepped = stepConnection(config, state, input);
      const entered = stepped.effects.filter(({ kind }) => kind === "entered");
      if (stepped.state.phase === state.phase) {
        expect(entered).toEqual([]);
        continue;
      }
      const moves: readonly string[] = [...Object.values(CONNECTION_MOVES[state.phase]), "closed"];
      expect(moves).toContain(stepped.state.phase);
      expect(entered).toHaveLength(1);
    }
  }
  for (const phase of Object.keys(WAYS).filter((name) => name !== "ready") as ConnectionPhase[]) {
    expect(() => stepConnection(config, after(WAYS[phase]).state, asking)).toThrow(
      expect.objectContaining({ code: phase === "resyncing" ? "framing/request-outstanding" : "framing/no-session" }),
    );
  }
});

test("on entry each phase does what its row says and sets its timer", () => {
  const kinds = { "open-port": "open-port", greet: "draw", "close-link": "close-link", nothing: "nothing" } as const;
  for (const [phase, way] of Object.entries(WAYS) as [ConnectionPhase, readonly ConnectionInput[]][]) {
    const entering = phase === "resyncing" ? way.slice(0, -1) : way;
    const { effects } = after(entering);
    const does = effects
      .filter(({ kind }) => ["open-port", "draw", "close-link"].includes(kind))
      .map(({ kind }) => kind);
    expect([phase, does]).toEqual([phase, ON_ENTRY[phase] === "nothing" ? [] : [kinds[ON_ENTRY[phase]]]]);
    expect(effects.some(({ kind }) => kind === "arm-phase")).toBe(PHASE_TIMERS[phase] !== "none");
  }
});

test("inputs of an older link change nothing", () => {
  const { state } = after([...backingOff, { kind: "phase-over" }, { kind: "opened", link: 2 }]);
  expect(state).toMatchObject({ phase: "settling", link: 2 });
  for (const input of [welcomed(), { kind: "link-closed", link: 1, reason: "hang-up" } as const]) {
    expect(stepConnection(config, state, input)).toEqual({ state, effects: [] });
  }
});

test("a session begins with a flush and a hello, and bytes of other sessions are dropped (SPEC FRM-8, FRM-2)", () => {
  const { state, effects } = after(resyncing);
  const [write] = effects.filter(({ kind }) => kind === "write");
  expect(write).toMatchObject({ link: 1 });
  if (write?.kind === "write") expect(write.bytes[0]).toBe(0);
  const stale = reply(0, 0, encodeReply("serve", "hello", WELCOME), 6);
  expect(stepConnection(config, state, stale).state.phase).toBe("resyncing");
  expect(stepConnection(config, state, welcomed()).state).toMatchObject({
    phase: "ready",
    session: { welcome: WELCOME },
  });
});

test("an unanswered request costs the session, an unanswered hello the link (SPEC FRM-6, SER-4)", () => {
  let { state } = after(ready);
  for (let lost = 1; lost <= LOST_SESSIONS; lost++) {
    const failed = unanswered(state);
    expect(failed.effects).toContainEqual({ kind: "failed", code: "framing/no-reply" });
    expect(failed.state).toMatchObject({ phase: "resyncing", lostSessions: lost });
    ({ state } = stepConnection(config, failed.state, { ...drawn, session: 7 }));
    ({ state } = stepConnection(config, state, welcomed()));
  }
  // Greeted each time and nothing else: there is something behind this port that is no station any more.
  expect(unanswered(state).state.phase).toBe("stalled");

  let hello = after(resyncing);
  for (let overdue = 0; overdue <= 3; overdue++) {
    hello = stepConnection(config, hello.state, { kind: "reply-overdue", timer: hello.state.requester.timer });
  }
  expect(hello.state).toMatchObject({ phase: "stalled", trouble: "framing/no-reply" });
  expect(hello.effects).toContainEqual({ kind: "close-link", link: 1 });
});

test("a wrong station, no common version and a welcome that is none are refused, each with its code", () => {
  const meant = { ...config, device: new Uint8Array(8).fill(4) };
  expect(after(ready, meant).state).toMatchObject({
    ...{ phase: "stalled", trouble: "station/other-device" },
    troubleDetails: { answered: "03".repeat(8), meant: "04".repeat(8) },
  });
  // Which versions it speaks, and so which side is to be updated.
  expect(after([...resyncing, welcomed({ versions: { oldest: 2, newest: 3 } })]).state).toMatchObject({
    trouble: "messages/version",
    troubleDetails: { oldest: 2, newest: 3 },
  });
  expect(after([...resyncing, reply(0, 0, Uint8Array.of(0xa0))]).state.trouble).toBe("schema/missing-label");
  expect(after(stalled).state.trouble).toBe("messages/version");
  // The first that has answered stays the one.
  const again = after([...ready, { kind: "renew" }, drawn, welcomed({ device: new Uint8Array(8).fill(5) })]);
  expect(again.state).toMatchObject({ phase: "stalled", trouble: "station/other-device" });
});

test("a silent station stays the trouble of the next attempt until it answers, and a link's trouble ends when a link has settled", () => {
  const again: ConnectionInput[] = [{ kind: "phase-over" }, { kind: "opened", link: 2 }, { kind: "phase-over" }];
  let { state } = after(resyncing);
  for (let overdue = 0; overdue <= 3; overdue++) {
    ({ state } = stepConnection(config, state, { kind: "reply-overdue", timer: state.requester.timer }));
  }
  for (const input of [{ kind: "link-closed", link: 1, reason: "closed-here" } as const, ...again]) {
    ({ state } = stepConnection(config, state, input));
  }
  expect(state).toMatchObject({ phase: "resyncing", trouble: "framing/no-reply" });
  for (const input of [drawn, { ...welcomed(), link: 2 }]) ({ state } = stepConnection(config, state, input));
  expect(state).toMatchObject({ phase: "ready", trouble: "none" });

  const failed: ConnectionInput = { kind: "open-failed", link: 1, code: "link/busy", details: { uri: "serial:a" } };
  expect(after([...begin, failed]).state).toMatchObject({ trouble: "link/busy", troubleDetails: { uri: "serial:a" } });
  expect(after([...begin, failed, ...again]).state).toMatchObject({
    ...{ phase: "resyncing", trouble: "none" },
    troubleDetails: {},
  });
});

test("pauses double up to the longest, and begin anew when a request was answered", () => {
  let state = after(begin).state;
  const pauses: number[] = [];
  const pauseIn = (effects: readonly ConnectionEffect[]) =>
    effects.flatMap((effect) => (effect.kind === "arm-phase" ? [effect.ms] : []))[0] ?? -1;
  for (let link = 1; link <= 9; link++) {
    const failed = stepConnection(config, state, { kind: "open-failed", link, code: "link/unknown-port" });
    pauses.push(pauseIn(failed.effects));
    ({ state } = stepConnection(config, failed.state, { kind: "phase-over" }));
  }
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  const answered = stepConnection(config, after([...ready, asking]).state, reply(1, info.number, Uint8Array.of(0xa0)));
  expect(answered.state).toMatchObject({ failures: 0, lostSessions: 0 });
  // What will not mend itself is not hurried.
  const refused = stepConnection(config, after(stalled).state, { kind: "link-closed", link: 1, reason: "closed-here" });
  expect(pauseIn(refused.effects)).toBe(USUAL_PATIENCE.longestPauseMs);
});

test("a station that no longer agrees on the sequence is greeted anew, on the same link (SPEC FRM-6)", () => {
  const { state } = after([...ready, asking]);
  const gap = stepConnection(config, state, reply(1, 1, encodeError(new PeerError("framing/sequence-gap"))));
  expect(gap.state).toMatchObject({ phase: "resyncing", link: 1 });
  expect(gap.effects).toContainEqual({ kind: "failed", code: "framing/out-of-step" });
});

const README = new URL("../../packages/station-client/README.md", import.meta.url);
const SECTION = /<!-- generated: connection -->[\s\S]*?<!-- end -->/;

test("the README's diagram is the table's (else: UPDATE_DIAGRAMS=1 npm test -- test/station-client)", () => {
  const section = `<!-- generated: connection -->\n\n\`\`\`mermaid\n${connectionDiagram().trim()}\n\`\`\`\n\n<!-- end -->`;
  const text = readFileSync(README, "utf8");
  if (process.env["UPDATE_DIAGRAMS"] === "1") writeFileSync(README, text.replace(SECTION, section));
  expect(SECTION.exec(readFileSync(README, "utf8"))?.[0]).toBe(section);
  for (const [from, moves] of Object.entries(CONNECTION_MOVES)) {
    for (const [event, to] of Object.entries(moves)) {
      expect(section).toMatch(new RegExp(`${from} --> ${to}: .*${event}`));
    }
  }
});
