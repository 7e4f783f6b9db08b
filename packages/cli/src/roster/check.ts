/** A written roster held against itself: names, providers, shifts, visits and incidents that do not go together are found. */
import { limits, times } from "@nyckelfri/protocol";
import { type Named, suggestion } from "../documents/fields.ts";
import type { Findings, Place } from "../documents/node.ts";
import { lengthText } from "../times/zoned-time.ts";
import { checkIncident, checkVisit, SHORTEST_BREAK } from "./check-events.ts";
import {
  type Client,
  type Door,
  grantWindow,
  groupsOf,
  type Incident,
  type Patrol,
  type Roster,
  type Visit,
  type Worker,
} from "./roster.ts";
import type { WrittenIncident, WrittenRoster } from "./written.ts";

/** Undefined where the findings have an error. */
export function checkRoster(written: WrittenRoster, findings: Findings): Roster | undefined {
  const { title, notice, zone, margin: marginSeconds } = written;
  for (const rows of [written.providers, written.patrols, written.workers, written.clients, written.doors]) {
    unique(
      rows.map(({ id }) => id),
      "identifier",
      findings,
    );
  }
  unique(
    written.patrols.map(({ group, place }) => ({ id: String(group), at: place("group") })),
    "group",
    findings,
  );
  unique(
    written.workers.map(({ key }) => key),
    "key",
    findings,
  );
  known(
    written.patrols.map(({ provider }) => provider),
    written.providers,
    "provider",
    findings,
  );
  known(
    written.workers.map(({ provider }) => provider),
    written.providers,
    "provider",
    findings,
  );
  known(
    [...written.workers, ...written.clients].flatMap(({ patrols }) => patrols),
    written.patrols,
    "patrol",
    findings,
  );
  known(
    written.clients.flatMap(({ doors }) => doors),
    written.doors,
    "door",
    findings,
  );
  known(
    [...written.visits, ...written.incidents].map(({ worker }) => worker),
    written.workers,
    "worker",
    findings,
  );
  known(
    [...written.visits, ...written.incidents].flatMap(({ client }) => client ?? []),
    written.clients,
    "client",
    findings,
  );
  known(
    written.incidents.flatMap(({ door }) => door ?? []),
    written.doors,
    "door",
    findings,
  );
  const incidents = written.incidents.map((incident) => incidentOf(incident, findings));
  // What follows looks names up: it would report the same mistake again.
  if (findings.hasErrors) return undefined;

  const roster: Roster = {
    title,
    notice,
    zone,
    marginSeconds,
    providers: written.providers.map(({ id, name, kind }) => ({ id: id.id, name, kind })),
    patrols: written.patrols.map(({ id, name, provider, kind, group, from, until }): Patrol => {
      return { id: id.id, name, provider: provider.id, kind, group, from, until };
    }),
    workers: written.workers.map(({ id, name, provider, key, patrols }): Worker => {
      return { id: id.id, name, provider: provider.id, key: key.id, patrols: byStart(written, patrols) };
    }),
    clients: written.clients.map(({ id, name, patrols, doors }): Client => {
      return { id: id.id, name, patrols: patrols.map((one) => one.id), doors: doors.map((one) => one.id) };
    }),
    doors: written.doors.map(({ id, kind, address }): Door => ({ id: id.id, kind, address })),
    visits: written.visits
      .map(({ at, worker, client }): Visit => ({ at, worker: worker.id, client: client.id }))
      .sort((a, b) => a.at - b.at),
    incidents: incidents.filter((incident) => incident !== undefined).sort((a, b) => a.at - b.at),
  };
  checkShifts(written, roster, findings);
  checkPeople(written, roster, findings);
  checkDoors(written, roster, findings);
  for (const visit of written.visits) checkVisit(visit, roster, findings);
  for (const [index, incident] of incidents.entries()) {
    const place = written.incidents[index];
    if (incident !== undefined && place !== undefined) checkIncident(incident, place, roster, findings);
  }
  return findings.hasErrors ? undefined : roster;
}

function byStart({ patrols }: WrittenRoster, names: readonly Named[]): readonly string[] {
  const from = (id: string): number => patrols.find((patrol) => patrol.id.id === id)?.from ?? 0;
  return names.map(({ id }) => id).sort((a, b) => from(a) - from(b));
}

function unique(names: readonly Named[], what: string, findings: Findings): void {
  const first = new Map<string, Place>();
  for (const { id, at } of names) {
    const before = first.get(id);
    if (before === undefined) first.set(id, at);
    else
      findings.error(at, "roster/duplicate", `the ${what} ${id} is taken in line ${before.line}`, "give each its own");
  }
}

function known(
  names: readonly Named[],
  rows: readonly { readonly id: Named }[],
  what: string,
  findings: Findings,
): void {
  const ids = rows.map(({ id }) => id.id);
  for (const { id, at } of names) {
    if (!ids.includes(id)) findings.error(at, "roster/unknown", `there is no ${what} ${id}`, suggestion(id, ids));
  }
}

/** What each kind of incident says besides when and who. */
const NEEDS = {
  "battery-change": [],
  "lost-key": ["reported"],
  "late-key": ["door"],
  "alarm-visit": ["client"],
  "wrong-door": ["door"],
} as const;

