/** `swarm`: worlds full of faults, one from each seed. */

import { writeFileSync } from "node:fs";
import {
  mergeReports,
  type OptionName,
  optionNames,
  parseReproduceLine,
  readActs,
  type Shard,
  SWARM_REPORT_KIND,
  type SwarmReport,
  seedText,
} from "@nyckelfri/firmware-sim";
import { shardOption } from "../campaign/campaign-options.ts";
import { coreCount } from "../campaign/crew.ts";
import { readFile, requireWritable } from "../files/read-file.ts";
import { type Invocation, optionValue, optionValues, type Report } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import { progressOn, styleFor, type Terminal } from "../program/terminal.ts";
import { type Campaign, campaign } from "./campaign.ts";
import { progressText, reportText } from "./print.ts";
import { startThread } from "./swarm-thread.ts";

const DEFAULT_SEEDS = 20;
/** With --minutes alone. */
const ENDLESS_SEEDS = 1_000_000;
const TWICE_EVERY = 16;
const SHRINK_SECONDS = 60;

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  if (invocation.switches.has("merge")) return told(merged(invocation.operands), invocation, terminal);
  const [strange] = invocation.operands;
  if (strange !== undefined) throw usage(`swarm does not know what to do with ${strange} without --merge`);
  const plan = campaignOf(invocation, terminal);
  const report = optionValue(invocation, "report");
  if (report !== undefined) requireWritable(report);
  const count = Math.min(whole(invocation, "threads", 1, 256) ?? coreCount(), plan.seeds);
  // One seed alone too: while a world runs, the thread that it runs in hears no Ctrl-C.
  const threads = Array.from({ length: count }, () => startThread());
  const progress = progressOn(terminal);
  try {
    const done = await campaign(plan, threads, {
      interrupted: terminal.interrupted,
      onSeed: (soFar) => {
        // Whoever is stopped has what was done.
        writeReport(soFar, invocation);
        progress.show(progressText(soFar, plan));
      },
    });
    progress.clear();
    return told(done, invocation, terminal);
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

function told(report: SwarmReport, invocation: Invocation, terminal: Terminal): Report {
  writeReport(report, invocation);
  const exit = report.failures.length > 0 ? "check-failed" : terminal.interrupted.aborted ? "interrupted" : "ok";
  return { exit, data: report, text: reportText(report, styleFor(terminal, "output")) };
}

function writeReport(report: SwarmReport, invocation: Invocation): void {
  const file = optionValue(invocation, "report");
  if (file === undefined) return;
  try {
    writeFileSync(file, `${JSON.stringify(report)}\n`);
  } catch {
    throw new Failure("cli/file-unwritable", `${file} cannot be written`);
  }
}

function campaignOf(invocation: Invocation, terminal: Terminal): Campaign {
  const minutes = whole(invocation, "minutes", 1, 100_000);
  const from = optionValue(invocation, "from") ?? String(Buffer.from(terminal.random(4)).readUInt32BE() >>> 8);
  const seeds = whole(invocation, "seeds", 1, ENDLESS_SEEDS) ?? (minutes === undefined ? DEFAULT_SEEDS : ENDLESS_SEEDS);
  const text = optionValue(invocation, "acts");
  const acts = text === undefined ? undefined : readActs(text);
  if (text !== undefined && acts === undefined) throw usage(`--acts ${text} is no list such as 3,17-20`);
  const shrinkSeconds = whole(invocation, "shrink", 0, 100_000) ?? SHRINK_SECONDS;
  return {
    ...{ first: checkedSeed(from), seeds, shard: shardOf(invocation), acts, shrinkSeconds },
    seconds: minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60,
    changed: changedOf(optionValues(invocation, "set")),
    twiceEvery: invocation.switches.has("twice") ? 1 : TWICE_EVERY,
  };
}

function usage(message: string): Failure {
  return new Failure("cli/usage", message, { remedy: "See `nyckelfri swarm --help`." });
}

function whole(invocation: Invocation, option: string, least: number, most: number): number | undefined {
  const text = optionValue(invocation, option);
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`--${option} ${text} is no whole number from ${least} to ${most}`);
}

function checkedSeed(text: string): string {
  try {
    return seedText(text);
  } catch {
    throw usage(`--from ${text} is no seed: a whole number below 4294967296, or a name such as a commit's id`);
  }
}

/** Counted from 1, as a swarm's places are. */
function shardOf(invocation: Invocation): Shard {
  const { index, of } = shardOption(invocation);
  return { index: index + 1, of };
}

function changedOf(sets: readonly string[]): Campaign["changed"] {
  const changed: Partial<Record<OptionName, number>> = {};
  for (const set of sets) {
    const [name = "", value = ""] = set.split("=");
    const known = optionNames.find((one) => one === name);
    if (known === undefined) throw usage(`there is no option ${name}; a failing run prints all of them`);
    try {
      changed[known] = parseReproduceLine(`seed=1 ${name}=${value}`).options[known];
    } catch {
      throw usage(`--set ${set} is outside of what the option may be`);
    }
  }
  return changed;
}

/** The reports of shards, as one. */
function merged(files: readonly string[]): SwarmReport {
  if (files.length === 0) throw usage("--merge needs the reports of shards");
  return mergeReports(
    files.map((file) => {
      const text = new TextDecoder().decode(readFile(file));
      const report = parsed(text);
      if (report?.kind === SWARM_REPORT_KIND) return report;
      throw new Failure("cli/wrong-file", `${file} is no report of a swarm`);
    }),
  );
}

function parsed(text: string): SwarmReport | undefined {
  try {
    return JSON.parse(text) as SwarmReport;
  } catch {
    return undefined;
  }
}
