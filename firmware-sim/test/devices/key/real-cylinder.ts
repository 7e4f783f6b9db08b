/** The real cylinder at a real key: frames, powers and clutch between two devices, and nothing else. */
import { type Frame, FrameDecoder } from "@nyckelfri/protocol";
import { permitClutch } from "#src/hardware/clutch.ts";
import { type Nvm, runNvm } from "#src/hardware/nvm.ts";
import type { CylinderEffect, CylinderInput, CylinderState } from "#src/index.ts";
import { cylinderDevice, cylinderMemory, DARK, provisionCylinder } from "#src/index.ts";
import type { Party } from "#src/world/parties.ts";
import { rootStream } from "#src/world/streams.ts";
import { type KeyRig, provider } from "./rig.ts";

const PROFILE = cylinderMemory({
  wordBytes: 8,
  wordsPerPage: 64,
  cells: "ecc-once",
  refusedProgram: "not-erased",
  enduranceCycles: 10_000,
  wearOut: "fails",
});
const STEP_MS = 3;

export class RealCylinder {
  nvm: Nvm;
  state: CylinderState = DARK;
  /** Records of the engagements. */
  readonly engagements: number[] = [];
  /** What somebody between the two makes of the key's frames, and of the door's. */
  alters: (frame: Frame) => Frame = (frame) => frame;
  altersBack: (frame: Frame) => Frame = (frame) => frame;
  readonly #device = cylinderDevice({ provider, profile: PROFILE });
  readonly #stream = rootStream("noise");
  #decoder = new FrameDecoder();
  #tickMs = 0;

  constructor(party: Party) {
    const make = { seed: party.seed, deviceSecret: rootStream("secret").bytes(32), serialNumber: "SIM-1" };
    this.nvm = provisionCylinder(provider, PROFILE, { ...make, firmware: [1, 0, 0] });
  }

  /** The key is put in; both go on until neither says anything more; the key is taken out. How often the clutch engaged. */
  visit(rig: KeyRig): number {
    const before = this.engagements.length;
    rig.received.length = 0;
    this.#decoder = new FrameDecoder();
    rig.input({ kind: "contact", shows: "dark" });
    const powers = rig.effects.flatMap((effect) => (effect.kind === "line" ? [effect.power] : []));
    if (powers.at(-1) === "on") {
      this.#tickMs = 0;
      this.#give(rig, { kind: "power-on", nvm: this.nvm, noise: this.#stream.uint32(), tickMs: 0 });
      for (let frame = rig.received.shift(); frame !== undefined; frame = rig.received.shift()) {
        this.#give(rig, { kind: "frame", frame: this.alters(frame), tickMs: this.#tickMs });
      }
      this.#give(rig, { kind: "removed", tickMs: this.#tickMs });
    }
    rig.input({ kind: "removed" });
    this.#give(rig, { kind: "power-lost" });
    return this.engagements.length - before;
  }

  #give(rig: KeyRig, given: CylinderInput): void {
    const pending = [given];
    for (let input = pending.shift(); input !== undefined; input = pending.shift()) {
      const { state, effects } = this.#device.step(this.state, input);
      this.state = state;
      for (const effect of effects) {
        this.#tickMs += STEP_MS;
        rig.pass(STEP_MS);
        const answer = this.#perform(rig, effect);
        if (answer !== undefined) pending.push(answer);
      }
    }
  }

  #perform(rig: KeyRig, effect: CylinderEffect): CylinderInput | undefined {
    const tickMs = this.#tickMs;
    switch (effect.kind) {
      case "nvm": {
        const { nvm, outcomes } = runNvm(this.nvm, effect.operations, this.#stream);
        this.nvm = nvm;
        const outcome = outcomes.find(({ kind }) => kind !== "done") ?? { kind: "done" };
        return { kind: "nvm-done", nvm, outcome, tickMs };
      }
      case "send":
        for (const event of this.#decoder.push(effect.bytes)) {
          if (event.kind === "frame") rig.input({ kind: "frame", frame: this.altersBack(event.frame) });
        }
        return undefined;
      case "measure-energy":
        return { kind: "energy", reading: "enough", tickMs };
      case "engage":
        if (permitClutch(effect.first, effect.second) !== undefined) {
          this.engagements.push(effect.record);
          return { kind: "clutch", outcome: "engaged", tickMs };
        }
        return { kind: "clutch", outcome: "refused", tickMs };
      case "disengage":
      case "arm":
      case "disarm":
        return undefined;
    }
  }
}
