/** P5 (SPEC DEC-7, OBJ-12, OPN-3, OPN-16, MSG-5), as the wire shows it: who asked, with which proof, in which session. */
import { equalBytes, times, toHex } from "@nyckelfri/protocol";
import type { Engagement } from "../world/happenings.ts";
import type { IssuedGrant } from "../world/ledger.ts";
import type { Checker, Truth } from "./checker.ts";
import { hear, replyIn, requestIn, type Sessions } from "./hearing.ts";
import { checkerOf } from "./watching.ts";

interface Given {
  readonly session: number;
  readonly nonce: string;
  readonly at: number;
  readonly engaged: "never" | "once";
}
interface Asked {
  readonly session: number;
  readonly from: string;
  readonly proof: string;
  readonly at: number;
}
interface Memory {
  readonly sessions: Sessions;
  /** By cylinder: its newest challenge, and every `open` that was said to it since; of these it takes one (SPEC OPN-16). */
  readonly challenges: Map<string, Given>;
  readonly asked: Map<string, readonly Asked[]>;
  /** By proof: who let it onto a wire first, and when. */
  readonly proofs: Map<string, { readonly by: string; readonly at: number }>;
}

export function nobodyElseOpens(): Checker {
  return checkerOf<Memory>({
    property: "P5",
    says: "without the private key of its grant nothing opens, nor any replay, but a live relay within a challenge's two seconds",
    begin: () => ({ sessions: new Map(), challenges: new Map(), asked: new Map(), proofs: new Map() }),
    watch: {
      sent: (sent, { memory, truth }) => {
        const said = hear(memory.sessions, sent);
        if (said?.exchange !== "open") return;
        const { session } = said;
        const at = truth.now;
        const challenge = replyIn(said, "open", "hello");
        if (challenge !== undefined) {
          const nonce = toHex(challenge.nonce);
          // A cached reply is the same challenge once more.
          if (memory.challenges.get(sent.from)?.nonce === nonce) return;
          memory.challenges.set(sent.from, { session, nonce, at, engaged: "never" });
          memory.asked.delete(sent.from);
          return;
        }
        const request = requestIn(said, "open");
        if (request?.name !== "open") return;
        const proof = toHex(request.body.proof);
        if (!memory.proofs.has(proof)) memory.proofs.set(proof, { by: sent.from, at });
        const known = memory.asked.get(sent.to) ?? [];
        if (!known.some((one) => one.session === session && one.proof === proof && one.from === sent.from))
          memory.asked.set(sent.to, [...known, { session, from: sent.from, proof, at }]);
      },
      engaged: (engaged, { memory, truth, breach }) => {
        const { cylinder, cti } = engaged;
        const issued = truth.ledger.grantOf(cti);
        if (issued === undefined) return;
        const wrong = faultOf(engaged, issued, memory, truth);
        if (wrong !== undefined) breach(cylinder, `${engaged.by} opened it ${wrong}`);
        const challenge = memory.challenges.get(cylinder);
        if (challenge !== undefined) memory.challenges.set(cylinder, { ...challenge, engaged: "once" });
      },
    },
  });
}

/** Undefined where one of those that were said in this session may open it; else what is wrong with the last one. */
function faultOf(engaged: Engagement, issued: IssuedGrant, memory: Memory, truth: Truth): string | undefined {
  const { cylinder, by } = engaged;
  const challenge = memory.challenges.get(cylinder);
  const asked = (memory.asked.get(cylinder) ?? []).filter(({ session, from }) => {
    return session === challenge?.session && speaksAt(cylinder, by, from, truth);
  });
  if (challenge === undefined || asked.length === 0) return "without a proof in this session";
  if (challenge.engaged === "once") return "a second time for one request";
  const faults = asked.map((one) => faultIn(one, challenge, issued, memory, truth));
  return faults.includes(undefined) ? undefined : faults.at(-1);
}

function faultIn(
  asked: Asked,
  challenge: Given,
  { key }: IssuedGrant,
  memory: Memory,
  truth: Truth,
): string | undefined {
  const first = memory.proofs.get(asked.proof);
  if (first === undefined || first.at < challenge.at) return "with a proof that was there before the challenge";
  const inDoor = truth.find(asked.from);
  if (inDoor !== undefined && equalBytes(inDoor.party.kid, key)) return undefined;
  // SPEC NOT-1: the honest key said it itself, and just now.
  const signer = truth.find(first.by);
  const isLive = asked.at - challenge.at <= times.challengeMs * 1_000;
  if (signer?.role === "key" && equalBytes(signer.party.kid, key) && isLive) return undefined;
  return `without the private key of the grant for ${toHex(key)}`;
}

/** Who sits in the keyway, or a rogue between that and the door: then the key is one that is relayed (SPEC NOT-1). */
function speaksAt(cylinder: string, by: string, from: string, truth: Truth): boolean {
  return from === by || (truth.find(from)?.role === "rogue" && from.endsWith(` between ${by} and ${cylinder}`));
}
