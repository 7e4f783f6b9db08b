/** What happens in a shift, in order: made of a roster, with what the roster takes for granted (docking, activating, coming back). */
import { grantWindow, type Incident, patrolAt, type Roster, type Worker } from "../roster/roster.ts";

export type Act = { readonly at: number } /** `patrol`: for whose shift the key takes its grant. */ & (
  | { readonly kind: "dock"; readonly worker: string; readonly why: string; readonly patrol?: string }
  | { readonly kind: "activate"; readonly worker: string }
  | {
      readonly kind: "visit";
      readonly worker: string;
      readonly door: string;
      readonly expected: "opens" | "refused";
      /** What is special about it; empty for a visit of the plan. */
      readonly note: string;
    }
  | { readonly kind: "change-battery"; readonly worker: string }
  | { readonly kind: "revoke"; readonly worker: string }
);

const MINUTE = 60;
/** Before the shift: at the station, then at the box. */
const DOCKS_EARLY = 30 * MINUTE;
const ACTIVATES_AFTER = 5 * MINUTE;
/** In which all of them have docked; what is left before the shift is for activating. */
const ALL_DOCK_WITHIN = 20 * MINUTE;
const COMES_BACK_AFTER = 2 * MINUTE;
/** A key has one grant: that of the next shift comes when the shift before has ended. */
const NEXT_SHIFT_AFTER = 4 * MINUTE;
const BETWEEN_DOORS = MINUTE;
/** After a battery change, and before the first visit after news. */
const TO_THE_STATION = 8 * MINUTE;
/** After another key has brought the news to a door. */
const FINDER_TRIES_AFTER = 10 * MINUTE;

/** By time. A worker whose key is lost does nothing with it any more; whoever found it does. */
export function planOf(roster: Roster): readonly Act[] {
  const acts: Act[] = [];
  const lost = roster.incidents.filter((incident) => incident.kind === "lost-key");
  const lostAt = (worker: string): number =>
    Math.min(...lost.filter((one) => one.worker === worker).map(({ at }) => at), Number.POSITIVE_INFINITY);
  for (const worker of roster.workers) acts.push(...roundOf(roster, worker, lostAt(worker.id)));
  for (const incident of roster.incidents) acts.push(...incidentActs(roster, incident));
  for (const loss of lost) {
    acts.push(...news(roster, acts, loss));
    acts.push(...finder(roster, acts, loss));
  }
  // Stable: what was put down first for the same second comes first.
  return acts.sort((one, other) => one.at - other.at);
}

function roundOf(roster: Roster, worker: Worker, lostAt: number): readonly Act[] {
  const acts: Act[] = [];
  const place = roster.workers.indexOf(worker);
  const patrols = worker.patrols.flatMap((id) => roster.patrols.filter((patrol) => patrol.id === id));
  for (const [index, { id, from, until }] of patrols.entries()) {
    // One after the other at station and box, and closer together where they are many.
    const between = Math.min(MINUTE, Math.floor(ALL_DOCK_WITHIN / roster.workers.length));
    const before = patrols[index - 1]?.until ?? Number.NEGATIVE_INFINITY;
    const docks = Math.max(from - DOCKS_EARLY + place * between, before + NEXT_SHIFT_AFTER + place);
    acts.push({ at: docks, kind: "dock", worker: worker.id, why: `takes time and grant for ${id}`, patrol: id });
    acts.push({ at: docks + ACTIVATES_AFTER, kind: "activate", worker: worker.id });
    acts.push({
      at: until + COMES_BACK_AFTER + place,
      kind: "dock",
      worker: worker.id,
      why: "brings the day's records",
    });
  }
  for (const { at, worker: who, client } of roster.visits) {
    if (who === worker.id) acts.push(...homeVisit(roster, at, who, client, ""));
  }
  return acts.filter(({ at }) => at < lostAt);
}

function homeVisit(roster: Roster, at: number, worker: string, client: string, note: string): readonly Act[] {
  const doors = roster.clients.find(({ id }) => id === client)?.doors ?? [];
  return doors.map((door, index) => ({
    ...{ at: at + index * BETWEEN_DOORS, kind: "visit", worker, door, expected: "opens", note },
  }));
}

function incidentActs(roster: Roster, incident: Incident): readonly Act[] {
  const { at, worker } = incident;
  switch (incident.kind) {
    case "battery-change":
      // A key whose counter has stopped knows no time before it has been told it again.
      return [
        { at, kind: "change-battery", worker },
        { at: at + TO_THE_STATION, kind: "dock", worker, why: "takes the time again" },
        { at: at + TO_THE_STATION + MINUTE, kind: "activate", worker },
      ];
    case "lost-key":
      return [{ at: incident.reported, kind: "revoke", worker }];
    case "late-key":
      return [
        { at, kind: "visit", worker, door: incident.door, expected: "refused", note: "after the shift has ended" },
      ];
    case "wrong-door":
      return [{ at, kind: "visit", worker, door: incident.door, expected: "refused", note: "not this patrol's door" }];
    case "alarm-visit":
      return homeVisit(roster, at, worker, incident.client, "alarm");
    default:
      return incident satisfies never;
  }
}

type Loss = Extract<Incident, { kind: "lost-key" }>;

/** Whoever is out goes by the station before the next visit: from then on their key carries the revocation to doors. */
function news(roster: Roster, acts: readonly Act[], { worker: lost, reported }: Loss): readonly Act[] {
  return roster.workers.flatMap(({ id }): readonly Act[] => {
    const next = acts.filter((act) => act.kind === "visit" && act.worker === id && act.at > reported);
    const [first] = next.sort((one, other) => one.at - other.at);
    if (id === lost || first === undefined || docksBetween(acts, id, reported, first.at)) return [];
    const at = Math.max(reported + MINUTE, first.at - TO_THE_STATION);
    return [{ at, kind: "dock", worker: id, why: "takes the news along" }];
  });
}

function docksBetween(acts: readonly Act[], worker: string, from: number, until: number): boolean {
  return acts.some((act) => act.kind === "dock" && act.worker === worker && act.at > from && act.at < until);
}

/** Whoever has found the key tries a door that it did open, after the news has come there. */
function finder(roster: Roster, acts: readonly Act[], { worker: lost, at, reported }: Loss): readonly Act[] {
  const owner = roster.workers.find(({ id }) => id === lost);
  const patrol = owner && patrolAt(roster, owner, at);
  if (patrol === undefined) return [];
  const { exp } = grantWindow(roster, patrol);
  const served = new Set(roster.clients.filter((one) => one.patrols.includes(patrol.id)).flatMap(({ doors }) => doors));
  const informed = acts
    .filter((act): act is Extract<Act, { kind: "visit" }> => act.kind === "visit")
    .filter((act) => act.worker !== lost && act.expected === "opens" && served.has(act.door))
    .filter((act) => act.at + FINDER_TRIES_AFTER < exp && docksBetween(acts, act.worker, reported, act.at))
    .sort((one, other) => one.at - other.at)
    .at(0);
  if (informed === undefined) return [];
  const { door } = informed;
  return [
    {
      ...{ at: informed.at + FINDER_TRIES_AFTER, kind: "visit", worker: lost, door, expected: "refused" },
      note: "the lost key, in other hands",
    },
  ];
}
