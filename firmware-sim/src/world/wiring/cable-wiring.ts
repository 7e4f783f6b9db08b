/** The cable of a station whose host is outside the world: a real program, at the other end of a real line. */
import { type Frame, MESSAGE_BUSY } from "@nyckelfri/protocol";
import type { Copyable, EntityRef, Hands, PartRef, Tagged } from "../entity.ts";
import { framesOf } from "./line.ts";
import { type BytesEvent, openLine, sendOn, type Wiring } from "./wiring.ts";

export type CableEvent =
  | BytesEvent
  | { readonly kind: "plugged" }
  /** From outside, for the device. */
  | { readonly kind: "said"; readonly bytes: Uint8Array };
export type CableRef = EntityRef<"cable", CableEvent>;

/** By device: what it has sent, and nobody outside has fetched yet. */
export class Cables implements Copyable<Cables> {
  readonly #sent: Map<string, readonly Uint8Array[]> = new Map();

  put(device: string, bytes: Uint8Array): void {
    this.#sent.set(device, [...(this.#sent.get(device) ?? []), bytes]);
  }

  fetch(device: string): readonly Uint8Array[] {
    const sent = this.#sent.get(device) ?? [];
    this.#sent.delete(device);
    return sent;
  }

  copy(): Cables {
    const copy = new Cables();
    for (const [device, sent] of this.#sent) copy.#sent.set(device, sent);
    return copy;
  }
}

export interface CableFitting {
  readonly id: string;
  readonly device: string;
  readonly cables: PartRef<Cables>;
}

/** Longest piece that is put on the line at once: what is longer could wait in no buffer of a real port either. */
const PIECE_BYTES = 4_096;

export function wireCable(wiring: Wiring, { id, device, cables }: CableFitting): CableRef {
  const ref: CableRef = { id };
  wiring.kernel.add<"cable", CableEvent, Tagged>({
    ...{ id, device: { step: (state) => ({ state, effects: [] }) }, state: "cable" },
    arrive: (event, world) => arrive(wiring, { id, device, cables }, event, world),
    describe: (item) => ("bytes" in item ? { bytes: item.bytes } : "untraced"),
  });
  wiring.kernel.send(ref, { kind: "plugged" });
  return ref;
}

function arrive(
  wiring: Wiring,
  { id, device, cables }: CableFitting,
  event: CableEvent,
  world: Hands,
): CableEvent | "lost" {
  const bodies = world.part(wiring.bodies);
  const body = bodies.of("mains", device);
  switch (event.kind) {
    case "plugged":
      body.hostLine = openLine(wiring, world, "cable", id, device).number;
      return event;
    case "said": {
      const line = body.hostLine === "none" ? undefined : bodies.line(body.hostLine);
      if (line === undefined) return "lost";
      for (let at = 0; at < event.bytes.length; at += PIECE_BYTES) {
        sendOn(wiring, world, line, id, event.bytes.slice(at, at + PIECE_BYTES), world.now);
      }
      return event;
    }
    case "bytes":
      world.part(cables).put(device, event.bytes);
      return event;
  }
}

/** Whether bytes from a device hold its last word on a request: a reply, and not that it is still busy. */
export function holdsReply(bytes: Uint8Array): boolean {
  return framesOf(bytes).some(({ kind, message }: Frame) => kind === "reply" && message !== MESSAGE_BUSY);
}
