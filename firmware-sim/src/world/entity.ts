/** What the kernel runs: devices as pure functions, what carries out their effects, and who watches. */
import type { Stream } from "./streams.ts";
import type { TraceData } from "./trace.ts";

/** Inputs and effects are tagged unions; the tag names them in the trace. */
export interface Tagged {
  readonly kind: string;
}

/** A device: pure, synchronous, and its states are values that nobody changes. Loss of power is an input like any other. */
export interface Device<State, Input extends Tagged, Effect extends Tagged> {
  step(state: State, input: Input): Stepped<State, Effect>;
}
export interface Stepped<State, Effect> {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Names a device of a world and of all its forks. */
export interface EntityRef<State, Input> {
  readonly id: string;
  /** For the checker of types only; never set. */
  readonly types?: { readonly state: State; readonly takes: (input: Input) => void };
}

/** Names something else that changes with the world, such as the city's books or a checker's memory. */
export interface PartRef<P> {
  readonly name: string;
  readonly types?: P;
}

/** What a part is, so that a snapshot can hold it: `copy` goes on by itself. */
export interface Copyable<Self> {
  copy(): Self;
}

export interface Entity<State, Input extends Tagged, Effect extends Tagged> {
  readonly id: string;
  readonly device: Device<State, Input, Effect>;
  readonly state: State;
  /**
   * Carries out the effects of one step, in order; called after each step, also one without effects. It keeps nothing itself:
   * what must be remembered is a state, a stream or a part.
   */
  readonly perform?: (effects: readonly Effect[], world: Hands) => void;
  /**
   * What a due input becomes on arrival, e.g. with the tick of the device's own oscillator. `lost` when nobody takes it;
   * `later` when it was sent again, and leaves no trace before that one comes.
   */
  readonly arrive?: (input: Input, world: Hands) => Input | "lost" | "later";
  /** What of an input or effect stands in the trace; all of it where this is not given. */
  readonly describe?: (item: Input | Effect) => TraceData | "untraced";
}

/** What handlers and observers may look at. */
export interface View {
  /** Microseconds since the world began. */
  readonly now: number;
  /** True time in Unix microseconds; no device is shown it. */
  readonly unixMicroseconds: number;
  state<State>(ref: EntityRef<State, never>): State;
  part<P>(ref: PartRef<P>): P;
}

/** What a handler may do, on behalf of its entity. */
export interface Hands extends View {
  readonly self: string;
  /** An input for a device, this one too, after some microseconds; with 0 after everything that is already due. */
  send<Input>(to: EntityRef<unknown, Input>, input: Input, delayMicroseconds?: number): void;
  /** A timer of this entity; one of the same name is replaced. */
  arm<Input extends Tagged>(name: string, delayMicroseconds: number, input: Input): void;
  disarm(name: string): void;
  /** As when power is lost. */
  disarmAll(): void;
  /** The random stream of this label; always ask for it anew, because a snapshot that is restored puts another in its place. */
  stream(label: string): Stream;
  /** Adds to the trace. */
  record(kind: string, data: TraceData): void;
}

/** One step, as observers see it. */
export interface Moment {
  readonly time: number;
  readonly entity: string;
  readonly input: Tagged;
  readonly before: unknown;
  readonly after: unknown;
  readonly effects: readonly Tagged[];
}

/** Called after each step and its effects, e.g. by a checker; what it remembers is a part. */
export type Observer = (moment: Moment, world: View) => void;
