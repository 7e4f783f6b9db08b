/** A fleet whose files were made with the command line itself, and the memory of a station that belongs to it. */
import { readFileSync, writeFileSync } from "node:fs";
import { MAINS_LAYOUT, MAINS_NVM, manufactureMains, STATION_QUOTAS, type StationConfig } from "@nyckelfri/firmware-sim";
import type { Nvm } from "@nyckelfri/firmware-sim/hardware";
import {
  defaultProvider,
  encode,
  issueObject,
  type JournalEntry,
  journalPositions,
  type KeyJournal,
  keyJournalObject,
  uploadReceiptObject,
} from "@nyckelfri/protocol";
import { expect } from "vitest";
import { type PrivateKey, readPrivateKey } from "#src/trust/key-file.ts";
import { readTrustFile, trustFileText } from "#src/trust/trust-file.ts";
import { NOW, type Shell } from "./terminal.ts";

export const STATION_CONFIG: StationConfig = {
  provider: defaultProvider,
  layout: MAINS_LAYOUT,
  slots: 3,
  serial: "SY-0001",
  firmware: [1, 0, 0],
  certificatePlaces: 24,
  listPlaces: 8,
  resyncMs: 6 * 3_600_000,
  quotas: STATION_QUOTAS,
};

const YEAR = ["--set", "from=2026-11-01 00:00", "--set", "until=2027-11-01 00:00"];
const SALT = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);

export interface Fleet {
  readonly path: (name: string) => string;
  readonly trust: string;
  readonly station: PrivateKey;
  /** A key whose records the station keeps. */
  readonly key: PrivateKey;
  readonly pages: readonly Uint8Array[];
  readonly nvm: Nvm;
}

/** `<name>.key`, `<name>.pub`, `<name>.cose` for grants, policies, lists, receipts, time, devices, host, station; `city.trust.json`. */
export async function foundFleet(path: (name: string) => string, shell: Shell, pageCount = 2): Promise<Fleet> {
  const trust = path("city.trust.json");
  const run = async (...words: string[]): Promise<void> => {
    const { exit, errors } = await shell.run(words);
    expect([exit, errors], words.join(" ")).toEqual([0, ""]);
  };
  const certify = async (
    name: string,
    by: string,
    roles: string,
    window: readonly string[] = YEAR,
  ): Promise<Uint8Array> => {
    await run("keygen", path(name));
    const fields = ["--set", `key=${path(`${name}.pub`)}`, "--set", `roles=${roles}`, ...window];
    const signed = ["--by", path(`${by}.key`), "--trust", trust, "--add-to-trust", "--out", path(`${name}.cose`)];
    await run("issue", "certificate", ...signed, ...fields);
    return new Uint8Array(readFileSync(path(`${name}.cose`)));
  };
  await run("keygen", path("city"), "--root");
  const issuers: Uint8Array[] = [];
  for (const role of ["grant", "policy", "list", "device", "receipt"]) issuers.push(await certify(role, "city", role));
  issuers.push(
    await certify("time", "city", "time", ["--set", "from=2026-11-20 00:00", "--set", "until=2026-12-03 00:00"]),
  );
  const own = [await certify("station", "device", "collector"), await certify("host", "device", "host")].slice(0, 1);
  await run("keygen", path("key"));
  const [station, key] = [readPrivateKey(path("station.key")), readPrivateKey(path("key.key"))];
  const file = readTrustFile(trust);
  writeFileSync(trust, trustFileText({ ...file, devices: [key.publicKey, station.publicKey] }));
  const { rootPublicKey: root, successorThumbprint: successor, fleetId } = file.trust;
  const pages = journalOf(key, fleetId, pageCount);
  const uploads = pages.map((object, cursor) => [`upload/${cursor}`, encode([key.kid, object])] as const);
  const nvm = manufactureMains(STATION_CONFIG, MAINS_NVM, {
    ...{ seed: station.seed, salt: SALT },
    commissioned: {
      commission: { root, successor, fleetId, issuers: issuers.slice(0, 4) },
      certificates: [...own, ...issuers.slice(4)],
    },
    items: new Map<string, Uint8Array>([...uploads, ["cursors", encode([pageCount, 0])]]),
  });
  return { path, trust, station, key, pages, nvm };
}

/** Pages of one key's journal, each behind the one before it. */
function journalOf(key: PrivateKey, fleetId: Uint8Array, pages: number): readonly Uint8Array[] {
  const all: Uint8Array[] = [];
  const start = new TextEncoder().encode("nyckelfri log");
  let headBefore: Uint8Array = defaultProvider.sha256(Uint8Array.of(...start, ...key.kid, 3)).slice(0, 16);
  let first = 1;
  for (let page = 0; page < pages; page++) {
    const entries: readonly JournalEntry[] = [
      { kind: "clock-lost", lo: NOW + page },
      { kind: "time-accepted", source: key.kid, lo: NOW + page, widthSeconds: 2 },
    ];
    const value: KeyJournal = { first, entries, nonce: new Uint8Array(16).fill(page), headBefore };
    all.push(issueObject(keyJournalObject, value, { provider: defaultProvider, ...key, fleetId }).bytes);
    headBefore = journalPositions(defaultProvider, value).at(-1)?.head ?? headBefore;
    first += entries.length;
  }
  return all;
}

/** The city's receipt for all pages of the key. */
export function receiptFor({ key, pages, trust, path }: Fleet, newest: { n: number; head: Uint8Array }): Uint8Array {
  expect(pages.length).toBeGreaterThan(0);
  const signer = {
    provider: defaultProvider,
    ...readPrivateKey(path("receipt.key")),
    fleetId: readTrustFile(trust).trust.fleetId,
  };
  return issueObject(uploadReceiptObject, { device: key.kid, store: "journal", ...newest, iat: NOW }, signer).bytes;
}
