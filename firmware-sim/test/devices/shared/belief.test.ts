import {
  type CryptoProvider,
  certificateObject,
  defaultProvider,
  doorPolicyObject,
  parseObject,
  revocationListObject,
  type Trust,
} from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { heldOf, isVoid, readCertificates } from "#src/devices/shared/belief.ts";
import { Authority } from "#src/world/authority.ts";
import { rootStream } from "#src/world/streams.ts";

const NOW = 1_793_595_600;

function found(seed: string): { readonly city: Authority; readonly items: Map<string, Uint8Array> } {
  const city = new Authority({ provider: defaultProvider, stream: rootStream(seed), foundedAt: NOW });
  const box = city.party("box");
  city.certify(box, "activation-box", NOW);
  const chain = city.centre.chainOf({ kid: box.kid, role: "ticket" });
  return { city, items: new Map(chain.map((bytes, place) => [`certificate/${place}`, bytes.slice()])) };
}

function counting(): { readonly provider: CryptoProvider; readonly verified: () => number } {
  let count = 0;
  const verify: CryptoProvider["verify"] = (...of) => {
    count += 1;
    return defaultProvider.verify(...of);
  };
  return { provider: { ...defaultProvider, verify }, verified: () => count };
}

const read = (items: Map<string, Uint8Array>, trust: Trust, provider: CryptoProvider = defaultProvider) =>
  readCertificates(items, trust, provider).certificates.map(({ key }) => key);

test("devices that hold the same certificates share what they have read, and each has verified it", () => {
  const { city, items } = found("one");
  const [mine, others] = [counting(), counting()];
  const first = read(items, city.centre.trust, mine.provider);
  const second = read(found("one").items, city.centre.trust, others.provider);
  expect(first.map(({ level }) => level).sort()).toEqual(["device", "issuer"]);
  second.forEach((key, place) => {
    expect(key).toBe(first[place]);
  });
  expect(others.verified()).toBe(mine.verified());
  expect(mine.verified()).toBeGreaterThan(1);
});

test("a device's certificate is shared only with the issuer's under which it was verified: that one may be renewed, or void", () => {
  const { city, items } = found("one");
  const { centre } = city;
  const { value } = centre.issuer("device").certificate;
  const renewed = centre.sign(centre.root, certificateObject, { ...value, exp: value.exp + 1 });
  const [own] = items.values();
  const others = new Map([
    ["certificate/0", own as Uint8Array],
    ["certificate/1", renewed.bytes],
  ]);
  const issuers = [items, others].flatMap((held) =>
    read(held, centre.trust).flatMap((key) => (key.level === "device" ? key.issuer.certificate.value.exp : [])),
  );
  expect(issuers).toEqual([value.exp, value.exp + 1]);
});

test("SPEC OPN-9, OBJ-9: behind a device's certificate stands the latest of its issuer's: where that one is void, all are", () => {
  const { city } = found("one");
  const { centre } = city;
  const { kid, certificate } = centre.issuer("device");
  const { value } = certificate;
  const late = city.party("late");
  city.certify(late, "activation-box", NOW + 86_400);
  const [own] = centre.chainOf({ kid: late.kid, role: "ticket" });
  const { nbf } = parseObject(certificateObject, own as Uint8Array).value;
  const renewed = centre.sign(centre.root, certificateObject, { ...value, nbf });
  expect(nbf).toBeGreaterThan(value.nbf);
  const list = city.revoke(1, NOW, { kind: "issuer", id: kid, until: nbf - 1 });
  const lists = [heldOf(revocationListObject, "list/1", list.bytes)];
  for (const [first, second] of [
    [certificate.bytes, renewed.bytes],
    [renewed.bytes, certificate.bytes],
  ]) {
    const held = new Map([
      ["certificate/0", own as Uint8Array],
      ["certificate/1", first as Uint8Array],
      ["certificate/2", second as Uint8Array],
    ]);
    const [device] = read(held, centre.trust).filter(({ level }) => level === "device");
    expect(device && isVoid({ lists }, device)).toBe(false);
  }
});

test("what one device has verified is nothing to another that believes somebody else", () => {
  const { city, items } = found("one");
  expect(read(items, city.centre.trust)).toHaveLength(2);
  const { trust } = found("other").city.centre;
  expect(read(items, trust)).toEqual([]);
  expect(read(items, { ...city.centre.trust, fleetId: trust.fleetId })).toEqual([]);
  expect(read(items, { ...city.centre.trust, epoch: city.centre.trust.epoch + 1 })).toEqual([]);
  // Also where a signature check says yes to everything, nobody is told that it was made in another fleet.
  const gullible = { ...defaultProvider, verify: () => true };
  const elsewhere = read(items, { ...city.centre.trust, fleetId: trust.fleetId }, gullible);
  expect(elsewhere.map(({ certificate }) => certificate.fleetId)).toEqual([trust.fleetId, trust.fleetId]);
});

test("the same object under another name is another holding, and a changed one is read anew", () => {
  const { city } = found("one");
  const door = city.addDoor("door");
  const { bytes } = city.mount(door, city.party("cylinder"), NOW);
  const held = heldOf(doorPolicyObject, "policy/a", bytes);
  expect(heldOf(doorPolicyObject, "policy/a", bytes.slice())).toBe(held);
  expect(heldOf(doorPolicyObject, "policy/b", bytes)).toEqual({ ...held, name: "policy/b" });
  // So many that some have the same place.
  for (let later = 1; later <= 300; later++) {
    const renewed = city.renewPolicy(door, NOW + later, {});
    expect(heldOf(doorPolicyObject, "policy/a", renewed.bytes).value.iat).toBe(NOW + later);
  }
});
