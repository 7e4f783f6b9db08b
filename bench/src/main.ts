/**
 * `npm run bench`: tables on the terminal. `--quick` in under two minutes, `--json` for machines, `--write DIR` a Markdown report with
 * its charts, `--only authorization,codec,world,device,ingest`; `--stockholm` has the whole city's day among the cities, which takes minutes.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readArguments } from "./arguments.ts";
import { measureAuthorization } from "./authorization/authorization.ts";
import { measureCodec } from "./codec/codec.ts";
import { measureFrames } from "./codec/frames.ts";
import { batteryRows, deviceRows } from "./device/device.ts";
import { measureIngest } from "./ingest/ingest.ts";
import { thisMachine } from "./machine.ts";
import { type BenchReport, chartsOf, markdownOf } from "./report/report.ts";
import { measureWorld, QUICK_SIZE, USUAL_SIZE } from "./world/world.ts";

const SECTIONS = ["authorization", "codec", "world", "device", "ingest"] as const;
type Section = (typeof SECTIONS)[number];

const USAGE = `npm run bench -- [options]
  --quick          fewer rounds, a smaller city: under two minutes
  --json           data instead of tables
  --only LIST      some of ${SECTIONS.join(",")}
  --write FOLDER   REPORT.md and charts there, besides
  --stockholm      the whole city's day among the cities: minutes more`;

const { values, asked } = readArguments(USAGE, () => {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string", default: SECTIONS.join(",") },
      write: { type: "string" },
      stockholm: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const asked = values.only.split(",");
  const unknown = asked.find((name) => !SECTIONS.includes(name as Section));
  if (unknown !== undefined) throw new RangeError(`--only ${unknown}: there is no such part`);
  // Before minutes of work, and not after them.
  if (values.write !== undefined) mkdirSync(join(values.write, "charts"), { recursive: true });
  return { values, asked };
});
const wants = (section: Section): boolean => asked.includes(section);

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};
const rounds = values.quick ? 9 : 61;
const options = (name: string, sliceMs: number) => ({
  ...{ rounds, sliceMs },
  onRound: (round: number) => progress(`${name}: round ${round + 1} of ${rounds}`),
});

const report: BenchReport = {
  machine: thisMachine(),
  date: new Date().toISOString().slice(0, 10),
  command: `npm run bench${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(" ")}` : ""}`,
  ...(wants("authorization")
    ? { authorization: await measureAuthorization(options("authorization", values.quick ? 25 : 60)) }
    : {}),
  ...(wants("codec")
    ? {
        codec: {
          rows: await measureCodec(options("codec", values.quick ? 3 : 6)),
          frames: [measureFrames("clean"), measureFrames("noisy")],
        },
      }
    : {}),
  ...(wants("ingest") ? { ingest: await measureIngest(options("ingest", values.quick ? 25 : 60)) } : {}),
  ...(wants("device") ? { device: { openings: deviceRows(), batteries: batteryRows() } } : {}),
  ...(wants("world")
    ? { world: await measureWorld({ ...(values.quick ? QUICK_SIZE : USUAL_SIZE), whole: values.stockholm }, progress) }
    : {}),
};
progress("");

const markdown = markdownOf(report);
console.log(values.json ? JSON.stringify(report, null, 2) : markdown);
if (values.write !== undefined) {
  writeFileSync(join(values.write, "REPORT.md"), markdown);
  for (const [file, svg] of Object.entries(chartsOf(report))) writeFileSync(join(values.write, "charts", file), svg);
}
/** The control does 6 verifications where the baseline does 5. */
if (report.authorization !== undefined && report.authorization.control.ratioHigh >= 0.95) {
  console.error("The positive control does not show: do not believe this run.");
  process.exitCode = 1;
}
