import { describe, expect, test } from "vitest";
import type { LifecycleState } from "#src/messages/common.ts";
import { type DeviceLifecycle, type LifecycleStep, lifecycleAfter } from "#src/messages/lifecycle.ts";

const states: readonly LifecycleState[] = ["factory", "commissioned", "active", "deactivated", "dismounted"];
const policyStates = ["active", "deactivated", "dismounted"] as const;
const MOUNT = 7;

/** Every step there is, with mount numbers around the present one. */
const steps: readonly LifecycleStep[] = [
  { by: "commission" },
  ...(["lifecycle", "update"] as const).flatMap((by) =>
    policyStates.flatMap((state) =>
      [0, MOUNT - 1, MOUNT, MOUNT + 1, MOUNT + 2, 0xffff].map((mount) => ({ by, policy: { state, mount } })),
    ),
  ),
];

function describeStep(step: LifecycleStep): string {
  if (step.by === "commission") return "commission";
  const distance = step.policy.mount - MOUNT;
  return `${step.by} ${step.policy.state} ${distance === 0 ? "same mount" : distance === 1 ? "mount + 1" : "other mount"}`;
}

describe("SPEC SVC-1, SVC-3, SVC-4, UPD-2: every step from every state", () => {
  // All that moves a device; everything else is refused.
  test.each<readonly [LifecycleState, Readonly<Record<string, LifecycleState>>]>([
    ["factory", { commission: "commissioned" }],
    ["commissioned", { "lifecycle active mount + 1": "active" }],
    [
      "active",
      {
        "lifecycle dismounted same mount": "dismounted",
        "update active same mount": "active",
        "update deactivated same mount": "deactivated",
      },
    ],
    [
      "deactivated",
      {
        "lifecycle dismounted same mount": "dismounted",
        "update active same mount": "active",
        "update deactivated same mount": "deactivated",
      },
    ],
    // SPEC UPD-2: no policy moves it that comes alone, not even one that leaves it as it is.
    ["dismounted", { "lifecycle active mount + 1": "active" }],
  ])("%s", (state, expected) => {
    const moves = steps.flatMap((step) => {
      const outcome = lifecycleAfter({ state, mount: MOUNT }, step);
      return outcome.kind === "moved" ? [[describeStep(step), outcome.lifecycle] as const] : [];
    });
    expect(Object.fromEntries(moves.map(([step, lifecycle]) => [step, lifecycle.state]))).toEqual(expected);
    for (const [step, { mount }] of moves) {
      expect(mount).toBe(step === "commission" ? 0 : step.endsWith("mount + 1") ? MOUNT + 1 : MOUNT);
    }
  });

  test("no step from any state leads to factory, and the mount number never goes back", () => {
    const wrong = states.flatMap((state) =>
      steps.filter((step) => {
        const outcome = lifecycleAfter({ state, mount: MOUNT }, step);
        if (outcome.kind === "refused") return false;
        const wentBack = state !== "factory" && outcome.lifecycle.mount < MOUNT;
        return outcome.lifecycle.state === "factory" || wentBack;
      }),
    );
    expect(wrong).toEqual([]);
  });

  test("a device is commissioned once in its life", () => {
    const reached = new Set<LifecycleState>(["commissioned"]);
    for (const state of reached) {
      for (const step of steps) {
        const outcome = lifecycleAfter({ state, mount: MOUNT }, step);
        if (outcome.kind === "moved") reached.add(outcome.lifecycle.state);
      }
    }
    expect(reached).toEqual(new Set(["commissioned", "active", "deactivated", "dismounted"]));
    const again = [...reached].map((state) => lifecycleAfter({ state, mount: MOUNT }, { by: "commission" }));
    expect(new Set(again.map((outcome) => outcome.kind === "refused" && outcome.reason))).toEqual(
      new Set(["not-factory"]),
    );
  });

  test("SPEC SVC-4: a commissioned cylinder is on no door until a policy of mount 1 activates it", () => {
    const commissioned = lifecycleAfter({ state: "factory", mount: 0 }, { by: "commission" });
    expect(commissioned).toEqual({ kind: "moved", lifecycle: { state: "commissioned", mount: 0 } });
    const mounted = [0, 1, 2].map(
      (mount) =>
        lifecycleAfter({ state: "commissioned", mount: 0 }, { by: "lifecycle", policy: { state: "active", mount } })
          .kind,
    );
    expect(mounted).toEqual(["refused", "moved", "refused"]);
  });

  test("refusals say why", () => {
    const refusal = (present: DeviceLifecycle, step: LifecycleStep) => {
      const outcome = lifecycleAfter(present, step);
      return outcome.kind === "refused" ? outcome.reason : outcome.kind;
    };
    const mounting = (mount: number): LifecycleStep => ({ by: "lifecycle", policy: { state: "active", mount } });
    expect(refusal({ state: "factory", mount: 0 }, mounting(1))).toBe("not-commissioned");
    expect(refusal({ state: "active", mount: 1 }, mounting(2))).toBe("no-such-step");
    expect(refusal({ state: "dismounted", mount: 1 }, mounting(1))).toBe("mount-number");
    expect(refusal({ state: "dismounted", mount: 0xffff }, mounting(0xffff))).toBe("mount-number");
    expect(refusal({ state: "commissioned", mount: 0 }, mounting(1))).toBe("moved");
  });
});
