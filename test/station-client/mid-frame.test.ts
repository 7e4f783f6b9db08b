/** What falls over in the middle of a frame: station, host or cable, at any byte (SPEC FRM-5, FRM-8, SER-3). */
import { FrameDecoder, messageNamed } from "@nyckelfri/protocol";
import { connectStation, type StationClient } from "@nyckelfri/station-client";
import { expect, test } from "vitest";
import type { Direction } from "./cable.ts";
import { Book, simulatedStation } from "./simulated.ts";

type Simulated = ReturnType<typeof simulatedStation>;

/** Pages of one key's journal that the station holds, and records in them. */
const PAGES = 2;
const RECORDS = 2 * PAGES;

/** One shift's work: three keys' grants to the station, and its log home. */
async function work(sim: Simulated, client: StationClient, book: Book): Promise<void> {
  const parties = [sim.key, sim.city.party("second"), sim.city.party("third")];
  const bundles = parties.map((party) => ({ key: party.kid, objects: [sim.grantOf(party)] }));
  await sim.time.until(client.giveTime());
  for (const { outcomes } of await sim.time.until(client.preload(bundles))) {
    expect(["stored", "known"]).toContain(outcomes[0]);
  }
  await sim.time.until(client.collectLog({ keep: async ({ object }) => [book.keep(object)] }));
}

interface Chunk {
  readonly direction: Direction;
  /** Its place among the chunks of its direction. */
  readonly index: number;
  readonly bytes: number;
  /** Number of the message that it carries. */
  readonly message: number;
}

/** What is written while everything goes well: the same every time, since every random number has its seed. */
async function chunksOfWork(): Promise<readonly Chunk[]> {
  const sim = simulatedStation({ pages: PAGES });
  const chunks: Chunk[] = [];
  const counts = { "to-station": 0, "to-host": 0 };
  sim.cable.tap = (direction, bytes) => {
    const [message = -1] = new FrameDecoder()
      .push(bytes)
      .flatMap((event) => (event.kind === "frame" ? [event.frame.message] : []));
    chunks.push({ direction, index: counts[direction], bytes: bytes.length, message });
    counts[direction] += 1;
  };
  const client = connectStation(sim.options);
  await work(sim, client, new Book(sim.city));
  await client.close();
  return chunks;
}

/** Lets `bytes` of one chunk through, and then happens. */
function cutAt({ cable, time }: Simulated, { direction, index }: Chunk, bytes: number, happens: () => void): void {
  let count = 0;
  let cut: "to come" | "done" = "to come";
  cable.carries = (way, written) => {
    if (way !== direction || cut === "done" || count++ !== index) return written;
    cut = "done";
    // What is left of the chunk arrives after 1 ms.
    time.setTimer(2, happens);
    return written.slice(0, bytes);
  };
}

function expectAllHome({ station }: Simulated, book: Book): void {
  expect(station.on.own.bundles.size).toBe(3);
  expect([book.records.length, new Set(book.records).size]).toEqual([RECORDS, RECORDS]);
  expect(station.on.own.uploads.size).toBe(0);
}

const chunks = await chunksOfWork();
const secondOf = (way: Direction, name: "bundle" | "command"): Chunk =>
  chunks.filter(({ direction, message }) => direction === way && message === messageNamed("serve", name).number)[1] ??
  expect.fail(`no second ${name} goes ${way}`);
/** The second of three bundles, and the second page of the log. */
const LARGE = { "to-station": secondOf("to-station", "bundle"), "to-host": secondOf("to-host", "command") };

/** Each byte at the edges of a frame, where its header and its checksum are, and every 24th between. */
const places = ({ bytes }: Chunk): readonly number[] =>
  Array.from({ length: bytes + 1 }, (_, at) => at).filter((at) => at < 16 || at > bytes - 6 || at % 24 === 0);

test.each(["to-station", "to-host"] as const)(
  "a station that is killed in the middle of a frame %s (a bundle, a page of the log) goes on with what it holds",
  async (direction) => {
    const chunk = LARGE[direction];
    expect(chunk.bytes).toBeGreaterThan(100);
    for (const at of places(chunk)) {
      const sim = simulatedStation({ pages: PAGES });
      cutAt(sim, chunk, at, () => sim.station.restart(500));
      const client = connectStation(sim.options);
      const book = new Book(sim.city);
      await work(sim, client, book);
      expect(sim.station.restarts).toBe(1);
      expectAllHome(sim, book);
      await client.close();
    }
  },
);

test.each(["to-station", "to-host"] as const)(
  "a port that hangs up in the middle of a frame %s, and is back a moment later, costs nothing",
  async (direction) => {
    const chunk = LARGE[direction];
    for (const at of places(chunk)) {
      const sim = simulatedStation({ pages: PAGES });
      cutAt(sim, chunk, at, () => {
        sim.cable.away = new Error("no such device");
        sim.cable.pull();
        sim.time.setTimer(1_000, () => {
          sim.cable.away = undefined;
        });
      });
      let hellos = 0;
      sim.cable.tap = (way, bytes) => {
        if (way === "to-host") return;
        for (const event of new FrameDecoder().push(bytes)) {
          if (event.kind === "frame" && event.frame.message === 0) hellos += 1;
        }
      };
      const client = connectStation(sim.options);
      const book = new Book(sim.city);
      await work(sim, client, book);
      // What the other side still holds of the torn frame is flushed: the first hello after it is understood (SPEC FRM-8).
      expect([sim.cable.opened, hellos]).toEqual([2, 2]);
      expectAllHome(sim, book);
      await client.close();
    }
  },
);

test("a host that is killed in the middle of any frame leaves half of it, and the next host does the rest", async () => {
  for (const chunk of chunks.filter(({ direction }) => direction === "to-station")) {
    const sim = simulatedStation({ pages: PAGES });
    const book = new Book(sim.city);
    const first = connectStation(sim.options);
    const killed = new Promise<void>((resolve) => {
      cutAt(sim, chunk, chunk.bytes >> 1, () => {
        sim.cable.pull();
        resolve();
      });
    });
    const working = work(sim, first, book).catch(() => undefined);
    await sim.time.until(killed);
    await Promise.all([first.close(), working]);
    const second = connectStation(sim.options);
    await work(sim, second, book);
    // Receipts that the first did not bring are brought by whoever keeps the books.
    await sim.time.until(second.collectLog({ keep: async ({ object }) => [book.keep(object)], from: 0 }));
    expectAllHome(sim, book);
    await second.close();
  }
});

test("bytes that come one at a time, each way, make the same frames (SPEC FRM-5)", async () => {
  const sim = simulatedStation({ pages: PAGES });
  sim.cable.pieceBytes = 1;
  const client = connectStation(sim.options);
  const book = new Book(sim.city);
  await work(sim, client, book);
  expectAllHome(sim, book);
  expect(sim.lines.filter(({ event }) => event === "discarded")).toEqual([]);
  await client.close();
});
