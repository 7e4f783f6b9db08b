/** P2 (SPEC DEC-10, DEC-13, ACT-3, ACT-5): before nbf, and for a key that lies before an honest box has activated it, by its PIN. */
import { concatBytes, equalBytes, toHex } from "@nyckelfri/protocol";
import type { Checker, Truth } from "./checker.ts";
import { hear, lineOf, replyIn, type Sessions, ticketIn } from "./hearing.ts";
import { proverOf, roleOf, SECOND } from "./observed.ts";
import { type InForce, notePolicy, policyInForce } from "./policy-in-force.ts";
import { checkerOf } from "./watching.ts";

interface Memory {
  readonly sessions: Sessions;
  readonly inForce: InForce;
  /** Digests of the grants for which an honest box, or cabinet, gave a ticket. */
  readonly activated: Set<string>;
  /** By line: what the key made of the PINs that were typed in this session. */
  readonly typed: Map<string, { readonly session: number; readonly made: readonly Uint8Array[] }>;
}

export function earlyNeverOpens(): Checker {
  return checkerOf<Memory>({
    property: "P2",
    says: "nothing opens before nbf; a lying key not before an honest box activated it, where the door asks for a ticket",
    begin: () => ({ sessions: new Map(), inForce: new Map(), activated: new Set(), typed: new Map() }),
    watch: {
      step: (happening, { memory, truth }) => notePolicy(memory.inForce, happening, truth),
      activated: ({ box, grantDigest }, { memory, truth }) => {
        if (truth.member(box).role !== "rogue") memory.activated.add(toHex(grantDigest));
      },
      sent: (sent, { memory: { sessions, activated, typed }, truth, breach }) => {
        const said = hear(sessions, sent);
        if (said?.exchange !== "activate") return;
        const line = lineOf(sent.from, sent.to);
        const { session } = said;
        const v = replyIn(said, "activate", "pin")?.v;
        const before = typed.get(line);
        const made = before?.session === session ? before.made : [];
        if (v !== undefined) typed.set(line, { session, made: [...made, v] });
        const given = ticketIn(said);
        if (given === undefined || roleOf(sent.from, truth) === "rogue") return;
        const proven = typed.get(line);
        const key = keyAt(sent.to, given, truth);
        if (proven?.session === session && proven.made.some((one) => isRightPin(key, one, truth)))
          activated.add(toHex(given));
        else breach(sent.from, `it gave ${sent.to} a ticket, and nobody had typed its PIN`);
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

/** kid of who sits in the slot; behind somebody in between, that of the key that the grant of this digest is for. */
function keyAt(sittingThere: string, grantDigest: Uint8Array, truth: Truth): Uint8Array | undefined {
  if (roleOf(sittingThere, truth) !== "rogue") return truth.find(sittingThere)?.party.kid;
  return truth.ledger.grants().find(({ object }) => equalBytes(truth.provider.sha256(object.bytes), grantDigest))?.key;
}

/** SPEC ACT-3, against every verifier that the city has issued for this key. */
function isRightPin(key: Uint8Array | undefined, v: Uint8Array, { ledger, provider }: Truth): boolean {
  const verifiers = key === undefined ? [] : ledger.pinsOf(key);
  return verifiers.some(({ salt, digest }) => equalBytes(provider.sha256(concatBytes(v, salt)), digest));
}
