/** The fuzzer finds what is there to be found: decoders that are broken on purpose. */
import { rootStream } from "@nyckelfri/firmware-sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { controls } from "./controls.ts";
import { Fuzzer, faultOf } from "./engine.ts";
import { targetsOf } from "./registry.ts";
import { type Subject, Workshop } from "./subject.ts";
import type { Target } from "./target.ts";

/** Another one each time. */
const seed: string = String(Date.now() % 0x1_0000_0000);
const workshop = new Workshop();
let subject: Subject;
beforeAll(async () => {
  subject = await workshop.make();
}, 60_000);
afterAll(() => workshop.close());

describe("a decoder that is broken on purpose is found out", () => {
  // Every second one; all with `NYCKELFRI_RUNS`, as `.ci/run` has it.
  const tried = controls.filter((_, place) => process.env["NYCKELFRI_RUNS"] !== undefined || place % 2 === 0);
  test.each(tried.map((control) => [control.name, control] as const))("%s", async (_, control) => {
    const broken = await workshop.make(control);
    const [target] = targetsOf(broken, [control.target]);
    const fuzzer = new Fuzzer(target as Target, broken.counters, rootStream(seed).fork(control.name));
    const find = (await fuzzer.begin()) ?? (await fuzzer.run(control.runs));
    expect(find?.fault, `${seed}: ${fuzzer.figures.runs} runs`).toMatch(control.fault);
    // The input alone repeats it, and the sound decoder has no fault with it.
    expect((await faultOf(target as Target, broken.counters, find?.bytes as Uint8Array))?.fault).toBe(find?.fault);
    const [sound] = targetsOf(subject, [control.target]);
    expect(await faultOf(sound as Target, subject.counters, find?.bytes as Uint8Array)).toBeUndefined();
  });

  test("a place that is not there is refused, and a file that nothing is made of", async () => {
    const file = "protocol/src/cbor/head.ts";
    await expect(workshop.make({ file, find: "no such text", replace: "" })).rejects.toThrow();
    await expect(workshop.make({ file: "protocol/README.md", find: "a", replace: "" })).rejects.toThrow();
  });
});
