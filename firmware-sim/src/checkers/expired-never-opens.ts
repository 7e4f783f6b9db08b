/** P1 (SPEC DEC-11, DEC-20, OPN-5), against true time, which no device is shown, and against what the proof itself said of it. */
import { openProofObject, parseObject, times } from "@nyckelfri/protocol";
import type { Checker } from "./checker.ts";
import { hear, readable, requestIn, type Sessions } from "./hearing.ts";
import { proverOf, SECOND } from "./observed.ts";
import { checkerOf } from "./watching.ts";

interface Memory {
  readonly sessions: Sessions;
  /** By cylinder: of the proofs that it was shown in its session, the interval that ends first. */
  readonly proven: Map<string, { readonly session: number; readonly hi: number }>;
}

export function expiredNeverOpens(): Checker {
  return checkerOf<Memory>({
    property: "P1",
    says: "an expired key never opens",
    begin: () => ({ sessions: new Map(), proven: new Map() }),
    watch: {
      sent: (sent, { memory }) => {
        const said = hear(memory.sessions, sent);
        const request = said?.message === "open" ? requestIn(said, "open") : undefined;
        if (request?.name !== "open") return;
        const { proof } = request.body;
        const value = readable(() => parseObject(openProofObject, proof).value);
        if (value === undefined || said === undefined) return;
        const { session } = said;
        const known = memory.proven.get(sent.to);
        const before = known?.session === session ? known.hi : Number.MAX_SAFE_INTEGER;
        memory.proven.set(sent.to, { session, hi: Math.min(before, value.lo + value.widthSeconds) });
      },
      engaged: (engaged, { memory, truth, breach }) => {
        const { cylinder, cti, by } = engaged;
        const issued = truth.ledger.grantOf(cti);
        if (issued === undefined) return;
        const { exp } = issued.object.value;
        // SPEC DEC-11: whoever says it, a key may have as little left as the margin, which the opening itself may use up.
        const hi = memory.proven.get(cylinder)?.hi;
        if (hi !== undefined && hi + times.expiryMarginSeconds > exp)
          breach(cylinder, `opened for a proof of before ${hi}, with less than the margin to its grant's exp ${exp}`);
        if (proverOf(engaged, issued, truth)?.clock === "tampered") return;
        const late = truth.unixMicroseconds - exp * SECOND;
        if (late >= 0) breach(cylinder, `${by} opened it ${late} us after its grant's exp ${exp}`);
      },
    },
  });
}
