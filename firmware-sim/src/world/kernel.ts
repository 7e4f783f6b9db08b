/**
 * The world's core: virtual time, devices as pure state machines, and one queue of what is to happen. Nothing here waits, and
 * nothing is done out of order: a step's effects are carried out at once, and what they cause at another device is an event
 * like every other. A world with nothing to do jumps to the next event.
 *
 * Everything that can change lives in states, streams and parts, which the kernel keeps. So a snapshot is whole, and a run from
 * it is the same as the run that was left.
 */
import { CallerError } from "@nyckelfri/protocol";
import type { Copyable, Entity, EntityRef, Hands, Moment, Observer, PartRef, Tagged, View } from "./entity.ts";
import { EventHeap, type ScheduledEvent } from "./event-heap.ts";
import { rootStream, type Seed, type Stream, seedText } from "./streams.ts";
import { flatten, type Keeping, Trace, type TraceData } from "./trace.ts";

export interface KernelOptions {
  readonly seed: Seed;
  /** True time at the world's begin, Unix seconds. */
  readonly beginsAt?: number;
  readonly keeping?: Keeping;
}

/** An entity with its types hidden: the reference through which it is used has them. */
type Hidden = Pick<Required<Entity<unknown, Tagged, Tagged>>, "device" | "perform" | "arrive" | "describe">;

interface Delivery {
  readonly to: string;
  readonly input: Tagged;
  /** Of the timer that makes it, if one does. */
  readonly timer?: string;
}

/** All that changes, in one value. */
interface Contents {
  now: number;
  readonly queue: EventHeap<Delivery>;
  readonly entities: Map<string, Hidden>;
  readonly states: Map<string, unknown>;
  /** By entity and name. */
  readonly timers: Map<string, Map<string, ScheduledEvent<Delivery>>>;
  readonly streams: Map<string, Stream>;
  readonly parts: Map<string, Copyable<unknown>>;
  readonly trace: Trace;
}

/** A world at one moment, for `restore` and `fork`, as often as is wanted. States are shared, not copied. */
export class Snapshot {
  readonly #contents: Contents;

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  /** Contents of its own for each that goes on from here. */
  contents(): Contents {
    return copyContents(this.#contents);
  }
}

/** A device that arms a timer for now in answer to a timer would keep the world from going on. */
const EVENTS_AT_ONE_TIME = 100_000;

const ignore = (): void => {};
const takeAll = <Input>(input: Input): Input => input;

export class Kernel implements View {
  readonly seed: Seed;
  readonly beginsAt: number;
  readonly #root: Stream;
  readonly #observers: Observer[];
  readonly #hands: Map<string, Hands> = new Map();
  #contents: Contents;
  #eventsNow = 0;

  constructor({ seed, beginsAt = 0, keeping = "all" }: KernelOptions) {
    this.seed = seed;
    this.beginsAt = beginsAt;
    this.#root = rootStream(seed);
    this.#observers = [];
    this.#contents = {
      now: 0,
      queue: new EventHeap(),
      entities: new Map(),
      states: new Map(),
      timers: new Map(),
      streams: new Map(),
      parts: new Map(),
      trace: new Trace(keeping),
    };
    this.record("world", "begin", { seed: seedText(seed), beginsAt });
  }

  get now(): number {
    return this.#contents.now;
  }

  get unixMicroseconds(): number {
    return this.beginsAt * 1_000_000 + this.#contents.now;
  }

  get trace(): Trace {
    return this.#contents.trace;
  }

  /** Events to come. */
  get pending(): number {
    return this.#contents.queue.size;
  }

