/** What happens in a roster, held against its shifts: visits that no key could make, incidents that could not happen as they are written. */
import { times } from "@nyckelfri/protocol";
import type { Findings } from "../documents/node.ts";
import { lengthText, localTime } from "../times/zoned-time.ts";
import { grantWindow, type Incident, patrolAt, type Roster, type Worker } from "./roster.ts";
import type { WrittenIncident, WrittenRoster } from "./written.ts";

/** Between two shifts of one key, and after its battery was changed: to the station, then to the box. */
export const SHORTEST_BREAK = 600;

export function checkVisit(visit: WrittenRoster["visits"][number], roster: Roster, findings: Findings): void {
  const at = visit.place("at");
  const worker = roster.workers.find(({ id }) => id === visit.worker.id);
  const client = roster.clients.find(({ id }) => id === visit.client.id);
  if (worker === undefined || client === undefined) return;
  const patrol = patrolAt(roster, worker, visit.at);
  if (patrol === undefined) {
    findings.error(
      at,
      "roster/visit",
      `${worker.id} is in no shift at ${localTime(visit.at, roster.zone)}`,
      `${shiftsOf(worker, roster)}; a key that comes too late is an incident of kind late-key`,
    );
    return;
  }
  if (!client.patrols.includes(patrol.id)) {
    findings.error(
      visit.client.at,
      "roster/visit",
      `${patrol.id} does not serve ${client.id}`,
      `${client.id} is served by ${client.patrols.join(", ")}; a door that must refuse is an incident of kind wrong-door`,
    );
  }
  // A minute for each door, and a key's clock may be ahead, within what a door takes.
  const { exp } = grantWindow(roster, patrol);
  const lastDoor = visit.at + (client.doors.length - 1) * 60;
  if (lastDoor + times.widestIntervalSeconds >= exp) {
    findings.error(
      at,
      "roster/visit",
      `${worker.id}'s key works until ${localTime(exp, roster.zone)}, which is too near`,
      `plan it ${lengthText(times.widestIntervalSeconds + 60 * client.doors.length)} before, or make shift or margin longer`,
    );
  } else if (visit.at >= patrol.until) {
    findings.warn(
      at,
      "roster/visit",
      `${worker.id}'s shift has ended, only its margin lets this visit open`,
      "plan it earlier",
    );
  }
  const next = roster.patrols.find(({ id, from }) => worker.patrols.includes(id) && from > patrol.from);
  if (next !== undefined && lastDoor >= Math.max(patrol.until, next.from - 1_800)) {
    findings.error(
      at,
      "roster/visit",
      `${worker.id}'s key has taken the grant for ${next.id} by then`,
      `plan it before ${localTime(patrol.until, roster.zone)}, or send somebody else`,
    );
  }
  const changed = roster.incidents.find(
    (one) =>
      one.kind === "battery-change" &&
      one.worker === worker.id &&
      visit.at - SHORTEST_BREAK < one.at &&
      one.at <= lastDoor,
  );
  if (changed !== undefined) {
    findings.error(
      at,
      "roster/visit",
      `${worker.id}'s key knows no time after its battery was changed at ${localTime(changed.at, roster.zone)}`,
      `leave ${lengthText(SHORTEST_BREAK)} for the way to the station and the box`,
    );
  }
  const lost = roster.incidents.find(
    (one) => one.kind === "lost-key" && one.worker === worker.id && one.at <= visit.at,
  );
  if (lost !== undefined) {
    findings.error(
      at,
      "roster/visit",
      `${worker.id} has no key any more: it was lost at ${localTime(lost.at, roster.zone)}`,
      "send somebody else",
    );
  }
}

function shiftsOf(worker: Worker, roster: Roster): string {
  const shifts = roster.patrols.filter(({ id }) => worker.patrols.includes(id));
  const said = shifts.map(
    ({ id, from, until }) => `${id} ${localTime(from, roster.zone)} to ${localTime(until, roster.zone)}`,
  );
  return said.length === 0 ? "no patrol is named at this worker" : `shifts: ${said.join("; ")}`;
}

/** An incident must be what its kind says, else the run would wait for a refusal that cannot come. */
export function checkIncident(
  incident: Incident,
  { place }: WrittenIncident,
  roster: Roster,
  findings: Findings,
): void {
  const worker = roster.workers.find(({ id }) => id === incident.worker);
  if (worker === undefined) return;
  const report = (name: "at" | "door" | "client" | "reported", message: string, remedy: string): undefined =>
    findings.error(place(name), "roster/incident", message, remedy);
  const patrol = patrolAt(roster, worker, incident.at);
  if (incident.kind === "late-key") {
    const last = Math.max(
      ...roster.patrols.filter(({ id }) => worker.patrols.includes(id)).map((one) => grantWindow(roster, one).exp),
    );
    if (incident.at < last)
      report("at", `${worker.id}'s key still works then`, `choose a time from ${localTime(last, roster.zone)} on`);
    const served = worker.patrols.some((id) =>
      roster.clients.some((one) => one.patrols.includes(id) && one.doors.includes(incident.door)),
    );
    if (!served)
      report(
        "door",
        `${worker.id} never serves ${incident.door}, so the time would not be what refuses`,
        "name a door of the worker's own patrol",
      );
    return;
  }
  if (patrol === undefined) {
    report("at", `${worker.id} is in no shift at ${localTime(incident.at, roster.zone)}`, shiftsOf(worker, roster));
    return;
  }
  const serves = (doors: readonly string[]): boolean =>
    roster.clients.some(
      (client) => client.patrols.includes(patrol.id) && doors.some((door) => client.doors.includes(door)),
    );
  if (incident.kind === "lost-key" && incident.reported < incident.at) {
    report("reported", "the key is reported before it is lost", "write the later time");
  }
  if (incident.kind === "alarm-visit") {
    const client = roster.clients.find(({ id }) => id === incident.client);
    if (patrol.kind !== "alarm")
      report(
        "at",
        `${worker.id} is in ${patrol.id} then, which is no alarm patrol`,
        "send a worker of an alarm patrol",
      );
    if (client !== undefined && !client.patrols.includes(patrol.id)) {
      report(
        "client",
        `${patrol.id} does not serve ${client.id}`,
        `${client.id} is served by ${client.patrols.join(", ")}`,
      );
    }
  }
  if (incident.kind === "wrong-door" && serves([incident.door])) {
    report(
      "door",
      `${patrol.id} does serve ${incident.door}`,
      "name a door of clients whom this patrol does not serve",
    );
  }
}
