/** What every link promises, held against two ends of each carrier: `far` plays the device, `near` the host's program. */
import { createHash } from "node:crypto";
import type { Link } from "@nyckelfri/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf, codeOf, Ear, patternBytes, within } from "./wait.ts";

export interface Pair {
  readonly near: Link;
  readonly far: Link;
}

export interface CarrierUnderTest {
  readonly name: string;
  open(): Promise<Pair>;
  /** A device behind a serial port is not told that a program left. */
  readonly tellsFar: "hang-up" | "nothing";
  /** What the kernel of a serial port still holds when the device goes away is lost. */
  readonly atHangUp: "all-arrives" | "rest-is-lost";
}

const MEGABYTE = 1_000_000;

export function linkConformance(carrier: CarrierUnderTest): void {
  const withPair = async (use: (pair: Pair) => Promise<void>): Promise<void> => {
    const pair = await within(carrier.open(), "the pair to open");
    try {
      await use(pair);
    } finally {
      await within(Promise.all([pair.near.close(), pair.far.close()]), "both ends to close");
    }
  };

  describe(`a ${carrier.name} link`, () => {
    test("carries bytes in order both ways, whatever the writes are cut into", async () => {
      await withPair(async ({ near, far }) => {
        const ears = [new Ear(near), new Ear(far)] as const;
        const expected = [new Uint8Array(0), new Uint8Array(0)];
        const chunks = fc.array(fc.uint8Array({ maxLength: 6_000 }), { minLength: 1, maxLength: 4 });
        const property = fc.asyncProperty(chunks, fc.integer({ min: 0, max: 1 }), async (writes, direction) => {
          const [writer, ear] = direction === 0 ? [far, ears[0]] : [near, ears[1]];
          const all = Buffer.concat([expected[direction] ?? new Uint8Array(0), ...writes]);
          await Promise.all(writes.map((bytes) => writer.write(bytes)));
          expect(Buffer.compare(await ear.heard(all.length), all)).toBe(0);
          expected[direction] = all;
        });
        await fc.assert(property, { numRuns: 15 });
      });
    });

    test("carries a megabyte both ways at once", async () => {
      await withPair(async ({ near, far }) => {
        const ears = { near: new Ear(near), far: new Ear(far) };
        const up = patternBytes(MEGABYTE, 1);
        const down = patternBytes(MEGABYTE, 2);
        await within(Promise.all([near.write(up), far.write(down)]), "a megabyte to be taken");
        expect(digest(await ears.far.heard(MEGABYTE))).toBe(digest(up));
        expect(digest(await ears.near.heard(MEGABYTE))).toBe(digest(down));
      });
    });

    test("hands every listener the same chunks until it stops listening", async () => {
      await withPair(async ({ near, far }) => {
        const [first, second] = [new Ear(near), new Ear(near)];
        await far.write(bytesOf("one"));
        await first.heard(3);
        second.stop();
        second.stop();
        await far.write(bytesOf("two"));
        await first.heard(6);
        expect([first.text, second.text]).toEqual(["onetwo", "one"]);
      });
    });

    test("loses nothing but a beginning for who listens late", async () => {
      await withPair(async ({ near, far }) => {
        const all = bytesOf("the beginning that nobody hears; the end");
        await far.write(all.subarray(0, 20));
        const ear = new Ear(near);
        await far.write(all.subarray(20));
        await ear.until(() => ear.text.endsWith("the end"), "the end");
        expect(new TextDecoder().decode(all).endsWith(ear.text)).toBe(true);
      });
    });

    test("lets the writer use its buffer again once a write has settled", async () => {
      await withPair(async ({ near, far }) => {
        const ear = new Ear(far);
        const buffer = bytesOf("first");
        await near.write(buffer);
        buffer.set(bytesOf("other"));
        await near.write(new Uint8Array(0));
        await near.write(buffer);
        await ear.heard(10);
        expect(ear.text).toBe("firstother");
      });
    });

    test("tells a hang-up once, after the last data, and takes no more", async () => {
      await withPair(async ({ near, far }) => {
        const ear = new Ear(near);
        const [seen, pending] = [patternBytes(3_000), patternBytes(30_000, 7)];
        await far.write(seen);
        await ear.heard(seen.length);
        await far.write(pending);
        await far.close();
        expect((await ear.closed()).reason).toBe("hang-up");
        const sent = Buffer.concat([seen, pending]);
        const count = ear.bytesBeforeClose ?? 0;
        expect(Buffer.compare(ear.bytes, sent.subarray(0, count))).toBe(0);
        if (carrier.atHangUp === "all-arrives") expect(count).toBe(sent.length);
        expect(await codeOf(near.write(bytesOf("x")))).toBe("link/hang-up");
        await near.close();
        expect(ear.closings).toHaveLength(1);
        expect(ear.bytes.length).toBe(count);
      });
    });

    test("tells the far end of a hang-up, where its carrier can know", async () => {
      await withPair(async ({ near, far }) => {
        const ear = new Ear(far);
        await near.write(bytesOf("last words"));
        await ear.heard(10);
        await near.close();
        if (carrier.tellsFar === "hang-up") expect((await ear.closed()).reason).toBe("hang-up");
        await far.close();
        expect(ear.closings.map(({ reason }) => reason)).toEqual([
          carrier.tellsFar === "hang-up" ? "hang-up" : "closed-here",
        ]);
      });
    });

    test("closes once, tells late listeners too, and is silent ever after", async () => {
      await withPair(async ({ near, far }) => {
        const ear = new Ear(near);
        near.onData(() => {
          if (ear.text.length >= 4) void near.close();
        });
        await codeOf(far.write(bytesOf("stop")));
        expect(await ear.closed()).toEqual({ reason: "closed-here" });
        const count = ear.bytes.length;
        await Promise.all([near.close(), near.close()]);
        await codeOf(far.write(bytesOf("too late")));

        let hasReturned = false;
        const late = within(
          new Promise<boolean>((resolve) => {
            near.onClose(() => resolve(hasReturned));
            hasReturned = true;
          }),
          "a late listener to be told",
        );
        expect(await late).toBe(true);
        expect(await codeOf(near.write(bytesOf("x")))).toBe("link/closed");
        expect(await codeOf(near.write(new Uint8Array(0)))).toBe("link/closed");
        expect(near.onData(() => {})).toBeTypeOf("function");
        expect(ear.closings).toHaveLength(1);
        expect(ear.bytes.length).toBe(count);
      });
    });

    test("settles every write when it is closed, and in time", async () => {
      await withPair(async ({ near }) => {
        const writes = [near.write(patternBytes(MEGABYTE)), near.write(bytesOf("x")), near.write(bytesOf("y"))];
        await within(near.close(), "close");
        const codes = await Promise.all(writes.map((write) => codeOf(write)));
        expect(codes.at(-1)).toBe("link/closed");
        expect(codes.every((code) => code === "" || code === "link/closed")).toBe(true);
      });
    });
  });
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
