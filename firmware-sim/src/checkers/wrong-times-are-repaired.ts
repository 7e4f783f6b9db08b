/** P21 (SPEC TIM-6, TIM-7, TRU-8, TRU-13): after the city's own word a clock, or a floor, is right again. */
import { parseObject, type TimeStatement, timeStatementObject } from "@nyckelfri/protocol";
import type { Checker, Truth } from "./checker.ts";
import { hear, lineOf, readable, replyIn, requestIn, type Said, type Sessions } from "./hearing.ts";
import { asCylinder, holdingOf, roleOf, secondsOf } from "./observed.ts";
import { checkerOf } from "./watching.ts";

interface Memory {
  readonly sessions: Sessions;
  /** By line: an issuer's true statement that was sent and not answered yet. */
  readonly stated: Map<string, TimeStatement>;
}

/** SPEC TIM-6: an issuer's statement is refused for these only. */
const REFUSALS: readonly string[] = ["accepted", "stale", "window", "too-wide"];

export function wrongTimesAreRepaired(): Checker {
  return checkerOf<Memory>({
    property: "P21",
    says: "any wrong time is repairable by message",
    begin: () => ({ sessions: new Map(), stated: new Map() }),
    watch: {
      sent: (sent, { memory, truth, breach }) => {
        const said = hear(memory.sessions, sent);
        if (said?.message !== "time") return;
        const line = lineOf(sent.from, sent.to);
        const told = timeReply(said);
        if (told === undefined) {
          const statement = statementIn(said);
          if (statement !== undefined && isTrue(statement, truth)) memory.stated.set(line, statement);
          return;
        }
        if (!memory.stated.delete(line)) return;
        const { verdict, clock } = told;
        if (!REFUSALS.includes(verdict)) breach(sent.from, `it refused the issuer's time: ${verdict}`);
        if (verdict !== "accepted") return;
        const now = secondsOf(truth);
        const isRight = clock.quality === "running" && clock.lo <= now && now < clock.lo + clock.widthSeconds;
        if (!isRight) breach(sent.from, `after the issuer's word its clock, ${clock.quality}, is not about ${now}`);
      },
      step: ({ moment: { entity, before, after } }, { truth, breach }) => {
        if (before === after) return;
        const role = roleOf(entity, truth);
        if (role === "rogue") return;
        const now = trustOf(role, after);
        const was = trustOf(role, before);
        if (now === undefined || was === undefined || now.epoch <= was.epoch || was.epoch === 0) return;
        const { floor, epoch } = now;
        const isOpen = (truth.ledger.epochAt(secondsOf(truth))?.epoch ?? 0) >= epoch;
        if (isOpen && (floor.epoch !== epoch || floor.value > secondsOf(truth))) {
          breach(entity, `in the new epoch ${epoch} its floor is (${floor.epoch}, ${floor.value})`);
        }
      },
    },
  });
}

function trustOf(
  role: Parameters<typeof holdingOf>[0],
  state: unknown,
): { epoch: number; floor: { epoch: number; value: number } } | undefined {
  if (role !== "cylinder") {
    const holding = holdingOf(role, state);
    return holding && { epoch: holding.trust.epoch, floor: holding.floor };
  }
  const stores = asCylinder(state)?.stores;
  return stores && { epoch: stores.bank.settings.trust.epoch, floor: stores.floor };
}

function timeReply(said: Said): ReturnType<typeof replyIn<"dock", "time">> {
  return said.exchange === "open" || said.exchange === "service"
    ? undefined
    : replyIn(said, said.exchange as "dock", "time");
}

function statementIn(said: Said): TimeStatement | undefined {
  const request = requestIn(said, said.exchange as "dock");
  if (request?.name !== "time") return undefined;
  const { statement } = request.body;
  const value = readable(() => parseObject(timeStatementObject, statement).value);
  return value?.source === "issuer" ? value : undefined;
}

/** Repair needs an issuer who is right himself. */
function isTrue({ t, uncertaintyMs }: TimeStatement, truth: Truth): boolean {
  return Math.abs(truth.unixMicroseconds - t * 1_000_000) <= (uncertaintyMs + 1_000) * 1_000;
}
