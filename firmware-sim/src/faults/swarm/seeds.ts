/** The seeds of a campaign: numbers that count up, or a name such as a git commit's id, whose further ones count behind a dot. */
import { CallerError } from "@nyckelfri/protocol";
import { type Seed, seedText } from "../../world/streams.ts";

const MOST_NUMBER = 0xffff_ffff;

/** The seed so many places after the first. Throws `caller/argument` for what is no seed. */
export function seedAfter(first: string, places: number): Seed {
  const [, name = "", from] = /^(.*?)(?:\.(\d{1,9}))?$/.exec(first) ?? [];
  if (/^\d{1,10}$/.test(first)) {
    const seed = Number(first) + places;
    if (seed > MOST_NUMBER)
      throw new CallerError("caller/argument", { argument: "seed", takes: "a u32, or a name", seed });
    return seed;
  }
  const place = Number(from ?? 0) + places;
  return seedText(place === 0 ? name : `${name}.${place}`);
}

export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** Whether the seed in this place is one of the shard's; shards count from 1. */
export function isInShard(place: number, { index, of }: Shard): boolean {
  return place % of === index - 1;
}
