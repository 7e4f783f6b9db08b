/** What ends a call from outside, wherever the connection stands, and what a function that was handed in may do wrong. */
import {
  CallerError,
  EnvironmentError,
  encodeFrame,
  encodeNotification,
  FrameDecoder,
  type Link,
} from "@nyckelfri/protocol";
import { type ConnectionPhase, connectStation, type StationOptions } from "@nyckelfri/station-client";
import { expect, test } from "vitest";
import { SimulatedKey, simulatedStation } from "./simulated.ts";
import { settle } from "./virtual-time.ts";

type Simulated = ReturnType<typeof simulatedStation>;

const code = (wanted: string) => expect.objectContaining({ name: "StationError", code: wanted });

/** How many listen to a signal. */
function counting(): { readonly signal: AbortSignal; readonly abort: () => void; readonly listening: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...call: Parameters<typeof add>) => {
    listeners.add(call[1]);
    add(...call);
  };
  signal.removeEventListener = (...call: Parameters<typeof remove>) => {
    listeners.delete(call[1]);
    remove(...call);
  };
  return { signal, abort: () => controller.abort("enough"), listening: () => listeners.size };
}

/** A port that opens when it is let. */
interface Port {
  pace: "prompt" | "held";
  go: () => void;
}

/** Ways from a ready client to one in each phase. */
const WAYS: Readonly<Record<Exclude<ConnectionPhase, "closed">, (sim: Simulated, port: Port) => Promise<void>>> = {
  "backing-off": async ({ cable }) => cable.pull(),
  "waiting-for-port": async ({ cable, time }, port) => {
    cable.pull();
    port.pace = "held";
    await time.pass(300);
  },
  settling: async ({ cable, time }) => {
    cable.pull();
    await time.pass(300);
  },
  resyncing: async ({ cable, time }) => {
    cable.pull();
    cable.faults = { ...cable.faults, drop: 1_000 };
    await time.pass(400);
  },
  stalled: async ({ cable, time }) => {
    cable.pull();
    cable.closing = "never";
    cable.faults = { ...cable.faults, drop: 1_000 };
    await time.pass(3_000);
  },
  ready: async () => undefined,
};

test.each(Object.keys(WAYS) as (keyof typeof WAYS)[])(
  "calls that are aborted while the connection is %s end at once, leave nothing behind and are not asked later",
  async (phase) => {
    const sim = simulatedStation();
    const port: Port = { pace: "prompt", go: () => undefined };
    const open = async (): Promise<Link> => {
      if (port.pace === "held") {
        await new Promise<void>((resolve) => {
          port.go = resolve;
        });
      }
      return sim.cable.open();
    };
    const client = connectStation({ ...sim.options, open });
    await sim.time.until(client.giveTime());
    await sim.time.pass(500);
    await WAYS[phase](sim, port);
    expect(client.status.phase).toBe(phase);
    const asked: number[] = [];
    sim.cable.tap = (direction, bytes) => {
      if (direction === "to-host") return;
      for (const event of new FrameDecoder().push(bytes)) if (event.kind === "frame") asked.push(event.frame.message);
    };
    const { signal, abort, listening } = counting();
    // The first is out, where there is a session for it; the others wait.
    const first = client.info({ signal });
    await settle();
    asked.length = 0;
    const bundle = { key: sim.key.kid, objects: [sim.grantOf(sim.key)] };
    const calls = [
      first,
      client.ready({ signal }),
      client.hello({ signal }),
      client.giveTime({ signal }),
      client.preload([bundle], { signal }),
      client.releaseSlot(0, { signal }),
      client.collectLog({ keep: async () => [], signal }),
      client.events(signal).next(),
    ];
    const ends = Promise.allSettled(calls);
    await settle();
    const before = sim.time.nowMs();
    abort();
    for (const end of await ends) {
      expect(end).toEqual({ status: "rejected", reason: code("station/aborted") });
      expect(end).toMatchObject({ reason: { cause: "enough" } });
    }
    expect([sim.time.nowMs(), listening()]).toEqual([before, 0]);

    port.pace = "prompt";
    port.go();
    sim.cable.closing = "prompt";
    sim.cable.pull();
    sim.cable.faults = { ...sim.cable.faults, drop: 0 };
    expect(await sim.time.until(client.info())).toMatchObject({ bundles: 0 });
    // Hello, info as a sign of life or our own, docks, and a copy of what had left: nothing of what was called off.
    expect(asked.filter((message) => ![0, 24, 27].includes(message))).toEqual([]);
    await client.close();
    await sim.time.pass(20_000);
    expect(sim.time.pending).toBe(0);
  },
);

