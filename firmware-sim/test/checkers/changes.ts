/** Other states of a stage's cylinder, as a step leaves them. */
import type { CylinderOn } from "#src/devices/cylinder/cylinder-state.ts";
import type { Settings } from "#src/devices/cylinder/settings.ts";
import type { Stage } from "./stage.ts";

export function cylinderMoved(stage: Stage, settings: Partial<Settings>): Stage {
  return storesMoved(stage, ({ bank }) => ({ bank: { ...bank, settings: { ...bank.settings, ...settings } } }));
}

export function storesMoved(
  stage: Stage,
  change: (stores: CylinderOn["stores"]) => Partial<CylinderOn["stores"]>,
): Stage {
  return stage.becomesCylinder((on) => ({ ...on, stores: { ...on.stores, ...change(on.stores) } }));
}
