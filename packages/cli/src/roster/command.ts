/** `nyckelfri roster`: checks a roster and shows its plan in local times. */
import { fileURLToPath } from "node:url";
import type { Invocation, Report } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import { styleFor, type Terminal } from "../program/terminal.ts";
import { lengthText, localTime } from "../times/zoned-time.ts";
import { findingLine, readRoster } from "./read-roster.ts";
import { grantWindow, type Incident, type Roster } from "./roster.ts";

/** What runs when no roster is named. */
export const SHIPPED_ROSTER: string = fileURLToPath(new URL("../../rosters/exempelstad.yaml", import.meta.url));

/** A roster that may be run. Throws a `Failure` `cli/document` with every place that is wrong. */
export function requireRoster(path: string): { readonly roster: Roster; readonly warnings: readonly string[] } {
  const reading = readRoster(path);
  const { findings } = reading;
  if (reading.kind === "refused") {
    const errors = findings.filter(({ severity }) => severity === "error").length;
    const message = `${path} has ${errors} ${errors === 1 ? "error" : "errors"}`;
    throw new Failure("cli/document", message, { findings, path });
  }
  return { roster: reading.roster, warnings: findings.map((finding) => findingLine(path, finding)) };
}

export function run({ operands: [path = SHIPPED_ROSTER] }: Invocation, terminal: Terminal): Report {
  const { roster, warnings } = requireRoster(path);
  for (const warning of warnings) terminal.warn(`${warning}\n`);
  const style = styleFor(terminal, "output");
  const { title, notice, zone, marginSeconds, patrols, workers, clients, doors, visits, incidents } = roster;
  const happenings = [
    ...visits.map(({ at, worker, client }) => ({ at, text: `${worker} visits ${client}` })),
    ...incidents.map((incident) => ({ at: incident.at, text: style("doubtful", incidentText(incident, zone)) })),
  ].sort((a, b) => a.at - b.at);
  const text = [
    style("heading", title),
    ...(notice === undefined ? [] : [notice]),
    `${workers.length} workers, ${clients.length} clients, ${doors.length} doors; times in ${zone}`,
    "",
    ...patrols.map((patrol) => {
      const { exp } = grantWindow(roster, patrol);
      const people = workers.filter(({ patrols: own }) => own.includes(patrol.id)).map(({ id }) => id);
      return `${patrol.id} (${patrol.kind}): ${localTime(patrol.from, zone)} to ${localTime(patrol.until, zone)}, keys work until ${localTime(exp, zone)}: ${people.join(", ")}`;
    }),
    "",
    ...happenings.map((one) => `${localTime(one.at, zone)}  ${one.text}`),
    "",
    `${visits.length} visits, ${incidents.length} incidents, margin ${lengthText(marginSeconds)}`,
  ];
  return { exit: "ok", data: roster, text: text.join("\n") };
}

function incidentText(incident: Incident, zone: string): string {
  const { kind, worker } = incident;
  switch (kind) {
    case "battery-change":
      return `${worker} changes the key's battery`;
    case "lost-key":
      return `${worker} loses the key; it is revoked from ${localTime(incident.reported, zone)} on`;
    case "late-key":
      return `${worker} tries ${incident.door} after the shift: refused`;
    case "alarm-visit":
      return `${worker} comes to ${incident.client} on an alarm`;
    case "wrong-door":
      return `${worker} tries ${incident.door}, which is not ${worker}'s: refused`;
    default:
      return kind satisfies never;
  }
}
