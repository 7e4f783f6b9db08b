import fc from "fast-check";
import { expect, test } from "vitest";
import {
  idleUart,
  NO_UART_FAULTS,
  sendOnUart,
  type UartArrival,
  type UartFaults,
  type UartProfile,
  uartMicroseconds,
} from "#src/hardware/uart.ts";
import { drawsOf, NO_DRAWS } from "./draws-of.ts";

const LINE: UartProfile = { baud: 115_200, bitsPerByte: 10, batchMicroseconds: 0 };
const ALWAYS = 1_000_000;
const BYTES = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const faulty = (change: Partial<UartFaults>) => idleUart(LINE, { ...NO_UART_FAULTS, ...change });
const sent = (change: Partial<UartFaults>, bytes = BYTES, seed = 1) =>
  sendOnUart(faulty(change), "a", bytes, 1000, drawsOf(seed)).arrivals;
const received = (arrivals: readonly UartArrival[]) =>
  arrivals.flatMap((arrival) => (arrival.kind === "bytes" ? [...arrival.bytes] : []));

const perMillion = fc.oneof(fc.constant(0), fc.nat({ max: 300_000 }));
const faults: fc.Arbitrary<UartFaults> = fc.record({
  bitErrorPerMillion: perMillion,
  byteLossPerMillion: perMillion,
  byteDuplicatePerMillion: perMillion,
  framingErrorPerMillion: perMillion,
  splitPerMillion: perMillion,
  longestSplitMicroseconds: fc.integer({ min: 1, max: 20_000 }),
  lossPerMillion: perMillion,
  duplicatePerMillion: perMillion,
  delayPerMillion: perMillion,
  longestDelayMicroseconds: fc.integer({ min: 1, max: 50_000 }),
});
const sends = fc.array(
  fc.record({
    from: fc.constantFrom("a" as const, "b" as const),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    pause: fc.nat({ max: 3000 }),
  }),
  { maxLength: 6 },
);

function converse(
  given: UartFaults,
  list: readonly { from: "a" | "b"; bytes: Uint8Array; pause: number }[],
  seed: number,
) {
  const draws = drawsOf(seed);
  const arrivals: UartArrival[] = [];
  let uart = idleUart(LINE, given);
  let at = 0;
  for (const { from, bytes, pause } of list) {
    at += pause;
    const step = sendOnUart(uart, from, bytes, at, draws);
    uart = step.uart;
    arrivals.push(...step.arrivals);
  }
  return { uart, arrivals };
}

test("a sound line carries every byte in order, at its baud rate, both ways, without a draw", () => {
  fc.assert(
    fc.property(sends, (list) => {
      let uart = idleUart(LINE);
      const free = { a: 0, b: 0 };
      let at = 0;
      for (const { from, bytes, pause } of list) {
        at += pause;
        const step = sendOnUart(uart, from, bytes, at, NO_DRAWS);
        uart = step.uart;
        const startMicroseconds = Math.max(at, free[from]);
        free[from] = startMicroseconds + uartMicroseconds(LINE, bytes.length);
        expect(step.arrivals).toEqual([{ kind: "bytes", from, startMicroseconds, atMicroseconds: free[from], bytes }]);
      }
    }),
  );
});

test.each([
  [1, 87],
  [100, 8681],
  [588, 51_042],
])("%i bytes take %i µs at 115200 baud", (bytes, microseconds) => {
  expect(uartMicroseconds(LINE, bytes)).toBe(microseconds);
});

test("whatever the faults, a wire keeps its order, one way never touches the other, and the same draws repeat it", () => {
  fc.assert(
    fc.property(faults, sends, fc.integer(), (given, list, seed) => {
      const { uart, arrivals } = converse(given, list, seed);
      expect(converse(given, list, seed)).toEqual({ uart, arrivals });
      for (const end of ["a", "b"] as const) {
        const times = arrivals.filter(({ from }) => from === end);
        times.forEach((arrival, index) => {
          expect(arrival.startMicroseconds).toBeGreaterThanOrEqual(times[index - 1]?.atMicroseconds ?? 0);
          expect(arrival.atMicroseconds).toBeGreaterThan(arrival.startMicroseconds);
        });
        expect(uart[end].busyUntilMicroseconds).toBeGreaterThanOrEqual(times.at(-1)?.atMicroseconds ?? 0);
      }
    }),
  );
});

test("each fault does what its name says, and nothing else", () => {
  const flipped = received(sent({ bitErrorPerMillion: ALWAYS }));
  expect(flipped).toHaveLength(8);
  flipped.forEach((byte, index) => {
    const wrong = byte ^ (BYTES[index] ?? 0);
    expect(wrong !== 0 && (wrong & (wrong - 1)) === 0).toBe(true);
  });
  expect(sent({ byteLossPerMillion: ALWAYS })).toEqual([]);
  expect(received(sent({ byteDuplicatePerMillion: ALWAYS }))).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8]);
  expect(sent({ framingErrorPerMillion: ALWAYS }).map(({ kind }) => kind)).toEqual(Array(8).fill("framing-error"));
  expect(sent({ lossPerMillion: ALWAYS })).toEqual([]);
  expect(received(sent({ duplicatePerMillion: ALWAYS }))).toEqual([...BYTES, ...BYTES]);
  const split = sent({ splitPerMillion: ALWAYS, longestSplitMicroseconds: 50 });
  expect([split.length, received(split)]).toEqual([8, [...BYTES]]);
  const [late] = sent({ delayPerMillion: ALWAYS, longestDelayMicroseconds: 500 });
  expect(late?.startMicroseconds).toBeGreaterThan(1000);
  expect(late?.startMicroseconds).toBeLessThanOrEqual(1500);
});

test("what is lost on the way still takes the wire's time", () => {
  const next = (change: Partial<UartFaults>) => {
    const { uart } = sendOnUart(faulty(change), "a", BYTES, 0, drawsOf(1));
    return sendOnUart({ ...uart, faults: NO_UART_FAULTS }, "a", BYTES, 0, NO_DRAWS).arrivals[0]?.startMicroseconds;
  };
  expect(next({ lossPerMillion: ALWAYS })).toBe(uartMicroseconds(LINE, 8));
  expect(next({ byteLossPerMillion: ALWAYS })).toBe(uartMicroseconds(LINE, 8));
});

test("a bridge with a latency timer hands over at its multiples", () => {
  const bridge = idleUart({ ...LINE, batchMicroseconds: 16_000 });
  const first = sendOnUart(bridge, "b", BYTES, 100, NO_DRAWS);
  const second = sendOnUart(first.uart, "b", BYTES, 5000, NO_DRAWS);
  const third = sendOnUart(second.uart, "b", BYTES, 17_000, NO_DRAWS);
  const arrivals = [...first.arrivals, ...second.arrivals, ...third.arrivals];
  expect(arrivals.map(({ atMicroseconds }) => atMicroseconds)).toEqual([16_000, 16_000, 32_000]);
  expect(received(arrivals)).toEqual([...BYTES, ...BYTES, ...BYTES]);
});
