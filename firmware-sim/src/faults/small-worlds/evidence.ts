/**
 * What has left the devices of a small world, as somebody has it who reads every wire: the attacker's knowledge. From it come the
 * replays, and the marks against which counters are held: a counter that only rises is sound at any value, as long as it is not
 * behind what was once made of it.
 */
import type { CylinderState } from "../../devices/cylinder/cylinder-state.ts";
import type { KeyState } from "../../devices/key/state.ts";
import type { Copyable, Moment, Tagged } from "../../world/entity.ts";

/** The frames of one visit, as the key sent them. */
export interface Tape {
  readonly key: string;
  readonly frames: readonly Uint8Array[];
  /** Bodies of its updates, and cti of its grant: what in it is not new each time. */
  readonly updates: readonly Uint8Array[];
  readonly cti: Uint8Array;
}

export class Evidence implements Copyable<Evidence> {
  /** Of the door: the newest nonce that was given, and the newest record that was told. */
  nonce = 0;
  record = 0;
  /** By key: the newest counter of a proof that it had committed. */
  readonly proofs: Map<string, number> = new Map();
  /** The last visit that came as far as an `open`. */
  tape: Tape | "none" = "none";
  #running: readonly Uint8Array[] = [];

  copy(): Evidence {
    const copy = new Evidence();
    copy.nonce = this.nonce;
    copy.record = this.record;
    copy.tape = this.tape;
    copy.#running = this.#running;
    for (const [key, counter] of this.proofs) copy.proofs.set(key, counter);
    return copy;
  }

  sees({ entity, after, effects }: Pick<Moment, "entity" | "after" | "effects">): void {
    if (entity.startsWith("cylinder:")) this.#door(after as CylinderState, effects);
    else if (entity.startsWith("key:")) this.#key(entity, after as KeyState, effects);
  }

  #door(state: CylinderState, effects: readonly Tagged[]): void {
    if (state.power !== "on" || !effects.some(({ kind }) => kind === "send")) return;
    const { session, stores } = state;
    if (session !== "none" && session.exchange === "open") this.nonce = Math.max(this.nonce, session.nonceCounter);
    this.record = Math.max(this.record, stores.openings.newest.number);
  }

  #key(key: string, state: KeyState, effects: readonly (Tagged & { readonly bytes?: Uint8Array })[]): void {
    if (state.power !== "on") return;
    const { contact, holdings } = state;
    this.proofs.set(key, Math.max(this.proofs.get(key) ?? 0, holdings.keyCounter));
    if (contact.kind !== "at-door") {
      this.#running = [];
      return;
    }
    const sent = effects.flatMap(({ kind, bytes }) => (kind === "send" && bytes !== undefined ? [bytes] : []));
    if (sent.length === 0) return;
    const { visit } = contact;
    const frames = [...this.#running, ...sent];
    this.#running = frames;
    const [grant] = holdings.grants;
    if ((visit.phase === "asking" || visit.phase === "supplying") && grant !== undefined) {
      this.tape = { key, frames, updates: visit.door.updates.map(({ request }) => request), cti: grant.value.cti };
    }
  }
}
