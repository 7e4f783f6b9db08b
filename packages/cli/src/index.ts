/** nyckelfri: the command line's parts that other programs can use. Times are Unix seconds; nothing here prints. */
export type { Finding, FindingCode, Place } from "./documents/node.ts";
export { EXIT_CLASSES, type ExitClass, type ExitName, exitCode, exitOfCode } from "./program/exit-codes.ts";
export { requireRoster, SHIPPED_ROSTER } from "./roster/command.ts";
export {
  findingLine,
  formatOf,
  parseRoster,
  type RosterFormat,
  type RosterReading,
  readRoster,
} from "./roster/read-roster.ts";
export {
  type Client,
  type Door,
  grantWindow,
  groupsOf,
  type Incident,
  type Patrol,
  type Provider,
  patrolAt,
  type Roster,
  type Visit,
  type Worker,
} from "./roster/roster.ts";
export { localTime, type ParsedTime, parseTime, type TimeContext, utcTime } from "./times/zoned-time.ts";
