/** What a client does at a healthy station, and how each call ends when the station is not. */
import { readFileSync } from "node:fs";
import {
  EnvironmentError,
  encodeError,
  encodeFrame,
  encodeNotification,
  encodeReply,
  type Frame,
  FrameDecoder,
  type Link,
  type LinkClosed,
  PeerError,
  toHex,
} from "@nyckelfri/protocol";
import {
  AFTER_LOSS,
  COUNTER_NAMES,
  type ConnectionStatus,
  connectStation,
  StationError,
  WAITING_EVENTS,
} from "@nyckelfri/station-client";
import { expect, test } from "vitest";
import { SimulatedKey, simulatedStation } from "./simulated.ts";
import { settle } from "./virtual-time.ts";

const code = (wanted: string) => expect.objectContaining({ name: "StationError", code: wanted });

/** The message numbers of whole requests among what is written to the station. */
function requestsTo({ cable }: ReturnType<typeof simulatedStation>): number[] {
  const numbers: number[] = [];
  cable.tap = (direction, bytes) => {
    if (direction !== "to-station") return;
    for (const event of new FrameDecoder().push(bytes)) if (event.kind === "frame") numbers.push(event.frame.message);
  };
  return numbers;
}

/** The number of the session that the host has begun last. */
function sessionOf({ cable }: ReturnType<typeof simulatedStation>): () => number {
  let session = 0;
  cable.tap = (direction, bytes) => {
    if (direction !== "to-station") return;
    for (const event of new FrameDecoder().push(bytes)) if (event.kind === "frame") session = event.frame.session;
  };
  return () => session;
}

test("a host learns what a station is, has and counts (SPEC SRV-1, SRV-5)", async () => {
  const sim = simulatedStation();
  const client = connectStation({ ...sim.options, program: "a host" });
  expect(client.capabilities).toEqual([]);
  const welcome = await sim.time.until(client.ready());
  expect(welcome).toMatchObject({ device: sim.party.kid, kind: "station", slots: 3 });
  expect(client.capabilities).toEqual(["bundles", "log", "pin", "self-test"]);
  expect(await sim.time.until(client.info())).toMatchObject({ serial: "SY-0001", epoch: 1, bundles: 0 });
  expect(await sim.time.until(client.docks())).toEqual(new Map([0, 1, 2].map((slot) => [slot, "empty"])));
  expect(await sim.time.until(client.selfTest())).toEqual(
    new Map([
      ["memory", "passed"],
      ["clock", "failed"],
      ["cryptography", "passed"],
      ["contacts", "passed"],
    ]),
  );
  const counters = await sim.time.until(client.counters());
  expect(counters.framesAccepted).toBeGreaterThan(3);
  expect(counters.discardedCrc).toBe(0);
  await client.close();
});

test("counters have the names and the order of the registry", () => {
  const registry: unknown = JSON.parse(readFileSync(new URL("../../protocol/registry.json", import.meta.url), "utf8"));
  expect(COUNTER_NAMES).toEqual((registry as { readonly counters: readonly string[] }).counters);
});

test("the time is the issuer's over the station's own nonce, and a station that has it says so (SPEC TIM-6, TIM-8)", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  expect(await sim.time.until(client.clock())).toEqual({ quality: "lost" });
  expect(await sim.time.until(client.giveTime())).toMatchObject({ verdict: "accepted", clock: { quality: "running" } });
  expect(client.capabilities).not.toContain("time");
  expect((await sim.time.until(client.hello())).capabilities).toContain("time");
  await client.close();
});

test("a new session waits for the call that is out", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  await sim.time.until(client.ready());
  await sim.time.pass(500);
  const released = client.releaseSlot(0);
  await settle();
  const welcome = client.hello();
  const after = client.releaseSlot(1);
  expect(await sim.time.until(released)).toBe("refused");
  expect(await sim.time.until(welcome)).toMatchObject({ slots: 3 });
  expect(await sim.time.until(after)).toBe("refused");
  expect(client.status).toMatchObject({ phase: "ready", failures: 0 });
  await client.close();
});

