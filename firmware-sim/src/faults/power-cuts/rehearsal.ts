/** An act run to its end as often as it has been cut until now: when each byte goes and each word is written, and worlds to go on from. */
import type { AnyBody } from "../../world/wiring/bodies.ts";
import type { World } from "../../world/world.ts";
import type { CutDevice, CutMoment, Speaker } from "./cut.ts";
import type { ContactChange, Transmission } from "./recorder.ts";
import { stateHash } from "./same-state.ts";
import type { Staged } from "./street.ts";

export interface Write {
  readonly device: CutDevice;
  /** Of its operations, counted from the beginning of the rehearsal. */
  readonly first: number;
  readonly count: number;
  /** When the device ordered it. */
  readonly at: number;
}
/** All that went from one to the other, in order. */
export interface Wire {
  readonly from: Speaker;
  readonly to: Speaker;
  readonly bytes: number;
  readonly transmissions: readonly Transmission[];
}
export interface Rehearsal {
  /** Moments are counted from here. */
  readonly since: number;
  readonly writes: readonly Write[];
  readonly wires: readonly Wire[];
  readonly contacts: readonly ContactChange[];
  /** Of a device's memory, before the rehearsal began. */
  readonly operationsBefore: ReadonlyMap<CutDevice, number>;
  /** Two that leave the same are followed by the same, but for their times. */
  readonly leaves: string;
  /** Oldest first; forks are made of them, and nothing else. */
  readonly checkpoints: readonly { readonly at: number; readonly world: World }[];
}

/** Steps of devices between two worlds that are kept. */
const CHECKPOINT_STEPS = 24;

/** `world`, which is used up: an act that has begun, and has been cut as often as it has been. */
export function rehearse(staged: Staged, world: World, end: number): Rehearsal {
  const { kernel } = world;
  const since = kernel.now;
  const names = new Map(devicesOf(staged).map(([name, id]) => [id, name]));
  const operationsBefore = new Map(
    devicesOf(staged).map(([name, id]) => [name, bodyOf(world, id)?.nvm.operations ?? 0]),
  );
  // Whatever was said until then stands in the trace.
  const leaves = `${stateHash(world)} ${kernel.trace.length}`;
  const writes: Write[] = [];
  const checkpoints = [{ at: since - 1, world: world.fork() }];
  let steps = 0;
  const { transmissions, contacts } = staged.recorder.record(() => {
    while (kernel.now < end) {
      const moment = kernel.runUntil(({ entity, effects, time: at }) => {
        steps += 1;
        const device = names.get(entity);
        const writing = effects.some(({ kind }) => kind === "nvm") ? bodyOf(world, entity)?.writing : undefined;
        if (device !== undefined && writing !== undefined && writing !== "idle") {
          const { before, after } = writing;
          const first = before.operations - (operationsBefore.get(device) ?? 0);
          writes.push({ device, first, count: after.operations - before.operations, at });
        }
        return steps % CHECKPOINT_STEPS === 0;
      }, end);
      if (moment !== undefined) checkpoints.push({ at: kernel.now, world: world.fork() });
    }
  });
  return { since, writes, wires: wiresOf(names, transmissions), contacts, operationsBefore, leaves, checkpoints };
}

export function devicesOf({ devices }: Staged): readonly (readonly [CutDevice, string])[] {
  return Object.entries(devices) as [CutDevice, string][];
}

export function bodyOf(world: World, id: string): AnyBody | undefined {
  return world.kernel.part(world.build(({ bodies }) => bodies)).any(id);
}

/** A world in which nothing of this time has happened yet. */
export function worldBefore({ checkpoints }: Rehearsal, time: number): World | undefined {
  return checkpoints.findLast(({ at }) => at < time)?.world.fork();
}

/** When a moment without a memory comes; undefined where it never does. */
export function timeOf(
  { since, wires }: Rehearsal,
  moment: Exclude<CutMoment, { readonly kind: "nvm" }>,
): number | undefined {
  if (moment.kind === "at") return since + moment.microseconds;
  const wire = wires.find(({ from, to }) => from === moment.from && to === moment.to);
  let left = moment.byte;
  for (const { bytes, leavesAt, arrivesAt } of wire?.transmissions ?? []) {
    if (left <= bytes) return leavesAt + Math.ceil(((arrivesAt - leavesAt) * left) / bytes);
    left -= bytes;
  }
  return undefined;
}

function wiresOf(names: ReadonlyMap<string, CutDevice>, transmissions: readonly Transmission[]): readonly Wire[] {
  const wires = new Map<string, { from: Speaker; to: Speaker; bytes: number; transmissions: Transmission[] }>();
  for (const one of transmissions) {
    // Whoever speaks with a device, and is none, is its host.
    const [from = "host", to = "host"] = [names.get(one.from), names.get(one.to)];
    if (from === to || one.bytes === 0) continue;
    const name = `${from}>${to}`;
    const wire = wires.get(name) ?? { from, to, bytes: 0, transmissions: [] };
    wires.set(name, wire);
    wire.bytes += one.bytes;
    wire.transmissions.push(one);
  }
  return [...wires.values()];
}
