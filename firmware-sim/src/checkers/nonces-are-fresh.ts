/** P13 (SPEC OPN-3, OPN-16, PER-3): the nonces that cylinders let onto the wire, over the whole run and every power cut. */
import { equalBytes, toHex } from "@nyckelfri/protocol";
import type { Checker } from "./checker.ts";
import { hear, replyIn, type Said, type Sessions } from "./hearing.ts";
import { roleOf } from "./observed.ts";
import { checkerOf } from "./watching.ts";

interface Memory {
  readonly sessions: Sessions;
  /** How often each cylinder has had power. */
  readonly boots: Map<string, number>;
  /** Where each nonce was given: cylinder, boot, session. */
  readonly given: Map<string, string>;
  readonly last: Map<string, Uint8Array>;
  /** By cylinder: where it gave its last one. */
  readonly answered: Map<string, string>;
}

/** By chance two nonces have so many bytes in common at one end once in 2^64. */
const HALF = 8;

export function noncesAreFresh(): Checker {
  return checkerOf<Memory>({
    property: "P13",
    says: "nonces never repeat and cannot be predicted",
    begin: () => ({ sessions: new Map(), boots: new Map(), given: new Map(), last: new Map(), answered: new Map() }),
    watch: {
      power: ({ device, power }, { memory }) => {
        if (power === "on") memory.boots.set(device, (memory.boots.get(device) ?? 0) + 1);
      },
      sent: (sent, { memory, truth, breach }) => {
        const said = hear(memory.sessions, sent);
        const nonce = said && nonceIn(said);
        if (said === undefined || nonce === undefined || roleOf(sent.from, truth) !== "cylinder") return;
        const where = `${sent.from} boot ${memory.boots.get(sent.from) ?? 0} session ${said.session}`;
        const name = toHex(nonce);
        const known = memory.given.get(name);
        // A cached answer to a repeated hello.
        if (known === where) return;
        if (known !== undefined) return breach(sent.from, `nonce ${name} was given before, at ${known}`);
        memory.given.set(name, where);
        // A repeated hello gets the answer that it got.
        if (memory.answered.get(sent.from) === where) breach(sent.from, `nonce ${name} is the second one of ${where}`);
        memory.answered.set(sent.from, where);
        const last = memory.last.get(sent.from);
        memory.last.set(sent.from, nonce);
        if (last === undefined) return;
        const isLike =
          equalBytes(last.subarray(0, HALF), nonce.subarray(0, HALF)) ||
          equalBytes(last.subarray(HALF), nonce.subarray(HALF));
        if (isLike) breach(sent.from, `nonce ${name} follows from the one before, ${toHex(last)}`);
      },
    },
  });
}

/** What a secret does not go into is the same at two cylinders, and so shows as a repetition. */
function nonceIn(said: Said): Uint8Array | undefined {
  return replyIn(said, "open", "hello")?.nonce ?? replyIn(said, "service", "hello")?.nonce;
}
