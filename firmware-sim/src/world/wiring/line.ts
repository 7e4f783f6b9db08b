/** The line of one contact or one cable: bytes on their way, and the frames that they make on the other side. */
import { type DecodeEvent, type Frame, FrameDecoder } from "@nyckelfri/protocol";
import type { Draws } from "../../hardware/draws.ts";
import {
  idleUart,
  NO_UART_FAULTS,
  sendOnUart,
  type Uart,
  type UartFault,
  type UartFaults,
  type UartProfile,
  uartMicroseconds,
} from "../../hardware/uart.ts";
import type { Interposer } from "./interposer.ts";

/** As long as a contact lasts; a broken line's bytes go nowhere. */
export interface Line {
  /** No two lines of a world have the same. */
  readonly number: number;
  readonly a: string;
  readonly b: string;
  readonly between: Interposer | "nobody";
  uart: Uart;
  /** Bytes received at an end that are no whole frame yet. */
  readonly pending: { a: Uint8Array; b: Uint8Array };
  /** When the contact opened and closed again, alternating, oldest first: nothing gets through between. */
  readonly edges: number[];
  /** By end: what its device was sending, or about to, when its power went. */
  readonly silenced: { a: Silence; b: Silence };
}

/** How often the power of a line's end has gone, and when last. */
export interface Silence {
  readonly count: number;
  readonly at: number;
}
const NEVER: Silence = { count: 0, at: 0 };

export interface Arrival {
  /** When its first byte begins, and when the last one is there. */
  readonly from: number;
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Its sender's silences (`Line.silenced`) before it was sent. */
  readonly spoken?: number;
}

const NOTHING = new Uint8Array(0);
/** More than any frame: what is longer and has no end is thrown away by the decoder anyway. */
const MOST_PENDING = 4_096;

export function newLine(
  { number, a, b, between }: Pick<Line, "number" | "a" | "b" | "between">,
  profile: UartProfile,
  faults: UartFaults,
): Line {
  return {
    number,
    a,
    b,
    between,
    uart: idleUart(profile, faults),
    pending: { a: NOTHING, b: NOTHING },
    edges: [],
    silenced: { a: NEVER, b: NEVER },
  };
}

export function copyLine(line: Line): Line {
  return { ...line, pending: { ...line.pending }, edges: [...line.edges], silenced: { ...line.silenced } };
}

/** Puts bytes on the line; what comes out of it, and when. */
export function transmit(
  line: Line,
  from: string,
  bytes: Uint8Array,
  at: number,
  draws: () => Draws,
  struck: (fault: UartFault) => void = () => {},
): readonly Arrival[] {
  const end = from === line.a ? "a" : "b";
  const { uart } = line;
  if (uart.faults === NO_UART_FAULTS) {
    const wire = uart[end];
    const from = Math.max(at, wire.busyUntilMicroseconds);
    const arrives = from + uartMicroseconds(uart.profile, bytes.length);
    line.uart = { ...uart, [end]: { ...wire, busyUntilMicroseconds: arrives } };
    return [{ from, at: arrives, bytes }];
  }
  const step = sendOnUart(uart, end, bytes, at, draws(), struck);
  line.uart = step.uart;
  return step.arrivals.flatMap((arrival) =>
    arrival.kind === "bytes"
      ? [{ from: arrival.startMicroseconds, at: arrival.atMicroseconds, bytes: arrival.bytes }]
      : [],
  );
}

/** The contact opens or closes. */
export function moveLine(line: Line, contact: "made" | "open", at: number): void {
  const isOpen = line.edges.length % 2 === 1;
  if (isOpen !== (contact === "open")) line.edges.push(at);
}

/** The device at one of its ends loses its power: it stops in the middle of a byte, and what it was about to send never leaves. */
export function silenceLine(line: Line, device: string, at: number): void {
  const end = device === line.a ? "a" : "b";
  line.silenced[end] = { count: line.silenced[end].count + 1, at };
  const wire = line.uart[end];
  if (wire.busyUntilMicroseconds > at) line.uart = { ...line.uart, [end]: { ...wire, busyUntilMicroseconds: at } };
}

