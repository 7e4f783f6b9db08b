/** People in the world: their hands at keyways, slots and keypads. */
import type { EntityRef, Hands, View } from "../entity.ts";
import type { Options } from "../options.ts";
import { IDLE_PERSON, type PersonEffect, type PersonInput, type PersonState, person } from "../person.ts";
import { contactFaults, type Destination, insertKey, removeKey } from "./contact-wiring.ts";
import { turn } from "./cylinder-wiring.ts";
import type { Wiring } from "./wiring.ts";

export type PersonRef = EntityRef<PersonState, PersonInput>;

export interface PersonFitting {
  readonly id: string;
  readonly key: string;
  readonly options: (world: View) => Options;
}

/** Where a hand that slips does so: within this time of the insertion. */
const SLIPS_WITHIN_MICROSECONDS = 1_500_000;

export function wirePerson(wiring: Wiring, { id, key, options }: PersonFitting): PersonRef {
  const ref: PersonRef = { id };
  wiring.kernel.add<PersonState, PersonInput, PersonEffect>({
    id,
    device: person,
    state: IDLE_PERSON,
    perform: (effects, world) => {
      wiring.meter.take();
      for (const effect of effects) act(wiring, ref, key, options(world), effect, world);
    },
    describe: (item) => {
      if (item.kind === "finished") return { ...item.outcome, task: item.task.kind };
      return item.kind === "insert" ? { task: item.task.kind } : "untraced";
    },
  });
  return ref;
}

function act(wiring: Wiring, ref: PersonRef, key: string, options: Options, effect: PersonEffect, world: Hands): void {
  switch (effect.kind) {
    case "insert": {
      const { task } = effect;
      const to: Destination =
        task.kind === "dock"
          ? { kind: "slot", device: task.station, slot: task.slot }
          : task.kind === "activate"
            ? { kind: "slot", device: task.box, slot: 0 }
            : { kind: "keyway", cylinder: task.cylinder };
      if (task.kind === "work") world.send({ id: key }, { kind: "work", work: task.work });
      const outcome = insertKey(wiring, world, key, to, contactFaults(options));
      if (outcome === "occupied") world.send(ref, { kind: "occupied" });
      const draws = world.stream(`hands ${ref.id}`);
      const slips = world.part(wiring.conditions);
      if (options.earlyRemovalPerMillion > 0 && slips.strikes("earlyRemovalPerMillion", key, draws)) {
        world.arm("slips", 1 + draws.below(SLIPS_WITHIN_MICROSECONDS), { kind: "slips" });
      }
      return;
    }
    case "remove":
      world.disarm("slips");
      removeKey(wiring, world, key, contactFaults(options));
      return;
    case "type-pin": {
      const input = { kind: "pin-typed", slot: 0, pin: effect.pin } as const;
      world.send({ id: effect.box }, { kind: "own", input });
      return;
    }
    case "turn":
      turn(wiring, world, effect.cylinder, "digital");
      return;
    case "arm":
      world.arm("thinks", effect.delayMs * 1_000, { kind: "timer" });
      return;
    case "disarm":
      world.disarm("thinks");
      return;
    case "finished":
      return;
  }
}
