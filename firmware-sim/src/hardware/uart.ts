/**
 * A serial line in two directions: bytes take their time at the baud rate and leave in order; faults hurt single bytes
 * or whole transmissions.
 */
import { between, type Draws, type PerMillion, strikes } from "./draws.ts";

/** Figures come from a cost profile. */
export interface UartProfile {
  readonly baud: number;
  /** With start, parity and stop bits: 10 for 8N1. */
  readonly bitsPerByte: number;
  /** The receiver hands over at multiples of this, e.g. the latency timer of a USB bridge: what came in between is merged. 0 for at once. */
  readonly batchMicroseconds: number;
}

/** All zero is a sound line. */
export interface UartFaults {
  /** One bit of a byte is inverted. */
  readonly bitErrorPerMillion: PerMillion;
  /** A byte is not received, received twice, or received without its stop bit (its value is gone). */
  readonly byteLossPerMillion: PerMillion;
  readonly byteDuplicatePerMillion: PerMillion;
  readonly framingErrorPerMillion: PerMillion;
  /** The sender pauses after a byte, so that the transmission arrives in parts. */
  readonly splitPerMillion: PerMillion;
  readonly longestSplitMicroseconds: number;
  /** A whole transmission is lost, sent twice, or late. */
  readonly lossPerMillion: PerMillion;
  readonly duplicatePerMillion: PerMillion;
  readonly delayPerMillion: PerMillion;
  readonly longestDelayMicroseconds: number;
}

export const NO_UART_FAULTS: UartFaults = {
  bitErrorPerMillion: 0,
  byteLossPerMillion: 0,
  byteDuplicatePerMillion: 0,
  framingErrorPerMillion: 0,
  splitPerMillion: 0,
  longestSplitMicroseconds: 0,
  lossPerMillion: 0,
  duplicatePerMillion: 0,
  delayPerMillion: 0,
  longestDelayMicroseconds: 0,
};

/** The two ends; a wire is named after the end that sends on it. */
export type UartEnd = "a" | "b";

export interface Uart {
  readonly profile: UartProfile;
  readonly faults: UartFaults;
  readonly a: UartWire;
  readonly b: UartWire;
}

export interface UartWire {
  readonly busyUntilMicroseconds: number;
}

/** What the other end receives. Times never fall on one wire. */
export type UartArrival = UartBytes | UartFramingError;
export interface UartBytes {
  readonly kind: "bytes";
  readonly from: UartEnd;
  /** When the first byte began, and when all of them are handed over. */
  readonly startMicroseconds: number;
  readonly atMicroseconds: number;
  readonly bytes: Uint8Array;
}
export interface UartFramingError {
  readonly kind: "framing-error";
  readonly from: UartEnd;
  readonly startMicroseconds: number;
  readonly atMicroseconds: number;
}

export interface UartStep {
  readonly uart: Uart;
  readonly arrivals: readonly UartArrival[];
}

const IDLE: UartWire = { busyUntilMicroseconds: 0 };

export function idleUart(profile: UartProfile, faults: UartFaults = NO_UART_FAULTS): Uart {
  return { profile, faults, a: IDLE, b: IDLE };
}

/** How long so many bytes take, rounded up. */
export function uartMicroseconds({ baud, bitsPerByte }: UartProfile, bytes: number): number {
  return Math.ceil((bytes * bitsPerByte * SECOND) / baud);
}

/** A rate among the faults: what has just struck. */
export type UartFault = Extract<keyof UartFaults, `${string}PerMillion`>;

