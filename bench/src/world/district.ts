/** `npm run district`: a day of one district, from one seed. */
import { parseArgs } from "node:util";
import { District, type DistrictReport } from "@nyckelfri/firmware-sim";
import { countOf, readArguments } from "../arguments.ts";

const USAGE = `npm run district -- [options]
  --clients N   400 unless it is said
  --staff N     40
  --seed SEED   1: the same seed is the same day
  --json        data instead of a table`;

const { plan, json } = readArguments(USAGE, () => {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      clients: { type: "string", default: "400" },
      staff: { type: "string", default: "40" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { seed, json, help } = values;
  if (help) return "help";
  const clients = countOf("clients", values.clients, 10_000);
  return { plan: { seed, clients, staff: countOf("staff", values.staff, 10_000) }, json };
});

const begin = process.hrtime.bigint();
const seconds = (): string => (Number(process.hrtime.bigint() - begin) / 1e9).toFixed(1);
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

progress("building the district");
const district = new District({ ...plan, keeping: "last" });
const report = district.run((hour) => progress(`${hour % 24}:00 UTC, ${district.world.visitCount} insertions`));
progress("");
if (json) console.log(JSON.stringify(report, null, 2));
else print(report);
for (const { property, device, at, what } of district.world.breaches) {
  console.error(`${property} broken at ${at} us by ${device}: ${what}`);
}
if (report.breaches > 0) process.exitCode = 1;

function print(report: DistrictReport): void {
  const rows: readonly (readonly [string, string | number])[] = [
    ["clients, doors, staff", `${report.clients}, ${report.doors}, ${report.staff}`],
    ["insertions", report.insertions],
    ["openings", report.openings],
    ...Object.entries(report.refusals).map(([why, count]) => [`  not opened: ${why}`, count] as const),
    ["records that the doors have written", report.recordsConfirmed],
    ["  that are in the city", report.recordsDelivered],
    ["properties broken", report.breaches],
    ["ms from contact to result, median and most", `${report.milliseconds.median}, ${report.milliseconds.most}`],
    ["ms from contact to challenge, most", report.slowestChallengeMilliseconds],
    ["mJ from the key's battery, median and most", `${report.millijoules.median}, ${report.millijoules.most}`],
    ["bytes hello to result, median and most", `${report.bytesToResult.median}, ${report.bytesToResult.most}`],
    [
      "openings by signatures verified",
      Object.entries(report.verifications)
        .map((one) => one.join(": "))
        .join(", "),
    ],
    ["trace", `${report.traceHash} over ${report.traceRecords} records`],
  ];
  console.log(`A day of one district, seed ${plan.seed}, Node ${process.version}, ${seconds()} s`);
  for (const [name, value] of rows) console.log(`${name.padEnd(48)} ${value}`);
}
