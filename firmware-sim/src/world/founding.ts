/** A new world: a city with its trust centre, a locksmith's bench, and nobody in it yet. */
import { defaultProvider } from "@nyckelfri/protocol";
import { allCheckers } from "../checkers/index.ts";
import { simulatedPair, usualPair } from "../costs/index.ts";
import { Authority } from "./authority.ts";
import { Cast } from "./cast.ts";
import { CityLog } from "./city-log.ts";
import { Conditions } from "./conditions.ts";
import { forKeepers, send } from "./distribution.ts";
import type { PartRef } from "./entity.ts";
import type { Site } from "./fixtures.ts";
import { Inventory } from "./inventory.ts";
import { Kernel } from "./kernel.ts";
import { Meter } from "./meter.ts";
import { usualOptions, withOptions } from "./options.ts";
import type { WorldOptions } from "./plans.ts";
import { type RecallingProvider, recalling } from "./recall.ts";
import { Watchers } from "./watchers.ts";
import { Bodies } from "./wiring/bodies.ts";
import type { Wiring } from "./wiring/wiring.ts";

const BEGINS_AT = 1_793_595_600;
const DAY = 86_400;

/** What a world consists of. */
export interface Founded {
  readonly site: Site;
  /** For the city and for checkers, whose work costs no device anything. */
  readonly provider: RecallingProvider;
  readonly watchers: PartRef<Watchers>;
  readonly inventory: PartRef<Inventory>;
}

/** `happen` is told of all that happens, in this world and in its forks. */
export function found(from: WorldOptions, happen: Wiring["happen"]): Founded {
  const { seed, beginsAt = BEGINS_AT, hardware = usualPair } = from;
  const provider = recalling(from.provider ?? defaultProvider);
  const { faults = {}, keeping = "all", watchers = new Watchers(allCheckers()) } = from;
  const kernel = new Kernel({ seed, beginsAt, keeping });
  const city = new Authority({ provider, stream: kernel.stream("city"), foundedAt: beginsAt - 10 * DAY });
  const bodies = kernel.addPart("bodies", new Bodies());
  const meter = new Meter();
  const conditions = kernel.addPart("conditions", new Conditions(withOptions(usualOptions, faults)));
  const wiring: Wiring = { kernel, bodies, meter, conditions, hardware: simulatedPair(hardware), happen };
  const box = city.party("bench box");
  city.certify(box, "activation-box", beginsAt - 9 * DAY);
  const firm = city.addProvider("locksmiths", ["technicians"]);
  const watching = kernel.addPart("watchers", watchers);
  const inventory = kernel.addPart("inventory", new Inventory());
  const site: Site = {
    ...{ kernel, wiring, counted: meter.of(provider), provider, hardware, conditions, bodies },
    city: kernel.addPart("city", city),
    log: kernel.addPart("log", new CityLog(provider)),
    cast: kernel.addPart("cast", new Cast()),
    bench: { technician: city.addHolder("locksmith", firm), tool: city.party("bench tool"), box },
    receipted: (receipt, world) => {
      const isLost = world.part(conditions).strikes("lostReceiptPerMillion", "city", world.stream("receipts"));
      if (!isLost) send(world, forKeepers(world.part(inventory).devices, [receipt]));
    },
  };
  if (watchers.wants("step")) {
    kernel.observe((moment, view) => {
      // People are no devices.
      if (view.part(site.cast).member(moment.entity) !== undefined) happen(view, { kind: "step", moment });
    });
  }
  return { site, provider, watchers: watching, inventory };
}
