/** `npm run bench`: `--quick` for a rough answer in half a minute, `--json` for machines. */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type CaseResult, compare } from "./harness.ts";
import { verifyAndDecideCases } from "./verify-and-decide.ts";
import { measureDay, measureHeap } from "./world.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});
const rounds = values.quick ? 15 : 61;
const sliceMs = values.quick ? 60 : 100;

const results = compare(verifyAndDecideCases(), {
  rounds,
  sliceMs,
  onRound: (round) => {
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round + 1} of ${rounds} `);
  },
});
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");

const heaps = [1_000, 10_000].map(measureHeap);
const day = await (values.quick ? measureDay(100, 10) : measureDay(400, 40));

const machine = {
  node: process.version,
  openssl: process.versions.openssl,
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
};
const control = results.at(-1) as CaseResult;
/** The control does 6 verifications where the baseline does 5. */
const controlShows = control.ratioHigh < 0.95;

if (values.json) {
  console.log(
    JSON.stringify({ machine, rounds, sliceMs, controlShows, verifyAndDecide: results, heaps, day }, null, 2),
  );
} else {
  console.log(`Grant: verify and decide, beside the bare Ed25519 verification of the same bytes`);
  console.log(`Node ${machine.node}, OpenSSL ${machine.openssl}, ${machine.cores} x ${machine.cpu}`);
  console.log(`${rounds} interleaved rounds of ${sliceMs} ms a case; ratio to the first row, median [quartiles]\n`);
  for (const result of results) console.log(row(result));
  console.log(
    `\npositive control ${controlShows ? "shows" : "DOES NOT SHOW: do not believe this run"} (expected about 0.83)`,
  );
  console.log("\nThe simulated world");
  for (const { pending, eventsPerSecond } of heaps) {
    console.log(`heap with ${pending} events pending: ${Math.round(eventsPerSecond).toLocaleString("en")} events/s`);
  }
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  console.log(
    `a day of ${day.clients} clients and ${day.staff} staff: ${day.insertions} insertions, ${day.openings} openings in ${day.seconds.toFixed(1)} s, ` +
      `${percent(day.signatureShare)} of it in ${day.verifications} verifications and ${day.signatures} signatures; trace ${day.traceHash}`,
  );
  for (const [where, share] of day.profile) console.log(`  ${percent(share).padStart(5)}  ${where}`);
}
if (!controlShows) process.exitCode = 1;

function row({ name, operationsPerSecond, ratio, ratioLow, ratioHigh }: CaseResult): string {
  const rate = Math.round(operationsPerSecond).toLocaleString("en");
  const spread = `[${ratioLow.toFixed(3)} .. ${ratioHigh.toFixed(3)}]`;
  return `${name.padEnd(62)} ${rate.padStart(8)}/s  ${ratio.toFixed(3).padStart(6)} ${spread}`;
}