test("what is handed in gets the platform's own signal, which `fetch` takes, with a reason in it", async () => {
  const sim = simulatedStation();
  const given: AbortSignal[] = [];
  const stateTime: StationOptions["stateTime"] = async (_question, signal) => {
    given.push(signal);
    // Of an issuer over HTTP; a signal of another class would be a TypeError about itself.
    return fetch("data:,", { signal }).then(() => new Promise(() => undefined));
  };
  const client = connectStation({ ...sim.options, stateTime });
  await expect(sim.time.until(client.giveTime({ timeoutMs: 3_000 }))).rejects.toEqual(code("station/timeout"));
  expect(given[0]).toMatchObject({ aborted: true, reason: code("station/timeout") });
  await client.close();

  const opening = connectStation({
    ...sim.options,
    open: (signal) => {
      given.push(signal);
      return new Promise(() => undefined);
    },
  });
  await sim.time.pass(11_000);
  expect(given[1]).toMatchObject({ aborted: true, reason: code("link/open-timeout") });
  await opening.close();
  expect(given[2]).toMatchObject({ aborted: true, reason: code("station/closed") });
});

test("an `open` that fails without a code is the cause of the time-out, and an older trouble does not stand for it", async () => {
  const sim = simulatedStation();
  const failure = new TypeError("ports.find is not a function");
  let tries = 0;
  const open = () => Promise.reject(tries++ === 0 ? new EnvironmentError("link/busy") : failure);
  const client = connectStation({ ...sim.options, open });
  const waiting = client.info({ timeoutMs: 3_000 });
  await expect(sim.time.until(waiting)).rejects.toMatchObject({ code: "station/timeout", cause: failure });
  expect(client.status.trouble).toBe(undefined);
  await client.close();
});

test("what `open` says of a failure is in the error, also of a call that was aborted", async () => {
  const sim = simulatedStation();
  const takes = "serial:<path>";
  const misspelt = connectStation({
    ...sim.options,
    open: () => Promise.reject(new CallerError("link/bad-uri", { uri: "ttyACM0", takes })),
  });
  // The remedy of the code is to look at `details.takes`.
  await expect(sim.time.until(misspelt.ready())).rejects.toMatchObject({
    code: "link/bad-uri",
    details: { uri: "ttyACM0", takes, call: "ready" },
  });
  // The name is what the caller called, and no message that it never asked for.
  await expect(sim.time.until(misspelt.hello())).rejects.toMatchObject({ details: { call: "hello" } });
  await misspelt.close();

  const away = connectStation({ ...sim.options, open: () => Promise.reject(new EnvironmentError("link/busy")) });
  const aborter = new AbortController();
  const ready = expect(away.ready({ signal: aborter.signal })).rejects.toMatchObject({
    code: "station/aborted",
    details: { connection: "backing-off", trouble: "link/busy" },
  });
  await sim.time.pass(100);
  aborter.abort();
  await ready;
  await away.close();
});

test("a link that throws instead of rejecting is given up like any other that is silent", async () => {
  const sim = simulatedStation();
  let broken: "yes" | "no" = "yes";
  const fails = (): never => {
    throw new TypeError("the writer is released");
  };
  const open = async (): Promise<Link> => {
    const link = await sim.cable.open();
    if (broken === "no") return link;
    return {
      uri: "memory:broken",
      onData: (listener) => link.onData(listener),
      onClose: (listener) => link.onClose(listener),
      write: fails,
      close: () => {
        void link.close();
        return fails();
      },
    };
  };
  const client = connectStation({ ...sim.options, open });
  const statuses: unknown[] = [];
  client.onStatus((status) => statuses.push(status));
  await sim.time.pass(8_000);
  expect(statuses).toContainEqual(expect.objectContaining({ phase: "backing-off", trouble: "framing/no-reply" }));
  broken = "no";
  expect(await sim.time.until(client.info())).toMatchObject({ serial: "SY-0001" });
  await client.close();
});

