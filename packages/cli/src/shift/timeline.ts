/** A shift's events and summary, for people. */

import type { Style } from "../program/terminal.ts";
import type { Roster } from "../roster/roster.ts";
import { localTime } from "../times/zoned-time.ts";
import type { ShiftEvent, ShiftSummary } from "./walk.ts";

/** One event as one line: local time, who, where, outcome, ms, mJ, why. */
export function eventLine({ zone, doors }: Roster, event: ShiftEvent, style: Style): string {
  const { at, who, where, outcome, why, ms, mJ, asPlanned } = event;
  const door = doors.find(({ id }) => id === where);
  const place = door === undefined ? where : door.kind === "entrance" ? `${door.address}, entrance` : door.address;
  const kind = asPlanned ? (outcome === "refused" || outcome === "revoked" ? "doubtful" : "good") : "bad";
  const cost = [
    (ms === undefined ? "" : `${ms} ms`).padStart(7),
    (mJ === undefined ? "" : `${mJ.toFixed(1)} mJ`).padStart(8),
  ].join(" ");
  const columns = [
    localTime(at, zone),
    who.padEnd(18),
    place.padEnd(24),
    style(kind, outcome.padEnd(12)),
    cost,
    asPlanned ? why : `${why} (not as planned)`,
  ];
  return columns.join("  ").trimEnd();
}

export function summaryText(summary: ShiftSummary, style: Style, elapsedMs: number): string {
  const { opened, refused, recordsMade, recordsHome, recordsWaiting, repeats, missing, keptOut, breaches, unplanned } =
    summary;
  const verdict = (isGood: boolean, text: string): string => style(isGood ? "good" : "bad", text);
  const kept = Object.values(keptOut).reduce((sum, count) => sum + count, 0);
  return [
    "",
    `visits: ${opened} opened, ${refused} refused; ${verdict(unplanned === 0, unplanned === 0 ? "all as planned" : `${unplanned} events not as planned`)}`,
    `records: ${recordsMade} made, ${recordsHome} home and verified, each once (${repeats} copies came again); ${verdict(missing.length === 0, missing.length === 0 ? "none is missing" : "some are missing")}`,
    `  ${recordsWaiting} more wait in their doors: how the newest opening of each ended goes along with the next visit`,
    ...missing.map(({ door, store, numbers }) => `  missing: ${door} ${store} ${numbers.join(", ")}`),
    ...(kept === 0 ? [] : [verdict(false, `kept out of the log: ${JSON.stringify(keptOut)}`)]),
    `properties: ${verdict(breaches.length === 0, breaches.length === 0 ? "none of P1 to P23 was broken" : `${breaches.length} breaches`)}`,
    ...breaches.map((breach) => `  broken: ${JSON.stringify(breach)}`),
    style("faint", `${(elapsedMs / 1000).toFixed(1)} s`),
  ].join("\n");
}