test("an answer of the issuer that comes too late is stale, and one that does not come fails the call alone", async () => {
  const sim = simulatedStation();
  const asked = sim.options.stateTime ?? (() => Promise.reject(new Error("none")));
  let delayMs = 11_000;
  const stateTime: typeof asked = async (question, signal) => {
    const stated = await asked(question, signal);
    if (delayMs === Number.POSITIVE_INFINITY) throw new Error("the issuer is away");
    await new Promise<void>((resolve) => sim.time.setTimer(delayMs, resolve));
    return stated;
  };
  const client = connectStation({ ...sim.options, stateTime });
  expect(await sim.time.until(client.giveTime())).toMatchObject({ verdict: "stale" });
  delayMs = Number.POSITIVE_INFINITY;
  await expect(sim.time.until(client.giveTime())).rejects.toThrow("the issuer is away");
  // A call that has ended while its callback still runs does not hold up the next.
  delayMs = 50_000;
  await expect(sim.time.until(client.giveTime({ timeoutMs: 1_000 }))).rejects.toEqual(code("station/timeout"));
  expect(await sim.time.until(client.info())).toMatchObject({ serial: "SY-0001" });
  await sim.time.pass(60_000);
  expect(client.status.phase).toBe("ready");
  await client.close();
});

test("slots tell of keys: docked, synced, undocked, also what happened while nobody listened", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  await sim.time.until(client.giveTime());
  await sim.time.until(client.sendBundle({ key: sim.key.kid, objects: [sim.grantOf(sim.key)] }));
  const events = client.events();
  const heard: unknown[] = [];
  client.onEvent((event) => heard.push(event));
  const key = new SimulatedKey(sim.city, sim.key);
  sim.station.dock(1, key);
  await sim.time.pass(3_000);
  sim.station.undock(1);
  await sim.time.pass(1_000);
  const told = (event: string, learnt = "by-notification") => ({ kind: "slot", slot: 1, event, learnt });
  expect(heard).toEqual([told("docked"), told("synced"), told("undocked")]);
  expect((await events.next()).value).toEqual(told("docked"));

  heard.length = 0;
  sim.cable.pull();
  sim.station.dock(1, key);
  await sim.time.pass(5_000);
  expect(heard).toEqual([told("docked", "by-asking")]);
  await client.close();
  const rest: unknown[] = [];
  for await (const event of events) rest.push(event);
  expect(rest).toHaveLength(3);
});

test("a notification that is lost on the line is noticed by the next, and the slots are asked about", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  await sim.time.until(client.ready());
  await sim.time.pass(500);
  const heard: { readonly kind: string }[] = [];
  client.onEvent((event) => heard.push(event));
  const key = new SimulatedKey(sim.city, sim.key);
  sim.cable.faults = { ...sim.cable.faults, drop: 1_000 };
  sim.station.dock(0, key);
  await sim.time.pass(1);
  sim.cable.faults = { ...sim.cable.faults, drop: 0 };
  sim.station.dock(2, key);
  await sim.time.pass(2_000);
  expect(heard[0]).toMatchObject({ kind: "missed" });
  expect(heard).toContainEqual({ kind: "slot", slot: 0, event: "docked", learnt: "by-asking" });
  await client.close();
});

test("a key that was seen by asking is not told of again when its notification comes", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  const session = sessionOf(sim);
  const heard: unknown[] = [];
  client.onEvent((event) => heard.push(event));
  await sim.time.until(client.ready());
  await sim.time.pass(500);
  const tell = (sequence: number, event: "docked" | "undocked" | "synced") =>
    sim.cable.say(
      encodeFrame({
        ...{ version: 1, kind: "notification", session: session(), sequence },
        ...encodeNotification("dock-event", { slot: 1, event }),
      }),
    );
  tell(1, "docked");
  tell(2, "docked");
  tell(3, "synced");
  tell(4, "synced");
  tell(5, "undocked");
  tell(6, "undocked");
  await sim.time.pass(100);
  expect(heard.map((event) => (event as { readonly event: string }).event)).toEqual([
    "docked",
    "synced",
    "synced",
    "undocked",
  ]);
  await client.close();
});

