/** `npm run city`: a day of Stockholm, on all cores. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { countOf, readArguments } from "../arguments.ts";
import { thisMachine } from "../machine.ts";
import { runCity, STOCKHOLM } from "./city-day.ts";

const USAGE = `npm run city -- [options]
  --clients N    ${STOCKHOLM.clients} unless it is said
  --staff N      ${STOCKHOLM.staff}
  --seed SEED    1: the same seed is the same day
  --workers N    threads; one for each core
  --provider P   sodium-native or node:crypto
  --json         data instead of a table`;

const { size, how, json } = readArguments(USAGE, () => {
  const { values } = parseArgs({
    options: {
      clients: { type: "string", default: String(STOCKHOLM.clients) },
      staff: { type: "string", default: String(STOCKHOLM.staff) },
      seed: { type: "string", default: "1" },
      workers: { type: "string", default: String(availableParallelism()) },
      provider: { type: "string", default: "sodium-native" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { seed, provider, json, help } = values;
  if (help) return "help";
  if (provider !== "sodium-native" && provider !== "node:crypto") {
    throw new RangeError("--provider takes sodium-native or node:crypto");
  }
  const size = { clients: countOf("clients", values.clients, 100_000), staff: countOf("staff", values.staff, 100_000) };
  return { size, how: { seed, workers: countOf("workers", values.workers, 256), provider }, json } as const;
});
const day = await runCity(size, {
  ...how,
  onDistrict: (done, of, { openings }) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kdistrict ${done} of ${of}, ${openings} openings`);
  },
});
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
const machine = thisMachine();
if (json) console.log(JSON.stringify({ machine, day }, null, 2));
else {
  const rows: readonly (readonly [string, string])[] = [
    ["clients, locks, staff, districts", `${day.clients}, ${day.doors}, ${day.staff}, ${day.districts}`],
    ["insertions, openings", `${day.insertions}, ${day.openings}`],
    ["wall time", `${day.seconds.toFixed(1)} s on ${day.workers} threads, ${day.provider}`],
    ["openings a second", `${(day.openings / day.seconds).toFixed(0)}`],
    ["verifications, signatures", `${day.verifications}, ${day.signatures}`],
    ["the same signatures alone, on one thread", `${day.signatureFloorSeconds.toFixed(1)} s`],
    ["verifications recalled, and what they would cost", `${day.recalled}, ${day.recalledSeconds.toFixed(1)} s`],
    [
      "memory of the process at most, and after the day",
      `${day.peakMegabytes.toFixed(0)}, ${day.residentMegabytes.toFixed(0)} MB`,
    ],
    ["held for each lock after the day", `${(day.bytesPerDoor / 1024).toFixed(1)} KiB`],
    ["trace", day.hash],
  ];
  console.log(`A day of a city, seed ${how.seed}, Node ${machine.node}, ${machine.cores} x ${machine.cpu}`);
  for (const [name, value] of rows) console.log(`${name.padEnd(50)} ${value}`);
}
if (day.breaches > 0) process.exitCode = 1;