  add<State, Input extends Tagged, Effect extends Tagged>(
    entity: Entity<State, Input, Effect>,
  ): EntityRef<State, Input> {
    const { id, device, state, perform = ignore, arrive = takeAll, describe = flatten } = entity;
    if (this.#contents.entities.has(id))
      throw new CallerError("caller/argument", { argument: "id", takes: "a new id", id });
    this.#contents.entities.set(id, { device, perform, arrive, describe } as unknown as Hidden);
    this.#contents.states.set(id, state);
    return { id };
  }

  addPart<P extends Copyable<P>>(name: string, part: P): PartRef<P> {
    if (this.#contents.parts.has(name)) {
      throw new CallerError("caller/argument", { argument: "name", takes: "a new name", name });
    }
    this.#contents.parts.set(name, part);
    return { name };
  }

  observe(observer: Observer): void {
    this.#observers.push(observer);
  }

  state<State>({ id }: EntityRef<State, never>): State {
    this.#known(id);
    return this.#contents.states.get(id) as State;
  }

  part<P>({ name }: PartRef<P>): P {
    const part = this.#contents.parts.get(name);
    if (part === undefined) throw new CallerError("caller/argument", { argument: "part", takes: "a known name", name });
    return part as P;
  }

  stream(label: string): Stream {
    const { streams } = this.#contents;
    let stream = streams.get(label);
    if (stream === undefined) {
      stream = this.#root.fork(label);
      streams.set(label, stream);
    }
    return stream;
  }

  record(entity: string, kind: string, data: TraceData): void {
    this.#contents.trace.append({ time: this.now, entity, kind, data });
  }

  /** An input from outside, after some microseconds. */
  send<Input>(to: EntityRef<unknown, Input>, input: Input & Tagged, delayMicroseconds = 0): void {
    this.#schedule({ to: to.id, input }, delayMicroseconds);
  }

  /** Lets time pass up to `time` (microseconds since the world began), with all that is due until then and at it. */
  advanceTo(time: number): void {
    if (!Number.isSafeInteger(time) || time < this.now) {
      throw new CallerError("caller/argument", { argument: "time", takes: "whole microseconds, now or later", time });
    }
    while (this.#step(time) !== undefined);
    this.#moveTo(time);
  }

  advanceBy(microseconds: number): void {
    this.advanceTo(this.now + microseconds);
  }

  /** Runs until nothing is to happen any more, or not until after `horizon`; tells which. Time stays at the last event. */
  runUntilIdle(horizon: number = Number.MAX_SAFE_INTEGER): "idle" | "horizon" {
    while (this.#step(horizon) !== undefined);
    return this.pending === 0 ? "idle" : "horizon";
  }

  /** Runs until a step is as wanted, and returns it; undefined when there is none up to `horizon`, where time then stands. */
  runUntil(wanted: (moment: Moment) => boolean, horizon: number): Moment | undefined {
    for (;;) {
      const moment = this.#step(horizon);
      if (moment === undefined) break;
      if (moment !== "lost" && wanted(moment)) return moment;
    }
    this.#moveTo(Math.max(this.now, horizon));
    return undefined;
  }

  snapshot(): Snapshot {
    return new Snapshot(copyContents(this.#contents));
  }

  /** Back to a snapshot of this world. Streams and parts that were asked for before are of no use any more. */
  restore(snapshot: Snapshot): void {
    this.#contents = snapshot.contents();
    this.#eventsNow = 0;
  }

  /** Another world that goes on from here by itself, with the same devices, handlers and observers; with another seed it has other luck. */
  fork(from: Snapshot = this.snapshot(), seed: Seed = this.seed): Kernel {
    const fork = new Kernel({ seed, beginsAt: this.beginsAt });
    fork.#observers.push(...this.#observers);
    fork.restore(from);
    if (seed !== this.seed) {
      fork.#contents.streams.clear();
      fork.record("world", "fork", { seed: seedText(seed) });
    }
    return fork;
  }

  #known(id: string): Hidden {
    const entity = this.#contents.entities.get(id);
    if (entity === undefined) throw new CallerError("caller/argument", { argument: "entity", takes: "a known id", id });
    return entity;
  }

  #moveTo(now: number): void {
    if (now === this.#contents.now) return;
    this.#contents.now = now;
    this.#eventsNow = 0;
  }

  #schedule(delivery: Delivery, delayMicroseconds: number): ScheduledEvent<Delivery> {
    this.#known(delivery.to);
    if (!(delayMicroseconds >= 0)) {
      throw new CallerError("caller/argument", {
        argument: "delayMicroseconds",
        takes: "0 or more",
        delayMicroseconds,
      });
    }
    return this.#contents.queue.schedule(this.now + delayMicroseconds, delivery);
  }

  /** The next event up to `horizon`; undefined when there is none. */
  #step(horizon: number): Moment | "lost" | undefined {
    const { queue } = this.#contents;
    const next = queue.peek();
    if (next === undefined || next.time > horizon) return undefined;
    queue.pop();
    this.#moveTo(next.time);
    this.#eventsNow += 1;
    if (this.#eventsNow > EVENTS_AT_ONE_TIME) {
      const takes = `at most ${EVENTS_AT_ONE_TIME} events at one time`;
      throw new CallerError("caller/argument", { argument: "world", takes, entity: next.item.to, now: this.now });
    }
    return this.#deliver(next.item);
  }

  #deliver({ to, input: due, timer }: Delivery): Moment | "lost" {
    if (timer !== undefined) this.#contents.timers.get(to)?.delete(timer);
    const entity = this.#known(to);
    const hands = this.#handsOf(to);
    const input = entity.arrive(due, hands);
    if (input === "later") return "lost";
    if (input === "lost") {
      this.#describe(entity, to, "lost", due);
      return "lost";
    }
    this.#describe(entity, to, "input", input);
    const before = this.#contents.states.get(to);
    const { state: after, effects } = entity.device.step(before, input);
    this.#contents.states.set(to, after);
    for (const effect of effects) this.#describe(entity, to, "effect", effect);
    entity.perform(effects, hands);
    const moment: Moment = { time: this.now, entity: to, input, before, after, effects };
    for (const observer of this.#observers) observer(moment, this);
    return moment;
  }

  #describe({ describe }: Hidden, id: string, role: "input" | "effect" | "lost", item: Tagged): void {
    const data = describe(item);
    if (data !== "untraced") this.record(id, `${role}:${item.kind}`, data);
  }

  #handsOf(self: string): Hands {
    const known = this.#hands.get(self);
    if (known !== undefined) return known;
    const schedule = (delivery: Delivery, delay: number) => this.#schedule(delivery, delay);
    const hands = new KernelHands(this, self, schedule, () => this.#contents);
    this.#hands.set(self, hands);
    return hands;
  }
}

/** What one entity may do; made once for each. */
class KernelHands implements Hands {
  readonly self: string;
  readonly #kernel: Kernel;
  readonly #schedule: (delivery: Delivery, delayMicroseconds: number) => ScheduledEvent<Delivery>;
  readonly #contents: () => Contents;

