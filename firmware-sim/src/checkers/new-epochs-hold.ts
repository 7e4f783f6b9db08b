/** P18 (SPEC TRU-5, TRU-8, TRU-13, DEC-4): grants of the door's epoch only, and nobody is left in an old one. */
import type { Moment } from "../world/entity.ts";
import type { Checker } from "./checker.ts";
import { asKey, cylinderStep, holdingOf, proverOf, roleOf, secondsOf } from "./observed.ts";
import { checkerOf, type Scene } from "./watching.ts";

interface Memory {
  /** By cylinder: the epoch in which it was when it last had power. */
  readonly epochs: Map<string, number>;
  /** By slot of a station: its epoch when it began to speak to the key there. */
  readonly begun: Map<string, number>;
  /** In which the city was first; undefined before anything happened. */
  first: number | undefined;
}

export function newEpochsHold(): Checker {
  return checkerOf<Memory>({
    property: "P18",
    says: "after a new epoch every visited door and docked key refuses the old issuers and serves honest keys",
    begin: () => ({ epochs: new Map(), begun: new Map(), first: undefined }),
    watch: {
      step: ({ moment }, scene) => {
        const { memory, truth } = scene;
        memory.first ??= truth.ledger.epochAt(secondsOf(truth))?.epoch;
        judgeDocked(moment, scene);
        const stepped = cylinderStep(moment, truth);
        if (stepped === undefined || stepped.before?.stores.bank === stepped.after.stores.bank) return;
        memory.epochs.set(stepped.id, stepped.after.stores.bank.settings.trust.epoch);
      },
      engaged: (engaged, { truth, breach }) => {
        const { cylinder, holds, by } = engaged;
        const issued = truth.ledger.grantOf(engaged.cti);
        if (issued === undefined) return;
        if (issued.epoch !== holds.epoch) {
          breach(cylinder, `${by} opened it, in epoch ${holds.epoch}, on a grant of epoch ${issued.epoch}`);
        }
        const prover = proverOf(engaged, issued, truth);
        const own = prover?.role === "key" ? asKey(truth.state(prover.id))?.holdings.trust.epoch : undefined;
        if (own !== undefined && own > holds.epoch) {
          breach(cylinder, `it opened in epoch ${holds.epoch} for ${by}, which knows of ${own}`);
        }
      },
      visit: ({ report: { key, cylinder, outcome } }, { memory, truth, breach }) => {
        // Only a door that came to a result was told everything before.
        if (outcome.kind !== "refused" || truth.member(key).role !== "key") return;
        const own = asKey(truth.state(key))?.holdings.trust.epoch;
        const doors = memory.epochs.get(cylinder);
        if (own !== undefined && doors !== undefined && own > doors) {
          breach(cylinder, `it stays in epoch ${doors} after a visit of ${key}, which is in ${own}`);
        }
      },
      liveness: ({ key, cylinder, opened }, { memory, truth, breach }) => {
        const now = truth.ledger.epochAt(secondsOf(truth))?.epoch;
        if (opened === "no" && memory.first !== undefined && now !== memory.first) {
          breach(cylinder, `${key} did not open it in the new epoch ${now}`);
        }
      },
    },
  });
}

type Slots = readonly { readonly phase: string; readonly met?: { readonly welcome: { readonly key: Uint8Array } } }[];

/** What a key is given first when it is docked (SPEC DCK-5, TRU-9): when a station has done with it, it is where the station is. */
function judgeDocked({ entity, before, after }: Moment, { memory, truth, breach }: Scene<Memory>): void {
  if (before === after || roleOf(entity, truth) !== "station") return;
  const own = holdingOf("station", after)?.trust.epoch;
  const slots = (after as { readonly slots?: Slots }).slots ?? [];
  const known = (before as { readonly slots?: Slots }).slots ?? [];
  if (own === undefined || slots === known) return;
  for (const [index, { phase, met }] of slots.entries()) {
    const was = known[index]?.phase;
    const slot = `${entity} ${index}`;
    if (phase === "talking" && was !== "talking") memory.begun.set(slot, own);
    // What comes from the host in the middle of a session, the next one brings.
    if (phase !== "resting" || was === "resting" || met === undefined || memory.begun.get(slot) !== own) continue;
    const member = truth.memberOf(met.welcome.key);
    const isHonest = member?.role === "key" && member.clock === "as-assumed";
    const docked = isHonest ? asKey(truth.state(member.id))?.holdings : undefined;
    // SPEC TRU-12: without the time a key believes no date.
    if (docked !== undefined && docked.clock.quality === "running" && docked.trust.epoch < own)
      breach(
        entity,
        `it has done with ${member?.id}, which stays in epoch ${docked.trust.epoch}, and is in ${own} itself`,
      );
  }
}
