/**
 * What people, the city and bad luck do in the small town: one row a command, with how it is drawn, done and said. Commands are plain
 * data, so that a schedule shrinks, prints and can be written down in a test.
 */
import fc from "fast-check";
import type { NvmCutStage } from "#src/hardware/nvm.ts";
import type { EntityRef } from "#src/index.ts";
import type { WorldFaults } from "#src/world/conditions.ts";
import type { PersonInput, PersonState, PersonTask } from "#src/world/person.ts";
import type { Town } from "./small-town.ts";

interface Commands {
  readonly visit: { readonly who: number; readonly door: number; readonly waits: "until-done" | "not" };
  /** The hand slips so long after the insertion. */
  readonly slip: { readonly who: number; readonly door: number; readonly afterMs: number };
  readonly pass: { readonly seconds: number };
  /** To the begin or end of somebody's newest shift. */
  readonly edge: { readonly who: number; readonly edge: "begin" | "end"; readonly offset: number };
  readonly shift: { readonly who: number; readonly startsIn: number; readonly seconds: number };
  readonly dock: { readonly who: number };
  readonly activate: { readonly who: number; readonly pin: "right" | "wrong" };
  readonly battery: { readonly who: number; readonly outSeconds: number };
  readonly tamper: { readonly who: number; readonly aheadSeconds: number };
  readonly desk: { readonly who: number };
  readonly revoke: { readonly who: number };
  readonly epoch: { readonly root: "same" | "successor" };
  readonly remount: { readonly door: number };
  readonly policy: {
    readonly door: number;
    readonly state: "active" | "deactivated";
    readonly activation: "asked" | "not-asked";
  };
  /** Somebody else has the key and tries every door, again and again. */
  readonly lose: { readonly who: number; readonly everyMinutes: number; readonly rounds: number };
  readonly cut: {
    readonly of: "cylinder" | "key" | "station" | "box";
    readonly index: number;
    readonly after: number;
    readonly stage: NvmCutStage;
  };
  readonly host: { readonly of: "station" | "box"; readonly presence: "here" | "away" };
  readonly faults: { readonly faults: WorldFaults };
  readonly mechanical: { readonly door: number };
}
export type CommandName = keyof Commands;
export type Command = { readonly [N in CommandName]: { readonly kind: N } & Commands[N] }[CommandName];

interface Row<N extends CommandName> {
  readonly drawn: fc.Arbitrary<Commands[N]>;
  readonly act: (town: Town, command: Commands[N]) => void;
}

const MINUTE = 60;
const HOUR = 3_600;

const who = fc.nat({ max: 2 });
const carer = fc.nat({ max: 1 });
const door = fc.nat({ max: 2 });
const fault = (most: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constant(0), fc.integer({ min: Math.ceil(most / 10), max: most }));
/** Seconds around which something changes. */
const aboutZero = fc.oneof(fc.integer({ min: -12, max: 3 }), fc.integer({ min: -120, max: 120 }));

