/** What the wiring of every device needs, and what they do alike: bytes on lines, frames that leave, memory that is written. */
import type { SimulatedPair } from "../../costs/simulated-hardware.ts";
import type { Conditions } from "../conditions.ts";
import type { Device, Hands, PartRef, Stepped, Tagged, View } from "../entity.ts";
import type { Happening } from "../happenings.ts";
import type { Kernel } from "../kernel.ts";
import type { Meter } from "../meter.ts";
import type { Bodies } from "./bodies.ts";
import { type LineKind, type OverheardEvent, seatIn } from "./interposer.ts";
import { framesOf, type Line, newLine, transmit } from "./line.ts";
import { disturbed, openingNoise } from "./line-faults.ts";

export interface Wiring {
  readonly kernel: Kernel;
  readonly bodies: PartRef<Bodies>;
  /** Of the provider that all devices have; read after each step, so that it tells what this one used. */
  readonly meter: Meter;
  readonly hardware: SimulatedPair;
  /** What goes wrong. */
  readonly conditions: PartRef<Conditions>;
  readonly happen: (world: View, happening: Happening) => void;
}

/** In the place of a step's effects. */
interface Crash extends Tagged {
  readonly kind: "crash";
  readonly error: string;
}

/** No device may throw (P12). One that does stays as it was, and `survived` tells the world. */
export function sturdy<State, Input extends Tagged, Effect extends Tagged, Event extends Tagged>(
  device: Device<State, Input, Effect>,
): Device<State, Input | Event, Effect> {
  return {
    step: (state, input): Stepped<State, Effect> => {
      try {
        return device.step(state, input as Input);
      } catch (error) {
        const crash: Crash = { kind: "crash", error: String(error) };
        return { state, effects: [crash as Tagged as Effect] };
      }
    },
  };
}

/** What is to be done: all effects of a step, or none of a step that threw. */
export function survived<Effect extends Tagged>(
  wiring: Wiring,
  device: string,
  effects: readonly Effect[],
  world: Hands,
): readonly Effect[] {
  const [first] = effects as readonly (Tagged & Partial<Crash>)[];
  if (first?.kind !== "crash") return effects;
  const { error = "" } = first;
  world.record("crash", { error });
  wiring.happen(world, { kind: "crash", device, error });
  return [];
}

/** Bytes that come out of a line at one of its ends. */
export interface BytesEvent {
  readonly kind: "bytes";
  readonly line: number;
  readonly from: number;
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly spoken?: number;
  /** Of the receiver, while it waits to be heard: what one life has not heard the next one does not. */
  readonly life?: number;
}

export function openLine(wiring: Wiring, world: Hands, kind: LineKind, a: string, b: string): Line {
  const { contact } = wiring.hardware;
  const bodies = world.part(wiring.bodies);
  const { interposer } = bodies;
  const between = interposer !== "nobody" && interposer.lines.includes(kind) ? interposer : "nobody";
  const { lines } = world.part(wiring.conditions);
  const line = bodies.addLine((number) => newLine({ number, a, b, between }, contact.line, lines));
  for (const { to, ...event } of openingNoise(wiring, world, line)) {
    world.send({ id: to }, { kind: "bytes", line: line.number, ...event }, event.at - world.now);
  }
  return line;
}

/** Sends from one end; bytes on a line that is broken meanwhile find nobody. */
export function sendOn(
  wiring: Wiring,
  world: Hands,
  line: Line,
  from: string,
  bytes: Uint8Array,
  at: number,
): { readonly leaves: number; readonly arrives: number } {
  const end = from === line.a ? line.b : line.a;
  const to = line.between === "nobody" ? end : seatIn(line.between, line);
  const turnaround = wiring.hardware.contact.turnaroundMicroseconds;
  const arrivals = disturbed(wiring, world, { from, to: end, bytes }, (struck) =>
    transmit(line, from, bytes, at + turnaround, () => world.stream(`line ${from}`), struck),
  );
  for (const frame of framesOf(bytes)) wiring.happen(world, { kind: "sent", from, to, frame });
  const spoken = line.silenced[from === line.a ? "a" : "b"].count;
  for (const arrival of arrivals) {
    const { from: leavesAt, at: arrivesAt } = arrival;
    wiring.happen(world, { kind: "transmitted", from, to, bytes: arrival.bytes.length, leavesAt, arrivesAt });
    if (line.between === "nobody") {
      const event: BytesEvent = { kind: "bytes", line: line.number, ...arrival, spoken };
      world.send({ id: end }, event, arrival.at - world.now);
    } else {
      const event: OverheardEvent = { kind: "overheard", line: line.number, from, bytes: arrival.bytes };
      world.send({ id: line.between.id }, event, arrival.at - world.now);
    }
  }
  return { leaves: arrivals[0]?.from ?? at, arrives: arrivals.at(-1)?.at ?? at };
}
