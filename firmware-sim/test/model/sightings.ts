/** What happened over all runs of a property, so that none passes by doing nothing. It sees every fork of the worlds that it watches. */
import type { Breach, Checker, Truth, Watch } from "#src/checkers/checker.ts";
import { asCylinder, asKey, roleOf } from "#src/checkers/observed.ts";
import type { Happening, HappeningOf } from "#src/world/happenings.ts";

/** How often each; shared by all copies on purpose. */
export type Tally = Map<string, number>;

export class Sightings implements Checker {
  readonly property = "P14";
  readonly says = "nothing: it counts";
  readonly breaches: readonly Breach[] = [];
  readonly watch: Watch;
  readonly #tally: Tally;

  constructor(tally: Tally) {
    this.#tally = tally;
    const see = (happening: Happening, truth: Truth): void => {
      const name = nameOf(happening, truth);
      if (name !== undefined) tally.set(name, (tally.get(name) ?? 0) + 1);
    };
    const kinds = [
      "step",
      "power",
      "battery",
      "disengaged",
      "turned",
      "activated",
      "collected",
      "visit",
      "liveness",
    ] as const;
    this.watch = Object.fromEntries(kinds.map((kind) => [kind, see])) as Watch;
  }

  copy(): Checker {
    return new Sightings(this.#tally);
  }
}

function nameOf(happening: Happening, truth: Truth): string | undefined {
  switch (happening.kind) {
    case "visit":
      return visitName(happening.report.outcome);
    case "power":
      return happening.power === "off" ? phaseName(happening, truth) : undefined;
    case "disengaged":
      return `disengaged by ${happening.why}`;
    case "turned":
      return `${happening.keyway} turn`;
    case "activated":
      return "activated";
    case "collected":
      return `collected ${happening.known}`;
    case "liveness":
      return `liveness ${happening.opened}`;
    case "battery":
      return `battery ${happening.step}`;
    case "step":
      return stepName(happening, truth);
    default:
      return undefined;
  }
}

function visitName(outcome: HappeningOf<"visit">["report"]["outcome"]): string {
  switch (outcome.kind) {
    case "refused":
      return `refused: ${outcome.reason === "unknown" ? outcome.result : outcome.reason}`;
    case "not-asked":
      return `not asked: ${outcome.signal}`;
    case "opened":
    case "broken-off":
    case "worked":
      return outcome.kind;
  }
}

const UNDECIDED: ReadonlySet<string> = new Set(["booting", "challenging", "updating", "verifying"]);

/** In which phase a cylinder was when its power went. */
function phaseName({ device }: HappeningOf<"power">, truth: Truth): string | undefined {
  const phase = asCylinder(truth.state(device))?.phase.name;
  if (phase === undefined) return undefined;
  return UNDECIDED.has(phase) ? "cylinder dark before its decision" : `cylinder dark while ${phase}`;
}

function stepName({ moment }: HappeningOf<"step">, truth: Truth): string | undefined {
  const { entity, input, before, after } = moment;
  switch (roleOf(entity, truth)) {
    case "cylinder": {
      const was = asCylinder(before)?.stores.bank.settings;
      const is = asCylinder(after)?.stores.bank.settings;
      if (was === undefined || is === undefined || was === is) return undefined;
      if (is.trust.epoch > was.trust.epoch) return "door in a new epoch";
      return is.lifecycle === was.lifecycle ? undefined : `door ${is.lifecycle}`;
    }
    case "key": {
      const clock = asKey(after)?.holdings.clock.quality;
      if (clock === "conflict" && asKey(before)?.holdings.clock.quality === "running") return "key in conflict";
      if (input.kind === "power-on")
        return (input as { stopFlag?: string }).stopFlag === "clear" ? undefined : "clock lost";
      if (input.kind !== "power-lost") return undefined;
      return (asKey(before)?.commit ?? "idle") === "idle" ? "key dark" : "key dark inside a commit";
    }
    case "station":
    case "activation-box":
      return input.kind === "power-lost" ? "mains dark" : undefined;
    default:
      return undefined;
  }
}