test("bundles go object by object with progress; what is there is known, and what no frame holds goes in chunks", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  await sim.time.until(client.giveTime());
  const other = sim.city.party("another key");
  const bundles = [sim.key, other].map((party) => ({ key: party.kid, objects: [sim.grantOf(party)] }));
  const seen: string[] = [];
  const onProgress = ({ done, total }: { readonly done: number; readonly total: number }) =>
    seen.push(`${done}/${total}`);
  const sent = await sim.time.until(client.preload(bundles, { onProgress }));
  expect(sent.map(({ outcomes }) => outcomes)).toEqual([["stored"], ["stored"]]);
  expect(seen).toEqual(["1/2", "2/2"]);
  expect((await sim.time.until(client.preload(bundles))).map(({ outcomes }) => outcomes)).toEqual([
    ["known"],
    ["known"],
  ]);
  const numbers = requestsTo(sim);
  const large = { key: sim.key.kid, objects: [new Uint8Array(1_000).fill(0x18)] };
  expect((await sim.time.until(client.sendBundle(large))).outcomes).toEqual(["refused"]);
  // SPEC FRM-9: two chunks, then the request that names them.
  expect(numbers).toEqual([3, 3, 28]);
  await client.close();
});

test("commands are signed for the session, and rise in it (SPEC SRV-2, OBJ-19)", async () => {
  const sim = simulatedStation({ pages: 1 });
  const client = connectStation(sim.options);
  await sim.time.until(client.giveTime());
  expect(await sim.time.until(client.configure("serve-time", 0))).toBe("done");
  expect(await sim.time.until(client.configure("serve-time", 1))).toBe("done");
  // A station has no slots to release.
  expect(await sim.time.until(client.releaseSlot(0))).toBe("refused");
  await sim.time.until(client.hello());
  expect(await sim.time.until(client.command({ kind: "read-log", cursor: 0 }))).toMatchObject({ nextCursor: 1 });
  await client.close();

  const { signer: _signer, stateTime: _stateTime, ...bare } = sim.options;
  const unsigned = connectStation(bare);
  await expect(unsigned.releaseSlot(0)).rejects.toEqual(code("caller/argument"));
  await expect(unsigned.giveTime()).rejects.toEqual(code("caller/argument"));
  await unsigned.close();
});

test("a station refuses the command of a stranger, and says why by its code", async () => {
  const sim = simulatedStation();
  const stranger = { signCommand: async () => ({ command: Uint8Array.of(1, 2), certificates: [Uint8Array.of(3)] }) };
  const client = connectStation({ ...sim.options, signer: stranger });
  const error: unknown = await sim.time.until(client.releaseSlot(0)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StationError);
  expect(error).toMatchObject({ fault: "peer", retry: "no", details: { answered: true, call: "command" } });
  await client.close();
});

test("what a device does not list is not asked for (SPEC SRV-5)", async () => {
  const sim = simulatedStation();
  const asked: number[] = [];
  const welcome = { ...(await welcomeOf(sim)), capabilities: [] };
  const peer = peerLink(sim.time.setTimer, ({ message }) => {
    asked.push(message);
    if (message === 0) return { message, body: encodeReply("serve", "hello", welcome) };
    if (message === 27) return { message, body: encodeReply("serve", "docks", { slots: [] }) };
    return { message: 1, body: encodeError(new PeerError("messages/unexpected")) };
  });
  const client = connectStation({ ...sim.options, open: async () => peer });
  const refused = client.sendBundle({ key: sim.key.kid, objects: [Uint8Array.of(1)] });
  await expect(sim.time.until(refused)).rejects.toMatchObject({
    code: "messages/unexpected",
    details: { needed: "bundles" },
  });
  await expect(sim.time.until(client.selfTest())).rejects.toEqual(code("messages/unexpected"));
  expect(asked).toEqual([0, 27]);
  await client.close();
  expect(Object.entries(AFTER_LOSS).flatMap(([name, after]) => (after === "fails" ? [name] : []))).toEqual([
    "command",
    "transfer",
  ]);
});