const ROWS: { readonly [N in CommandName]: Row<N> } = {
  visit: {
    drawn: fc.record({ who, door, waits: fc.constantFrom("until-done", "until-done", "until-done", "not") }),
    act: (town, { who, door, waits }) => {
      const task: PersonTask = { kind: "visit", cylinder: town.home(door).fixture.cylinder, stayMs: 1_000 };
      doing(town, who, task, waits);
    },
  },
  slip: {
    drawn: fc.record({
      who,
      door,
      afterMs: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 3_000 })),
    }),
    act: (town, { who, door, afterMs }) => {
      const worker = town.worker(who);
      const person: EntityRef<PersonState, PersonInput> = { id: worker.person };
      town.wake(worker);
      town.world.kernel.send(person, { kind: "slips" }, afterMs * 1_000);
      town.world.run(worker, { kind: "visit", cylinder: town.home(door).fixture.cylinder, stayMs: 1_000 });
    },
  },
  pass: {
    drawn: fc.record({
      seconds: fc.oneof(fc.integer({ min: 1, max: 5 * MINUTE }), fc.integer({ min: 5 * MINUTE, max: 2 * HOUR }), {
        arbitrary: fc.integer({ min: 2 * HOUR, max: 26 * HOUR }),
        weight: 1,
      }),
    }),
    act: ({ world }, { seconds }) => world.advance({ seconds }),
  },
  edge: {
    drawn: fc.record({ who, edge: fc.constantFrom("begin", "end", "end"), offset: aboutZero }),
    act: (town, { who, edge, offset }) => {
      const shift = town.shifts.get(town.worker(who).name);
      const at = ((edge === "begin" ? shift?.nbf : shift?.exp) ?? 0) + offset;
      if (at > town.world.unix) town.world.advanceTo(at);
    },
  },
  shift: {
    drawn: fc.record({
      who,
      startsIn: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 90 * MINUTE })),
      seconds: fc.oneof(fc.integer({ min: 2 * MINUTE, max: HOUR }), fc.integer({ min: HOUR, max: 16 * HOUR })),
    }),
    act: (town, { who, startsIn, seconds }) => {
      town.grantShift(town.worker(who), startsIn, seconds);
      town.world.advance({ seconds: 20 });
    },
  },
  dock: {
    drawn: fc.record({ who }),
    act: (town, { who }) => doing(town, who, { kind: "dock", station: town.station.id, slot: who }, "until-done"),
  },
  activate: {
    drawn: fc.record({ who, pin: fc.constantFrom("right", "right", "wrong") }),
    act: (town, { who, pin }) => {
      const typed = pin === "right" ? town.worker(who).pin : "0000";
      doing(town, who, { kind: "activate", box: town.box.id, pin: typed }, "until-done");
    },
  },
  battery: {
    drawn: fc.record({
      who,
      outSeconds: fc.oneof(
        fc.integer({ min: 1, max: 240 }),
        fc.integer({ min: 280, max: 420 }),
        fc.integer({ min: 420, max: 3 * HOUR }),
      ),
    }),
    act: (town, { who, outSeconds }) => {
      town.world.changeBattery(town.worker(who), outSeconds);
      town.world.advance({ seconds: outSeconds + 1 });
    },
  },
  tamper: {
    drawn: fc.record({
      who: carer,
      aheadSeconds: fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: -6 * HOUR, max: 40 * HOUR })),
    }),
    act: ({ world, ...town }, { who, aheadSeconds }) => {
      world.tamperClock(town.workers[who] as Town["technician"], aheadSeconds);
      world.advance({ seconds: 1 });
    },
  },
  desk: {
    drawn: fc.record({ who }),
    act: (town, { who }) => doing(town, who, { kind: "dock", station: town.desk.id, slot: 0 }, "until-done"),
  },
  revoke: {
    drawn: fc.record({ who: carer }),
    act: (town, { who }) => {
      town.world.revoke(town.worker(who));
      town.world.advance({ seconds: 20 });
    },
  },
  epoch: {
    drawn: fc.record({ root: fc.constantFrom("same", "successor") }),
    act: ({ world }, { root }) => {
      world.openEpoch(root);
      world.advance({ seconds: 30 });
    },
  },
  remount: { drawn: fc.record({ door }), act: (town, { door }) => void town.remount(door) },
  policy: {
    drawn: fc.record({
      door,
      state: fc.constantFrom("active", "active", "deactivated"),
      activation: fc.constantFrom("asked", "not-asked"),
    }),
    act: (town, { door, state, activation }) => {
      const { fixture, stands } = town.home(door);
      if (stands !== "mounted") return;
      town.world.renewPolicy(fixture, town.workers, { state, activation });
      town.world.advance({ seconds: 20 });
    },
  },
  lose: {
    drawn: fc.record({
      who: carer,
      everyMinutes: fc.integer({ min: 1, max: 90 }),
      rounds: fc.integer({ min: 1, max: 4 }),
    }),
    act: (town, { who, everyMinutes, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        town.homes.forEach(({ fixture: { cylinder } }, at) => {
          const delay = (round * everyMinutes + at) * MINUTE * 1_000_000;
          town.world.tell(town.worker(who), { kind: "visit", cylinder, stayMs: 500 }, delay);
        });
      }
    },
  },
  cut: {
    drawn: fc.record({
      of: fc.constantFrom("cylinder", "cylinder", "key", "station", "box"),
      index: door,
      after: fc.nat({ max: 24 }),
      stage: fc.constantFrom("before", "torn", "marginal", "after"),
    }),
    act: (town, { of, index, after, stage }) => {
      const devices = {
        cylinder: town.home(index).fixture.cylinder,
        key: town.worker(index).key,
        station: town.station.id,
        box: town.box.id,
      };
      town.world.cutPower(devices[of], after, stage);
    },
  },
  host: {
    drawn: fc.record({ of: fc.constantFrom("station", "box"), presence: fc.constantFrom("here", "away") }),
    act: ({ world, station, box }, { of, presence }) => {
      const device = of === "station" ? station : box;
      // Whoever sees it dark plugs it in again.
      world.setMains(device, "on");
      world.setHost(device, presence);
      world.advance({ seconds: 5 });
    },
  },
  faults: {
    drawn: fc.record({
      faults: fc.record({
        contactBouncePerMillion: fault(600_000),
        contactBounceMs: fc.integer({ min: 1, max: 120 }),
        earlyRemovalPerMillion: fault(500_000),
        linkBitErrorPerMillion: fault(1_000),
        linkByteLossPerMillion: fault(1_000),
        linkDuplicatePerMillion: fault(200_000),
        linkDelayMs: fault(200),
      }),
    }),
    act: ({ world }, { faults }) => world.setFaults(faults),
  },
  mechanical: {
    drawn: fc.record({ door }),
    act: (town, { door }) => town.world.turnMechanical(town.home(door).fixture),
  },
};

/** Somebody does something with a key that has power. */
function doing(town: Town, who: number, task: PersonTask, waits: "until-done" | "not"): void {
  const worker = town.worker(who);
  town.wake(worker);
  if (waits === "not") town.world.tell(worker, task);
  else town.world.run(worker, task);
}

/** One command, drawn. */
export function commandOf(name: CommandName): fc.Arbitrary<Command> {
  const drawn: fc.Arbitrary<object> = ROWS[name].drawn;
  return drawn.map((values) => ({ kind: name, ...values }) as Command);
}
export const commandNames: readonly CommandName[] = Object.keys(ROWS) as CommandName[];

export function act(town: Town, command: Command): void {
  const { kind, ...values } = command;
  (ROWS[kind] as Row<CommandName>).act(town, values as Commands[CommandName]);
}

/** A schedule in words, one line a command. */
export function inWords(commands: readonly Command[]): string {
  return commands.map(({ kind, ...values }, at) => `${at + 1}. ${kind} ${said(values)}`).join("\n");
}

function said(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => (typeof value === "object" && value !== null ? said(value) : `${name}=${value}`))
    .join(" ");
}
