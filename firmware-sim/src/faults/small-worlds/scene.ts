/**
 * The stage of all small worlds: one door, two keys, and a city that hands over at once what it has. Door and keys are real, with
 * their firmware, memories, contacts and physics; of stations only what they bring is left, because whatever they keep would be one
 * more thing that has a state. A key gets the time at the city's desk, and everything else from a shelf that plays `deliver`.
 */
import { type CryptoProvider, defaultProvider, type Seconds } from "@nyckelfri/protocol";
import { MAINS_NVM } from "../../devices/mains/factory.ts";
import type { Extension, MainsEffect, MainsInput } from "../../devices/mains/state.ts";
import { erasedNvm } from "../../hardware/nvm.ts";
import type { Device, PartRef, Tagged } from "../../world/entity.ts";
import type { DoorFixture, Site, Worker } from "../../world/fixtures.ts";
import type { CareProvider } from "../../world/parties.ts";
import type { Seed } from "../../world/streams.ts";
import { type Destination, insertKey, removeKey } from "../../world/wiring/contact-wiring.ts";
import { wireMains } from "../../world/wiring/mains-wiring.ts";
import { World } from "../../world/world.ts";
import { Evidence } from "./evidence.ts";
import { remembering } from "./remembered-crypto.ts";

/** What is the same in every branch. */
export interface Scene {
  readonly world: World;
  readonly provider: CryptoProvider;
  readonly patrol: CareProvider;
  readonly keys: Readonly<Record<KeyName, Worker>>;
  readonly door: DoorFixture;
  readonly desk: string;
  readonly evidence: PartRef<Evidence>;
  /** Unix seconds at which the classes of time begin. */
  readonly classes: readonly [Seconds, Seconds, Seconds];
}

export const KEY_NAMES = ["anna", "bengt"] as const;
export type KeyName = (typeof KEY_NAMES)[number];

const HOUR = 3_600;
const BEGINS_AT = 1_793_595_600;
const HAND = "hand";
const SHELF = "shelf";
const NO_BOUNCE = { bouncePerMillion: 0, bounceMicroseconds: 0 } as const;

/** Anna's shift ends between the first two classes of time, Bengt's between the last two. */
export const SHIFT_ENDS: Readonly<Record<KeyName, 1 | 2>> = { anna: 1, bengt: 2 };
const EXP_HOURS: Readonly<Record<KeyName, number>> = { anna: 4, bengt: 12 };
const CLASS_HOURS = [0, 6, 14] as const;
/**
 * All that happens in one class happens within so long of its beginning. Every date that a device compares with its clock (nbf, exp,
 * floors, windows of certificates) is further away than this and its clock's width together, or was signed in the class itself, so
 * that moving an event inside its class changes no comparison.
 */
export const CLASS_SECONDS: number = 3 * HOUR;
/** Lower ends of clocks, and floors (SPEC TIM-11), are a little before the dates from which they come; nothing else is there. */
export const GUARD_SECONDS = 600;

export function buildScene(seed: Seed, provider: CryptoProvider = remembering(defaultProvider)): Scene {
  const world = new World({ seed, beginsAt: BEGINS_AT, provider, keeping: "last" });
  const patrol = world.addProvider("patrol", ["day"]);
  const groups = Object.values(patrol.groups);
  const door = world.addDoor("flat", { groups, terms: { activation: "not-asked" } });
  const keys = { anna: world.addWorker("anna", patrol), bengt: world.addWorker("bengt", patrol) };
  const desk = world.addDesk("city").id;
  const evidence = world.kernel.addPart("evidence", new Evidence());
  world.kernel.observe((moment, view) => view.part(evidence).sees(moment));
  world.build(buildShelf);
  world.build(buildHand);
  world.advance({ seconds: 1 });
  const [begin, second, third] = CLASS_HOURS.map((hours) => BEGINS_AT + 60 + hours * HOUR) as [number, number, number];
  for (const name of KEY_NAMES) {
    const { holder, party } = keys[name];
    const window = { iat: BEGINS_AT, nbf: BEGINS_AT, exp: BEGINS_AT + EXP_HOURS[name] * HOUR };
    world.city.grantShift({ holder, key: party, ...window });
  }
  return { world, provider, patrol, keys, door, desk, evidence, classes: [begin, second, third] };
}

/** Puts a key somewhere, lets time pass, and takes it out again. */
export function lay(world: World, key: string, to: Destination, forMicroseconds: number): void {
  put(world, key, to);
  world.kernel.advanceBy(forMicroseconds);
  take(world, key);
}

export function put({ kernel }: World, key: string, to: Destination): void {
  kernel.send({ id: HAND }, { kind: "put", key, to });
}

/** Out, and long enough away for the door to be dark again. */
export function take({ kernel }: World, key: string): void {
  kernel.send({ id: HAND }, { kind: "take", key });
  kernel.advanceBy(DARK_AFTER);
}
const DARK_AFTER = 1_000_000;

/** Frames for the next key that is laid into the shelf. */
export function layOut({ kernel }: World, frames: readonly Uint8Array[]): Destination {
  const input: ShelfInput = { kind: "laid-out", frames };
  kernel.send({ id: SHELF }, { kind: "own", input });
  return { kind: "slot", device: SHELF, slot: 0 };
}

// ---- hand and shelf ----------------------------------------------------------------------------------------------------

type HandInput =
  | { readonly kind: "put"; readonly key: string; readonly to: Destination }
  | { readonly kind: "take"; readonly key: string };

function buildHand({ kernel, wiring }: Site): void {
  kernel.add<"hand", HandInput, HandInput>({
    id: HAND,
    state: "hand",
    device: { step: (state, input) => ({ state, effects: [input] }) },
    perform: (moves, world) => {
      wiring.meter.take();
      for (const move of moves) {
        if (move.kind === "put") insertKey(wiring, world, move.key, move.to, NO_BOUNCE);
        else removeKey(wiring, world, move.key, NO_BOUNCE);
      }
    },
    describe: ({ kind, key }) => ({ [kind]: key }),
  });
}

interface ShelfInput extends Tagged {
  readonly kind: "laid-out";
  readonly frames: readonly Uint8Array[];
}
interface ShelfX extends Extension {
  readonly input: ShelfInput;
}
interface Shelf {
  readonly left: readonly Uint8Array[];
}
const EMPTY: Shelf = { left: [] };

/** One frame on contact, and the next one after each answer. */
const shelf: Device<Shelf, MainsInput<ShelfX>, MainsEffect<ShelfX>> = {
  step: (state, input) => {
    if (input.kind === "laid-out") return { state: { left: input.frames }, effects: [] };
    const isTurn = input.kind === "slot-frame" || (input.kind === "slot-contact" && input.contact === "made");
    const [bytes, ...left] = isTurn ? state.left : [];
    if (bytes === undefined) return { state, effects: [] };
    return { state: { left }, effects: [{ kind: "slot-send", slot: 0, bytes }] };
  },
};

function buildShelf({ wiring, cast, city, kernel }: Site): void {
  const nvm = erasedNvm({ ...MAINS_NVM, pages: 1 });
  wireMains<ShelfX, Shelf>(wiring, {
    ...{ id: SHELF, device: shelf, off: EMPTY, nvm, driftPpb: 0, signalled: () => {} },
  });
  const party = kernel.part(city).party(SHELF);
  kernel.part(cast).add({ id: SHELF, role: "host", party, clock: "as-assumed" });
}
