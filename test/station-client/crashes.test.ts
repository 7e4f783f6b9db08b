/** Whatever goes wrong on the line, in the station or in the host: afterwards the log is complete, once each (SPEC SRV-4, LOG-7, LOG-9). */

import { rootStream } from "@nyckelfri/firmware-sim";
import { NVM_CUT_STAGES } from "@nyckelfri/firmware-sim/hardware";
import { toHex } from "@nyckelfri/protocol";
import { connectStation, type LogEntry, type StationClient, StationError } from "@nyckelfri/station-client";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SOUND } from "./cable.ts";
import { BEGINS_AT, Book, MemoryCursors, simulatedStation } from "./simulated.ts";

type Simulated = ReturnType<typeof simulatedStation>;

const PAGES = 4;
/** Two records a page. */
const RECORDS = 2 * PAGES;

const keeping =
  (book: Book) =>
  async ({ object }: LogEntry) => [book.keep(object)];

/** The station may have no clock, and the issuers are known to it. */
async function collected({ time }: Simulated, client: StationClient, book: Book): Promise<number> {
  return (await time.until(client.collectLog({ keep: keeping(book) }))).entries;
}

/** Everything is home, once each, and under the city's receipts the station has let it go. */
function expectComplete({ station, key }: Simulated, book: Book): void {
  expect([...book.records].sort()).toEqual(
    Array.from({ length: RECORDS }, (_, index) => `${toHex(key.kid)}/${index + 1}`).sort(),
  );
  expect(station.on.own.uploads.size).toBe(0);
}

test("a cable that is pulled at any chunk of a log reading, on either side, costs nothing (SPEC SER-3)", async () => {
  let chunks = 1;
  for (let at = 0; at < chunks; at++) {
    const sim = simulatedStation({ pages: PAGES });
    const client = connectStation(sim.options);
    await sim.time.until(client.ready());
    let count = 0;
    sim.cable.tap = () => {
      count += 1;
      if (count === at) sim.cable.pull();
    };
    const book = new Book(sim.city);
    await collected(sim, client, book);
    expectComplete(sim, book);
    expect(book.repeats).toBe(0);
    expect(sim.cable.opened).toBe(at === 0 ? 1 : 2);
    await client.close();
    if (at === 0) chunks = count;
  }
  expect(chunks).toBeGreaterThan(3 * PAGES);
});

test("a station whose power goes at any operation of its memory goes on with what it holds", async () => {
  // Operations of the memory while receipts are taken and bundles stored.
  for (let operation = 0; operation < 24; operation += 1) {
    const sim = simulatedStation({ pages: 3 });
    const client = connectStation(sim.options);
    await sim.time.until(client.giveTime());
    const stage = NVM_CUT_STAGES[operation % NVM_CUT_STAGES.length] ?? "torn";
    sim.station.cut = { operation: sim.station.nvm.operations + operation, stage };
    const book = new Book(sim.city);
    const grant = sim.grantOf(sim.key);
    const { outcomes } = await sim.time.until(client.sendBundle({ key: sim.key.kid, objects: [grant] }));
    expect(["stored", "known"]).toContain(outcomes[0]);
    await collected(sim, client, book);
    expect(book.records).toHaveLength(6);
    expect(sim.station.on.own.uploads.size).toBe(0);
    expect(sim.station.on.own.bundles.size).toBe(1);
    expect(sim.station.restarts).toBe(1);
    await client.close();
  }
});

test("a cable that is pulled in the middle of a bundle, and a station that restarts there: sent once, or known", async () => {
  for (const accident of ["pull", "restart"] as const) {
    for (let at = 1; at <= 8; at++) {
      const sim = simulatedStation();
      const client = connectStation(sim.options);
      await sim.time.until(client.giveTime());
      const parties = [sim.key, sim.city.party("second"), sim.city.party("third")];
      const bundles = parties.map((party) => ({ key: party.kid, objects: [sim.grantOf(party)] }));
      let count = 0;
      sim.cable.tap = () => {
        count += 1;
        if (count !== at) return;
        if (accident === "pull") sim.cable.pull();
        else sim.time.setTimer(0, () => sim.station.restart());
      };
      const sent = await sim.time.until(client.preload(bundles));
      for (const { outcomes } of sent) expect(["stored", "known"]).toContain(outcomes[0]);
      await sim.time.pass(3_000);
      expect(sim.station.on.own.bundles.size).toBe(3);
      await client.close();
    }
  }
});

