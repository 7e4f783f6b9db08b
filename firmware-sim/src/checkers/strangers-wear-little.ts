/** P22 (SPEC LOG-1, LOG-8, OPN-10, OPN-11): what somebody for whom nothing opens can make a cylinder write. */
import { toHex } from "@nyckelfri/protocol";
import type { Checker } from "./checker.ts";
import { hear, replyIn, type Sessions } from "./hearing.ts";
import { cylinderStep, roleOf } from "./observed.ts";
import { checkerOf } from "./watching.ts";

/** One cylinder since it got power. */
interface PowerUp {
  readonly opened: "no" | "yes";
  readonly hellos: number;
  /** Updates that were new to it: the city's own work, whoever brings it. */
  readonly stored: number;
  readonly programs: number;
  readonly erases: number;
  /** Operations that the memory did not take; what they were for is written anew. */
  readonly failed: number;
  readonly refusals: number;
  /** Whether it was asked to decide, and has answered. */
  readonly asked: "nothing" | "unanswered" | "answered";
  /** SPEC LOG-3: of the power-up before, whose refusal it may have begun to record, and makes good at boot. */
  readonly left: "nothing" | "refusal";
  readonly told: "no" | "yes";
}
interface Memory {
  readonly sessions: Sessions;
  readonly powerUps: Map<string, PowerUp>;
}

const NEW: PowerUp = {
  ...{ opened: "no", hellos: 0, stored: 0, programs: 0, erases: 0, failed: 0, refusals: 0, told: "no" },
  ...{ asked: "nothing", left: "nothing" },
};

/** On these it decides; it answers when its refusal is recorded (SPEC OPN-11). */
const DECIDED: readonly (string | undefined)[] = ["open", "supply", "lifecycle"];

/** A record is at most two numbers of a block, a body on two pages and two marks. */
const PROGRAMS_PER_RECORD = 6;
/** At boot: a mark of the settings, one record for each store, an unknown outcome; and one recorded refusal. */
const PROGRAMS_PER_POWER_UP: number = 1 + 4 * PROGRAMS_PER_RECORD;
/** The nonce counter and, where a proof does not hold, the counter of such; each is one entry, or two on a new page. */
const PROGRAMS_PER_HELLO = 4;
/** An object and its issuer's certificate on three pages each, settings on four and their two marks, and two records of it. */
const PROGRAMS_PER_UPDATE: number = 2 * 3 + 6 + 2 * PROGRAMS_PER_RECORD;
/** What failed is begun again from its first program. */
const PROGRAMS_PER_FAILURE: number = PROGRAMS_PER_RECORD;
/** What earlier visits have used up is erased after this one: a page of two counters, a block of two rings, a bank, six objects. */
const ERASES_PER_POWER_UP: number = 2 + 2 * 4 + 4 + 6 * 4;

