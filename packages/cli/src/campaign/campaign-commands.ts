/** The commands that look for what would break: their rows of the table of commands (program/commands.ts). */
import type { Command } from "../program/command.ts";
import { MINUTES, SHARD, THREADS } from "./campaign-options.ts";

export const CAMPAIGNS: readonly Command[] = [
  {
    name: "explore",
    summary: "try every order of a few events around one door, on the real firmware",
    operands: [
      {
        name: "world",
        presence: "any",
        summary:
          "two-keys-one-door, closed-door, revoke-and-cut, roll-over, replay, stolen-key, battery; all by default",
      },
    ],
    options: [
      { name: "depth", value: "N", summary: "longest order that is tried; what npm test tries by default" },
      MINUTES,
      SHARD,
      { name: "after", value: "EVENTS", summary: "begin after these events instead" },
      { name: "word", value: "EVENTS", summary: "one order only, event by event: visit:anna,time,visit:anna" },
    ],
    examples: [
      { line: "nyckelfri explore two-keys-one-door --depth 20", says: "until no order of any length is left" },
      {
        line: "nyckelfri explore revoke-and-cut --word revoke:anna,sync:bengt,cut:bengt:torn-intent,visit:anna",
        says: "what becomes of each event, and what SPEC asks of it",
      },
    ],
    exits: ["check-failed", "interrupted"],
    load: () => import("../explore/explore.ts"),
  },
  {
    name: "cuts",
    summary: "cut the power everywhere in what devices do, and see whether every property holds",
    operands: [
      { name: "id", presence: "any", summary: "repeat these cases, such as opening-first/cylinder/nvm:17:torn" },
    ],
    options: [
      { name: "scenario", value: "NAME", summary: "one scenario only; all of them by default" },
      { name: "depth", value: "N", summary: "2: a second cut in everything that follows a first one" },
      MINUTES,
      SHARD,
      THREADS,
    ],
    examples: [
      { line: "nyckelfri cuts --scenario opening-repeated", says: "every operation, byte and bounce of one act" },
      { line: "nyckelfri cuts --depth 2 --minutes 60 --shard 1/4", says: "a quarter of everything, for an hour" },
      { line: "nyckelfri cuts 'opening-first/contact/byte:key>cylinder:133'", says: "one case, with what happened" },
    ],
    exits: ["check-failed", "interrupted"],
    load: () => import("../cuts/cuts.ts"),
  },
  {
    name: "swarm",
    summary: "worlds full of faults, one from each seed: is any property ever broken?",
    operands: [{ name: "report", presence: "any", summary: "with --merge: the reports of shards" }],
    options: [
      { name: "seeds", value: "N", summary: "how many; 20 by default, with --minutes as many as there is time for" },
      { name: "from", value: "SEED", summary: "the first: a number, or a commit's id; drawn by default" },
      { name: "shard", value: "I/N", summary: "the I-th of N shares of the seeds, for N computers" },
      { name: "minutes", value: "M", summary: "begin no seed after so long" },
      { name: "threads", value: "N", summary: "as many as there are cores by default" },
      { name: "report", value: "FILE", summary: "write the report here as JSON" },
      { name: "merge", summary: "add up the reports of shards instead of running" },
      { name: "set", value: "NAME=VALUE", many: true, summary: "an option of the world, in place of the seed's" },
      { name: "acts", value: "LIST", summary: "only these acts of the seed's plan: 3,17-20" },
      { name: "twice", summary: "run each seed twice, to see that it gives the same run; otherwise one in 16" },
      { name: "shrink", value: "SECONDS", summary: "how long a failing run is made smaller; 60 by default" },
    ],
    examples: [
      { line: "nyckelfri swarm --minutes 10", says: "as many worlds as fit into ten minutes, on all cores" },
      { line: "nyckelfri swarm --seeds 1 --from 17", says: "one seed again" },
      { line: "nyckelfri swarm --merge a.json b.json", says: "one report of two computers" },
    ],
    exits: ["check-failed", "input", "file", "interrupted"],
    load: () => import("../swarm/swarm.ts"),
  },
  {
    name: "mutants",
    summary: "run broken firmwares, and show which checker notices each",
    operands: [],
    options: [
      { name: "only", value: "NAME", many: true, summary: "this mutant; all those of a property or device: P7, key" },
      THREADS,
      { name: "markdown", summary: "print the matrix as a table for a document" },
    ],
    examples: [
      { line: "nyckelfri mutants", says: "exit 0 only if all are caught, and the canary is not" },
      { line: "nyckelfri mutants --only P7 --json", says: "two of them, with what the checkers said" },
    ],
    exits: ["check-failed", "file", "interrupted"],
    load: () => import("../mutants/command.ts"),
  },
];
