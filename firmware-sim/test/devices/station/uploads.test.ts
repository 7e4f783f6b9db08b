import { equalBytes, issueObject, type LogRecord, logSegmentObject } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { readStation } from "#src/devices/station/station.ts";
import type { StationOwn } from "#src/devices/station/types.ts";
import { CURSORS, encodeCursors, uploadChanges } from "#src/devices/station/uploads.ts";
import { type City, foundCity, provider } from "../key/rig.ts";
import { config } from "./rig.ts";

const RECORDS: readonly LogRecord[] = Array.from({ length: 24 }, (_, index) => ({ kind: "fork", n: index }));
const of = foundCity();

/** The same records, signed for another session each time. */
function segment(
  { cylinder, city }: Pick<City, "cylinder" | "city">,
  nonceCounter: number,
  first = 1,
  headBefore = 7,
): Uint8Array {
  const signer = { provider, seed: cylinder.seed, kid: cylinder.kid, fleetId: city.centre.fleetId };
  const keyNonce = new Uint8Array(8).fill(nonceCounter);
  const chained = { first, headBefore: new Uint8Array(16).fill(headBefore), records: RECORDS };
  return issueObject(logSegmentObject, { mount: 1, store: "refusals", keyNonce, nonceCounter, ...chained }, signer)
    .bytes;
}

/** A station's memory, as far as it is uploads. */
class Kept {
  readonly #items: Map<string, Uint8Array> = new Map();

  get own(): StationOwn {
    return readStation(config, this.#items);
  }

  get objects(): Uint8Array[] {
    return [...this.own.uploads.values()].map(({ object }) => object);
  }

  take(key: Uint8Array, object: Uint8Array): "stored" | "known" | "full" {
    const changes = uploadChanges(config, this.own, key, object);
    if (typeof changes === "string") return changes;
    for (const [name, bytes] of changes) {
      if (bytes === "deleted") this.#items.delete(name);
      else this.#items.set(name, bytes);
    }
    return "stored";
  }

  /** A host reads everything. */
  read(): void {
    const { next } = this.own.cursors;
    this.#items.set(CURSORS, encodeCursors({ next, acknowledged: next }));
  }
}

// Records before these are missing, so no receipt ends them: copies of what the city has read kept the missing ones out for ever.
test("P8, SPEC LOG-7, PER-11: copies of the same records leave room for those before them", () => {
  const kept = new Kept();
  const [key, other] = [of.key.kid, of.station.kid];
  expect(kept.take(other, segment(of, 200))).toBe("stored");
  for (let session = 1; session < 60; session++) {
    expect(kept.take(key, segment(of, session, 100))).toBe("stored");
    kept.read();
  }
  expect(kept.take(key, segment(of, 61))).toBe("stored");
  const firsts = [...kept.own.uploads.values()].map(({ positions }) => positions[1]?.number);
  expect(firsts).toEqual([1, 100, 1]);
});

test("SPEC LOG-7: what no host has read, and what tells another story, stays", () => {
  const kept = new Kept();
  const unread = segment(of, 1);
  kept.take(of.key.kid, unread);
  kept.take(of.key.kid, segment(of, 2));
  expect(kept.objects).toHaveLength(2);
  kept.read();
  const elsewhere = segment(of, 3, 1, 8);
  kept.take(of.key.kid, elsewhere);
  expect(kept.objects).toHaveLength(3);
  const newest = segment(of, 4);
  kept.take(of.key.kid, newest);
  expect(kept.objects.map((one) => [elsewhere, newest].findIndex((other) => equalBytes(one, other)))).toEqual([0, 1]);
});

test("SPEC PER-11: unread copies fill a key's quota, and no more", () => {
  const kept = new Kept();
  const outcomes = Array.from({ length: 80 }, (_, session) => kept.take(of.key.kid, segment(of, session)));
  expect(outcomes.lastIndexOf("stored")).toBeLessThan(outcomes.indexOf("full"));
  expect(kept.take(of.station.kid, segment(of, 50))).toBe("stored");
});

// Seed 1200017 of the swarm: a key had brought much of many doors, each with a gap before it, and what would have filled the gaps was `full`.
test("P8, SPEC DCK-4, OBJ-15: what no receipt can end leaves room for what a receipt waits for", () => {
  const kept = new Kept();
  const { kid } = of.key;
  const doors = Array.from({ length: 20 }, (_, index) => ({ city: of.city, cylinder: of.city.party(`door ${index}`) }));
  const outcomes = doors.flatMap((door) => [40, 64, 88].map((first) => kept.take(kid, segment(door, 1, first))));
  expect([...new Set(outcomes)].sort()).toEqual(["full", "stored"]);
  kept.read();
  const [door, other] = doors as [(typeof doors)[0], (typeof doors)[0]];
  // The beginning and what follows it; not what is here already, and not what leaves a gap.
  expect(kept.take(kid, segment(door, 2, 1))).toBe("stored");
  expect(kept.take(kid, segment(door, 2, 20))).toBe("stored");
  expect(kept.take(kid, segment(door, 3, 20))).toBe("full");
  expect(kept.take(kid, segment(other, 2, 2))).toBe("full");
  // A refusal's number is lost when there is one that is higher by 64.
  expect(kept.take(kid, segment(other, 2, 39 + 64 - 24))).toBe("full");
  expect(kept.take(kid, segment(other, 2, 39 + 64 - 23))).toBe("stored");
});