test("a megabyte of noise in the middle of a log reading is dropped, and the reading goes on (SPEC FRM-5)", async () => {
  const sim = simulatedStation({ pages: PAGES });
  const client = connectStation(sim.options);
  const draws = rootStream(5);
  let count = 0;
  sim.cable.tap = (direction) => {
    count += 1;
    if (count !== 10 || direction !== "to-host") return;
    for (let kilobyte = 0; kilobyte < 1_024; kilobyte++) sim.cable.say(draws.bytes(1_024));
  };
  const book = new Book(sim.city);
  // The tap sees the noise too.
  sim.cable.tap = once(sim.cable.tap);
  await collected(sim, client, book);
  expectComplete(sim, book);
  const discarded = sim.lines.reduce((sum, line) => sum + (line.event === "discarded" ? line.bytes : 0), 0);
  expect(discarded).toBeGreaterThan(1_000_000);
  await client.close();
});

function once(tap: (direction: "to-station" | "to-host", bytes: Uint8Array) => void): typeof tap {
  let inside: "yes" | "no" = "no";
  return (direction, bytes) => {
    if (inside === "yes") return;
    inside = "yes";
    tap(direction, bytes);
    inside = "no";
  };
}

test("bytes left over from before the port was opened mean nothing (SPEC SER-3, FRM-8)", async () => {
  const sim = simulatedStation({ pages: PAGES });
  const old: Uint8Array[] = [];
  sim.cable.tap = (direction, bytes) => {
    if (direction === "to-host") old.push(bytes);
  };
  const before = connectStation(sim.options);
  const book = new Book(sim.city);
  await sim.time.until(before.command({ kind: "read-log", cursor: 0 }));
  await before.close();
  sim.cable.tap = () => undefined;
  const client = connectStation(sim.options);
  const reading = client.collectLog({ keep: keeping(book) });
  // The old session's frames, whole and in pieces, while the port settles and after it.
  for (let moment = 0; moment < 40; moment++) {
    sim.time.setTimer(10 * moment, () => {
      for (const bytes of old) sim.cable.say(bytes.slice(moment % 7));
    });
  }
  await sim.time.until(reading);
  expectComplete(sim, book);
  await client.close();
});

test("a host that falls over anywhere between reading and receipt loses nothing and doubles nothing (SPEC PER-12)", async () => {
  for (const place of [
    "before it keeps",
    "after it has kept",
    "before the cursor is safe",
    "after the cursor",
  ] as const) {
    for (let at = 0; at < PAGES; at++) {
      const sim = simulatedStation({ pages: PAGES });
      const book = new Book(sim.city);
      let kept = 0;
      const crash = (here: string): void => {
        if (here === place && kept === at) throw new Error("kill -9");
      };
      const keep = async ({ object }: LogEntry) => {
        crash("before it keeps");
        const receipt = book.keep(object);
        crash("after it has kept");
        return [receipt];
      };
      const safe = new MemoryCursors();
      const cursors = {
        load: (device: string) => safe.load(device),
        save: async (device: string, cursor: number) => {
          crash("before the cursor is safe");
          await safe.save(device, cursor);
          crash("after the cursor");
          kept += 1;
        },
      };
      const first = connectStation({ ...sim.options, cursors });
      await expect(sim.time.until(first.collectLog({ keep }))).rejects.toThrow("kill -9");
      await first.close();
      const second = connectStation({ ...sim.options, cursors: safe });
      await collected(sim, second, book);
      // Receipts that were not brought are brought again by whoever keeps the books.
      await sim.time.until(second.collectLog({ keep: keeping(book), from: 0 }));
      expectComplete(sim, book);
      await second.close();
    }
  }
});

test("a host's acknowledgement deletes nothing, and a reader that stops early reads its last entry again (SPEC SRV-4)", async () => {
  const sim = simulatedStation({ pages: PAGES });
  const client = connectStation(sim.options);
  const seen: number[] = [];
  const read = async (most: number) => {
    for await (const { cursor } of client.readLog()) {
      seen.push(cursor);
      if (seen.length >= most) break;
    }
  };
  await sim.time.until(read(3));
  await sim.time.until(read(99));
  expect(seen).toEqual([0, 1, 2, 2, 3]);
  await sim.time.until(read(99));
  expect(seen).toHaveLength(5);
  await sim.time.until(client.acknowledge(PAGES));
  expect(sim.station.on.own.cursors.acknowledged).toBe(PAGES);
  expect(sim.station.on.own.uploads.size).toBe(PAGES);
  const book = new Book(sim.city);
  await sim.time.until(client.collectLog({ keep: keeping(book), from: 0 }));
  expectComplete(sim, book);
  const receipt = sim.city.receipt({
    device: sim.key.kid,
    store: "journal",
    n: 2,
    head: new Uint8Array(16),
    iat: BEGINS_AT,
  });
  expect(await sim.time.until(client.bringReceipts([receipt.bytes]))).toMatchObject([{ outcome: "older" }]);
  await client.close();
});

