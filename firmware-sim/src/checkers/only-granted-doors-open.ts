/** P3 (SPEC DEC-2, DEC-12, DEC-16, DEC-18, OBJ-4): the grant as it was issued against the policy that the door holds. */
import { rights, toHex } from "@nyckelfri/protocol";
import { rightsUnder } from "../world/ledger.ts";
import type { Checker } from "./checker.ts";
import { hear, type Sessions, ticketIn } from "./hearing.ts";
import { hasRogue, proverOf } from "./observed.ts";
import { type InForce, notePolicy, policyInForce } from "./policy-in-force.ts";
import { checkerOf } from "./watching.ts";

interface Memory {
  readonly sessions: Sessions;
  readonly inForce: InForce;
  /** Digests of the grants for which any box gave a ticket. */
  readonly activated: Set<string>;
}

export function onlyGrantedDoorsOpen(): Checker {
  return checkerOf<Memory>({
    property: "P3",
    says: "nothing opens outside the grant's scope and the policy that the door holds; an excluded door never opens",
    begin: () => ({ sessions: new Map(), inForce: new Map(), activated: new Set() }),
    watch: {
      step: (happening, { memory, truth }) => notePolicy(memory.inForce, happening, truth),
      activated: ({ grantDigest }, { memory }) => memory.activated.add(toHex(grantDigest)),
      sent: (sent, { memory: { sessions, activated } }) => {
        const said = hear(sessions, sent);
        const given = said && ticketIn(said);
        if (given !== undefined) activated.add(toHex(given));
      },
      engaged: (engaged, { memory, truth, breach }) => {
        const { cylinder, cti, holds } = engaged;
        const issued = truth.ledger.grantOf(cti);
        if (issued === undefined) return breach(cylinder, `opened on a grant ${toHex(cti)} that the city never issued`);
        const policy = policyInForce(memory.inForce, engaged, truth)?.object.value;
        if (policy === undefined) return breach(cylinder, "opened under a policy that the city never issued for it");
        const { scope, nbf, exp } = issued.object.value;
        if (policy.mount !== holds.mount || policy.state !== "active") {
          breach(
            cylinder,
            `opened under a policy of mount ${policy.mount} in state ${policy.state}, at mount ${holds.mount}`,
          );
        }
        const granted = rightsUnder(scope, policy);
        if ((granted & rights.open) === 0)
          breach(cylinder, `opened for ${issued.holder.name}, who has rights ${granted} here`);
        if (exp - nbf > policy.longestGrantSeconds)
          breach(cylinder, `opened on a grant of ${exp - nbf} s, longer than its policy allows`);
        // A rogue's ticket may have come by a way that nobody sees; a key that lies is P2's.
        if (
          policy.activation === "not-asked" ||
          hasRogue(truth) ||
          proverOf(engaged, issued, truth)?.clock === "tampered"
        )
          return;
        if (!memory.activated.has(toHex(truth.provider.sha256(issued.object.bytes)))) {
          breach(cylinder, "opened without a ticket, for which its policy asks");
        }
      },
    },
  });
}