test("a time that no timer has is refused, where it would end at once", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  for (const timeoutMs of [Number.POSITIVE_INFINITY, Number.NaN, -1, 2 ** 31]) {
    await expect(client.info({ timeoutMs })).rejects.toMatchObject({
      code: "caller/argument",
      details: { argument: "timeoutMs" },
    });
  }
  const patience = { callMs: Number.POSITIVE_INFINITY };
  expect(() => connectStation({ ...sim.options, patience })).toThrow(code("caller/argument"));
  await client.close();
});

test("a key that came, untold, after the answer that was on its way is asked about again", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  let session = 0;
  let docksOut: Uint8Array | undefined;
  sim.cable.tap = (direction, bytes) => {
    for (const event of new FrameDecoder().push(bytes)) {
      if (event.kind !== "frame") continue;
      session = event.frame.session;
      if (direction === "to-host" && event.frame.message === 27) docksOut = bytes;
    }
  };
  sim.cable.carries = (direction, bytes) => {
    if (direction === "to-station" || docksOut !== bytes) return bytes;
    sim.cable.carries = (_direction, others) => others;
    // A key comes at the moment of the answer; of its notification and the next, that one alone arrives, in the same chunk.
    sim.cable.faults = { ...sim.cable.faults, drop: 1_000 };
    sim.station.dock(1, new SimulatedKey(sim.city, sim.key));
    sim.cable.faults = { ...sim.cable.faults, drop: 0 };
    const told = encodeNotification("dock-event", { slot: 2, event: "docked" });
    const next = encodeFrame({ version: 1, kind: "notification", session, sequence: 2, ...told });
    return Uint8Array.of(...bytes, ...next);
  };
  const heard: unknown[] = [];
  client.onEvent((event) => heard.push(event));
  await sim.time.pass(1_500);
  expect(heard).toContainEqual({ kind: "missed", events: 1 });
  expect(heard).toContainEqual({ kind: "slot", slot: 1, event: "docked", learnt: "by-asking" });
  await client.close();
});

test("a log reading ends with its signal also while it waits for what was handed in", async () => {
  const never = () => new Promise<never>(() => undefined);
  const cursors = { load: async () => 0, save: async () => undefined };
  const keep = async () => [];
  for (const handed of [
    { keep: never, cursors },
    { keep, cursors: { ...cursors, load: never } },
    { keep, cursors: { ...cursors, save: never } },
  ]) {
    const sim = simulatedStation({ pages: 1 });
    const client = connectStation({ ...sim.options, cursors: handed.cursors });
    const { signal, abort, listening } = counting();
    const reading = client.collectLog({ keep: handed.keep, signal });
    const end = expect(reading).rejects.toMatchObject({ code: "station/aborted", cause: "enough" });
    await sim.time.pass(3_000);
    abort();
    await end;
    expect(listening()).toBe(0);
    expect(await sim.time.until(client.info())).toMatchObject({ serial: "SY-0001" });
    await client.close();
  }
});

test("iterators leave the signal that they were given when the client is closed, read or not", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  const { signal, listening } = counting();
  const [events, statuses] = [client.events(signal), client.statuses(signal)];
  await sim.time.until(client.ready());
  expect(listening()).toBe(2);
  await client.close();
  expect(listening()).toBe(0);
  expect(await events.next()).toMatchObject({ done: true });
  // What waited is still given.
  expect(await statuses.next()).toMatchObject({ done: false });
  expect(await client.events(signal).next()).toMatchObject({ done: true });
  expect(listening()).toBe(0);
});
