/** P12 (SPEC SVC-1, SVC-3, SRV-3): no bytes crash a device or return it to factory state; that they open nothing is P5. */
import type { Checker } from "./checker.ts";
import { cylinderStep, holdingOf, roleOf } from "./observed.ts";
import { checkerOf } from "./watching.ts";

interface Memory {
  /** Devices that have been commissioned. */
  readonly commissioned: Set<string>;
}

export function nothingCrashes(): Checker {
  return checkerOf<Memory>({
    property: "P12",
    says: "no bytes crash a device, make it open, or return it to factory state",
    begin: () => ({ commissioned: new Set() }),
    watch: {
      crash: ({ device, error }, { truth, breach }) => {
        if (roleOf(device, truth) !== "rogue") breach(device, `it crashed: ${error}`);
      },
      step: ({ moment }, { memory, truth, breach }) => {
        const stepped = cylinderStep(moment, truth);
        const state = stepped ? lifecycleOf(stepped.after, stepped.before) : mainsLifecycle(moment, truth);
        if (state === undefined || state === "same") return;
        if (state !== "factory") memory.commissioned.add(moment.entity);
        else if (memory.commissioned.delete(moment.entity)) breach(moment.entity, "it is in factory state again");
      },
    },
  });
}

type CylinderOn = NonNullable<ReturnType<typeof cylinderStep>>["after"];

function lifecycleOf({ stores: { bank } }: CylinderOn, before: CylinderOn | undefined): string {
  return bank.settings === before?.stores.bank.settings ? "same" : bank.settings.lifecycle;
}

function mainsLifecycle(
  { entity, before, after }: Parameters<typeof cylinderStep>[0],
  truth: Parameters<typeof cylinderStep>[1],
): string | undefined {
  if (before === after) return undefined;
  const role = roleOf(entity, truth);
  const holdings = holdingOf(role, after) as { readonly lifecycle?: string } | undefined;
  return holdings === holdingOf(role, before) ? "same" : holdings?.lifecycle;
}