function incidentOf(written: WrittenIncident, findings: Findings): Incident | undefined {
  const { kind, at, worker, client, door, reported, place } = written;
  const needs: readonly string[] = NEEDS[kind];
  for (const name of ["client", "door", "reported"] as const) {
    const isGiven = written[name] !== undefined;
    if (isGiven === needs.includes(name)) continue;
    const remedy = isGiven ? "leave it out" : `add \`${name}\``;
    findings.error(
      place(name),
      isGiven ? "document/unknown-field" : "document/missing",
      `a ${kind} ${isGiven ? "has no" : "needs a"} ${name}`,
      remedy,
    );
  }
  const by = { at, worker: worker.id };
  switch (kind) {
    case "battery-change":
      return { kind, ...by };
    case "lost-key":
      return reported === undefined ? undefined : { kind, ...by, reported };
    case "alarm-visit":
      return client === undefined ? undefined : { kind, ...by, client: client.id };
    case "late-key":
    case "wrong-door":
      return door === undefined ? undefined : { kind, ...by, door: door.id };
    default:
      return kind satisfies never;
  }
}

function checkShifts(written: WrittenRoster, roster: Roster, findings: Findings): void {
  for (const { from, until, place, id } of written.patrols) {
    if (until <= from) {
      findings.error(
        place("until"),
        "roster/shift",
        `the shift of ${id.id} ends before it begins`,
        "write the day too, or +1d 07:00 for the next morning",
      );
      continue;
    }
    const { nbf, exp } = grantWindow(roster, { from, until });
    if (exp - nbf > times.longestGrantSeconds) {
      const found = `with its margin the shift of ${id.id} lasts ${lengthText(exp - nbf)}`;
      findings.error(
        place("until"),
        "roster/limit",
        found,
        `doors take grants of up to ${lengthText(times.longestGrantSeconds)}: shorten shift or margin`,
      );
    }
  }
}

function checkPeople(written: WrittenRoster, roster: Roster, findings: Findings): void {
  for (const [index, worker] of roster.workers.entries()) {
    const names = written.workers[index]?.patrols ?? [];
    unique(names, "patrol", findings);
    const patrols = worker.patrols.flatMap((id) => roster.patrols.filter((patrol) => patrol.id === id));
    for (const { id, provider } of patrols.filter((patrol) => patrol.provider !== worker.provider)) {
      const at = names.find((name) => name.id === id)?.at ?? { line: 1, column: 1 };
      findings.error(
        at,
        "roster/provider",
        `${worker.id} works for ${worker.provider}, and ${id} is of ${provider}`,
        "give the worker a patrol of the same provider",
      );
    }
    for (const [position, patrol] of patrols.entries()) {
      const next = patrols[position + 1];
      if (next === undefined) continue;
      const at = names.find((name) => name.id === next.id)?.at ?? { line: 1, column: 1 };
      if (next.from >= grantWindow(roster, patrol).exp) {
        if (next.from - patrol.until >= SHORTEST_BREAK) continue;
        findings.error(
          at,
          "roster/overlap",
          `${worker.id} has ${lengthText(next.from - patrol.until)} between ${patrol.id} and ${next.id}`,
          `leave ${lengthText(SHORTEST_BREAK)} for docking and activating, or send somebody else`,
        );
        continue;
      }
      findings.error(
        at,
        "roster/overlap",
        `${worker.id} is still in ${patrol.id}, margin included, when ${next.id} begins`,
        "a key has one grant at a time: move a shift, shorten the margin, or send somebody else",
      );
    }
  }
  for (const [index, patrol] of roster.patrols.entries()) {
    if (roster.workers.some(({ patrols }) => patrols.includes(patrol.id))) continue;
    const at = written.patrols[index]?.id.at ?? { line: 1, column: 1 };
    findings.warn(at, "roster/nobody", `nobody works in ${patrol.id}`, "name it at a worker, or leave it out");
  }
}

function checkDoors(written: WrittenRoster, roster: Roster, findings: Findings): void {
  for (const client of written.clients) {
    unique(client.patrols, "patrol", findings);
    unique(client.doors, "door", findings);
    const doors = client.doors.map(({ id }) => roster.doors.find((door) => door.id === id));
    if (doors.every((door) => door?.kind !== "apartment")) {
      findings.error(
        client.place("doors"),
        "roster/nobody",
        `${client.id.id} has no apartment door`,
        "name the door of the home too",
      );
    }
    if (doors.some((door, index) => door?.kind === "entrance" && index > 0 && doors[index - 1]?.kind === "apartment")) {
      findings.warn(
        client.place("doors"),
        "roster/visit",
        `${client.id.id}'s entrance stands behind the apartment`,
        "name doors in the order in which one comes to them",
      );
    }
  }
  for (const door of written.doors) {
    const groups = groupsOf(roster, door.id.id).length;
    if (groups === 0) {
      findings.warn(
        door.id.at,
        "roster/nobody",
        `nobody lives behind ${door.id.id}`,
        "name it at a client, or leave it out",
      );
    } else if (groups > limits.policyGroups) {
      findings.error(
        door.id.at,
        "roster/limit",
        `${groups} patrols come through ${door.id.id}`,
        `a door serves up to ${limits.policyGroups} groups: merge patrols`,
      );
    }
  }
}
