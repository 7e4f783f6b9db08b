/** The options that campaigns have in common: how long, which share of the cases, on how many cores. */
import { type Invocation, type Option, optionValue } from "../program/command.ts";
import { Failure } from "../program/failure.ts";

export const MINUTES: Option = { name: "minutes", value: "M", summary: "stop after so long, and say how far it came" };
export const SHARD: Option = { name: "shard", value: "I/N", summary: "the I-th of N shares, for several machines" };
export const THREADS: Option = { name: "threads", value: "N", summary: "worker threads; one for each core by default" };

/** From 0. */
export interface Share {
  readonly index: number;
  readonly of: number;
}
const ALL: Share = { index: 0, of: 1 };

/** Throws a `Failure` `cli/usage` for what is no whole number from `least` on. */
export function wholeOption(invocation: Invocation, name: string, least: number): number | undefined {
  const text = optionValue(invocation, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^[0-9]{1,4}$/.test(text) && value >= least) return value;
  throw new Failure("cli/usage", `--${name} ${text} is not a whole number from ${least} to 9999`);
}

export function shardOption(invocation: Invocation): Share {
  const text = optionValue(invocation, SHARD.name);
  if (text === undefined) return ALL;
  const [, first = "", second = ""] = /^([0-9]{1,4})\/([0-9]{1,4})$/.exec(text) ?? [];
  const [number, of] = [Number(first), Number(second)];
  if (number >= 1 && number <= of) return { index: number - 1, of };
  throw new Failure("cli/usage", `--shard ${text} is not one of so many`, {
    remedy: "Write 1/4 for the first of four.",
  });
}

/** Shares of a share: one for each worker. */
export function sharesOf({ index, of }: Share, workers: number): readonly Share[] {
  return Array.from({ length: workers }, (_, worker) => ({ index: index * workers + worker, of: of * workers }));
}
