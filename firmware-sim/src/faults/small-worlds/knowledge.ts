/** What the devices of a small world hold, as facts of the reference: read from memories as a device would find them at power-on. */
import { equalBytes } from "@nyckelfri/protocol";
import { cylinderDevice, DARK } from "../../devices/cylinder/cylinder.ts";
import type { CylinderOn } from "../../devices/cylinder/cylinder-state.ts";
import type { KeyOn, KeyState } from "../../devices/key/state.ts";
import type { World } from "../../world/world.ts";
import type { DoorFacts, KeyFacts, Version } from "./reference.ts";
import { GUARD_SECONDS, type KeyName, type Scene } from "./scene.ts";

/** The door as it would find itself if somebody powered it now; nothing of it is carried out. */
export function wokenDoor({ door, provider }: Scene, world: World): CylinderOn | "broken" {
  const { nvm, power } = world.build(({ bodies, kernel }) => kernel.part(bodies).of("cylinder", door.cylinder));
  if (power === "on") return "broken";
  const device = cylinderDevice({ provider, profile: nvm.profile });
  const { state } = device.step(DARK, { kind: "power-on", nvm, noise: 0, tickMs: 0 });
  return state.power === "on" ? state : "broken";
}

/** A key that has power, and is doing nothing. */
export function restingKey({ keys }: Scene, world: World, name: KeyName): KeyOn | "broken" {
  const state = world.kernel.state<KeyState>({ id: keys[name].key });
  return state.power === "on" && state.commit === "idle" && state.contact.kind === "none" ? state : "broken";
}

export function doorFacts({ patrol: { list }, classes }: Scene, { stores }: CylinderOn): DoorFacts {
  const { trust, policyVersion, lists } = stores.bank.settings;
  const held = lists.find((one) => one.list === list);
  return {
    epoch: trust.epoch,
    list: [trust.epoch, held?.version ?? 0],
    policy: [policyVersion.epoch, policyVersion.value],
    floor: classes.filter((begins) => begins - GUARD_SECONDS <= stores.floor.value).length,
  };
}

/** Of the grant only whether there is one: what it says the city knows. */
export function keyVersions(
  { holdings }: KeyOn,
  cylinder: Uint8Array,
  list: number,
): Pick<KeyFacts, "epoch" | "list" | "policy" | "clock"> {
  const { epoch } = holdings.trust;
  const version = (held: { readonly version: number } | undefined): Version => [epoch, held?.version ?? 0];
  return {
    clock: holdings.clock.quality === "running" ? "sure" : "lost",
    epoch,
    list: version(holdings.lists.find(({ value }) => value.list === list)?.value),
    policy: version(holdings.policies.find(({ value }) => equalBytes(value.cylinder, cylinder))?.value),
  };
}
