/** SPEC FRM-7, ERR-4: a cylinder that computes for seconds says BUSY to who asks again, and answers once. */
import { MESSAGE_BUSY, messageNamed, toHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { allCheckers, type Checker } from "#src/checkers/index.ts";
import { timeoutChecks } from "#src/costs/limits.ts";
import { requestTiming } from "#src/costs/opening-cost.ts";
import { heaviestVisit } from "#src/costs/visits.ts";
import { COMPUTING_BUSY_MS } from "#src/devices/cylinder/tables.ts";
import { PROFILES } from "#src/faults/swarm/profiles.ts";
import { NO_UART_FAULTS } from "#src/hardware/uart.ts";
import type { HappeningOf } from "#src/world/happenings.ts";
import { rootStream } from "#src/world/streams.ts";
import { Watchers } from "#src/world/watchers.ts";
import { type Arrival, newLine, transmit, withWireFree } from "#src/world/wiring/line.ts";
import { World } from "#src/world/world.ts";

const LINE = { baud: 115_200, bitsPerByte: 10, batchMicroseconds: 0 } as const;

type Sent = HappeningOf<"sent">;

/** What passes between keys and cylinders. */
function listener(): Checker & { readonly heard: Sent[] } {
  const heard: Sent[] = [];
  const note = (sent: Sent): void => {
    if (`${sent.from} ${sent.to}`.includes("cylinder:")) heard.push(sent);
  };
  return { property: "P14", says: "nothing", breaches: [], heard, watch: { sent: note }, copy: listener };
}

const SLOW = PROFILES.filter(({ pair }) => {
  return timeoutChecks(heaviestVisit, pair).some(({ verdict }) => verdict === "busy");
});

test.each(SLOW)(
  "$name: the first visit in a new epoch, with three certificates, opens and is answered once",
  ({ pair }) => {
    const spy = listener();
    const world = new World({ seed: 1, hardware: pair, watchers: new Watchers([...allCheckers(), spy]) });
    const north = world.addProvider("north", ["day"]);
    const flat = world.addDoor("flat", { groups: Object.values(north.groups) });
    const station = world.addStation("office");
    const box = world.addBox("hall");
    const anna = world.addWorker("anna", north);
    const makeReady = (): void => {
      world.grant(anna, { nbf: world.unix, exp: world.unix + 30_000 });
      world.advance({ minutes: 1 });
      expect(world.dock(anna, station).result).toBe("done");
      expect(world.activate(anna, box).result).toBe("done");
    };
    makeReady();
    world.openEpoch();
    world.advance({ minutes: 5 });
    makeReady();
    spy.heard.length = 0;
    expect(world.demandLiveness(anna, flat)).toBe("opened");
    expect(world.finish()).toEqual([]);
    const { number: supply } = messageNamed("open", "supply");
    const isSupply = ({ frame }: Sent): boolean => frame.kind === "request" && frame.message === supply;
    const { session, sequence } = (spy.heard.find(isSupply) as Sent).frame;
    const round = spy.heard.map(({ frame }) => frame).filter((frame) => frame.session === session);
    const asked = round.filter((frame) => frame.kind === "request" && frame.sequence === sequence);
    const replies = round.filter((frame) => frame.kind === "reply" && frame.sequence === sequence);
    const said = replies.filter(({ message }) => message === MESSAGE_BUSY);
    // Longer than the 1.8 s for which a key asks without a BUSY, at one BUSY each 0.5 s after 0.9 s.
    expect(said.length).toBeGreaterThanOrEqual(2);
    expect(replies.length).toBe(asked.length);
    const answers = new Set(replies.filter((reply) => !said.includes(reply)).map(({ body }) => toHex(body)));
    expect(answers.size).toBe(1);
  },
);

test("what BUSY asks for is what the cost tables count with", () => {
  expect(COMPUTING_BUSY_MS).toBe(requestTiming("supply").busyMilliseconds);
});

test("BUSY leaves before the answer that is ready for later on the same wire, and the answer keeps its place", () => {
  const line = newLine({ number: 1, a: "key", b: "door", between: "nobody" }, LINE, NO_UART_FAULTS);
  const draws = rootStream(1);
  const [answer] = transmit(line, "door", new Uint8Array(20), 2_000_000, () => draws);
  const early: Arrival[] = [];
  withWireFree(line, "door", 900_000, () => {
    early.push(...transmit(line, "door", new Uint8Array(15), 900_000, () => draws));
  });
  expect(early.map(({ from }) => from)).toEqual([900_000]);
  // What follows the answer waits for its end, as it did.
  const [next] = transmit(line, "door", new Uint8Array(5), 2_000_000, () => draws);
  expect([answer?.from, next?.from]).toEqual([2_000_000, answer?.at]);
});
