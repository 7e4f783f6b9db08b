/** P2 (SPEC DEC-10, DEC-13, ACT-5): before nbf, and for a key that lies before an honest box has activated it. */
import { toHex } from "@nyckelfri/protocol";
import type { Checker } from "./checker.ts";
import { hear, type Sessions, ticketIn } from "./hearing.ts";
import { proverOf, roleOf, SECOND } from "./observed.ts";
import { type InForce, notePolicy, policyInForce } from "./policy-in-force.ts";
import { checkerOf } from "./watching.ts";

interface Memory {
  readonly sessions: Sessions;
  readonly inForce: InForce;
  /** Digests of the grants for which an honest box, or cabinet, gave a ticket. */
  readonly activated: Set<string>;
}

export function earlyNeverOpens(): Checker {
  return checkerOf<Memory>({
    property: "P2",
    says: "nothing opens before nbf; a lying key not before an honest box activated it, where the door asks for a ticket",
    begin: () => ({ sessions: new Map(), inForce: new Map(), activated: new Set() }),
    watch: {
      step: (happening, { memory, truth }) => notePolicy(memory.inForce, happening, truth),
      activated: ({ box, grantDigest }, { memory, truth }) => {
        if (truth.member(box).role !== "rogue") memory.activated.add(toHex(grantDigest));
      },
      sent: (sent, { memory: { sessions, activated }, truth }) => {
        const said = hear(sessions, sent);
        const given = said && ticketIn(said);
        if (given !== undefined && roleOf(sent.from, truth) !== "rogue") activated.add(toHex(given));
      },
      engaged: (engaged, { memory, truth, breach }) => {
        const issued = truth.ledger.grantOf(engaged.cti);
        if (issued === undefined) return;
        const { bytes, value } = issued.object;
        if (proverOf(engaged, issued, truth)?.clock !== "tampered") {
          const early = value.nbf * SECOND - truth.unixMicroseconds;
          if (early > 0)
            breach(engaged.cylinder, `${engaged.by} opened it ${early} us before its grant's nbf ${value.nbf}`);
          return;
        }
        const policy = policyInForce(memory.inForce, engaged, truth);
        const isAsked = policy?.object.value.activation === "asked";
        if (isAsked && !memory.activated.has(toHex(truth.provider.sha256(bytes)))) {
          breach(engaged.cylinder, `${engaged.by}, whose clock is not what it says, opened it without an honest box`);
        }
      },
    },
  });
}
