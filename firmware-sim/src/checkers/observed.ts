/** Devices as checkers look at them: the states of those that are on, and who stands behind an engagement. */
import { equalBytes } from "@nyckelfri/protocol";
import type { CylinderOn, CylinderState } from "../devices/cylinder/cylinder-state.ts";
import type { KeyOn, KeyState } from "../devices/key/state.ts";
import type { Moment } from "../world/entity.ts";
import type { Engagement } from "../world/happenings.ts";
import type { IssuedGrant } from "../world/ledger.ts";
import type { CastMember, Truth } from "./checker.ts";

export const SECOND = 1_000_000;

/** True time in whole Unix seconds. */
export function secondsOf({ unixMicroseconds }: Truth): number {
  return Math.floor(unixMicroseconds / SECOND);
}

/** Of who is not of the cast nothing is demanded, as of a rogue. */
export function roleOf(id: string, truth: Truth): CastMember["role"] {
  return truth.find(id)?.role ?? "rogue";
}

export function asCylinder(state: unknown): CylinderOn | undefined {
  const cylinder = state as CylinderState;
  return cylinder.power === "on" ? cylinder : undefined;
}

export function asKey(state: unknown): KeyOn | undefined {
  const key = state as KeyState;
  return key.power === "on" ? key : undefined;
}

export interface Step<State> {
  readonly id: string;
  /** Undefined where it was off. */
  readonly before: State | undefined;
  readonly after: State;
}

/** A step of an honest cylinder that is on after it. */
export function cylinderStep({ entity, before, after }: Moment, truth: Truth): Step<CylinderOn> | undefined {
  if (before === after || roleOf(entity, truth) !== "cylinder") return undefined;
  const on = asCylinder(after);
  return on && { id: entity, before: asCylinder(before), after: on };
}

/** A step of an honest key that is on after it. */
export function keyStep({ entity, before, after }: Moment, truth: Truth): Step<KeyOn> | undefined {
  if (before === after || roleOf(entity, truth) !== "key") return undefined;
  const on = asKey(after);
  return on && { id: entity, before: asKey(before), after: on };
}

/** Whose proof it was: the device in the door where the grant is for it, else the one for which it is. */
export function proverOf({ by }: Pick<Engagement, "by">, { key }: IssuedGrant, truth: Truth): CastMember | undefined {
  // The key may be out already.
  const inDoor = truth.find(by);
  return inDoor !== undefined && equalBytes(inDoor.party.kid, key) ? inDoor : truth.memberOf(key);
}

export function hasRogue(truth: Truth): boolean {
  return truth.members().some(({ role }) => role === "rogue");
}

/** What keys, stations, boxes and cabinets have in common: a clock, and whom they believe. */
export type Holding = Pick<KeyOn["holdings"], "clock" | "floor" | "trust" | "signer">;

/** Of an honest one that is on. */
export function holdingOf(role: CastMember["role"], state: unknown): Holding | undefined {
  if (role === "cylinder" || role === "rogue") return undefined;
  const device = state as { readonly power: string; readonly holdings?: Holding };
  return device.power === "on" ? device.holdings : undefined;
}
