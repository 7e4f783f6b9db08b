/**
 * Requester and responder over a link that loses, repeats, reorders, delays, damages and replays, byte for byte through real
 * decoders (SPEC FRM-6 to FRM-8). The world checks after every step what must hold; afterwards the faults stop, and a request
 * must come through.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "#src/bytes.ts";
import { type Frame, MESSAGE_BUSY, MESSAGE_ERROR } from "#src/framing/frame.ts";
import { FrameDecoder } from "#src/framing/frame-decoder.ts";
import { newRequester, type RequesterInput, stepRequester } from "#src/framing/requester.ts";
import { newResponder, REMEMBERED_SESSIONS, type ResponderInput, stepResponder } from "#src/framing/responder.ts";
import { decodeAll, framesIn } from "./support.ts";

const HELLO = 0;
const FAST = 5;
const SLOW = 9;
const TIMING = { replyMilliseconds: 100, retries: 2, busyReplies: 3, busyMilliseconds: 100 };
const CONFIG = { busyMessages: [SLOW], busyMilliseconds: 50 };

type Side = "responder" | "requester";
type Handed = { key: string; session: number; bodyHex: string };

class World {
  requester = newRequester();
  responder = newResponder();
  readonly decoders: Record<Side, FrameDecoder> = { responder: new FrameDecoder(), requester: new FrameDecoder() };
  /** Bytes under way to each side, oldest first. */
  readonly underWay: Record<Side, Uint8Array[]> = { responder: [], requester: [] };
  /** Everything that was ever written, for replays. */
  readonly archive: Uint8Array[] = [];
  timer: number | undefined;
  sessions = 0;
  bodies = 0;
  inHandler: { session: number; sequence: number; key: string } | undefined;
  /** What the handler was given and did not defer, in order. */
  readonly handled: Handed[] = [];
  readonly asked = new Map<string, string>();
  readonly answers = new Map<string, string>();
  readonly results: string[] = [];
  /** The distinct bytes written for one request, and for its answer. */
  readonly requestBytes = new Map<string, Set<string>>();
  readonly replyBytes = new Map<string, Set<string>>();
  readonly faults: string[] = [];

  freshBody(): Uint8Array {
    this.bodies++;
    return Uint8Array.of(0x82, this.bodies >>> 8, this.bodies & 0xff, 0);
  }

  open(): void {
    this.sessions++;
    this.tellRequester({
      kind: "open",
      session: this.sessions,
      message: HELLO,
      body: this.freshBody(),
      timing: TIMING,
    });
  }

  request(message: number): void {
    this.tellRequester({ kind: "request", message, body: this.freshBody(), timing: TIMING });
  }

  tellRequester(input: RequesterInput): void {
    const { at } = this.requester;
    const session = at.phase === "closed" ? 0 : at.session;
    const step = stepRequester(this.requester, input);
    this.requester = step.state;
    for (const effect of step.effects) {
      switch (effect.kind) {
        case "write": {
          const [frame] = framesIn(decodeAll(effect.bytes));
          if (frame === undefined) throw new Error("the requester wrote no frame");
          this.asked.set(keyOf(frame), toHex(frame.body));
          note(this.requestBytes, keyOf(frame), effect.bytes);
          this.send("responder", effect.bytes);
          break;
        }
        case "set-timer":
          this.timer = effect.timer;
          break;
        case "clear-timer":
          this.timer = undefined;
          break;
        case "answered": {
          const key = `${session}/${effect.sequence}`;
          this.results.push(`answered ${key}`);
          if (toHex(effect.body) !== this.answers.get(key))
            this.faults.push(`${key} got an answer that is not its own`);
          break;
        }
        case "failed":
          this.results.push(`failed ${effect.reason}`);
          if (effect.reason === "framing/out-of-step") this.faults.push("honest sides fell out of step");
          break;
        case "notified":
          break;
      }
    }
  }

  tellResponder(input: ResponderInput): void {
    const step = stepResponder(CONFIG, this.responder, input);
    this.responder = step.state;
    for (const effect of step.effects) {
      switch (effect.kind) {
        case "write": {
          const [frame] = framesIn(decodeAll(effect.bytes));
          if (frame === undefined) throw new Error("the responder wrote no frame");
          const isAnswer = frame.kind === "reply" && frame.message !== MESSAGE_BUSY && frame.message !== MESSAGE_ERROR;
          if (isAnswer) note(this.replyBytes, keyOf(frame), effect.bytes);
          this.send("requester", effect.bytes);
          break;
        }
        case "handle-hello":
          this.hand(effect.session, 0, effect.body);
          break;
        case "handle":
          this.hand(effect.session, effect.sequence, effect.body);
          break;
      }
    }
  }

  hand(session: number, sequence: number, body: Uint8Array): void {
    const key = keyOf({ session, sequence });
    const bodyHex = toHex(body);
    if (this.handled.some((earlier) => earlier.key === key)) this.faults.push(`${key} was handled twice`);
    if (this.handled.some((earlier) => earlier.session === session) && this.handled.at(-1)?.session !== session) {
      this.faults.push(`${key} was handled after its session had been left`);
    }
    if (this.asked.get(key) !== bodyHex) this.faults.push(`${key} was never asked in these bytes`);
    this.handled.push({ key, session, bodyHex });
    this.inHandler = { session, sequence, key };
  }

  answer(): void {
    if (this.inHandler === undefined) return;
    const { session, sequence, key } = this.inHandler;
    const body = this.freshBody();
    this.inHandler = undefined;
    this.answers.set(key, toHex(body));
    this.tellResponder({ kind: "answer", session, sequence, outcome: "reply", body });
  }

  defer(): void {
    if (this.inHandler === undefined) return;
    const { session, sequence } = this.inHandler;
    this.inHandler = undefined;
    this.handled.pop();
    this.tellResponder({ kind: "defer", session, sequence });
  }

  send(to: Side, bytes: Uint8Array): void {
    this.underWay[to].push(bytes);
    this.archive.push(bytes);
  }

  /** Takes the bytes under way at `index`, counted round, out of the link. */
  take(to: Side, index: number): Uint8Array | undefined {
    const queue = this.underWay[to];
    return queue.length === 0 ? undefined : queue.splice(index % queue.length, 1)[0];
  }

  arrive(to: Side, bytes: Uint8Array | undefined): void {
    if (bytes === undefined) return;
    for (const frame of framesIn(this.decoders[to].push(bytes))) {
      if (to === "responder") this.tellResponder({ kind: "received", frame });
      else this.tellRequester({ kind: "received", frame });
    }
  }

  expire(): void {
    if (this.timer !== undefined) this.tellRequester({ kind: "timeout", timer: this.timer });
  }

  verdict(): string[] {
    const changing = (bytes: Map<string, Set<string>>): string[] =>
      [...bytes].filter(([, forms]) => forms.size > 1).map(([key]) => key);
    return [
      ...this.faults,
      ...changing(this.requestBytes).map((key) => `a retry of ${key} had other bytes`),
      ...changing(this.replyBytes).map((key) => `the reply to ${key} was sent again with other bytes`),
    ];
  }
}

