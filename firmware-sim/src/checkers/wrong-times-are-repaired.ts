/** P21 (SPEC TIM-6, TIM-7, TRU-8, TRU-13): after the city's own word a clock, or a floor, is right again. */
import { parseObject, type TimeStatement, timeStatementObject, times, toHex } from "@nyckelfri/protocol";
import type { Checker, Truth } from "./checker.ts";
import { hear, lineOf, readable, replyIn, requestIn, type Said, type Sessions } from "./hearing.ts";
import { asCylinder, holdingOf, roleOf, secondsOf } from "./observed.ts";
import { checkerOf } from "./watching.ts";

interface Memory {
  readonly sessions: Sessions;
  /** By line, session and sequence: an issuer's true statement that was sent and not answered yet; the oldest first. */
  readonly stated: Map<string, TimeStatement>;
  /** Nonces of those that were answered: a cached answer tells what the clock said then. */
  readonly answered: Set<string>;
}

/** What is never answered is forgotten. */
const STATED_KEPT = 64;

/** SPEC TIM-6: an issuer's statement is refused for these only. */
const REFUSALS: readonly string[] = ["accepted", "stale", "window", "too-wide"];

export function wrongTimesAreRepaired(): Checker {
  return checkerOf<Memory>({
    property: "P21",
    says: "any wrong time is repairable by message",
    begin: () => ({ sessions: new Map(), stated: new Map(), answered: new Set() }),
    watch: {
      sent: (sent, { memory, truth, breach }) => {
        const said = hear(memory.sessions, sent);
        if (said?.message !== "time") return;
        // An answer is to its own request, whatever was asked meanwhile: somebody on the line may repeat an older one.
        const name = `${lineOf(sent.from, sent.to)} ${said.frame.session} ${said.frame.sequence}`;
        const told = timeReply(said);
        if (told === undefined) {
          const statement = statementIn(said);
          const isNew = statement !== undefined && !memory.answered.has(toHex(statement.nonce));
          if (isNew && isTrue(statement, truth)) state(memory, name, statement);
          return;
        }
        const stated = memory.stated.get(name);
        memory.stated.delete(name);
        if (stated === undefined || roleOf(sent.from, truth) === "rogue") return;
        memory.answered.add(toHex(stated.nonce));
        const { verdict, clock } = told;
        if (!REFUSALS.includes(verdict)) breach(sent.from, `it refused the issuer's time: ${verdict}`);
        if (verdict !== "accepted") return;
        const wasRight = truth.find(sent.from)?.clock === "as-assumed";
        const isRight =
          clock.quality === "running" &&
          isInside(clock, stated, sent.from, truth) &&
          (!wasRight || isAbout(clock, stated, truth));
        if (isRight) return;
        breach(sent.from, `after the issuer's word its clock, ${clock.quality}, is not about ${secondsOf(truth)}`);
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

function state({ stated }: Memory, name: string, statement: TimeStatement): void {
  stated.set(name, statement);
  const [oldest] = stated.keys();
  if (stated.size > STATED_KEPT && oldest !== undefined) stated.delete(oldest);
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

interface Told {
  readonly lo: number;
  readonly widthSeconds: number;
}

/**
 * The answer tells the clock as it was when the statement was taken, and leaves when that is committed. SPEC TIM-6: the statement
 * meets a running clock in what both allow. Where that one was wrong by less than u, without a trace, what they share may lie
 * beside the true time; a clock that nobody tampered with was right before, and is right after it.
 */
function isAbout({ lo, widthSeconds }: Told, { t }: TimeStatement, truth: Truth): boolean {
  return lo <= secondsOf(truth) && t < lo + widthSeconds;
}

/** SPEC TIM-3, TIM-6: whatever a clock said before, nothing is left of it outside what the issuer says. */
function isInside({ lo, widthSeconds }: Told, { t, uncertaintyMs }: TimeStatement, id: string, truth: Truth): boolean {
  const longest = roleOf(id, truth) === "key" ? times.keyNonceMs : times.deviceNonceMs;
  const latest = t * 1_000 + uncertaintyMs + longest + Math.ceil((longest * times.driftPpm) / 1_000_000);
  const earliest = t * 1_000 - uncertaintyMs;
  return lo >= Math.floor(earliest / 1_000) && lo + widthSeconds <= Math.floor(latest / 1_000) + 1;
}

/** Repair needs an issuer who is right himself. */
function isTrue({ t, uncertaintyMs }: TimeStatement, truth: Truth): boolean {
  return Math.abs(truth.unixMicroseconds - t * 1_000_000) <= (uncertaintyMs + 1_000) * 1_000;
}
