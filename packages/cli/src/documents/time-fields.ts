/** Readers of local times: what a roster and an issue file share. */
import { isDate, isZone, parseTime, type TimeContext } from "../times/zoned-time.ts";
import { quote, type Read, textOf } from "./fields.ts";

export const zoneName: Read<string> = (node, findings) => {
  const written = textOf(node, findings);
  if (written === undefined || isZone(written)) return written;
  return findings.error(
    node.at,
    "document/value",
    `${quote(written)} is no time zone that this computer knows`,
    "write an IANA name such as Europe/Stockholm",
  );
};

export const calendarDate: Read<string> = (node, findings) => {
  const written = textOf(node, findings);
  if (written === undefined || isDate(written)) return written;
  return findings.error(node.at, "document/time", `${quote(written)} is no date`, "write it as 2026-11-23");
};

/** Unix seconds of a local time (see `parseTime`). */
export function localTimeIn(context: TimeContext): Read<number> {
  return (node, findings) => {
    const written = textOf(node, findings);
    if (written === undefined) return undefined;
    const parsed = parseTime(written, context);
    switch (parsed.kind) {
      case "time":
        return parsed.seconds;
      case "skipped":
        return findings.error(
          node.at,
          "document/time-skipped",
          `${quote(written)} does not exist in ${context.zone}: the clocks are set forward over it`,
          `the next moment that exists there is written ${parsed.until}`,
        );
      case "twice":
        return findings.error(
          node.at,
          "document/time-twice",
          `${quote(written)} comes twice in ${context.zone}: the clocks are set back over it`,
          `add the offset: ${parsed.first} (before the change) or ${parsed.second} (after it)`,
        );
      case "malformed":
        return findings.error(
          node.at,
          "document/time",
          `${quote(written)} is no time`,
          context.date === undefined
            ? "write 2026-11-23 07:00, with an offset such as +01:00 where the hour comes twice"
            : "write 07:00 (on the roster's date), +1d 07:00 (the day after) or 2026-11-23 07:00",
        );
      default:
        return parsed satisfies never;
    }
  };
}
