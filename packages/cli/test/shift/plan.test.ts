import { expect, test } from "vitest";
import { requireRoster, SHIPPED_ROSTER } from "#src/roster/command.ts";
import { type Act, planOf } from "#src/shift/plan.ts";

const { roster } = requireRoster(SHIPPED_ROSTER);
const plan = planOf(roster);
const of = (worker: string) => plan.filter((act) => act.worker === worker);
const visits = (acts: readonly Act[]) => acts.filter((act) => act.kind === "visit");
const reported = roster.incidents.find(({ kind }) => kind === "lost-key") as { at: number; reported: number };

test("everything is in the order of its times, and everybody docks and activates before their first visit", () => {
  expect(plan.map(({ at }) => at)).toEqual(plan.map(({ at }) => at).sort((one, other) => one - other));
  for (const { id } of roster.workers)
    expect(
      of(id)
        .map(({ kind }) => kind)
        .slice(0, 2),
    ).toEqual(["dock", "activate"]);
});

test("a visit goes through all doors of the client, and those of the roster are all there", () => {
  const doors = roster.visits.flatMap(({ client }) => roster.clients.find(({ id }) => id === client)?.doors ?? []);
  const planned = visits(plan).filter((act) => act.kind === "visit" && act.note === "");
  expect(planned.map((act) => (act.kind === "visit" ? act.door : ""))).toHaveLength(doors.length);
});

test("whose key is lost does nothing with it any more, and whoever found it tries after the news has come to the door", () => {
  const late = of("stig").filter(({ at }) => at >= reported.at);
  expect(late.map(({ kind }) => kind)).toEqual(["revoke", "visit"]);
  const [, tries] = late;
  if (tries?.kind !== "visit") throw new Error("nobody tries");
  expect(tries.expected).toBe("refused");
  const before = visits(plan).filter(
    (act) => act.kind === "visit" && act.door === tries.door && act.at > reported.reported && act.at < tries.at,
  );
  const [informed] = before;
  const docked = of(informed?.worker ?? "").some(
    ({ kind, at }) => kind === "dock" && at > reported.reported && at < (informed?.at ?? 0),
  );
  expect(docked).toBe(true);
});

test("after a battery change the key is told the time and activated before the next door", () => {
  const omar = of("omar").map(({ kind }) => kind);
  const changed = omar.indexOf("change-battery");
  expect(omar.slice(changed, changed + 4)).toEqual(["change-battery", "dock", "activate", "visit"]);
});

test("a wrong door and a late key are expected to be refused", () => {
  const refused = visits(plan).filter((act) => act.kind === "visit" && act.expected === "refused");
  expect(refused.map(({ worker }) => worker)).toEqual(["vera", "vera", "stig"]);
});

test("a large team has docked and activated before its shift begins", () => {
  const [first] = roster.workers;
  const [patrol] = roster.patrols;
  if (first === undefined || patrol === undefined) throw new Error("the roster has nobody");
  const workers = Array.from({ length: 39 }, (_, index) => ({ ...first, id: `w${index}`, patrols: [patrol.id] }));
  const ready = planOf({ ...roster, workers, visits: [], incidents: [] }).filter(({ kind }) => kind === "activate");
  expect(ready).toHaveLength(39);
  for (const { at } of ready) expect(at).toBeLessThan(patrol.from - 180);
});

test("the grant of a second shift is taken when the first has ended, and before the second begins", () => {
  const [first] = roster.workers;
  const [patrol] = roster.patrols;
  if (first === undefined || patrol === undefined) throw new Error("the roster has nobody");
  const second = { ...patrol, id: "second", from: patrol.until + 600, until: patrol.until + 7_200 };
  const workers = [{ ...first, patrols: [patrol.id, second.id] }];
  const patrols = [second, patrol];
  const docks = planOf({ ...roster, patrols, workers, visits: [], incidents: [] }).filter(
    ({ kind }) => kind === "dock",
  );
  const takes = docks.map((act) => (act.kind === "dock" ? act.patrol : undefined));
  expect(takes).toEqual([patrol.id, undefined, second.id, undefined]);
  const [, home, next] = docks;
  expect(home?.at).toBeGreaterThan(patrol.until);
  expect(next?.at).toBeGreaterThan(home?.at ?? 0);
  expect(next?.at).toBeLessThan(second.from - 300);
});
