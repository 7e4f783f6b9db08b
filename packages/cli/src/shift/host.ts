/** The host at the station's cable: a program as an integrator would write it, with the station client, over the real port. */
import { openLink } from "@nyckelfri/links";
import { defaultProvider, fromHex, keyId, toHex } from "@nyckelfri/protocol";
import { commandSigner, connectStation, type StationClient } from "@nyckelfri/station-client";
import { Failure } from "../program/failure.ts";
import type { City } from "./station-process.ts";

export interface Kept {
  readonly kept: "yes" | "no";
  readonly why?: string;
  readonly records?: readonly { readonly store: string; readonly counter: number; readonly known: string }[];
  readonly receipts: readonly string[];
}

export interface Collected {
  readonly objects: number;
  readonly records: number;
  /** Copies of records that were there already. */
  readonly repeats: number;
  readonly receipts: number;
}

export interface HostOptions {
  readonly random: (length: number) => Uint8Array;
  readonly record?: string | undefined;
  /** What opens the link, where it is not `openLink`. */
  readonly open?: typeof openLink;
}

export class ShiftHost {
  readonly client: StationClient;
  readonly #city: City;

  constructor(client: StationClient, city: City) {
    this.client = client;
    this.#city = city;
  }

  /** Makes a key pair, has it certified, and waits until the station answers. */
  static async connect(city: City, { random, record, open = openLink }: HostOptions): Promise<ShiftHost> {
    const provider = defaultProvider;
    const seed = random(32);
    const publicKey = provider.publicKeyOf(seed);
    const certified = await city.ask<{ readonly fleetId: string; readonly certificates: readonly string[] }>(
      "certify-host",
      { publicKey: toHex(publicKey) },
    );
    const kid = keyId(provider, publicKey);
    const cursors = new Map<string, number>();
    let captures = 0;
    const client = connectStation({
      nowMs: () => performance.now(),
      setTimer: (ms, callback) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      randomBytes: random,
      provider,
      program: "nyckelfri shift",
      open: (signal) => {
        // A second connection does not overwrite the capture of the first.
        captures += 1;
        const file = record === undefined || captures === 1 ? record : `${record}.${captures}`;
        return open(city.uri, { signal, ...(file === undefined ? {} : { record: file }) });
      },
      stateTime: async ({ nonce }) => {
        const stated = await city.ask<{ readonly statement: string; readonly certificates: readonly string[] }>(
          "state-time",
          { nonce: toHex(nonce) },
        );
        return { statement: fromHex(stated.statement), certificates: stated.certificates.map(fromHex) };
      },
      signer: commandSigner(
        { provider, seed, kid, fleetId: fromHex(certified.fleetId) },
        certified.certificates.map(fromHex),
      ),
      cursors: {
        load: async (device) => cursors.get(device),
        save: async (device, cursor) => {
          cursors.set(device, cursor);
        },
      },
    });
    return new ShiftHost(client, city);
  }

  /** The issuer's word to the station. Throws a `Failure` `cli/not-taken` when it is not believed. */
  async giveTime(): Promise<void> {
    const { verdict } = await this.client.giveTime();
    if (verdict !== "accepted") throw new Failure("cli/not-taken", `the station does not take the time: ${verdict}`);
  }

  /** An object for the station itself and for all keys, or for one key alone. */
  async bring(object: string, key?: string): Promise<void> {
    const outcome =
      key === undefined
        ? await this.client.deliver(fromHex(object))
        : (await this.client.sendBundle({ key: fromHex(key), objects: [fromHex(object)] })).outcomes[0];
    if (outcome === "stored" || outcome === "known") return;
    throw new Failure("cli/not-taken", `the station does not keep what the city has issued: ${String(outcome)}`);
  }

  /** Reads the station's log to its end; the city keeps each object, and its receipts go to the station. */
  async collect(): Promise<Collected> {
    const seen = { objects: 0, records: 0, repeats: 0 };
    const { receipts } = await this.client.collectLog({
      keep: async ({ object }) => {
        const kept = await this.#city.ask<Kept>("keep", { object: toHex(object) });
        if (kept.kept === "no") throw new Failure("cli/log", `an object of the log was kept out: ${String(kept.why)}`);
        const records = kept.records ?? [];
        seen.objects += 1;
        seen.records += records.filter(({ known }) => known === "new").length;
        seen.repeats += records.filter(({ known }) => known === "again").length;
        return kept.receipts.map(fromHex);
      },
    });
    return { ...seen, receipts: receipts.length };
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}