export function strangersWearLittle(): Checker {
  return checkerOf<Memory>({
    property: "P22",
    says: "wear, flooding and cache churn by strangers are bounded",
    begin: () => ({ sessions: new Map(), powerUps: new Map() }),
    watch: {
      power: ({ device, power }, { memory, truth }) => {
        if (power === "off" || roleOf(device, truth) !== "cylinder") return;
        const before = memory.powerUps.get(device);
        const isLeft = before?.asked === "unanswered" || (before?.left === "refusal" && before.refusals === 0);
        memory.powerUps.set(device, { ...NEW, left: isLeft ? "refusal" : "nothing" });
      },
      sent: (sent, { memory: { sessions, powerUps } }) => {
        const said = hear(sessions, sent);
        if (said === undefined) return;
        const isDecided = DECIDED.includes(said.message);
        const asked = said.form === "request" && isDecided ? powerUps.get(sent.to) : undefined;
        if (asked !== undefined) powerUps.set(sent.to, { ...asked, asked: "unanswered" });
        const heard = powerUps.get(sent.from);
        if (heard === undefined) return;
        const powerUp: PowerUp = said.form === "reply" && isDecided ? { ...heard, asked: "answered" } : heard;
        powerUps.set(sent.from, powerUp);
        if (said.exchange === "service") powerUps.set(sent.from, { ...powerUp, opened: "yes" });
        else if (replyIn(said, "open", "hello") !== undefined)
          powerUps.set(sent.from, { ...powerUp, hellos: powerUp.hellos + 1 });
        else if (replyIn(said, "open", "update")?.outcome === "stored")
          powerUps.set(sent.from, { ...powerUp, stored: powerUp.stored + 1 });
      },
      engaged: ({ cylinder }, { memory: { powerUps } }) => {
        powerUps.set(cylinder, { ...(powerUps.get(cylinder) ?? NEW), opened: "yes" });
      },
      memory: ({ device, operation, outcome }, { memory: { powerUps }, breach }) => {
        const before = powerUps.get(device);
        if (before === undefined || operation.kind === "read") return;
        const { programs, erases, failed } = before;
        const isTaken = outcome.kind === "done" || outcome.kind === "cut";
        const now: PowerUp = {
          ...before,
          programs: programs + (operation.kind === "program" ? 1 : 0),
          erases: erases + (operation.kind === "erase" ? 1 : 0),
          failed: failed + (isTaken ? 0 : 1),
        };
        const excess = now.opened === "no" && now.told === "no" ? excessOf(now) : undefined;
        powerUps.set(device, excess === undefined ? now : { ...now, told: "yes" });
        if (excess !== undefined) breach(device, `${excess} in one power-up in which nothing opened`);
      },
      step: ({ moment }, { memory: { powerUps }, truth, breach }) => {
        const stepped = cylinderStep(moment, truth);
        if (stepped?.before === undefined || stepped.before.stores === stepped.after.stores) return;
        const { id, before, after } = stepped;
        const powerUp = powerUps.get(id) ?? NEW;
        const opening = after.stores.openings.last;
        // SPEC LOG-1: what a stranger can bring about pushes no evidence out.
        if (opening !== before.stores.openings.last && opening?.record.kind === "refusal")
          breach(id, `it keeps refusal ${opening.number} among its openings`);
        const { last } = after.stores.refusals;
        if (last !== before.stores.refusals.last && last?.record.kind === "refusal") {
          powerUps.set(id, { ...powerUp, refusals: powerUp.refusals + 1 });
          const most = powerUp.left === "refusal" ? 2 : 1;
          if (powerUp.refusals === most) breach(id, "it recorded a second refusal in one power-up");
        }
        const { settings } = after.stores.bank;
        const known = before.stores.bank.settings;
        if (settings === known || powerUp.opened === "yes") return;
        const fresh = settings.grants.find(({ cti }) => !known.grants.some((held) => toHex(held.cti) === toHex(cti)));
        if (fresh !== undefined) breach(id, `grant ${toHex(fresh.cti)} came into its cache, and nothing opened`);
        // SPEC OPN-10: only with what its issuer has signed, and the city issues no more of that than it wants.
        const entered = settings.certificates.filter((slot) => !known.certificates.includes(slot)).length;
        const isUpdated =
          settings.policy !== known.policy ||
          settings.lists.some(({ slot }) => !known.lists.some((held) => held.slot === slot));
        if (entered > (isUpdated ? 1 : 0))
          breach(id, `${entered} certificates came into its cache, and nothing opened`);
      },
    },
  });
}

function excessOf({ programs, erases, hellos, stored, failed }: PowerUp): string | undefined {
  // The count of a hello is written before its answer leaves.
  const allowed =
    PROGRAMS_PER_POWER_UP +
    PROGRAMS_PER_HELLO * (hellos + 1) +
    PROGRAMS_PER_UPDATE * (stored + 1) +
    PROGRAMS_PER_FAILURE * failed;
  if (programs > allowed) return `${programs} programs`;
  return erases > ERASES_PER_POWER_UP + hellos + failed ? `${erases} erases` : undefined;
}
