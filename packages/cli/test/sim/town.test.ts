import { defaultProvider, toHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { LineFields, parseLine } from "#src/sim/line-fields.ts";
import { SimulatedTown } from "#src/sim/simulated-town.ts";
import { Shell } from "../support/terminal.ts";

function town() {
  const made = new SimulatedTown({ seed: 2, beginsAt: 1_795_413_600 });
  return (verb: string, fields: object = {}) => made.perform(verb, new LineFields({ ...fields }));
}

test("lines build a town, and its city issues for it", () => {
  const perform = town();
  perform("add-box", { name: "box" });
  const { groups } = perform("add-provider", { name: "city", groups: ["day"] }) as { groups: Record<string, number> };
  perform("add-door", { name: "flat", kind: "apartment", groups: [groups["day"]] });
  perform("add-worker", { name: "vera", provider: "city" });
  expect(perform("describe")).toMatchObject({ doors: ["flat"], boxes: ["box"], workers: ["vera"], slots: 4 });
  const publicKey = toHex(defaultProvider.publicKeyOf(new Uint8Array(32).fill(9)));
  expect(perform("certify-host", { publicKey })).toMatchObject({
    certificates: [expect.any(String), expect.any(String)],
  });
  expect(perform("state-time", { nonce: "ab".repeat(16) })).toMatchObject({ statement: expect.any(String) });
  expect(perform("audit")).toMatchObject({ breaches: [], keptOut: {} });
});

test("the same seed and lines make the same devices, and another seed others", () => {
  const kidOf = (seed: number) =>
    new SimulatedTown({ seed, beginsAt: 1_795_413_600 }).perform("describe", new LineFields({}));
  expect(kidOf(1)).toEqual(kidOf(1));
  expect(kidOf(2)).not.toEqual(kidOf(1));
});

test("what is no line, and what cannot be done, is told by its field", () => {
  const perform = town();
  const told = (code: string, message: string) =>
    expect.objectContaining({ code, message: expect.stringContaining(message) });
  for (const text of ["", "[]", "null", "{"]) expect(() => parseLine(text)).toThrow(told("cli/sim-line", "JSON"));
  expect(() => perform("fly")).toThrow(told("cli/sim-line", "fly"));
  // What every object has is no verb either.
  for (const verb of ["constructor", "valueOf", "__proto__"]) {
    expect(() => perform(verb)).toThrow(told("cli/sim-line", verb));
  }
  expect(() => perform("dock", { worker: "nobody" })).toThrow(told("cli/sim-line", "nobody"));
  expect(() => perform("advance", { seconds: -1 })).toThrow(told("cli/sim-line", "seconds"));
  expect(() => perform("state-time", { nonce: "xyz" })).toThrow(told("cli/sim-line", "nonce"));
  expect(() => perform("mains", { power: "maybe" })).toThrow(told("cli/sim-line", "on or off"));
  expect(() => perform("add-door", { name: "d", kind: "apartment", groups: ["x"] })).toThrow(
    told("cli/sim-line", "groups"),
  );
  expect(() => perform("add-provider", { name: "p", groups: "x" })).toThrow(told("cli/sim-line", "groups"));
  expect(() => perform("grant", {})).toThrow(told("cli/sim-line", "worker"));
});

test("a command line that is wrong is told before anything is opened", async () => {
  const shell = new Shell();
  const wrong = [
    ["--seed", "many"],
    ["--rt-ratio", "-1"],
    ["--begin", "@1"],
    ["--begin", "@4294967295"],
  ];
  for (const words of [[], ...wrong.map((words) => ["--at", "pty:x", ...words])]) {
    expect((await shell.run(["sim", "serve", ...words])).exit).toBe(2);
  }
});