  constructor(
    kernel: Kernel,
    self: string,
    schedule: (delivery: Delivery, delayMicroseconds: number) => ScheduledEvent<Delivery>,
    contents: () => Contents,
  ) {
    this.self = self;
    this.#kernel = kernel;
    this.#schedule = schedule;
    this.#contents = contents;
  }

  get now(): number {
    return this.#kernel.now;
  }

  get unixMicroseconds(): number {
    return this.#kernel.unixMicroseconds;
  }

  state<State>(ref: EntityRef<State, never>): State {
    return this.#kernel.state(ref);
  }

  part<P>(ref: PartRef<P>): P {
    return this.#kernel.part(ref);
  }

  stream(label: string): Stream {
    return this.#kernel.stream(label);
  }

  record(kind: string, data: TraceData): void {
    this.#kernel.record(this.self, kind, data);
  }

  send<Input>(to: EntityRef<unknown, Input>, input: Input, delayMicroseconds = 0): void {
    this.#schedule({ to: to.id, input: input as Tagged }, delayMicroseconds);
  }

  arm<Input extends Tagged>(name: string, delayMicroseconds: number, input: Input): void {
    this.disarm(name);
    const { timers } = this.#contents();
    const armed = this.#schedule({ to: this.self, input, timer: name }, delayMicroseconds);
    const own = timers.get(this.self);
    if (own === undefined) timers.set(this.self, new Map([[name, armed]]));
    else own.set(name, armed);
  }

  disarm(name: string): void {
    const { timers, queue } = this.#contents();
    const own = timers.get(this.self);
    const armed = own?.get(name);
    if (armed === undefined) return;
    queue.cancel(armed);
    own?.delete(name);
  }

  disarmAll(): void {
    const { timers, queue } = this.#contents();
    const own = timers.get(this.self);
    if (own === undefined) return;
    for (const armed of own.values()) queue.cancel(armed);
    timers.delete(this.self);
  }
}

function copyContents({ now, queue, entities, states, timers, streams, parts, trace }: Contents): Contents {
  return {
    now,
    queue: queue.copy(),
    entities: new Map(entities),
    states: new Map(states),
    timers: new Map([...timers].map(([entity, own]) => [entity, new Map(own)])),
    streams: new Map([...streams].map(([label, stream]) => [label, stream.copy()])),
    parts: new Map([...parts].map(([name, part]) => [name, part.copy() as Copyable<unknown>])),
    trace: trace.copy(),
  };
}
