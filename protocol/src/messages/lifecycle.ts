/**
 * The life of a device (SPEC SVC-1): factory → commissioned → active ⇄ deactivated → dismounted → active elsewhere.
 *
 * | from                 | commission   | lifecycle, mount + 1, active | lifecycle, same mount, dismounted | update, same mount |
 * |----------------------|--------------|------------------------------|-----------------------------------|--------------------|
 * | factory              | commissioned | -                            | -                                 | -                  |
 * | commissioned         | -            | active                       | -                                 | -                  |
 * | active, deactivated  | -            | -                            | dismounted                        | as the policy says |
 * | dismounted           | -            | active                       | -                                 | -                  |
 *
 * No column leads to factory. The same `commission` again is answered as done by the device, which remembers its bytes
 * (SPEC SVC-3): for the state it is no step.
 */
import type { DoorPolicy } from "../objects/door-policy.ts";
import type { LifecycleState } from "./common.ts";

export interface DeviceLifecycle {
  readonly state: LifecycleState;
  /** Rises by one each time the device is mounted; 0 before the first. */
  readonly mount: number;
}

/** What moves a device. Objects have been verified before, and the proof that comes with a lifecycle. */
export type LifecycleStep =
  | { readonly by: "commission" }
  /** SPEC SVC-4: a policy that comes with a grant of the service right and a proof with action service. */
  | { readonly by: "lifecycle"; readonly policy: Pick<DoorPolicy, "state" | "mount"> }
  /** SPEC SVC-4, UPD-2: a policy that comes alone. */
  | { readonly by: "update"; readonly policy: Pick<DoorPolicy, "state" | "mount"> };

export type LifecycleRefusal =
  /** Only a device as it left the factory is commissioned (SPEC SVC-3). */
  | "not-factory"
  | "not-commissioned"
  /** The policy's mount number is not the one that this step asks for. */
  | "mount-number"
  /** No step leads from this state to the policy's. */
  | "no-such-step";

export type LifecycleOutcome =
  | { readonly kind: "moved"; readonly lifecycle: DeviceLifecycle }
  | { readonly kind: "refused"; readonly reason: LifecycleRefusal };

/** The lifecycle after a step (SPEC SVC-1, SVC-3, SVC-4), or why there is none. */
export function lifecycleAfter(present: DeviceLifecycle, step: LifecycleStep): LifecycleOutcome {
  if (step.by === "commission") {
    return present.state === "factory" ? moved({ state: "commissioned", mount: 0 }) : refused("not-factory");
  }
  if (present.state === "factory") return refused("not-commissioned");
  const { policy } = step;
  if (step.by === "lifecycle") {
    return policy.state === "active" ? mounted(present, policy.mount) : dismounted(present, policy);
  }
  const isMounted = present.state === "active" || present.state === "deactivated";
  if (!isMounted || policy.state === "dismounted") return refused("no-such-step");
  return policy.mount === present.mount
    ? moved({ state: policy.state, mount: present.mount })
    : refused("mount-number");
}

function mounted(present: DeviceLifecycle, mount: number): LifecycleOutcome {
  if (present.state !== "commissioned" && present.state !== "dismounted") return refused("no-such-step");
  return mount === present.mount + 1 ? moved({ state: "active", mount }) : refused("mount-number");
}

function dismounted(present: DeviceLifecycle, policy: Pick<DoorPolicy, "state" | "mount">): LifecycleOutcome {
  const isMounted = present.state === "active" || present.state === "deactivated";
  if (!isMounted || policy.state !== "dismounted") return refused("no-such-step");
  return policy.mount === present.mount
    ? moved({ state: "dismounted", mount: present.mount })
    : refused("mount-number");
}

function moved(lifecycle: DeviceLifecycle): LifecycleOutcome {
  return { kind: "moved", lifecycle };
}

function refused(reason: LifecycleRefusal): LifecycleOutcome {
  return { kind: "refused", reason };
}
