/** P1 (SPEC DEC-11, DEC-20, OPN-5), against true time, which no device is shown. */
import type { Checker } from "./checker.ts";
import { proverOf, SECOND } from "./observed.ts";
import { checkerOf } from "./watching.ts";

/** Without memory: every engagement is judged by itself. */
export function expiredNeverOpens(): Checker {
  return checkerOf({
    property: "P1",
    says: "an expired key never opens",
    begin: () => ({}),
    watch: {
      engaged: (engaged, { truth, breach }) => {
        const issued = truth.ledger.grantOf(engaged.cti);
        if (issued === undefined || proverOf(engaged, issued, truth)?.clock === "tampered") return;
        const { exp } = issued.object.value;
        const late = truth.unixMicroseconds - exp * SECOND;
        if (late >= 0) breach(engaged.cylinder, `${engaged.by} opened it ${late} us after its grant's exp ${exp}`);
      },
    },
  });
}