function keyOf({ session, sequence }: Pick<Frame, "session" | "sequence">): string {
  return `${session}/${sequence}`;
}

function note(map: Map<string, Set<string>>, key: string, bytes: Uint8Array): void {
  map.set(key, (map.get(key) ?? new Set()).add(toHex(bytes)));
}

/** No model state is needed: what must hold is checked on the world's own records. */
class Act implements fc.Command<object, World> {
  readonly name: string;
  readonly act: (world: World) => void;

  constructor(name: string, act: (world: World) => void) {
    this.name = name;
    this.act = act;
  }

  check(): boolean {
    return true;
  }

  run(_model: object, world: World): void {
    this.act(world);
    expect(world.verdict()).toEqual([]);
  }

  toString(): string {
    return this.name;
  }
}

const side = fc.constantFrom<Side[]>("responder", "requester");
const oneOf = <Value>(
  name: string,
  values: fc.Arbitrary<Value>,
  act: (world: World, value: Value) => void,
): fc.Arbitrary<Act> =>
  values.map((value) => new Act(`${name}(${JSON.stringify(value)})`, (world) => act(world, value)));
const once = (name: string, act: (world: World) => void): fc.Arbitrary<Act> => fc.constant(new Act(name, act));

const deliver = oneOf("deliver", side, (world, to) => world.arrive(to, world.take(to, 0)));
const answer = once("answer", (world) => world.answer());
const ask = oneOf("ask", fc.constantFrom(FAST, SLOW), (world, message) => {
  if (world.requester.at.phase === "ready") world.request(message);
  else if (world.requester.at.phase === "closed" && world.sessions < REMEMBERED_SESSIONS - 3) world.open();
});
const acts = [
  ask,
  ask,
  deliver,
  deliver,
  deliver,
  answer,
  answer,
  once("open", (world) => {
    if (world.sessions < REMEMBERED_SESSIONS - 3) world.open();
  }),
  once("expire", (world) => world.expire()),
  oneOf("old timer", fc.nat(20), (world, timer) => {
    if (timer !== world.timer) world.tellRequester({ kind: "timeout", timer });
  }),
  once("defer", (world) => world.defer()),
  once("notify", (world) => world.tellResponder({ kind: "notify", message: 40, body: world.freshBody() })),
  once("close", (world) => world.tellRequester({ kind: "close" })),
  oneOf("overtake", fc.tuple(side, fc.nat(5)), (world, [to, index]) => world.arrive(to, world.take(to, index))),
  oneOf("lose", fc.tuple(side, fc.nat(5)), (world, [to, index]) => world.take(to, index)),
  oneOf("repeat", fc.tuple(side, fc.nat(5)), (world, [to, index]) => {
    const bytes = world.take(to, index);
    if (bytes !== undefined) world.underWay[to].unshift(bytes, bytes);
  }),
  oneOf("damage", fc.tuple(side, fc.nat(5), fc.nat(200)), (world, [to, index, bit]) => {
    const bytes = world.take(to, index)?.slice();
    if (bytes === undefined) return;
    const at = (bit >>> 3) % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
    world.underWay[to].unshift(bytes);
  }),
  oneOf("cut", fc.tuple(side, fc.nat(5), fc.nat(30)), (world, [to, index, length]) =>
    world.arrive(to, world.take(to, index)?.subarray(0, length)),
  ),
  oneOf("replay", fc.tuple(side, fc.nat(60)), (world, [to, index]) =>
    world.arrive(to, world.archive[index % Math.max(world.archive.length, 1)]),
  ),
  oneOf("replay everything", side, (world, to) => {
    for (const bytes of [...world.archive]) world.arrive(to, bytes);
  }),
];

