/** P23 (SPEC STO-1, SRV-2): a cabinet draws a bolt for the holder of the key behind it, at a certified host's word, or for what it does not keep. */
import { equalBytes, hostCommandObject, parseObject, toHex } from "@nyckelfri/protocol";
import type { CabinetState } from "../devices/key-cabinet/types.ts";
import type { Checker, Truth } from "./checker.ts";
import { hear, readable, requestIn, type Sessions } from "./hearing.ts";
import { asKey, roleOf, SECOND } from "./observed.ts";
import { checkerOf } from "./watching.ts";

/** Somebody at the reader, or a host's word for one slot. */
interface Asked {
  readonly at: number;
  readonly holder?: Uint8Array;
  readonly slot?: number;
}
interface Memory {
  readonly sessions: Sessions;
  /** By cabinet, of the last minute. */
  readonly asked: Map<string, readonly Asked[]>;
}

/** Longer than anybody at a reader waits, and than a bolt is drawn. */
const PATIENCE: number = 60 * SECOND;

export function keysGoToTheirHolders(): Checker {
  return checkerOf<Memory>({
    property: "P23",
    says: "a cabinet hands a key only to the person it is kept for, and takes part in no other handover",
    begin: () => ({ sessions: new Map(), asked: new Map() }),
    watch: {
      presented: ({ cabinet, holder }, { memory, truth }) => ask(memory, cabinet, { at: truth.now, holder }),
      sent: (sent, { memory, truth }) => {
        const said = hear(memory.sessions, sent);
        if (said === undefined || roleOf(sent.from, truth) !== "host") return;
        const request = requestIn(said, "serve");
        if (request?.name !== "command") return;
        const command = readable(() => parseObject(hostCommandObject, request.body.command).value.command);
        if (command?.kind === "release-slot") ask(memory, sent.to, { at: truth.now, slot: command.slot });
      },
      bolt: ({ cabinet, slot, key }, { memory, truth, breach }) => {
        const kid = truth.find(key)?.party.kid;
        if (roleOf(cabinet, truth) !== "key-cabinet" || kid === undefined || !isKept(cabinet, slot, kid, truth)) return;
        const asked = (memory.asked.get(cabinet) ?? []).filter(({ at }) => at >= truth.now - PATIENCE);
        const isMeant = asked.some((one) => {
          return one.slot === slot || (one.holder !== undefined && isHolder(key, kid, one.holder, truth));
        });
        if (isMeant) return;
        breach(cabinet, `it drew the bolt of ${key} in slot ${slot}, and its holder had not asked for it`);
      },
    },
  });
}

function ask({ asked }: Memory, cabinet: string, one: Asked): void {
  asked.set(cabinet, [...(asked.get(cabinet) ?? []).filter(({ at }) => at >= one.at - PATIENCE), one]);
}

/** What is released is kept until it is taken: the commit comes before the bolt is drawn. What was never checked in is not kept. */
function isKept(cabinet: string, slot: number, kid: Uint8Array, truth: Truth): boolean {
  const state = truth.state(cabinet) as CabinetState;
  if (state.power !== "on") return false;
  return [...state.own.whereabouts.values()].some((known) => {
    return equalBytes(known.kid, kid) && known.place.kind !== "out" && known.place.slot === slot;
  });
}

/** Of a grant that the key holds now, as the city issued it; of a key without power, any that is its own. */
function isHolder(key: string, kid: Uint8Array, holder: Uint8Array, truth: Truth): boolean {
  const held = asKey(truth.state(key))?.holdings.grants.map(({ value }) => toHex(value.cti));
  return truth.ledger.grants().some((issued) => {
    const isOwn = equalBytes(issued.key, kid) && equalBytes(issued.holder.pseudonym, holder);
    return isOwn && (held === undefined || held.includes(toHex(issued.object.value.cti)));
  });
}
