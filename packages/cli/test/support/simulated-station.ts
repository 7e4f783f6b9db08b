/** `sim serve` as a process of its own, a town behind it, and a host at its port; all of it is gone after the test. */
import { randomBytes } from "node:crypto";
import type { openLink } from "@nyckelfri/links";
import { onTestFinished } from "vitest";
import { ShiftHost } from "#src/shift/host.ts";
import { type City, StationProcess } from "#src/shift/station-process.ts";
import { newFolder } from "./folder.ts";

export const WORKERS: readonly string[] = ["vera", "omar", "lin", "stig", "noor"];
export const BEGINS_AT = 1_795_413_600;

export class SimulatedStation implements City {
  readonly folder: string;
  process: StationProcess;
  #group = 0;

  private constructor(folder: string, process: StationProcess) {
    this.folder = folder;
    this.process = process;
  }

  static async start(): Promise<SimulatedStation> {
    const folder = newFolder()("");
    const station = new SimulatedStation(folder, await begin(folder));
    onTestFinished(() => station.process.end());
    return station;
  }

  get uri(): string {
    return this.process.uri;
  }

  ask<Result>(verb: string, fields?: Readonly<Record<string, unknown>>): Promise<Result> {
    return this.process.ask(verb, fields);
  }

  /** Where it keeps its world. */
  get state(): string {
    return `${this.folder}/state`;
  }

  async kill(): Promise<void> {
    process.kill(this.process.pid, "SIGKILL");
    await this.process.ended;
  }

  /** With the same seed and state. */
  async startAgain(): Promise<void> {
    this.process = await begin(this.folder);
  }

  /** A host that has the time and a certificate. */
  async host(open?: typeof openLink): Promise<ShiftHost> {
    const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
    const host = await ShiftHost.connect(this, { random, ...(open === undefined ? {} : { open }) });
    onTestFinished(() => host.close());
    return host;
  }

  /** One door, one box, and somebody with a key and a grant for ten hours. */
  async furnish(host: ShiftHost): Promise<void> {
    await this.ask("add-box", { name: "box" });
    const { groups } = await this.ask<{ groups: Record<string, number> }>("add-provider", {
      ...{ name: "city", groups: ["day"] },
    });
    this.#group = groups["day"] ?? 0;
    await this.ask("add-door", { name: "flat", kind: "apartment", groups: [this.#group] });
    for (const name of WORKERS) await this.ask("add-worker", { name, provider: "city" });
    await this.ask("advance", { seconds: 60 });
    await host.giveTime();
    const grant = await this.grant("vera");
    await host.bring(grant.object, grant.key);
  }

  async grant(worker: string): Promise<{ readonly key: string; readonly object: string }> {
    const { unix } = await this.ask<{ unix: number }>("describe");
    return this.ask("grant", { worker, groups: [this.#group], from: unix, until: unix + 36_000 });
  }
}

function begin(folder: string): Promise<StationProcess> {
  const state = `${folder}/state`;
  return StationProcess.start({ folder, seed: 3, beginsAt: BEGINS_AT, state }, () => {});
}
