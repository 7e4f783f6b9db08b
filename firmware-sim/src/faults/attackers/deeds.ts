/** What a neighbour says in the place of a frame, or besides it, made of what it knows. */
import {
  type ExchangeName,
  encodeFrame,
  encodeReply,
  encodeRequest,
  type Frame,
  type MessageName,
  messagesOf,
  openProofExtra,
  roles,
  sessionTranscript,
  typOf,
} from "@nyckelfri/protocol";
import { attempt, type Forger, forgeObject, type Loot, proveAs, selfCertified } from "./forging.ts";
import { type Fields, typIn, type Utterance } from "./knowledge.ts";

export const NEIGHBOUR = "neighbour";
export const DEEDS = ["drop", "delay", "reorder", "repeat", "replay", "splice", "forge", "tamper"] as const;
export type Deed = (typeof DEEDS)[number];

/** What has been said on one line in its running session, as the side that answers has it. */
export interface Talk {
  readonly number: number;
  readonly exchange: ExchangeName;
  readonly session: number;
  /** End of the line that asks. */
  readonly asker: string;
  readonly hello: Uint8Array;
  readonly answer: Uint8Array | undefined;
  /** Bodies of the updates that went on, each followed by that of its reply, once it has come. */
  readonly updates: readonly Uint8Array[];
  /** So many requests more than the asker knows of have been put in. */
  readonly inserted: number;
  /** A request that waits until the answer to one that was put in before it has come. */
  readonly waiting: { readonly sequence: number; readonly frame: Frame } | "nothing";
  /** Of the request that is on its way through a relay, or has been. */
  readonly relayed: number | "nothing";
}

/** The same message with one or two fields of another session, another door or another key. */
export function spliced(forger: Forger, heard: Utterance): Uint8Array | undefined {
  const { draws, knowledge } = forger;
  const { fields, form, name } = heard;
  const others = knowledge.said((one) => one.name === name && one.form === form && one.frame !== heard.frame);
  const other = others.length === 0 ? undefined : draws.pick(others).fields;
  if (fields === undefined || other === undefined || Object.keys({ ...fields, ...other }).length === 0)
    return undefined;
  let mixed: Fields = fields;
  for (let count = 1 + draws.below(2); count > 0; count--) {
    const taken = draws.pick(Object.keys({ ...fields, ...other }));
    const { [taken]: _, ...rest } = mixed;
    mixed = other[taken] === undefined ? rest : { ...rest, [taken]: other[taken] };
  }
  return bodyOf(heard, mixed);
}

/** The same message with objects of its own making in it. */
export function forged(forger: Forger, heard: Utterance, talk: Talk): Uint8Array | undefined {
  const { draws, loot } = forger;
  const { fields, exchange, form, name } = heard;
  if (fields === undefined || loot.length === 0) return undefined;
  const by = draws.pick(loot);
  if (exchange === "open" && name === "open" && form === "request") {
    return openedAs(forger, fields, by, talk) ?? replaced(forger, heard, by, talk);
  }
  return replaced(forger, heard, by, talk);
}

/** Another message of this exchange, as somebody has said it once, with objects that are forged or heard elsewhere. */
export function madeUp(
  forger: Forger,
  talk: Talk,
): { readonly message: number; readonly body: Uint8Array } | undefined {
  const { draws, knowledge, loot } = forger;
  const known = knowledge.said(({ exchange, form, name, fields }) => {
    return exchange === talk.exchange && form === "request" && name !== "hello" && fields !== undefined;
  });
  if (known.length > 0 && draws.chance(600_000)) {
    const one = draws.pick(known);
    const body = loot.length === 0 ? undefined : forged(forger, one, talk);
    return { message: one.frame.message, body: body ?? one.frame.body };
  }
  const entry = draws.pick(messagesOf(talk.exchange));
  const object = draws.pick([...knowledge.objects(), draws.bytes(80)]);
  const by = loot.length === 0 ? undefined : draws.pick(loot);
  const offered = (by && draws.chance(500_000) ? forgeObject(forger, object, by) : undefined) ?? object;
  const id = draws.pick([...knowledge.atoms(8), draws.bytes(8)]);
  const guesses: readonly Fields[] = [
    ...[{ object: offered }, { receipt: offered }, { key: id, object: offered }, { cursor: draws.below(500) }, {}],
    ...[{ from: 1 }, { index: draws.below(4) }, { pin: "1234" }, { nonce: draws.bytes(16) }, { store: "openings" }],
    ...[{ wanted: "certificate", kid: id }, { wanted: "list", list: draws.below(8) }, { slot: 0 }],
    { command: offered, certificates: by?.certificates ?? [] },
  ];
  for (const guess of draws.shuffle(guesses)) {
    const body = attempt(() => encodeRequest(talk.exchange, entry.name as MessageName<ExchangeName>, guess as never));
    if (body !== undefined) return { message: entry.number, body };
  }
  return undefined;
}

