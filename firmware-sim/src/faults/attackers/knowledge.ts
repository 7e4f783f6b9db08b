/**
 * What an attacker on the wire knows: every frame that it has heard, and the terms that it can take out of them. From terms it builds
 * whatever it likes; what it cannot do is sign with a key that it does not have, or find bytes that nobody has said.
 */
import {
  decodeReply,
  decodeRequest,
  type ExchangeName,
  type Frame,
  MESSAGE_BUSY,
  MESSAGE_ERROR,
  messageNumbered,
  PeerError,
  parseSign1,
  toHex,
} from "@nyckelfri/protocol";
import type { Copyable } from "../../world/entity.ts";
import type { LineKind } from "../../world/wiring/interposer.ts";

/** Fields of a decoded body. */
export type Fields = Readonly<Record<string, unknown>>;

/** One frame in its place. */
export interface Utterance {
  readonly line: LineKind;
  /** Ids of the line's ends: who said it, and to whom. */
  readonly from: string;
  readonly to: string;
  readonly exchange: ExchangeName;
  readonly form: "request" | "reply" | "error";
  /** Of the message; of an error that of none. */
  readonly name: string;
  readonly frame: Frame;
  /** Undefined where the body is none of this message. */
  readonly fields: Fields | undefined;
  /** Which session of all that were heard. */
  readonly talk: number;
}

/** Of each kind the newest: a neighbour's memory is large, and a world may last for months. */
const UTTERANCES_KEPT = 600;
const OBJECTS_KEPT_OF_A_KIND = 40;
const ATOMS_KEPT_OF_A_LENGTH = 200;

export class Knowledge implements Copyable<Knowledge> {
  #said: Utterance[] = [];
  /** By typ, as hex. */
  readonly #objects: Map<number, Map<string, Uint8Array>> = new Map();
  /** Nonces, kids, digests and whatever else has no more parts, by length. */
  readonly #atoms: Map<number, Map<string, Uint8Array>> = new Map();
  readonly #texts: Set<string> = new Set();
  /** What has been learnt of which kind of line, as `dock journal reply`. */
  readonly #learnt: Map<string, number> = new Map();
  #talks = 0;

  /** A session has begun; its number. */
  newTalk(): number {
    this.#talks += 1;
    return this.#talks;
  }

  hear(utterance: Utterance): void {
    const { exchange, name, form, fields, frame } = utterance;
    this.#said.push(utterance);
    if (this.#said.length > 2 * UTTERANCES_KEPT) this.#said = this.#said.slice(-UTTERANCES_KEPT);
    const what = `${exchange} ${name} ${form}`;
    this.#learnt.set(what, (this.#learnt.get(what) ?? 0) + 1);
    this.#take(fields === undefined ? frame.body : fields);
  }

  /** Oldest first. */
  said(wanted: (utterance: Utterance) => boolean = () => true): readonly Utterance[] {
    return this.#said.filter(wanted);
  }

  /** Signed objects, of one typ where it is given. */
  objects(typ?: number): readonly Uint8Array[] {
    const kinds = typ === undefined ? [...this.#objects.values()] : [this.#objects.get(typ) ?? new Map()];
    return kinds.flatMap((kind) => [...kind.values()]);
  }

  atoms(length: number): readonly Uint8Array[] {
    return [...(this.#atoms.get(length)?.values() ?? [])];
  }

  texts(): readonly string[] {
    return [...this.#texts];
  }

  /** Which messages were heard, and how often. */
  learnt(): ReadonlyMap<string, number> {
    return this.#learnt;
  }

  /** Whether these bytes stand somewhere in what is remembered. */
  holds(bytes: Uint8Array): boolean {
    const wanted = toHex(bytes);
    return this.#said.some(({ frame }) => toHex(frame.body).includes(wanted));
  }

  copy(): Knowledge {
    const copy = new Knowledge();
    copy.#said = [...this.#said];
    copy.#talks = this.#talks;
    for (const [typ, kind] of this.#objects) copy.#objects.set(typ, new Map(kind));
    for (const [length, atoms] of this.#atoms) copy.#atoms.set(length, new Map(atoms));
    for (const text of this.#texts) copy.#texts.add(text);
    for (const [what, count] of this.#learnt) copy.#learnt.set(what, count);
    return copy;
  }

  #take(term: unknown): void {
    if (typeof term === "string") this.#texts.add(term);
    else if (term instanceof Uint8Array) this.#takeBytes(term);
    else if (typeof term === "object" && term !== null) for (const part of Object.values(term)) this.#take(part);
  }

  #takeBytes(bytes: Uint8Array): void {
    const typ = typIn(bytes);
    if (typ === undefined) keep(this.#atoms, bytes.length, bytes, ATOMS_KEPT_OF_A_LENGTH);
    else keep(this.#objects, typ, bytes, OBJECTS_KEPT_OF_A_KIND);
  }
}

/** typ of a signed object; undefined for other bytes. */
export function typIn(bytes: Uint8Array): number | undefined {
  if (bytes.length < 70 || bytes[0] !== 0x84) return undefined;
  return attempt(() => parseSign1(bytes).typ);
}

/** What a frame says in a session of this exchange. */
export function readFrame(
  exchange: ExchangeName,
  frame: Frame,
): Pick<Utterance, "form" | "name" | "fields"> | undefined {
  if (frame.kind === "notification") return undefined;
  const { message, body } = frame;
  if (frame.kind === "reply" && (message === MESSAGE_ERROR || message === MESSAGE_BUSY)) {
    return { form: "error", name: message === MESSAGE_BUSY ? "busy" : "error", fields: undefined };
  }
  const entry = attempt(() => messageNumbered(exchange, message));
  if (entry === undefined) return undefined;
  const read =
    frame.kind === "request"
      ? () => decodeRequest(exchange, message, body).body
      : () => decodeReply(exchange, entry.name as never, body);
  return { form: frame.kind, name: entry.name, fields: attempt(read) as Fields | undefined };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
}

function keep<Key>(kinds: Map<Key, Map<string, Uint8Array>>, kind: Key, bytes: Uint8Array, most: number): void {
  let known = kinds.get(kind);
  if (known === undefined) {
    known = new Map();
    kinds.set(kind, known);
  }
  known.set(toHex(bytes), bytes);
  const [oldest] = known.keys();
  if (known.size > most && oldest !== undefined) known.delete(oldest);
}
