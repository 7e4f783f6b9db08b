/** The contact between a key and a keyway as edges in time: insertion and removal bounce; what dirt does is in its resistance. */
import { between, type Draws } from "./draws.ts";

/** Figures come from a cost profile. */
export interface ContactProfile {
  /** Bouncing is over so long after the first make of an insertion, and after the first break of a removal. */
  readonly bounceMicroseconds: number;
  /** Most times that it bounces on the way in, and on the way out. */
  readonly bounces: number;
  /** Of the whole path, there and back. */
  readonly cleanMilliohms: number;
  readonly dirtyMilliohms: number;
}

export type ContactCondition = "clean" | "dirty";

export interface ContactEdge {
  readonly kind: "make" | "break";
  readonly atMicroseconds: number;
}

export function contactMilliohms(profile: ContactProfile, condition: ContactCondition): number {
  return condition === "clean" ? profile.cleanMilliohms : profile.dirtyMilliohms;
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
