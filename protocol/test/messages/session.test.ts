import { describe, expect, test } from "vitest";
import { type MessageName, messagesOf, type ReplyBody } from "#src/messages/message-table.ts";
import { type Answer, afterAnswer, mayAsk, newSession, type SessionState } from "#src/messages/session.ts";
import type { ExchangeName } from "#src/objects/device-proof.ts";
import { exchanges } from "#src/registry.ts";

type AnyAnswer = Answer<never>;
const done: AnyAnswer = { outcome: "reply", body: {} as never };
const error: AnyAnswer = { outcome: "error" };
const replied = <N extends MessageName<"open">>(body: ReplyBody<"open", N>): AnyAnswer => ({
  outcome: "reply",
  body: body as never,
});
const opened = replied<"open">({ kind: "result", result: "opened", record: 44 });
const refused = replied<"open">({ kind: "result", result: "not-permitted-now" });
const outOfService = replied<"open">({ kind: "result", result: "door-out-of-service" });
const needs = replied<"open">({ kind: "needs", needs: ["ticket"] });

const namesOf = (exchange: ExchangeName): readonly string[] => messagesOf(exchange).map(({ name }) => name);

function allowedIn(state: SessionState): readonly string[] {
  return namesOf(state.exchange).filter((name) => mayAsk(state, name as never) === "allowed");
}

/** The session after messages that were all allowed, each with its answer. */
function sessionOf(
  exchange: ExchangeName,
  ...said: readonly (readonly [name: string, answer?: AnyAnswer])[]
): SessionState {
  let state: SessionState = newSession(exchange);
  for (const [name, answer = done] of said) {
    const step = afterAnswer(state, name as never, answer);
    if (step.kind === "refused") throw new Error(`${name} is refused: ${step.code}`);
    state = step.state as SessionState;
  }
  return state;
}

const update = ["update"] as const;
const greeted = ["hello"] as const;

describe("an opening: what may come next (SPEC OPN-2, OPN-7, OPN-9, OPN-15, OPN-16)", () => {
  test.each<readonly [string, readonly (readonly [string, AnyAnswer?])[], readonly string[]]>([
    ["nothing yet", [], ["hello"]],
    ["a hello that was answered by an error", [["hello", error]], ["hello"]],
    ["hello", [greeted], ["update", "open"]],
    ["two updates", [greeted, update, update], ["update", "open"]],
    ["three updates", [greeted, update, update, update], ["open"]],
    ["an update that was answered by an error", [greeted, update, update, ["update", error]], ["update", "open"]],
    ["opened", [greeted, ["open", opened]], ["collect", "receipt", "fetch"]],
    ["not permitted, which may mean: not to open", [greeted, ["open", refused]], ["collect"]],
    ["refused otherwise", [greeted, ["open", outOfService]], []],
    ["an open that was answered by an error", [greeted, ["open", error]], []],
    ["needs", [greeted, ["open", needs]], ["supply"]],
    ["supplied and opened", [greeted, ["open", needs], ["supply", opened]], ["collect", "receipt", "fetch"]],
    ["supplied and not permitted", [greeted, ["open", needs], ["supply", refused]], ["collect"]],
    ["supplied and refused otherwise", [greeted, ["open", needs], ["supply", outOfService]], []],
    ["a supply that was answered by an error", [greeted, ["open", needs], ["supply", error]], []],
    [
      "collected and covered",
      [greeted, ["open", opened], ["collect"], ["receipt"], ["fetch"]],
      ["collect", "receipt", "fetch"],
    ],
  ])("after %s", (_, said, allowed) => {
    expect(allowedIn(sessionOf("open", ...said))).toEqual(allowed);
  });

  test("SPEC TRU-11: a cylinder that asks twice for what it lacks is not answered", () => {
    const state = sessionOf("open", greeted, ["open", needs]);
    expect(afterAnswer(state as SessionState<"open">, "supply", needs)).toEqual({
      kind: "refused",
      code: "messages/asked-again",
    });
  });
});

/** What is for a device that has proven itself, and not for a fake station (SPEC MSG-7, PRV-2). */
const confidential = ["journal", "carried", "pin-enrol", "grant", "pin", "time-ask"];