/** The faults have stopped: what is under way arrives, handlers answer, timers expire. How many steps until a request is answered? */
function heal(world: World): number {
  const already = world.results.length;
  let asked = false;
  for (let step = 1; step <= 200; step++) {
    if (asked && world.results.slice(already).at(-1)?.startsWith("answered") && world.requester.at.phase === "ready")
      return step;
    const { phase } = world.requester.at;
    if (world.underWay.responder.length > 0) world.arrive("responder", world.take("responder", 0));
    else if (world.inHandler !== undefined) world.answer();
    else if (world.underWay.requester.length > 0) world.arrive("requester", world.take("requester", 0));
    else if (phase === "closed") world.open();
    else if (phase === "waiting") world.expire();
    else {
      world.request(FAST);
      asked = true;
    }
  }
  return Number.POSITIVE_INFINITY;
}

describe("SPEC FRM-6, FRM-7, FRM-8: both sides over a bad link", () => {
  test("at most once, own replies only, the same bytes again, nothing from a left session; and then it works again", () => {
    const seen = { answered: 0, retries: 0, repeated: 0, stale: 0, busy: 0 };
    fc.assert(
      fc.property(fc.commands(acts, { maxCommands: 120, size: "max" }), (commands) => {
        const world = new World();
        fc.modelRun(() => ({ model: {}, real: world }), commands);
        seen.answered += world.requester.counters.repliesAccepted;
        seen.retries += world.requester.counters.retriesSent;
        seen.repeated += world.responder.counters.repliesRepeated;
        seen.stale += world.responder.counters.staleHello;
        seen.busy += world.responder.counters.busySent;
        expect(heal(world)).toBeLessThan(200);
        expect(world.verdict()).toEqual([]);
      }),
      { numRuns: 400 },
    );
    // A run in which none of this happened would prove nothing.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });

  test("over a good link nothing is sent twice", () => {
    const world = new World();
    for (let count = 0; count < 300; count++) expect(heal(world)).toBeLessThan(10);
    expect(world.requester.counters).toMatchObject({ requestsSent: 301, retriesSent: 0, staleReplies: 0 });
    expect(world.sessions).toBe(1);
  });
});