/** The frame with a bit turned over in it, its check sum right again. */
export function tampered({ draws }: Forger, frame: Frame): Uint8Array {
  const { body } = frame;
  switch (draws.below(body.length === 0 ? 3 : 8)) {
    case 0:
      return encodeFrame({ ...frame, message: draws.below(64) });
    case 1:
      return encodeFrame({ ...frame, sequence: draws.below(256) });
    case 2:
      return encodeFrame({ ...frame, kind: frame.kind === "request" ? "reply" : "request" });
    case 3:
      return encodeFrame({ ...frame, body: body.slice(0, draws.below(body.length)) });
    default: {
      const other = body.slice();
      const at = draws.below(other.length);
      other[at] = (other[at] ?? 0) ^ (1 << draws.below(8));
      return encodeFrame({ ...frame, body: other });
    }
  }
}

/** A grant of the loot's, or one that was heard, with a proof by the loot's key for this very session. */
function openedAs(forger: Forger, fields: Fields, by: Loot, { hello, answer, updates }: Talk): Uint8Array | undefined {
  const { provider, draws, knowledge } = forger;
  if (answer === undefined) return undefined;
  const honest = knowledge.objects(typOf("grant"));
  const own = by.grant === undefined ? [] : [by.grant, by.grant, by.grant];
  const renewed = own.length === 0 ? undefined : forgeObject(forger, own[0] as Uint8Array, by);
  const grants = [...own, ...honest, ...(renewed === undefined ? [] : [renewed])];
  if (grants.length === 0) return undefined;
  const grant = draws.pick(grants);
  const ticket = draws.pick([
    fields["ticket"] as Uint8Array | undefined,
    ...knowledge.objects(typOf("activation-ticket")),
  ]);
  const answered = updates.slice(0, updates.length - (updates.length % 2));
  const extra = openProofExtra(provider, { hello, challenge: answer, updates: answered }, grant, ticket);
  const proof = proveAs(forger, by, grant, extra);
  if (proof === undefined) return undefined;
  return attempt(() => encodeRequest("open", "open", { by: "grant", grant, proof, ...(ticket && { ticket }) }));
}

/** Each object of the message, or some, as somebody else would have signed it; and certificates of their own. */
function replaced(forger: Forger, heard: Utterance, by: Loot, { hello, answer }: Talk): Uint8Array | undefined {
  const { provider, draws } = forger;
  const bound = answer === undefined ? undefined : [sessionTranscript(provider, hello, answer)];
  const swap = (term: unknown): unknown => {
    if (term instanceof Uint8Array) {
      const typ = typIn(term);
      if (typ === undefined || draws.chance(200_000)) return term;
      return forgeObject(forger, term, by, BOUND.has(typ) ? bound : undefined) ?? term;
    }
    return Array.isArray(term) ? term.map(swap) : term;
  };
  const entries = Object.entries(heard.fields ?? {}).map(([name, term]) => {
    if (name !== "certificates" || draws.chance(400_000)) return [name, swap(term)];
    const bits = draws.pick(Object.values(roles));
    const own = selfCertified(forger, by, bits);
    return [name, draws.chance(500_000) || own === undefined ? by.certificates : [own]];
  });
  return bodyOf(heard, Object.fromEntries(entries));
}

/** What signs the session, by typ. */
const BOUND: ReadonlySet<number> = new Set([typOf("device-proof"), typOf("host-command")]);

function bodyOf({ exchange, form, name }: Utterance, fields: Fields): Uint8Array | undefined {
  const encode = form === "request" ? encodeRequest : encodeReply;
  return attempt(() => encode(exchange, name as MessageName<ExchangeName>, fields as never));
}
