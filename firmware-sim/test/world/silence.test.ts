/** A device whose power goes stops in the middle of a byte: what it was saying, or was about to say, nobody hears to its end. */
import { expect, test } from "vitest";
import { CutTrials, type PowerCut } from "#src/faults/power-cuts/index.ts";

const SOON_MICROSECONDS = 20_000;

test("a station does not go on after half of a key's answer", { timeout: 60_000 }, () => {
  const trials = new CutTrials("dock-sync");
  const rehearsal = trials.rehearsal([]);
  const wire = rehearsal?.wires.find(({ from, to }) => from === "key" && to === "station");
  const [welcome, answer] = wire?.transmissions ?? [];
  if (welcome === undefined || answer === undefined) throw new Error("a key answers twice and more");
  const half = Math.floor(answer.bytes / 2);
  const at = answer.leavesAt;
  const said = (cuts: readonly PowerCut[]) => {
    const { world } = trials.play(cuts);
    const window = { from: at, until: answer.arrivesAt + SOON_MICROSECONDS };
    return world?.kernel.trace.records({ ...window, entity: answer.to, kind: "effect:slot-send" }).length;
  };
  expect(said([])).toBeGreaterThan(0);
  const moment = { kind: "byte", from: "key", to: "station", byte: welcome.bytes + half } as const;
  expect(said([{ struck: "key", moment }])).toBe(0);
  // Before its first byte: it was still computing.
  expect(said([{ struck: "key", moment: { kind: "at", microseconds: at - (rehearsal?.since ?? 0) - 1 } }])).toBe(0);
});