/** What its sender had sent of it when its power went. */
function spokenOf({ uart }: Line, silence: Silence, { from, bytes, spoken }: Arrival): Uint8Array {
  if (spoken === undefined || spoken === silence.count) return bytes;
  return bytes.filter((_, index) => from + uartMicroseconds(uart.profile, index + 1) <= silence.at);
}

/** What of an arrival came through: bytes whose time falls into an open contact are gone. */
function throughContact({ edges, uart }: Line, { from, at, bytes }: Arrival): Uint8Array {
  const isTouched = edges.some((edge, index) => edge < at && (edges[index + 1] ?? at) > from && index % 2 === 0);
  if (!isTouched) return bytes;
  const byteAt = (index: number): number => from + uartMicroseconds(uart.profile, index);
  const isLost = (index: number): boolean =>
    edges.some((edge, one) => one % 2 === 0 && edge < byteAt(index + 1) && (edges[one + 1] ?? at) > byteAt(index));
  return bytes.filter((_, index) => !isLost(index));
}

/** What of an arrival comes out at an end of the line: what its sender had sent of it, and the contact let through. */
export function heardAt(line: Line, at: string, arrival: Arrival): Uint8Array {
  const said = spokenOf(line, line.silenced[at === line.a ? "b" : "a"], arrival);
  return throughContact(line, { ...arrival, bytes: said });
}

/** Bytes have come to an end of the line: the whole frames among them. */
export function receive(line: Line, at: string, arrival: Arrival): readonly Frame[] {
  const end = at === line.a ? "a" : "b";
  const before = line.pending[end];
  const bytes = heardAt(line, at, arrival);
  if (bytes.length === 0) return [];
  if (before.length === 0 && bytes[bytes.length - 1] === 0) return framesOf(bytes);
  const all = before.length === 0 ? bytes : joined(before, bytes);
  const complete = all.lastIndexOf(0) + 1;
  line.pending[end] = all.slice(Math.max(complete, all.length - MOST_PENDING));
  return complete === 0 ? [] : framesOf(all.subarray(0, complete));
}

/** The frame that an arrival is, where it is exactly one and nothing waits before it; the line stays as it was. */
export function wholeFrame(line: Line, at: string, arrival: Arrival): Frame | undefined {
  const end = at === line.a ? "a" : "b";
  if (line.pending[end].length > 0 || arrival.bytes[arrival.bytes.length - 1] !== 0) return undefined;
  if (heardAt(line, at, arrival).length !== arrival.bytes.length) return undefined;
  const [frame, ...more] = framesOf(arrival.bytes);
  return more.length === 0 ? frame : undefined;
}

/** What is sent now leaves before what has been made ready for later on the same wire. */
export function withWireFree(line: Line, from: string, now: number, send: () => void): void {
  const end = from === line.a ? "a" : "b";
  const { busyUntilMicroseconds: ready } = line.uart[end];
  line.uart = { ...line.uart, [end]: { ...line.uart[end], busyUntilMicroseconds: now } };
  send();
  const wire = line.uart[end];
  const busyUntilMicroseconds = Math.max(ready, wire.busyUntilMicroseconds);
  line.uart = { ...line.uart, [end]: { ...wire, busyUntilMicroseconds } };
}

const known: WeakMap<Uint8Array, readonly Frame[]> = new WeakMap();
const decoder: FrameDecoder = new FrameDecoder();

/** Whole frames: only up to the last delimiter, so that the decoder keeps nothing. What sender and receiver both ask is answered once. */
export function framesOf(bytes: Uint8Array): readonly Frame[] {
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const whole = bytes.subarray(0, bytes.lastIndexOf(0) + 1);
  const frames = framesAmong(decoder.push(whole));
  known.set(bytes, frames);
  return frames;
}

export function framesAmong(events: readonly DecodeEvent[]): readonly Frame[] {
  return events.flatMap((event) => (event.kind === "frame" ? [event.frame] : []));
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}
