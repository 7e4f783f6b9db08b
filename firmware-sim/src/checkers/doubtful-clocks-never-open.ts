/** P6 (SPEC DEC-8, DEC-9, DEC-11, TIM-9, TIM-11, TIM-12): what is known of the key's clock, and of the door's floor. */
import { type Clock, type EpochPair, times } from "@nyckelfri/protocol";
import type { KeyInput } from "../devices/key/state.ts";
import type { Engagement } from "../world/happenings.ts";
import type { Checker, Truth } from "./checker.ts";
import { hear, replyIn, type Sessions } from "./hearing.ts";
import { asKey, proverOf, roleOf } from "./observed.ts";
import { checkerOf } from "./watching.ts";

type Quality = Clock["quality"];
interface Memory {
  readonly sessions: Sessions;
  /** By key, as far as others can tell: its stop flag, and the verdicts that it gave on statements. */
  readonly clocks: Map<string, Quality>;
  /** By key: its clock when its last proof left, which nothing that comes later makes worse. */
  readonly proofs: Map<string, { readonly session: number; readonly sequence: number; readonly quality: Quality }>;
  /** By cylinder: what the grants that opened it raised its floor to. */
  readonly raised: Map<string, EpochPair>;
}

export function doubtfulClocksNeverOpen(): Checker {
  return checkerOf<Memory>({
    property: "P6",
    says: "a key whose clock is lost or in conflict never opens; a lying one never where the door's floor is past its grant",
    begin: () => ({ sessions: new Map(), clocks: new Map(), proofs: new Map(), raised: new Map() }),
    watch: {
      step: ({ moment }, { memory, truth }) => {
        if (roleOf(moment.entity, truth) !== "key") return;
        const input = moment.input as KeyInput;
        const isStopped = input.kind === "clock-stopped" || (input.kind === "power-on" && input.stopFlag !== "clear");
        if (isStopped) memory.clocks.set(moment.entity, "lost");
      },
      sent: (sent, { memory, truth }) => {
        const said = hear(memory.sessions, sent);
        if (
          roleOf(sent.from, truth) === "key" &&
          said?.form === "request" &&
          said.exchange === "open" &&
          said.message === "open"
        ) {
          const { session, sequence } = said.frame;
          const known = memory.proofs.get(sent.from);
          if (known?.session === session && known.sequence === sequence) return;
          memory.proofs.set(sent.from, { session, sequence, quality: qualityOf(sent.from, memory, truth) });
        }
        if (said === undefined || said.form !== "reply" || said.message !== "time" || said.exchange === "serve") return;
        const told = replyIn(said, said.exchange as "dock", "time");
        if (told !== undefined) memory.clocks.set(sent.from, told.clock.quality);
      },
      engaged: (engaged, { memory, truth, breach }) => {
        const { cylinder, cti, by } = engaged;
        const issued = truth.ledger.grantOf(cti);
        if (issued === undefined) return;
        const { iat, exp } = issued.object.value;
        const floor = trueFloor(engaged, memory.raised.get(cylinder), truth);
        if (floor >= exp) breach(cylinder, `${by} opened it, whose floor ${floor} is past its grant's exp ${exp}`);
        const { epoch } = issued;
        const value = Math.max(iat - times.floorMarginSeconds, valueIn(epoch, memory.raised.get(cylinder)));
        memory.raised.set(cylinder, { epoch, value });
        const prover = proverOf(engaged, issued, truth);
        if (prover?.role !== "key") return;
        const worse = memory.proofs.get(prover.id)?.quality ?? qualityOf(prover.id, memory, truth);
        memory.proofs.delete(prover.id);
        if (worse !== "running") breach(cylinder, `${prover.id} opened it, and its clock is ${worse}`);
      },
    },
  });
}

/** As it says itself, or where it says nothing bad, as others can tell. */
function qualityOf(key: string, { clocks }: Memory, truth: Truth): Quality {
  const quality = asKey(truth.state(key))?.holdings.clock.quality ?? "running";
  return quality === "running" ? (clocks.get(key) ?? "running") : quality;
}

/** What the door's floor is at least, whatever it says: everything that it holds has raised it (SPEC TIM-11). */
function trueFloor({ cylinder, holds }: Engagement, raised: EpochPair | undefined, truth: Truth): number {
  const { ledger } = truth;
  const { epoch, floor, policy, lists } = holds;
  const dates = lists.map(({ list, version }) =>
    version.epoch === epoch ? ledger.listOf(list, version)?.object.value.iat : 0,
  );
  if (policy.epoch === epoch) dates.push(ledger.policyOf(truth.member(cylinder).party.kid, policy)?.object.value.iat);
  const held = dates.map((iat) => (iat ?? 0) - times.floorMarginSeconds);
  return Math.max(valueIn(epoch, floor), valueIn(epoch, raised), ...held);
}

function valueIn(epoch: number, pair: EpochPair | undefined): number {
  return pair?.epoch === epoch ? pair.value : 0;
}
