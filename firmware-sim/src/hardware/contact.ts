/**
 * The contact between a key and a keyway as edges in time: insertion and removal bounce, a dirty contact also lets go
 * while the key sits, a careless holder pulls it before the bouncing is over or goes on to another door.
 */
import { between, type Draws } from "./draws.ts";

/** Figures come from a cost profile. */
export interface ContactProfile {
  /** Bouncing is over so long after the first make of an insertion, and after the first break of a removal. */
  readonly bounceMicroseconds: number;
  /** Most times that it bounces on the way in, and on the way out. */
  readonly bounces: number;
  /** Most times that a dirty contact lets go while the key sits, and for how long at most. */
  readonly interruptions: number;
  readonly interruptionMicroseconds: number;
  /** Of the whole path, there and back. */
  readonly cleanMilliohms: number;
  readonly dirtyMilliohms: number;
}

export type ContactCondition = "clean" | "dirty";

export interface ContactEdge {
  readonly kind: "make" | "break";
  readonly atMicroseconds: number;
}

/** What the holder does at one door: removal begins `forMicroseconds` (at least 1) after the first make. */
export interface ContactStay<Door> {
  readonly door: Door;
  readonly condition: ContactCondition;
  readonly fromMicroseconds: number;
  readonly forMicroseconds: number;
}

export interface ContactEdgeAtDoor<Door> extends ContactEdge {
  readonly door: Door;
}

export function contactMilliohms(profile: ContactProfile, condition: ContactCondition): number {
  return condition === "clean" ? profile.cleanMilliohms : profile.dirtyMilliohms;
}

/**
 * The edges of one stay: make first, break last, alternating, at rising times. A removal before the bouncing of the
 * insertion is over cuts that short.
 */
export function contactEdges<Door>(
  profile: ContactProfile,
  stay: ContactStay<Door>,
  draws: Draws,
): readonly ContactEdgeAtDoor<Door>[] {
  const start = stay.fromMicroseconds;
  const pulled = start + Math.max(1, stay.forMicroseconds);
  const inwards = bounceEdges(profile, start, "make", draws);
  const sitting = stay.condition === "dirty" ? interruptions(profile, start, pulled, draws) : [];
  const outwards = bounceEdges(profile, pulled, "break", draws);
  const before = [...inwards, ...sitting].filter((edge) => edge.atMicroseconds < pulled);
  return changesOnly([...before, ...outwards]).map((edge) => ({ door: stay.door, ...edge }));
}

/** One key at several doors in turn. It is in one keyway at a time: a stay that would begin before the last one is over begins right after it. */
export function contactTour<Door>(
  profile: ContactProfile,
  stays: readonly ContactStay<Door>[],
  draws: Draws,
): readonly ContactEdgeAtDoor<Door>[] {
  const edges: ContactEdgeAtDoor<Door>[] = [];
  for (const stay of stays) {
    const free = (edges.at(-1)?.atMicroseconds ?? stay.fromMicroseconds - 1) + 1;
    const fromMicroseconds = Math.max(free, stay.fromMicroseconds);
    edges.push(...contactEdges(profile, { ...stay, fromMicroseconds }, draws));
  }
  return edges;
}

/** A contact that closes or opens at a time, and bounces. */
export function bounceEdges(
  profile: ContactProfile,
  atMicroseconds: number,
  kind: ContactEdge["kind"],
  draws: Draws,
): ContactEdge[] {
  const edges: ContactEdge[] = [{ kind, atMicroseconds }];
  const bounces = between(draws, 0, profile.bounces);
  const times = new Set<number>();
  for (let left = 2 * bounces; left > 0; left--) {
    times.add(atMicroseconds + between(draws, 1, profile.bounceMicroseconds));
  }
  const rising = [...times].sort((one, other) => one - other);
  // Equal times fall together; an odd edge would leave the contact in the wrong state.
  rising.length -= rising.length % 2;
  const back = kind === "make" ? "break" : "make";
  rising.forEach((time, index) => {
    edges.push({ kind: index % 2 === 0 ? back : kind, atMicroseconds: time });
  });
  return edges;
}

function interruptions(profile: ContactProfile, start: number, pulled: number, draws: Draws): ContactEdge[] {
  const settled = start + profile.bounceMicroseconds + 1;
  const edges: ContactEdge[] = [];
  if (settled >= pulled) return edges;
  for (let left = between(draws, 0, profile.interruptions); left > 0; left--) {
    const atMicroseconds = between(draws, settled, pulled - 1);
    edges.push({ kind: "break", atMicroseconds });
    edges.push({
      kind: "make",
      atMicroseconds: atMicroseconds + between(draws, 1, profile.interruptionMicroseconds),
    });
  }
  return edges.sort((one, other) => one.atMicroseconds - other.atMicroseconds);
}

/** Drops what changes nothing (an interruption inside another), and pulses of no length. */
function changesOnly(edges: readonly ContactEdge[]): ContactEdge[] {
  const kept: ContactEdge[] = [];
  for (const edge of edges) {
    const last = kept.at(-1);
    if (edge.kind === (last?.kind ?? "break")) continue;
    if (last?.atMicroseconds === edge.atMicroseconds) kept.pop();
    else kept.push(edge);
  }
  return kept;
}
