/** What stands in a cylinder's state, for those who watch it from outside. */
import type { CylinderState } from "../../devices/cylinder/cylinder-state.ts";
import type { DoorKnowledge } from "../happenings.ts";

const NOTHING: Uint8Array = new Uint8Array(8);

/** cti of the grant on which it is about to engage. */
export function grantInUse(state: CylinderState): Uint8Array {
  if (state.power !== "on") return NOTHING;
  const { phase } = state;
  return phase.name === "committing" || phase.name === "engaged" ? phase.opening.grant.value.cti : NOTHING;
}

export function doorKnowledge(state: CylinderState): DoorKnowledge {
  if (state.power !== "on") {
    const none = { epoch: 0, value: 0 };
    return { epoch: 0, floor: none, mount: 0, policy: none, lists: [] };
  }
  const { bank, floor } = state.stores;
  const { trust, mount, policyVersion, lists } = bank.settings;
  return {
    ...{ epoch: trust.epoch, floor, mount, policy: policyVersion },
    lists: lists.map(({ list, version }) => ({ list, version: { epoch: trust.epoch, value: version } })),
  };
}
