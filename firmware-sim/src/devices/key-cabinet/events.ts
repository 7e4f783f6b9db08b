/**
 * What a host is told of (SPEC STO-2, SRV-7, PER-17; SRV-1: without identities). An event is committed with what it tells of, and kept until a host
 * has asked something after it was sent: notifications have no answer, and one that goes to a dead line is lost.
 */
import { type CabinetEvent, type CborValue, decode, encode, equalBytes } from "@nyckelfri/protocol";
import type { At, MainsEffect, Todo, Turn } from "../mains/state.ts";
import { followed, notify, still } from "../mains/turns.ts";
import { deleted } from "../shared/believing.ts";
import type { Changes } from "../shared/transactions.ts";
import { TELL_MS } from "./tables.ts";
import type { CabinetOn, CabinetOwn, CabinetX, KeptEvent } from "./types.ts";

export const EVENT = "event/";
const KINDS: readonly CabinetEvent["event"][] = [
  ...(["checked-in", "checked-out", "overdue", "wrong-key", "door-left-open", "door-closed"] as const),
];

export function readEvent(name: string, bytes: Uint8Array): KeptEvent {
  const [slot, kind] = decode(bytes) as readonly CborValue[] as readonly [number, number];
  return { name, number: Number(name.split("/")[1]), event: { slot, event: KINDS[kind] ?? "wrong-key" } };
}

/** What to commit and what to do after it, so that the host hears of events. A make without a host keeps none. */
export function reported(
  { on, config }: Pick<At<CabinetX>, "on" | "config">,
  events: readonly CabinetEvent[],
): { readonly changes: Changes; readonly todo: readonly Todo<CabinetX>[] } {
  if (events.length === 0) return { changes: new Map(), todo: [] };
  if (config.host === "none")
    return { changes: new Map(), todo: [{ kind: "own", next: { kind: "tell-now", events } }] };
  const held = inOrder(on.own);
  const last = Math.max(
    0,
    on.work.telling === "nothing" ? 0 : on.work.telling.upTo,
    ...held.map(({ number }) => number),
  );
  const gone = held.slice(0, Math.max(0, held.length + events.length - config.keptEvents));
  const kept = events.map(({ slot, event }, index): readonly [string, Uint8Array] => [
    `${EVENT}${last + 1 + index}/${slot}/${event}`,
    encode([slot, KINDS.indexOf(event)]),
  ]);
  const changes = new Map<string, Uint8Array | "deleted">([...gone.map(({ name }) => deleted(name)), ...kept]);
  return { changes, todo: [{ kind: "own", next: { kind: "tell-events" } }] };
}

function inOrder({ events }: CabinetOwn): readonly KeptEvent[] {
  return [...events.values()].sort((a, b) => a.number - b.number);
}

/** Nobody keeps these: they go to whoever listens now. */
export function tellNow({ on }: At<CabinetX>, events: readonly CabinetEvent[]): Turn<CabinetX> {
  return events.reduce<Turn<CabinetX>>(
    (before, event) => followed(before, (after) => notify(after, "cabinet-event", event)),
    still(on),
  );
}

/** Sends what was not sent in this session, and forgets what was sent before the host's last request. */
export function tellEvents(at: At<CabinetX>): Turn<CabinetX> {
  const { session, responder } = at.on.host;
  const held = inOrder(at.on.own);
  if (held.length === 0) return still(at.on);
  if (session === "none") return still(at.on, [ARMED]);
  const answered = responder.counters.requestsHandled;
  const { telling: before } = at.on.work;
  const telling = before !== "nothing" && equalBytes(before.nonce, session.nonce) ? before : "nothing";
  const sentUpTo = telling === "nothing" ? 0 : telling.upTo;
  const isHeard = telling !== "nothing" && answered > telling.answered;
  const heard = isHeard ? held.filter(({ number }) => number <= sentUpTo) : [];
  const due = held.filter(({ number }) => number > sentUpTo);
  const upTo = Math.max(sentUpTo, ...due.map(({ number }) => number));
  const marked: CabinetOn = {
    ...at.on,
    work: {
      ...at.on.work,
      telling: due.length === 0 && telling !== "nothing" ? telling : { nonce: session.nonce, upTo, answered },
    },
  };
  const told = tellNow(
    { ...at, on: marked },
    due.map(({ event }) => event),
  );
  const effects = heard.length === held.length ? told.effects : [...told.effects, ARMED];
  const changes: Changes = new Map(heard.map(({ name }) => deleted(name)));
  return changes.size === 0 ? { ...told, effects } : { ...told, effects, changes };
}

/** Looks again for a host, while there is something to tell. */
const ARMED: MainsEffect<CabinetX> = { kind: "arm", name: "own/tell", delayMs: TELL_MS };