async function welcomeOf(sim: ReturnType<typeof simulatedStation>) {
  const client = connectStation(sim.options);
  const welcome = await sim.time.until(client.ready());
  await client.close();
  return welcome;
}

test("an idle line is asked for a sign of life every 5 s, and one that is silent is closed and opened anew (SPEC SER-4)", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  await sim.time.until(client.ready());
  await sim.time.pass(1_000);
  const numbers = requestsTo(sim);
  await sim.time.pass(60_000);
  expect(numbers.length).toBeGreaterThanOrEqual(10);
  expect(new Set(numbers)).toEqual(new Set([24]));
  expect(sim.cable.opened).toBe(1);

  const phases: string[] = [];
  client.onStatus(({ phase }) => phases.push(phase));
  sim.cable.faults = { ...sim.cable.faults, drop: 1_000 };
  await sim.time.pass(12_000);
  expect(phases.slice(0, 4)).toEqual(["resyncing", "stalled", "backing-off", "waiting-for-port"]);
  expect(sim.cable.opened).toBeGreaterThan(1);
  sim.cable.faults = { ...sim.cable.faults, drop: 0 };
  await sim.time.pass(15_000);
  expect(client.status.phase).toBe("ready");
  await client.close();
});

test("no call outlives its time-out or its signal, wherever the connection stands", async () => {
  const sim = simulatedStation();
  sim.cable.away = new EnvironmentError("link/unknown-port");
  const client = connectStation(sim.options);
  const waiting = client.info({ timeoutMs: 3_000 });
  await expect(sim.time.until(waiting)).rejects.toEqual(code("link/unknown-port"));
  expect(sim.time.nowMs()).toBe(3_000);

  const aborter = new AbortController();
  const aborted = client.info({ signal: aborter.signal });
  aborter.abort("enough");
  await expect(aborted).rejects.toMatchObject({ code: "station/aborted", cause: "enough" });
  await expect(client.info({ signal: aborter.signal })).rejects.toEqual(code("station/aborted"));

  sim.cable.away = undefined;
  await sim.time.until(client.ready());
  await sim.time.pass(500);
  sim.cable.faults = { ...sim.cable.faults, drop: 1_000 };
  const late = new AbortController();
  const out = client.info({ signal: late.signal });
  await sim.time.pass(100);
  late.abort();
  await expect(out).rejects.toEqual(code("station/aborted"));
  // Its request is still out: the next call waits for that, and for the line.
  const next = client.info();
  sim.cable.faults = { ...sim.cable.faults, drop: 0 };
  expect(await sim.time.until(next)).toMatchObject({ serial: "SY-0001" });

  const [unasked, events] = [client.docks(), client.statuses()];
  await Promise.all([client.close(), expect(unasked).rejects.toEqual(code("station/closed"))]);
  await expect(client.info()).rejects.toEqual(code("station/closed"));
  expect(await events.next()).toMatchObject({ value: { phase: "closed" } });
  expect(await events.next()).toMatchObject({ done: true });
  await sim.time.pass(10_000);
  expect(sim.time.pending).toBe(0);
});

test("an `open` that never ends is given up, and a link that comes after that is closed unused", async () => {
  const sim = simulatedStation();
  const late: ((link: Link) => void)[] = [];
  const aborted: boolean[] = [];
  let opens: "never" | "at once" = "never";
  const client = connectStation({
    ...sim.options,
    open: (signal) => {
      if (opens === "at once") return sim.cable.open();
      signal.addEventListener("abort", () => aborted.push(true));
      return new Promise((resolve) => late.push(resolve));
    },
  });
  await expect(sim.time.until(client.ready({ timeoutMs: 12_000 }))).rejects.toEqual(code("station/timeout"));
  expect([aborted.length, late.length]).toEqual([1, 2]);
  late[0]?.(await sim.cable.open());
  await settle();
  opens = "at once";
  // The late link was closed: the port can be opened again.
  expect(await sim.time.until(client.ready())).toMatchObject({ slots: 3 });
  await client.close();
});

