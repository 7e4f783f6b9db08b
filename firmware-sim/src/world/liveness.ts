/** How it went when somebody with every right tried a healthy door (P14), read from the reports of the insertions. */
import type { HappeningOf } from "./happenings.ts";
import type { VisitReport } from "./visit-report.ts";

/** Time is from the first insertion to the result of the one that opened, or to the end of the last one. */
export function livenessOf(
  key: string,
  cylinder: string,
  insertions: number,
  visits: readonly VisitReport[],
): HappeningOf<"liveness"> {
  const reports = visits.filter((report) => report.key === key && report.cylinder === cylinder);
  const opened = reports.find(({ outcome }) => outcome.kind === "opened");
  const until = opened === undefined ? reports.at(-1)?.until : opened.from + (opened.resultMicroseconds ?? 0);
  const from = reports[0]?.from ?? 0;
  const microseconds = (until ?? from) - from;
  return { kind: "liveness", key, cylinder, insertions, microseconds, opened: opened === undefined ? "no" : "yes" };
}