/** Sends; what is still being sent on the same wire goes first. `struck` hears of each fault. */
export function sendOnUart(
  uart: Uart,
  from: UartEnd,
  bytes: Uint8Array,
  atMicroseconds: number,
  draws: Draws,
  struck: (fault: UartFault) => void = () => {},
): UartStep {
  const { profile, faults } = uart;
  const wire = uart[from];
  const strikes = strikesOf(faults, draws, struck);
  const delay = strikes("delayPerMillion") ? between(draws, 1, faults.longestDelayMicroseconds) : 0;
  const start = Math.max(atMicroseconds, wire.busyUntilMicroseconds) + delay;
  const isLost = strikes("lossPerMillion");
  const times = strikes("duplicatePerMillion") ? 2 : 1;
  const arrivals: UartArrival[] = [];
  let end = start;
  for (let time = 0; time < times; time++) {
    const sent = hurtsBytes(faults)
      ? sendHurt(uart, bytes, end, draws, strikes)
      : { items: [bytesItem(bytes, end)], end: end + uartMicroseconds(profile, bytes.length) };
    if (!isLost) arrivals.push(...sent.items.flatMap((item) => arrivalOf(profile, from, item)));
    end = sent.end;
  }
  return { uart: { ...uart, [from]: { busyUntilMicroseconds: end } }, arrivals };
}

const SECOND = 1_000_000;

/** A run of bytes without a gap, or one byte without its stop bit (`bytes` is undefined). */
interface Item {
  readonly start: number;
  readonly bytes: readonly number[] | Uint8Array | undefined;
  /** Bytes of wire time: lost ones take theirs too, the second of a doubled one none. */
  readonly slots: number;
}

function bytesItem(bytes: Uint8Array, start: number): Item {
  return { start, bytes, slots: bytes.length };
}

function arrivalOf(profile: UartProfile, from: UartEnd, item: Item): UartArrival[] {
  const end = item.start + uartMicroseconds(profile, item.slots);
  const batch = profile.batchMicroseconds;
  const atMicroseconds = batch > 0 ? Math.ceil(end / batch) * batch : end;
  const place = { from, startMicroseconds: item.start, atMicroseconds };
  if (item.bytes === undefined) return [{ kind: "framing-error", ...place }];
  return item.bytes.length === 0 ? [] : [{ kind: "bytes", ...place, bytes: Uint8Array.from(item.bytes) }];
}

function hurtsBytes(faults: UartFaults): boolean {
  const { bitErrorPerMillion, byteLossPerMillion, byteDuplicatePerMillion, framingErrorPerMillion } = faults;
  const all = [bitErrorPerMillion, byteLossPerMillion, byteDuplicatePerMillion, framingErrorPerMillion];
  return faults.splitPerMillion > 0 || all.some((perMillion) => perMillion > 0);
}

function strikesOf(faults: UartFaults, draws: Draws, struck: (fault: UartFault) => void) {
  return (fault: UartFault): boolean => {
    const hits = strikes(draws, faults[fault]);
    if (hits) struck(fault);
    return hits;
  };
}

function sendHurt(
  { profile, faults }: Uart,
  bytes: Uint8Array,
  start: number,
  draws: Draws,
  strikes: (fault: UartFault) => boolean,
) {
  const items: Item[] = [];
  let begun = start;
  let slots = 0;
  let run: number[] = [];
  const now = () => begun + uartMicroseconds(profile, slots);
  const endRun = (pause: number) => {
    if (slots > 0) items.push({ start: begun, bytes: run, slots });
    begun = now() + pause;
    slots = 0;
    run = [];
  };
  for (const byte of bytes) {
    if (strikes("framingErrorPerMillion")) {
      endRun(0);
      items.push({ start: begun, bytes: undefined, slots: 1 });
      begun += uartMicroseconds(profile, 1);
    } else {
      slots++;
      const received = strikes("bitErrorPerMillion") ? byte ^ (1 << draws.below(8)) : byte;
      if (!strikes("byteLossPerMillion")) {
        run.push(received);
        if (strikes("byteDuplicatePerMillion")) run.push(received);
      }
    }
    if (strikes("splitPerMillion")) endRun(between(draws, 1, faults.longestSplitMicroseconds));
  }
  endRun(0);
  return { items, end: begun };
}
