import { writeFileSync } from "node:fs";
import { emptyReport, type SwarmReport } from "@nyckelfri/firmware-sim";
import { expect, test } from "vitest";
import { campaign } from "#src/swarm/campaign.ts";
import type { Work } from "#src/swarm/work.ts";
import { newFolder } from "../support/folder.ts";
import { Shell } from "../support/terminal.ts";

const failure = {
  ...{ seed: "7", property: "P8", seconds: 12, device: "cylinder:flat 1", what: "one record is not in the city" },
  ...{ table: "size:\n  clients 3", line: "nyckelfri swarm --seeds 1 --from 7" },
} as const;

function campaignWith(
  seeds: number,
  change: Partial<Parameters<typeof campaign>[0]> = {},
): Parameters<typeof campaign>[0] {
  const whole = { index: 1, of: 1 };
  return {
    ...{
      first: "10",
      seeds,
      shard: whole,
      seconds: 1_000,
      changed: {},
      acts: undefined,
      twiceEvery: 4,
      shrinkSeconds: 0,
    },
    ...change,
  };
}

/** A thread that does nothing and remembers what it was given. */
function idleThread(given: Work[], failing: (work: Work) => boolean = () => false) {
  return {
    perform: async (work: Work): Promise<SwarmReport> => {
      given.push(work);
      await Promise.resolve();
      return { ...emptyReport, seeds: 1, openings: 10, failures: failing(work) ? [failure] : [] };
    },
    end: async () => {},
  };
}

const quiet = { interrupted: new AbortController().signal, onSeed: () => {} };

test("all threads together take each seed of a shard once, and some of them twice", async () => {
  const given: Work[] = [];
  const threads = [idleThread(given), idleThread(given), idleThread(given)];
  const report = await campaign(campaignWith(20, { shard: { index: 2, of: 2 } }), threads, quiet);
  const seeds = given.map(({ run }) => run.seed).sort();
  expect(seeds).toEqual([11, 13, 15, 17, 19, 21, 23, 25, 27, 29]);
  expect(report).toMatchObject({ seeds: 10, openings: 100 });
  const all: Work[] = [];
  await campaign(campaignWith(9), [idleThread(all)], quiet);
  expect(all.filter(({ twice }) => twice === "twice").map(({ run }) => run.seed)).toEqual([10, 14, 18]);
});

test("a campaign ends with its time, with Ctrl-C, and after many failures", async () => {
  const given: Work[] = [];
  expect((await campaign(campaignWith(9, { seconds: -1 }), [idleThread(given)], quiet)).seeds).toBe(0);
  const stopping = new AbortController();
  let seeds = 0;
  const onSeed = (): void => {
    seeds += 1;
    if (seeds === 3) stopping.abort();
  };
  const interrupted = { interrupted: stopping.signal, onSeed };
  expect((await campaign(campaignWith(9), [idleThread(given)], interrupted)).seeds).toBe(3);
  // A seed takes its time, and whoever has pressed Ctrl-C gets what was done before it.
  const pressed = new AbortController();
  const endless = { perform: () => new Promise<SwarmReport>(() => pressed.abort()), end: async () => {} };
  const left = campaign(campaignWith(9), [endless], { interrupted: pressed.signal, onSeed: () => {} });
  expect((await left).seeds).toBe(0);
  const broken = await campaign(campaignWith(500), [idleThread([], () => true)], quiet);
  expect(broken.failures.length).toBe(25);
});

test("reports of shards become one, and a failure in one of them is the exit code", async () => {
  const path = newFolder();
  const paths = ["a.json", "b.json"].map(path);
  const reports = [
    { ...emptyReport, seeds: 3, openings: 40 },
    { ...emptyReport, seeds: 4, openings: 60, failures: [failure] },
  ];
  for (const [index, one] of paths.entries()) writeFileSync(one, JSON.stringify(reports[index]));
  const { exit, output } = await new Shell().run(["swarm", "--merge", ...paths]);
  expect(exit).toBe(1);
  expect(output).toMatch(/100 openings under faults/);
  expect(output).toContain("1 of 7 seeds failed");
  expect(output).toContain("to repeat it: nyckelfri swarm --seeds 1 --from 7");
  expect(output).toContain("clients 3");
  expect(output).toContain("never hit: ");
  const { exit: fine } = await new Shell().run(["swarm", "--merge", paths[0] ?? "", "--json"]);
  expect(fine).toBe(0);
});

test.each([
  [["--shard", "3/2"]],
  [["--seeds", "0"]],
  [["--from", "no seed"]],
  [["--acts", "5-3"]],
  [["--set", "noSuchFault=1"]],
  [["--set", "clients=999"]],
  [["--merge"]],
  [["report.json"]],
])("%j is refused before anything is run", async (words) => {
  const { exit, errors } = await new Shell().run(["swarm", ...words]);
  expect([exit, errors]).toEqual([2, expect.stringContaining("code: cli/usage")]);
});

test("a report that cannot be written is said before anything is run, and a share without a seed shows nothing", async () => {
  const path = newFolder();
  const { exit, errors } = await new Shell().run(["swarm", "--report", path("no/such/folder.json")]);
  expect([exit, errors]).toEqual([9, expect.stringContaining("code: cli/file-unwritable")]);
  const empty = path("empty.json");
  writeFileSync(empty, JSON.stringify(emptyReport));
  const { output } = await new Shell().run(["swarm", "--merge", empty]);
  expect(output).toContain("no seed was run to its end");
  expect(output).not.toContain("no property was broken");
});

test("what is no report is not merged", async () => {
  const path = newFolder()("roster.json");
  writeFileSync(path, "{}");
  const { exit, errors } = await new Shell().run(["swarm", "--merge", path]);
  expect([exit, errors]).toEqual([3, expect.stringContaining("is no report of a swarm")]);
});