test("a link that does not close in its time is left behind", async () => {
  const sim = simulatedStation();
  const client = connectStation(sim.options);
  await sim.time.until(client.ready());
  sim.cable.closing = "never";
  sim.cable.faults = { ...sim.cable.faults, drop: 1_000 };
  const seen: ConnectionStatus[] = [];
  client.onStatus((status) => seen.push(status));
  await sim.time.pass(14_000);
  expect(seen.map(({ because }) => because)).toContain("close-overdue");
  expect(seen.at(-1)).toMatchObject({ trouble: "link/busy" });
  sim.cable.closing = "prompt";
  await sim.time.until(client.close());
  expect(client.status.phase).toBe("closed");
});

test("what will not mend itself fails the calls that wait, at once and with its own code", async () => {
  const sim = simulatedStation();
  const client = connectStation({ ...sim.options, device: new Uint8Array(8) });
  const before = sim.time.nowMs();
  const info = client.info();
  const body = encodeError(new PeerError("messages/version"));
  const refusing = { ...sim.options, open: async () => peerLink(sim.time.setTimer, () => ({ message: 1, body })) };
  const old = connectStation(refusing);
  await expect(sim.time.until(old.ready())).rejects.toMatchObject({ code: "messages/version", retry: "no" });
  expect(sim.time.nowMs() - before).toBeLessThan(1_000);
  // Another station at the cable can be changed for the right one: its call waits, and then says what is wrong.
  await expect(sim.time.until(info)).rejects.toMatchObject({
    code: "station/other-device",
    details: { answered: toHex(sim.party.kid), meant: "00".repeat(8) },
  });
  expect(sim.time.nowMs() - before).toBe(60_000);
  await Promise.all([client.close(), old.close()]);
  expect(() => connectStation({ ...sim.options, device: new Uint8Array(7) })).toThrow(code("caller/argument"));
  expect(() => connectStation({ ...sim.options, program: "" })).toThrow(code("caller/argument"));
});

/** Somebody who answers every request in one way. */
function peerLink(
  setTimer: (ms: number, callback: () => void) => unknown,
  answer: (request: Frame) => Pick<Frame, "message" | "body">,
): Link {
  const listeners = new Set<(chunk: Uint8Array) => void>();
  const closers = new Set<(closed: LinkClosed) => void>();
  return {
    uri: "memory:peer",
    onData: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onClose: (listener) => {
      closers.add(listener);
      return () => closers.delete(listener);
    },
    write: async (bytes) => {
      for (const event of new FrameDecoder().push(bytes)) {
        if (event.kind !== "frame") continue;
        const reply = encodeFrame({ ...event.frame, kind: "reply", ...answer(event.frame) });
        setTimer(1, () => {
          for (const listener of listeners) listener(reply);
        });
      }
    },
    close: async () => {
      for (const listener of closers) listener({ reason: "closed-here" });
    },
  };
}

test("listeners and loggers that throw stop nothing, and slow readers learn how much they missed", async () => {
  const sim = simulatedStation();
  const client = connectStation({
    ...sim.options,
    log: (line) => {
      sim.lines.push(line);
      throw new Error("no disk");
    },
  });
  client.onStatus(() => {
    throw new Error("no screen");
  });
  const stop = new AbortController();
  const events = client.events(stop.signal);
  const session = sessionOf(sim);
  await sim.time.until(client.ready());
  const told = encodeNotification("cabinet-event", { slot: 1, event: "overdue" });
  for (let count = 0; count < WAITING_EVENTS + 10; count++) {
    const sequence = (count % 255) + 1;
    sim.cable.say(encodeFrame({ version: 1, kind: "notification", session: session(), sequence, ...told }));
  }
  await sim.time.pass(100);
  expect(sim.lines).toContainEqual(expect.objectContaining({ event: "listener-failed" }));
  expect((await events.next()).value).toEqual({ kind: "missed", events: 10 });
  expect((await events.next()).value).toEqual({ kind: "cabinet", slot: 1, event: "overdue" });
  stop.abort();
  await expect(events.next()).rejects.toEqual(code("station/aborted"));
  const left = client.events();
  await left.return?.();
  expect(await left.next()).toMatchObject({ done: true });
  await client.close();
});
