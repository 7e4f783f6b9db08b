/** A recorded visit, played to the same host again: what links record, a client can be debugged with. */
import { parseCapture, recordLink, replayLink } from "@nyckelfri/links";
import { connectStation, type StationClient, type StationOptions } from "@nyckelfri/station-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { realClock } from "./real-clock.ts";
import { Book, simulatedStation } from "./simulated.ts";

/** What a host does at a station, and what it learns. */
async function visit(client: StationClient, book: Book): Promise<unknown> {
  const collected = await client.collectLog({ keep: async ({ object }) => [book.keep(object)] });
  return { info: await client.info(), entries: collected.entries, records: book.records };
}

/** The visit, and its capture. */
async function recorded() {
  const sim = simulatedStation({ pages: 2, seed: 7 });
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line), close: () => undefined };
  const open = async () => recordLink(await sim.cable.open(), sink, { now: sim.time.nowMs });
  const client = connectStation({ ...sim.options, open });
  const learnt = await sim.time.until(visit(client, new Book(sim.city)));
  await client.close();
  return { learnt, capture: parseCapture(lines.join("")) };
}

/** A host with the random numbers of the recorded one, and with cursors of its own. */
async function replayed(capture: Awaited<ReturnType<typeof recorded>>["capture"], seed: number): Promise<unknown> {
  const sim = simulatedStation({ pages: 2, seed });
  const surroundings: Partial<StationOptions> = {
    ...realClock,
    patience: { settleMs: 0, callMs: 1_000 },
    open: async () => replayLink(capture, { uri: "replay:visit", play: "in", pace: "answers" }),
  };
  const client = connectStation({ ...sim.options, ...surroundings });
  const [end] = await Promise.all([
    Promise.allSettled([visit(client, new Book(sim.city))]),
    vi.advanceTimersByTimeAsync(2_000),
  ]);
  await client.close();
  return end[0];
}

// A replay has timers of its own, so here it is the system's that are virtual.
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a replayed station says to the same host what it said then", async () => {
  const { learnt, capture } = await recorded();
  expect(learnt).toMatchObject({ entries: 2 });
  expect(await replayed(capture, 7)).toEqual({ status: "fulfilled", value: learnt });
});

test("to a host that draws other numbers a recording is another session's, and its calls end with a code", async () => {
  const { capture } = await recorded();
  expect(await replayed(capture, 8)).toMatchObject({ status: "rejected", reason: { name: "StationError" } });
});
