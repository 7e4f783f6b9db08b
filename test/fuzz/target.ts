/** What a decoder promises, as something that can be run on any bytes. */

/** How a decoder answered. `value` is everything that it built: it is looked through after the caller's buffer was overwritten. */
export type Outcome =
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "built"; readonly value: unknown };

/** At most `each` for each byte of the input, and `fixed` besides. */
export interface Bound {
  readonly each: number;
  readonly fixed: number;
}

export interface Target {
  readonly name: string;
  /** Inputs to begin with. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces that a mutation puts in, besides those of every target. */
  readonly words: readonly Uint8Array[];
  /** Mutations that know the form, besides those of bytes. */
  readonly shapes: readonly Shape[];
  /** Branches taken, all together: the measure of work that no clock and no other program disturbs. */
  readonly work: Bound;
  /** Values, characters and bytes of what is built. */
  readonly output: Bound;
  /** Most bytes of an input. */
  readonly most: number;
  /** `bytes` is the run's own, and is overwritten afterwards. Whatever is thrown is found. */
  readonly run: (bytes: Uint8Array) => Outcome | Promise<Outcome>;
}

/** Changes bytes that have some form, knowing it; undefined where they have not. */
export type Shape = (bytes: Uint8Array, draws: Draws, words: readonly Uint8Array[]) => Uint8Array | undefined;

/** Where choices come from; `below(bound)` is 0 to bound - 1. */
export interface Draws {
  below(bound: number): number;
}

/** A decoder did what it must not do. */
export class Broken extends Error {
  override readonly name = "Broken";
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Broken(what);
}

/**
 * A value as text, the same for the same value: bytes as hex, maps in their order. What it costs is bounded by `most` values, characters and
 * bytes; more than that is told as undefined.
 */
export function textOf(value: unknown, most: number): string | undefined {
  const parts: string[] = [];
  let left = most;
  const write = (one: unknown): void => {
    if (left < 0) return;
    left -= 1;
    if (one instanceof Uint8Array) {
      left -= one.length;
      if (left >= 0) parts.push("h'", Buffer.from(one.buffer, one.byteOffset, one.length).toString("hex"), "'");
    } else if (one instanceof Map) {
      parts.push("Map");
      write([...one]);
    } else if (Array.isArray(one)) {
      parts.push("[");
      for (const item of one) write(item);
      parts.push("]");
    } else if (typeof one === "string") {
      left -= one.length;
      parts.push(JSON.stringify(one));
    } else if (typeof one === "object" && one !== null) {
      parts.push("{");
      for (const [name, field] of Object.entries(one)) {
        parts.push(name, ":");
        write(field);
      }
      parts.push("}");
    } else parts.push(Object.is(one, -0) ? "-0" : String(one), ",");
  };
  write(value);
  return left < 0 ? undefined : parts.join("");
}
