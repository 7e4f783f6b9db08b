/** What the simulated city issues is what nyckelfri.cddl describes: the grammar, read by its own validator, judges it. */
import { readFileSync } from "node:fs";
import { Authority, rootStream } from "@nyckelfri/firmware-sim";
import { defaultProvider } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { decodePlain } from "../cddl/decode-plain.ts";
import { readSchema } from "../cddl/schema.ts";
import { validateBytes } from "../cddl/validate.ts";

const grammar = readSchema(readFileSync(new URL("../../protocol/nyckelfri.cddl", import.meta.url), "utf8"));
const NBF = 1_793_599_200;
const HOUR = 3_600;

/** One object of each kind that a city signs, by its rule in the CDDL. */
function issued(seed: number): readonly (readonly [rule: string, bytes: Uint8Array])[] {
  const stream = rootStream(seed).fork("city");
  const city = new Authority({ provider: defaultProvider, stream, foundedAt: NBF - 30 * 24 * HOUR });
  const provider = city.addProvider("home care north", ["day", "night"]);
  const holder = city.addHolder("somebody", provider);
  const door = city.addDoor("flat 3");
  city.addHome("home 3", [door], Object.values(provider.groups));
  const [key, cylinder, station] = [city.party("key"), city.party("cylinder"), city.party("station")];
  const policy = city.mount(door, cylinder, NBF - 2 * HOUR);
  const [list] = policy.value.lists;
  if (list === undefined) throw new Error("a list");
  const grant = city.grantShift({ holder, key, iat: NBF - HOUR, nbf: NBF, exp: NBF + 9 * HOUR });
  const entry = { kind: "grant", id: grant.value.cti, until: NBF } as const;
  const receipt = { device: cylinder.kid, n: 7, head: stream.bytes(16), iat: NBF, store: "openings" } as const;
  const epoch = city.openEpoch(NBF + HOUR);
  return [
    ["door-policy", policy.bytes],
    ["grant", grant.bytes],
    ["revocation-list", city.revoke(list, NBF + 2 * HOUR, entry).bytes],
    ["upload-receipt", city.receipt(receipt).bytes],
    ["pin-verifier", city.pinVerifier(key, stream.bytes(32), NBF).bytes],
    ["time-statement", city.stateTime(stream.bytes(16), NBF).bytes],
    ...city.certify(station, "station", NBF).certificates.map(({ bytes }) => ["certificate", bytes] as const),
    ...epoch.issuers.map(({ bytes }) => ["certificate", bytes] as const),
    ["root-transition", city.rotateRoot(NBF + 3 * HOUR).transition?.bytes ?? new Uint8Array(0)],
  ];
}

test.each([1, 2, 3])("seed %i: every object is of its rule, and of no other", (seed) => {
  const objects = issued(seed);
  const verdicts = objects.map(([rule, bytes]) => [rule, validateBytes(grammar, rule, bytes, decodePlain)]);
  expect(verdicts).toEqual(objects.map(([rule]) => [rule, { ok: true }]));
  const kinds = new Set(objects.map(([rule]) => rule));
  for (const [rule, bytes] of objects) {
    const others = [...kinds].filter((kind) => kind !== rule && validateBytes(grammar, kind, bytes, decodePlain).ok);
    expect([rule, others]).toEqual([rule, []]);
  }
});

test("the same seed signs the same bytes", () => {
  expect(issued(4)).toEqual(issued(4));
  expect(issued(4)).not.toEqual(issued(5));
});
