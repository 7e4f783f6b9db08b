/** Somebody may sit in lines, between the two devices that they join: what either says comes to them, and only what they say goes on. */
import type { Hands } from "../entity.ts";
import { framesOf, type Line } from "./line.ts";
import type { BytesEvent, Wiring } from "./wiring.ts";

/** A key in a cylinder, a key in a slot, and the cable between a device and its host. */
export type LineKind = "keyway" | "slot" | "cable";

/** Sits down in every line of these kinds that opens; where it sits it stays until that line is gone. */
export interface Interposer {
  readonly id: string;
  readonly lines: readonly LineKind[];
}

/** What is said in a line by the device at one of its ends. */
export interface OverheardEvent {
  readonly kind: "overheard";
  readonly line: number;
  readonly from: string;
  readonly bytes: Uint8Array;
}

/** Name of who sits in this line, for those who watch: at each contact somebody of its own. */
export function seatIn({ id }: Interposer, { a, b }: Pick<Line, "a" | "b">): string {
  return `${id} between ${a} and ${b}`;
}

/** Bytes from the interposer for one end of its line, which has them at once: it says them while it still hears the others. */
export function sayIn(wiring: Wiring, world: Hands, line: Line, to: string, bytes: Uint8Array): void {
  if (line.between === "nobody") return;
  const from = seatIn(line.between, line);
  for (const frame of framesOf(bytes)) wiring.happen(world, { kind: "sent", from, to, frame });
  const event: BytesEvent = { kind: "bytes", line: line.number, from: world.now, at: world.now, bytes };
  world.send({ id: to }, event);
}
