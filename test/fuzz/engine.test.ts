/** The fuzzer's own parts, on decoders of a few lines. */
import { rootStream } from "@nyckelfri/firmware-sim";
import { describe, expect, test } from "vitest";
import { CBOR_SHAPE, signAgain } from "./cbor-shape.ts";
import { Fuzzer, faultOf } from "./engine.ts";
import { FRAME_SHAPE, framed } from "./frame-shape.ts";
import { instrument } from "./instrument.ts";
import { BYTE_SHAPES } from "./mutations.ts";
import { type Outcome, type Target, textOf } from "./target.ts";

const counters = new Uint32Array(16);

function targetOf(run: (bytes: Uint8Array) => unknown, change: Partial<Target> = {}): Target {
  return {
    ...{ name: "toy", seeds: [Uint8Array.of(1, 2, 3)], words: [], shapes: [], most: 40 },
    ...{ work: { each: 10, fixed: 10 }, output: { each: 4, fixed: 20 } },
    run: (bytes): Outcome => ({ kind: "built", value: run(bytes) }),
    ...change,
  };
}

describe("each promise is asked for", () => {
  let calls = 0;
  test.each<readonly [string, (bytes: Uint8Array) => unknown, RegExp]>([
    ["a thrown error", (bytes) => new Uint8Array(-bytes.length), /RangeError/],
    ["work", (bytes) => counters.fill(bytes.length * 10), /work: # branches/],
    ["output", (bytes) => "x".repeat(bytes.length * 40), /output: more than/],
    ["a view", (bytes) => bytes.subarray(1), /view of the caller's buffer/],
    ["a write", (bytes) => bytes.fill(9).length, /writes into its input/],
    ["two answers", () => calls++, /two answers/],
  ])("%s", async (_, run, fault) => {
    expect((await faultOf(targetOf(run), counters, Uint8Array.of(1, 2, 3)))?.fault).toMatch(fault);
  });

  test("and a decoder that keeps all of them has no fault", async () => {
    const sound = targetOf((bytes) => bytes.slice());
    expect(await faultOf(sound, counters, Uint8Array.of(1, 2, 3))).toBeUndefined();
  });
});

/** Wants three bytes one after the other, and tells the fuzzer of each by a counter: blind it takes millions of runs. */
const SECRET = Uint8Array.of(0xc3, 0x11, 0x5e);
function lock(bytes: Uint8Array): number {
  let open = 0;
  while (open < SECRET.length && bytes[open] === SECRET[open]) counters[++open] = 1;
  if (open === SECRET.length) throw new RangeError("open");
  return open;
}

describe("coverage leads", () => {
  test("to what nobody hits by chance, and the find is shrunk to it", async () => {
    const fuzzer = new Fuzzer(targetOf(lock), counters, rootStream(String(Date.now() % 0x1_0000_0000)));
    const find = (await fuzzer.begin()) ?? (await fuzzer.run(4_000_000));
    expect(find?.fault).toBe("RangeError: open");
    expect(find?.bytes).toEqual(SECRET);
  });

  test("and the same seed leads the same way", async () => {
    const way = async (seed: string): Promise<string | undefined> => {
      const inputs: string[] = [];
      const noting = targetOf((bytes) => inputs.push(Buffer.from(bytes).toString("hex")) > 0);
      await new Fuzzer(noting, counters, rootStream(seed)).run(300);
      return inputs.join();
    };
    expect(await way("same")).toBe(await way("same"));
    expect(await way("same")).not.toBe(await way("other"));
  });
});

test("counters count each way through, and change nothing", () => {
  const code = `
    export function pick(a: number): string { if (a > 2) return a > 5 ? "large" : "some"; return a && "few" || "none"; }
    function each(n: number): number { let sum = 0; for (let i = 0; i < n; i++) sum += i; switch (n) { case 1: case 2: return -sum; default: } return sum; }
    const twice = (n: number): number => n * 2;
    const text = (n: number): string => { if (n === 1) if (twice(n) > 5) return "a"; else return "b"; try { throw n; } catch { return "c"; } };
    result = [0, 1, 3, 9].map((n) => [pick(n), each(n), twice(n), text(n)]);`;
  const plain = run(code.replace("export ", ""), []);
  const made = instrument("some.ts", code, 3);
  const hits: number[] = new Array(3 + made.counters).fill(0);
  expect(run(made.code.replace("export ", ""), hits)).toEqual(plain);
  expect(made.functions).toEqual([{ name: "pick", counter: 3 }]);
  expect(hits.slice(0, 4)).toEqual([0, 0, 0, 4]);
  // The inner `if` that is not there is the only way that these four do not take.
  expect(hits.slice(3).filter((times) => times === 0).length).toBe(1);
});

/** Types away, and run with counters. */
function run(code: string, hits: number[]): unknown {
  const script = code.replaceAll(/: (number|string)\b/g, "");
  return new Function("$hit", `let result; ${script} return result;`)(hits);
}

describe("mutations", () => {
  const stream = rootStream("shapes");
  const map = Uint8Array.from(Buffer.from("a3010203820405064483010203", "hex"));

  test("of bytes make something else most of the time, and never change what they are given", () => {
    const before = map.slice();
    const changed = Array.from({ length: 500 }, (_, index) =>
      BYTE_SHAPES[index % BYTE_SHAPES.length]?.(map, stream, [map]),
    );
    expect(changed.filter((bytes) => bytes !== undefined && Buffer.compare(bytes, map) !== 0).length).toBeGreaterThan(
      400,
    );
    expect(map).toEqual(before);
  });

  test("of CBOR leave items of CBOR, and reach what is inside strings", () => {
    const all = Array.from({ length: 400 }, () => CBOR_SHAPE(map, stream, []) as Uint8Array);
    // Some have one item too many, behind the last one.
    expect(all.filter((bytes) => CBOR_SHAPE(bytes, stream, []) !== undefined).length).toBeGreaterThan(300);
    expect(all.some((bytes) => Buffer.from(bytes).toString("hex").startsWith("a301020382040506438201"))).toBe(true);
    expect(CBOR_SHAPE(Uint8Array.of(0xff), stream, [])).toBeUndefined();
  });

  test("of frames leave frames", () => {
    const wire = Uint8Array.of(...framed(Uint8Array.of(1, 5, 0, 0, 0, 9, 1), map), 0);
    const all = Array.from({ length: 100 }, () => FRAME_SHAPE(wire, stream, []) as Uint8Array);
    expect(all.every((bytes) => FRAME_SHAPE(bytes, stream, []) !== undefined)).toBe(true);
    expect(new Set(all.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBeGreaterThan(20);
  });

  test("sign again what they change, where they can", () => {
    const kid = new Uint8Array(8).fill(5);
    const head = Buffer.concat([Buffer.from("a3013204480505050505050505", "hex"), Buffer.from("1019fde8", "hex")]);
    const envelope = Buffer.concat([
      Buffer.from("8451", "hex"),
      head,
      Buffer.from("a041075840", "hex"),
      new Uint8Array(64),
    ]);
    const signed = signAgain(new Uint8Array(envelope), (found, protectedBytes, payload) => {
      expect([found, protectedBytes, payload]).toEqual([kid, new Uint8Array(head), Uint8Array.of(7)]);
      return new Uint8Array(64).fill(0xaa);
    });
    expect(signed?.subarray(-64)).toEqual(new Uint8Array(64).fill(0xaa));
    expect(signed?.subarray(0, -64)).toEqual(new Uint8Array(envelope).subarray(0, -64));
  });
});

test("the text of a value tells it from every other one, and ends where it is too long", () => {
  const values = [
    0,
    -0,
    "0",
    [],
    [[]],
    {},
    { a: 0 },
    { b: 0 },
    new Map(),
    new Map([[1, 2]]),
    Uint8Array.of(0),
    null,
    undefined,
    1n,
  ];
  expect(new Set(values.map((value) => textOf(value, 99))).size).toBe(values.length);
  expect(textOf(new Uint8Array(100), 99)).toBeUndefined();
});
