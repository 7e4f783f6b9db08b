/** The whole way in earnest: station client, serial library, virtual serial port, simulated station; and what goes wrong on it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLink } from "@nyckelfri/links";
import type { Link } from "@nyckelfri/protocol";
import { connectStation, type StationClient } from "@nyckelfri/station-client";
import { expect, onTestFinished, test } from "vitest";
import { realClock } from "../station-client/real-clock.ts";
import { Book, simulatedStation } from "../station-client/simulated.ts";

const PAGES = 4;

const probe = await openLink(`pty:${join(tmpdir(), `nyckelfri-probe-${process.pid}`)}`).catch(
  (error: unknown) => error,
);
if (probe instanceof Error) console.info(`a station on a virtual port cannot be tried here: ${probe.message}`);
else await (probe as Link).close();

test("the station is tried on a virtual port wherever there is one", () => {
  expect(probe instanceof Error && process.platform === "linux").toBe(false);
});

/** What the station's end of the port does with what it says. */
type Said = (port: Link, bytes: Uint8Array) => void;

/** A station that is plugged in under one path after another, and its host. */
class Bench {
  readonly sim = simulatedStation({ pages: PAGES, clock: realClock });
  readonly book: Book = new Book(this.sim.city);
  readonly client: StationClient;
  readonly #folder = mkdtempSync(join(tmpdir(), "nyckelfri-bench-"));
  said: Said = (port, bytes) => void port.write(bytes).catch(() => undefined);
  path = "";
  ports: Link[] = [];

  constructor() {
    // As `station:<id>` finds it: wherever it is by now.
    const open = (signal: AbortSignal) => openLink(`serial:${this.path}`, { signal, stallMs: 300 });
    const patience = { firstPauseMs: 20, longestPauseMs: 100, settleMs: 10 };
    this.client = connectStation({ ...this.sim.options, open, patience });
    onTestFinished(async () => {
      await this.client.close();
      for (const port of this.ports) await port.close();
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /** Plugs the station in where it has not been before. */
  async plugIn(): Promise<Link> {
    const path = join(this.#folder, `station${this.ports.length}`);
    const [port, inside] = [await openLink(`pty:${path}`), await this.sim.cable.open()];
    port.onData((chunk) => void inside.write(chunk).catch(() => undefined));
    inside.onData((chunk) => this.said(port, chunk));
    port.onClose(() => void inside.close());
    this.ports.push(port);
    this.path = path;
    return port;
  }

  collect(): Promise<{ readonly entries: number }> {
    return this.client.collectLog({ keep: async ({ object }) => [this.book.keep(object)], timeoutMs: 20_000 });
  }

  expectComplete(): void {
    expect([this.book.records.length, new Set(this.book.records).size]).toEqual([2 * PAGES, 2 * PAGES]);
    expect(this.sim.station.on.own.uploads.size).toBe(0);
  }
}

for (const define of probe instanceof Error ? [] : [onThePort]) define();

function onThePort(): void {
  test("a port that hangs up in the middle of a page of the log, and is back under another path, costs nothing", async () => {
    const bench = new Bench();
    await bench.plugIn();
    let pages = 0;
    bench.said = (port, bytes) => {
      // The second page: half of its frame leaves, then the cable is out.
      if (bytes.length < 150 || ++pages !== 2) return void port.write(bytes).catch(() => undefined);
      bench.said = (next, others) => void next.write(others).catch(() => undefined);
      void port
        .write(bytes.slice(0, bytes.length >> 1))
        .then(() => port.close())
        .then(() => bench.plugIn());
    };
    expect(await bench.collect()).toMatchObject({ entries: PAGES });
    expect([pages, bench.ports.length]).toEqual([2, 2]);
    bench.expectComplete();
    expect(bench.sim.lines).toContainEqual(expect.objectContaining({ event: "connection", code: "link/hang-up" }));
  });

  test("a megabyte of noise in the middle of a page is dropped, and the reading goes on", async () => {
    const bench = new Bench();
    await bench.plugIn();
    let pages = 0;
    bench.said = (port, bytes) => {
      const send = (part: Uint8Array) => void port.write(part).catch(() => undefined);
      if (bytes.length < 150 || ++pages !== 2) return send(bytes);
      const noise = Uint8Array.from({ length: 1_000_000 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 24);
      send(bytes.slice(0, 100));
      send(noise);
      send(bytes.slice(100));
    };
    expect(await bench.collect()).toMatchObject({ entries: PAGES });
    bench.expectComplete();
    const discarded = bench.sim.lines.reduce((sum, line) => sum + (line.event === "discarded" ? line.bytes : 0), 0);
    expect(discarded).toBeGreaterThan(900_000);
  });

  test("a station that writes one byte at a time is understood", async () => {
    const bench = new Bench();
    await bench.plugIn();
    bench.said = (port, bytes) => {
      for (let at = 0; at < bytes.length; at++) void port.write(bytes.slice(at, at + 1)).catch(() => undefined);
    };
    expect(await bench.collect()).toMatchObject({ entries: PAGES });
    bench.expectComplete();
    expect(bench.sim.lines.filter(({ event }) => event === "discarded")).toEqual([]);
  });

  test("a call that waits while the port is away ends with its signal, and with the port's own code at its time-out", async () => {
    const bench = new Bench();
    const port = await bench.plugIn();
    await bench.client.ready({ timeoutMs: 10_000 });
    await port.close();
    const controller = new AbortController();
    const aborted = bench.client.info({ signal: controller.signal });
    const late = bench.client.info({ timeoutMs: 300 });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: "station/aborted" });
    await expect(late).rejects.toMatchObject({
      code: "link/unknown-port",
      cause: { code: "link/unknown-port", details: { uri: `serial:${bench.path}` } },
    });
    await bench.plugIn();
    expect(await bench.client.info({ timeoutMs: 10_000 })).toMatchObject({ serial: "SY-0001" });
  });
}
