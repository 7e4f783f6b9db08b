// Judge of time.json.
import { parseObject } from "#src/objects/signed-object.ts";
import { timeAnswerOf, timeStatementObject, verifyTimeStatement } from "#src/objects/time-statement.ts";
import { type Clock, insideWindow, readClock, type TimeSource } from "#src/time/clock.ts";
import { aboveFloor, raiseFloor } from "#src/time/floor.ts";
import { acceptCarriedTime, acceptTime, type TimeAnswer, type TimeChallenge } from "#src/time/time-answer.ts";
import { authorityOf } from "./chains.ts";
import { validIf } from "./objects.ts";
import { bytes, hex, type Judge, type Vector } from "./outsider.ts";

const sourceOf = (source: Vector): TimeSource => ({ kid: bytes(source.kid), sourceClass: source.class });
const sourceJson = ({ kid, sourceClass }: TimeSource) => ({ kid: hex(kid), class: sourceClass });

function clockOf(clock: Vector): Clock {
  const side = ({ bounds, source }: Vector) => ({ bounds, source: sourceOf(source) });
  switch (clock.quality) {
    case "lost":
      return clock;
    case "running":
      return { ...clock, source: sourceOf(clock.source) };
    default:
      return { ...clock, held: side(clock.held), claimed: side(clock.claimed) };
  }
}

function clockJson(clock: Clock): unknown {
  const side = ({ bounds, source }: { bounds: unknown; source: TimeSource }) => ({
    bounds,
    source: sourceJson(source),
  });
  switch (clock.quality) {
    case "lost":
      return clock;
    case "running":
      return { ...clock, source: sourceJson(clock.source) };
    case "conflict":
      return { ...clock, held: side(clock.held), claimed: side(clock.claimed) };
  }
}

const challengeOf = (challenge: Vector): TimeChallenge => ({ ...challenge, nonce: bytes(challenge.nonce) });
const answerOf = (answer: Vector): TimeAnswer => ({
  ...answer,
  nonce: bytes(answer.nonce),
  source: sourceOf(answer.source),
});
const answerJson = (answer: TimeAnswer) => ({ ...answer, nonce: hex(answer.nonce), source: sourceJson(answer.source) });

const operations: Readonly<Record<string, Judge>> = {
  accept(vector, provider) {
    const answer = answerOf(vector.answer);
    const { verdict, clock } = acceptTime(clockOf(vector.clockBefore), challengeOf(vector.challenge), answer);
    const judged = { ...validIf(verdict, "accepted"), clockAfter: clockJson(clock) };
    if (vector.bytes === undefined) return judged;
    const object = parseObject(timeStatementObject, bytes(vector.bytes));
    const stated = verifyTimeStatement(object, authorityOf(vector, provider));
    return { ...judged, answer: answerJson(timeAnswerOf(stated, answer.receivedAtTickMs)) };
  },
  read({ clock, tickMs }) {
    const reading = readClock(clockOf(clock), tickMs);
    const { quality } = reading;
    return { valid: true, reading: quality === "running" ? { quality, interval: reading.interval } : { quality } };
  },
  window({ interval, nbf, exp }) {
    const { verdict: _, ...judged } = validIf(insideWindow(interval, nbf, exp), "inside");
    return judged;
  },
  floor({ interval, floor }) {
    const raised = aboveFloor(interval, floor);
    return typeof raised === "string" ? { valid: false, reason: raised } : { valid: true, intervalAfter: raised };
  },
  "raise-floor"({ floor, issued }) {
    return { valid: true, floorAfter: raiseFloor(floor, issued) };
  },
  carried({ clockBefore, carriers }) {
    const [first, second] = carriers.map(({ holder, challenge, answer }: Vector) => ({
      holder: bytes(holder),
      challenge: challengeOf(challenge),
      answer: answerOf(answer),
    }));
    const { verdict, clock } = acceptCarriedTime(clockOf(clockBefore), first, second);
    return { ...validIf(verdict, "accepted"), clockAfter: clockJson(clock) };
  },
};

export const time: Judge = (vector, provider) => {
  const operation = operations[vector.operation];
  if (operation === undefined) throw new RangeError(`unknown operation ${vector.operation}`);
  return operation(vector, provider);
};
