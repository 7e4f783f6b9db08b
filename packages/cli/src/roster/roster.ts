/** A roster: who works when for whom, at which doors, and what goes wrong on the way. Times are Unix seconds. */
import { times } from "@nyckelfri/protocol";

export interface Roster {
  readonly title: string;
  /** Says whom the names belong to; shipped rosters say that all is invented. */
  readonly notice: string | undefined;
  /** IANA name; only for showing times, which were read in it. */
  readonly zone: string;
  /** How long a key works after its shift: an expired key cannot lock a door either. */
  readonly marginSeconds: number;
  readonly providers: readonly Provider[];
  readonly patrols: readonly Patrol[];
  readonly workers: readonly Worker[];
  readonly clients: readonly Client[];
  readonly doors: readonly Door[];
  /** By time. */
  readonly visits: readonly Visit[];
  /** By time. */
  readonly incidents: readonly Incident[];
}

export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly kind: "municipal" | "private";
}

/** A team of one provider in one shift: a group of the protocol. */
export interface Patrol {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly kind: "day" | "evening" | "night" | "alarm";
  /** The number that grants and policies name. */
  readonly group: number;
  readonly from: number;
  /** Exclusive; the grant ends `marginSeconds` later. */
  readonly until: number;
}

export interface Worker {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  /** The digital key's label. */
  readonly key: string;
  /** In the order of their shifts. */
  readonly patrols: readonly string[];
}

export interface Client {
  readonly id: string;
  readonly name: string;
  /** Patrols that serve this client. */
  readonly patrols: readonly string[];
  /** In the order in which one comes to them: entrance, then apartment. */
  readonly doors: readonly string[];
}

export interface Door {
  readonly id: string;
  readonly kind: "apartment" | "entrance";
  readonly address: string;
}

export interface Visit {
  readonly at: number;
  readonly worker: string;
  readonly client: string;
}

export type Incident =
  /** The key stays in the shift and goes on working after it has been to a station or box. */
  | { readonly kind: "battery-change"; readonly at: number; readonly worker: string }
  /** From `at` on somebody else may have the key; from `reported` on it is revoked. */
  | { readonly kind: "lost-key"; readonly at: number; readonly worker: string; readonly reported: number }
  /** After the shift and its margin: refused. */
  | { readonly kind: "late-key"; readonly at: number; readonly worker: string; readonly door: string }
  /** An alarm patrol comes unplanned: opens. */
  | { readonly kind: "alarm-visit"; readonly at: number; readonly worker: string; readonly client: string }
  /** A door that the worker's patrol does not serve: refused. */
  | { readonly kind: "wrong-door"; readonly at: number; readonly worker: string; readonly door: string };

/**
 * When a worker's grant for a patrol begins and ends: the shift with its margin. It begins as much before the shift as a key's clock
 * may be behind (SPEC TIM-10), so that the first door opens when the shift begins.
 */
export function grantWindow(
  roster: Pick<Roster, "marginSeconds">,
  patrol: Pick<Patrol, "from" | "until">,
): { readonly nbf: number; readonly exp: number } {
  return { nbf: patrol.from - times.widestIntervalSeconds, exp: patrol.until + roster.marginSeconds };
}

/** The patrol of a worker whose shift, or the margin behind it, holds a moment. */
export function patrolAt(roster: Roster, worker: Worker, at: number): Patrol | undefined {
  return roster.patrols.find((patrol) => {
    return worker.patrols.includes(patrol.id) && patrol.from <= at && at < grantWindow(roster, patrol).exp;
  });
}

/** Groups that a door serves, ascending: those of the patrols of all clients behind it. */
export function groupsOf(roster: Pick<Roster, "clients" | "patrols">, door: string): readonly number[] {
  const serving = new Set(roster.clients.filter(({ doors }) => doors.includes(door)).flatMap(({ patrols }) => patrols));
  return roster.patrols
    .filter(({ id }) => serving.has(id))
    .map(({ group }) => group)
    .sort((a, b) => a - b);
}
