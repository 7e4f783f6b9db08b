/** Nothing secret, and no object, gets into the log, a status, an event or an error (SPEC ERR-3). */
import { encodeFrame, FrameDecoder, toHex } from "@nyckelfri/protocol";
import { connectStation } from "@nyckelfri/station-client";
import { expect, test } from "vitest";
import { Book, SimulatedKey, simulatedStation } from "./simulated.ts";

const PIN = "48291567";

/** All that a program would show or write of a life with everything in it, as text. */
async function told() {
  const sim = simulatedStation({ pages: 3 });
  const { time, cable, station } = sim;
  const objects: Uint8Array[] = [sim.grantOf(sim.key), ...[0, 1].map(() => sim.options.randomBytes(300))];
  const shown: unknown[] = [];
  const client = connectStation({ ...sim.options, log: (line) => shown.push(line) });
  client.onStatus((status) => shown.push(status));
  client.onEvent((event) => shown.push(event));
  const failed = (error: unknown) => shown.push(error, String(error), error instanceof Error ? { ...error } : "");
  const call = (promise: Promise<unknown>) => time.until(promise).catch(failed);
  cable.tap = (_direction, bytes) => objects.push(bytes);

  await call(client.giveTime());
  await call(client.sendBundle({ key: sim.key.kid, objects: objects.slice(0, 3) }));
  for (const object of objects.slice(1, 3)) await call(client.deliver(object));
  station.dock(0, new SimulatedKey(sim.city, sim.key));
  await time.pass(1_000);
  const book = new Book(sim.city);
  const keep = async ({ object }: { readonly object: Uint8Array }) => {
    objects.push(object);
    const receipt = book.keep(object);
    objects.push(receipt);
    return [receipt];
  };
  // A notification with a body that is none.
  const junk = sim.options.randomBytes(40);
  objects.push(junk);
  const greeting = cable.tap;
  cable.tap = (direction, bytes) => {
    greeting(direction, bytes);
    for (const event of new FrameDecoder().push(direction === "to-station" ? bytes : new Uint8Array(0))) {
      if (event.kind !== "frame") continue;
      const { session } = event.frame;
      cable.tap = greeting;
      cable.say(encodeFrame({ version: 1, kind: "notification", message: 32, session, sequence: 200, body: junk }));
    }
  };
  await call(client.docks());
  cable.faults = { ...cable.faults, drop: 200 };
  await call(client.collectLog({ keep }));
  cable.say(sim.options.randomBytes(2_000));
  cable.pull();
  cable.away = new Error(toHex(sim.host.seed));
  await call(client.info({ timeoutMs: 500 }));
  cable.away = undefined;
  await call(client.releaseSlot(0));
  // A PIN that the station takes, or not, and one that no command can hold.
  await call(client.command({ kind: "enrol-pin", slot: 0, pin: PIN }));
  await call(client.command({ kind: "enrol-pin", slot: 0, pin: PIN.repeat(3) }));
  await call(client.command({ kind: "enrol-pin", slot: 0, pin: `x${PIN}` }));
  await call(client.request("transfer", { transfer: objects[1] as Uint8Array }));
  const seeds = [sim.host.seed, sim.party.seed, sim.key.seed];
  await client.close();
  return { shown, secrets: [...seeds, ...objects.filter(({ length }) => length >= 16)] };
}

/** Every way in which eight bytes in a row could be written. */
function traces(bytes: Uint8Array): string[] {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const base64 = btoa(binary);
  return [toHex(bytes), base64, base64.replaceAll("+", "-").replaceAll("/", "_"), bytes.join(",")].flatMap((text) => {
    const size = Math.max(16, Math.floor(text.length / 8));
    return Array.from({ length: Math.floor(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));
  });
}

test("no line, status, event or error holds a key, an object or a part of one", async () => {
  const { shown, secrets } = await told();
  const text = shown.map((one) => JSON.stringify(one)).join("\n");
  expect(shown.length).toBeGreaterThan(40);
  expect(text).toContain('"event":"connection"');
  expect(text).toContain('"event":"call"');
  const pins = [PIN, toHex(new TextEncoder().encode(PIN)), [...PIN].map((digit) => digit.charCodeAt(0)).join()];
  const leaked = [...secrets.flatMap(traces), ...pins].filter((trace) => text.includes(trace));
  expect(leaked).toEqual([]);
});

test("a line of the log has fields of names, numbers and codes alone", async () => {
  const { shown } = await told();
  for (const one of shown) {
    for (const value of Object.values(typeof one === "object" ? { ...one } : {})) {
      if (value instanceof Error) continue;
      expect(["string", "number", "object", "undefined"]).toContain(typeof value);
      if (typeof value === "string") expect(value).toMatch(/^[\w/-]{1,40}$/);
    }
  }
});

test("the search for traces finds what is there", () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => 7 * index);
  for (const text of [toHex(secret), btoa(String.fromCharCode(...secret)), secret.join(",")]) {
    expect(traces(secret).some((trace) => JSON.stringify({ note: text }).includes(trace))).toBe(true);
  }
});
