/** P9 (SPEC NOT-2): the resident's own keyway, whatever the electronics do. */
import type { Checker } from "./checker.ts";
import { checkerOf } from "./watching.ts";

export function mechanicalKeyTurns(): Checker {
  return checkerOf({
    property: "P9",
    says: "the resident's mechanical key always works",
    begin: () => ({}),
    watch: {
      turned: ({ cylinder, keyway, outcome }, { breach }) => {
        if (keyway === "mechanical" && outcome !== "turns-bolt") breach(cylinder, "the resident's key turned freely");
      },
    },
  });
}