describe("a key in a station, box or cabinet (SPEC DCK-1, DCK-3, ACT-1)", () => {
  test.each(["dock", "activate", "store"] as const)("%s", (exchange) => {
    const all = namesOf(exchange).filter((name) => name !== "hello");
    const neverAtFirst = ["time", "activate", "pin-verdict"];
    const open = all.filter((name) => !confidential.includes(name) && !neverAtFirst.includes(name));
    expect(allowedIn(sessionOf(exchange))).toEqual(["hello"]);
    expect(allowedIn(sessionOf(exchange, greeted))).toEqual(open);
    expect(allowedIn(sessionOf(exchange, greeted, ["prove", error]))).toEqual(open);
    expect(allowedIn(sessionOf(exchange, greeted, ["prove"]))).toEqual(
      all.filter((name) => !neverAtFirst.includes(name)),
    );
  });

  test.each(["dock", "activate", "store", "serve"] as const)(
    "%s: one statement for one nonce (SPEC TIM-3)",
    (exchange) => {
      const asked = sessionOf(exchange, greeted, ["time-challenge"]);
      expect(mayAsk(asked, "time" as never)).toBe("allowed");
      for (const answer of [done, error]) {
        expect(mayAsk(sessionOf(exchange, greeted, ["time-challenge"], ["time", answer]), "time" as never)).toBe(
          "messages/out-of-turn",
        );
      }
      expect(mayAsk(sessionOf(exchange, greeted, ["time-challenge", error]), "time" as never)).toBe(
        "messages/out-of-turn",
      );
    },
  );

  test("activate: a ticket or a verdict only after a PIN", () => {
    const asked = sessionOf("activate", greeted, ["prove"], ["pin"]);
    expect(allowedIn(asked)).toEqual(expect.arrayContaining(["activate", "pin-verdict"]));
    const failed = sessionOf("activate", greeted, ["prove"], ["pin", error]);
    expect(allowedIn(failed)).not.toEqual(expect.arrayContaining(["activate"]));
    expect(allowedIn(failed)).not.toEqual(expect.arrayContaining(["pin-verdict"]));
  });
});

describe("service: what may come when (SPEC SVC-4)", () => {
  const steps = ["chunk", "enrol", "commission", "lifecycle", "transfer"];
  test.each<readonly [string, readonly (readonly [string, AnyAnswer?])[], readonly string[]]>([
    ["hello", [greeted], ["update", ...steps]],
    ["fifteen updates", [greeted, ...Array(15).fill(update)], ["update", ...steps]],
    ["sixteen updates", [greeted, ...Array(16).fill(update)], steps],
    ["commissioning", [greeted, ["commission"]], ["update", ...steps]],
    ["a lifecycle", [greeted, update, ["lifecycle"]], steps],
    ["a lifecycle that was answered by an error", [greeted, ["lifecycle", error]], steps],
  ])("after %s", (_, said, allowed) => {
    expect([...allowedIn(sessionOf("service", ...said))].sort()).toEqual([...allowed].sort());
  });
});

/** Every state that can be reached, with all that can be answered. */
function everyState(exchange: ExchangeName): readonly SessionState[] {
  const states = new Map<string, SessionState>();
  const waiting: SessionState[] = [newSession(exchange)];
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const identity = JSON.stringify([[...state.marks].sort(), state.answered]);
    if (states.has(identity)) continue;
    states.set(identity, state);
    for (const name of namesOf(exchange)) {
      for (const answer of answersOf(name)) {
        const step = afterAnswer(state, name as never, answer);
        if (step.kind === "goes-on") waiting.push(step.state as SessionState);
      }
    }
  }
  return [...states.values()];
}

function answersOf(name: string): readonly AnyAnswer[] {
  return name === "open" || name === "supply" ? [error, opened, refused, outOfService, needs] : [error, done];
}

describe.each(Object.keys(exchanges) as ExchangeName[])("%s: every state and every message", (exchange) => {
  const states = everyState(exchange);

  test("is taken or refused with a code, and what is refused changes nothing", () => {
    const wrong: unknown[] = [];
    for (const state of states) {
      for (const name of namesOf(exchange)) {
        const verdict = mayAsk(state, name as never);
        for (const answer of answersOf(name)) {
          const step = afterAnswer(state, name as never, answer);
          const isRight =
            verdict === "allowed"
              ? step.kind === "goes-on" || (name === "supply" && step.code === "messages/asked-again")
              : step.kind === "refused" && step.code === verdict;
          if (!isRight) wrong.push([state, name, answer, step]);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(states.length).toBeGreaterThan(1);
  });

  test("SPEC FRM-8: hello is first, and once", () => {
    const wrong = states.filter(
      (state) => (mayAsk(state, "hello" as never) === "allowed") === state.marks.includes("greeted"),
    );
    expect(wrong).toEqual([]);
    expect(allowedIn(newSession(exchange))).toEqual(["hello"]);
  });
});

describe("what a key gives away", () => {
  test("SPEC OPN-17, PRV-1, PRV-7: in no state before an accepted opening does a key say more than its visit", () => {
    const before = everyState("open").filter(({ marks }) => !marks.includes("opened"));
    const undecided = before.filter(({ marks }) => !marks.includes("collectable"));
    expect(new Set(undecided.flatMap(allowedIn))).toEqual(new Set(["hello", "update", "open", "supply"]));
    // SPEC OPN-15: a door that did not open is asked for its log and handed nothing.
    expect(new Set(before.flatMap(allowedIn))).toEqual(new Set(["hello", "update", "open", "supply", "collect"]));
  });

  test("SPEC PRV-2: in no state before a proof does a station, box or cabinet get more than the welcome", () => {
    const before = (["dock", "activate", "store"] as const)
      .flatMap(everyState)
      .filter(({ marks }) => !marks.includes("proven"));
    expect(new Set(before.flatMap(allowedIn))).toEqual(
      new Set(["hello", "chunk", "prove", "time-challenge", "time", "deliver", "fetch", "check-in", "check-out"]),
    );
  });
});
