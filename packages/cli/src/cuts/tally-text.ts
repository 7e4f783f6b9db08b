/** A campaign's figures for people: what was covered, what was not, and how to repeat what broke. */
import { type CutTally, casesTried, type ScenarioTally } from "@nyckelfri/firmware-sim";
import type { Style } from "../program/terminal.ts";

const BROKEN_SHOWN = 20;

export function textOfTally(
  { scenarios, broken, brokenCount }: CutTally,
  {
    depth,
    seconds,
    stopped,
  }: { readonly depth: 1 | 2; readonly seconds: number; readonly stopped: "by-ctrl-c" | "no" },
  style: Style,
): string {
  const all = Object.values(scenarios);
  const sum = (value: (one: ScenarioTally) => number): string =>
    count(all.reduce((total, one) => total + value(one), 0));
  return [
    ...Object.entries(scenarios).flatMap(([name, one]) => scenarioLines(name, one, depth, style)),
    `${sum(casesTried)} power cuts, ${sum(({ openings }) => openings)} openings, ${sum(({ states }) => states)} states found afterwards, ${seconds} s`,
    brokenCount === 0
      ? heldText(
          all.reduce((total, one) => total + casesTried(one), 0),
          stopped,
          style,
        )
      : style("bad", `${count(brokenCount)} cases broke something; repeat them:`),
    ...broken.slice(0, BROKEN_SHOWN).flatMap(({ id, breaches }) => {
      const [first] = breaches;
      return [`  nyckelfri cuts '${id}'`, ...(first ? [`    ${first.property} ${first.device}: ${first.what}`] : [])];
    }),
  ].join("\n");
}

/** Of nothing nothing holds, and of a part only the part. */
function heldText(tried: number, stopped: "by-ctrl-c" | "no", style: Style): string {
  if (tried === 0) return style("doubtful", "no cut was tried, so nothing is shown");
  return stopped === "no"
    ? style("good", "every property held after every cut that was tried")
    : style("doubtful", "stopped before the end; every property held after every cut that was tried");
}

function scenarioLines(name: string, one: ScenarioTally, depth: 1 | 2, style: Style): readonly string[] {
  const { places, tried, pairs, foundBefore, notReached, states } = one;
  const lines = Object.entries(places).map(([place, there]) => {
    return `  ${place.padEnd(28)} ${count(tried[place] ?? 0).padStart(7)} of ${count(there)}`;
  });
  const second =
    depth === 1
      ? []
      : [
          `  ${"second cuts".padEnd(28)} ${count(tried["pairs"] ?? 0).padStart(7)} of ${count(pairs.places)}, after ${count(pairs.firstsTaken)} of ${count(pairs.firsts)} first ones (${count(pairs.firstsAlike)} left what another had left)`,
        ];
  const found = `  ${count(states)} states found afterwards; ${count(foundBefore)} cases led to one that had held, ${count(notReached)} found nothing to cut`;
  return [style("heading", name), ...lines, ...second, found];
}

function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