test("a cursor of an earlier life of the station's memory does not hide what it holds now", async () => {
  const sim = simulatedStation({ pages: PAGES });
  await sim.cursors.save(toHex(sim.party.kid), 4_711);
  const client = connectStation(sim.options);
  const book = new Book(sim.city);
  expect(await collected(sim, client, book)).toBe(PAGES);
  expectComplete(sim, book);
  expect(sim.lines).toContainEqual(expect.objectContaining({ event: "log-begins-anew", cursor: 4_711, end: PAGES }));
  await client.close();
});

test("a station that lost power under a session, and hears its hello once more, is greeted anew (SPEC FRM-8, MSG-5)", async () => {
  const sim = simulatedStation({ pages: 1 });
  const client = connectStation(sim.options);
  const written: Uint8Array[] = [];
  sim.cable.tap = (direction, bytes) => {
    if (direction === "to-host") return;
    written.push(bytes);
    // The first request after the hello is on its way: before it is there, power goes and comes, and the hello arrives again.
    if (written.length !== 2) return;
    sim.station.restart(0);
    sim.time.setTimer(0, () => sim.station.hear(written[0] ?? bytes));
  };
  const entry = await sim.time.until(client.command({ kind: "read-log", cursor: 0 }));
  expect(entry).toMatchObject({ outcome: "done", nextCursor: 1 });
  await client.close();

  const stuck = connectStation({
    ...sim.options,
    signer: {
      signCommand: (command, transcript) =>
        sim.options.signer?.signCommand({ ...command, nonce: new Uint8Array(16) }, transcript) ??
        Promise.reject(new Error("no signer")),
    },
  });
  // A signer that answers the wrong nonce is told so.
  await expect(sim.time.until(stuck.releaseSlot(0))).rejects.toMatchObject({ code: "objects/nonce" });
  await stuck.close();
});

test("releasing a slot is not asked twice: a loss while it is out fails it, a loss before does not", async () => {
  for (const accident of ["out", "before"] as const) {
    const sim = simulatedStation();
    const client = connectStation(sim.options);
    await sim.time.until(client.ready());
    await sim.time.pass(1_000);
    let commands = 0;
    sim.cable.tap = (direction, bytes) => {
      if (direction !== "to-station" || bytes.length < 200) return;
      commands += 1;
      if (accident === "out") sim.cable.pull();
    };
    if (accident === "before") sim.cable.pull();
    const released = sim.time.until(client.releaseSlot(0));
    if (accident === "out") {
      await expect(released).rejects.toMatchObject({
        code: "station/call-lost",
        details: { because: "framing/abandoned" },
      });
    } else expect(await released).toBe("refused");
    await sim.time.pass(5_000);
    expect(commands).toBe(1);
    await client.close();
  }
});

test("over a line that drops, repeats, splits, merges and delays, with pulls, restarts and crashes: complete, once each", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(),
        drop: fc.nat({ max: 120 }),
        repeat: fc.nat({ max: 200 }),
        split: fc.nat({ max: 1_000 }),
        merge: fc.nat({ max: 100 }),
        delayMs: fc.nat({ max: 400 }),
      }),
      fc.array(
        fc.record({
          afterMs: fc.nat({ max: 2_000 }),
          what: fc.constantFrom("pull", "restart", "noise", "crash", "away"),
        }),
        { maxLength: 5 },
      ),
      async ({ seed, ...faults }, accidents) => {
        const sim = simulatedStation({ pages: PAGES, seed });
        const book = new Book(sim.city);
        sim.cable.faults = faults;
        let client = connectStation(sim.options);
        let reading = client.collectLog({ keep: keeping(book) }).catch((error: unknown) => error);
        for (const { afterMs, what } of accidents) {
          await sim.time.pass(afterMs);
          if (what === "pull") sim.cable.pull();
          if (what === "restart") sim.station.restart(500);
          if (what === "noise") sim.cable.say(rootStream(seed).bytes(3_000));
          if (what === "away") {
            sim.cable.away = new Error("no such device");
            sim.cable.pull();
            sim.time.setTimer(3_000, () => {
              sim.cable.away = undefined;
            });
          }
          if (what !== "crash") continue;
          const [, ended] = await Promise.all([sim.time.until(client.close()), reading]);
          if (ended instanceof Error) expect(ended).toBeInstanceOf(StationError);
          client = connectStation(sim.options);
          reading = client.collectLog({ keep: keeping(book) }).catch((error: unknown) => error);
        }
        await sim.time.until(reading);
        sim.cable.faults = SOUND;
        await sim.time.until(client.collectLog({ keep: keeping(book), from: 0 }));
        expectComplete(sim, book);
        expect(new Set(book.records).size).toBe(book.records.length);
        await client.close();
        await sim.time.pass(20_000);
        expect(sim.time.pending).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});
