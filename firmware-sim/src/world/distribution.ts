/** What the city has issued, brought to where it is used: tasks for hosts, by kind of device, and bundles for keys. */

import { equalBytes } from "@nyckelfri/protocol";
import type { NewEpoch } from "./authority.ts";
import type { Hands } from "./entity.ts";
import type { DeviceFixture, MainsKind, Worker } from "./fixtures.ts";
import type { HostTask } from "./host.ts";
import type { CertifiedDevice } from "./trust-centre.ts";

export interface Errand {
  readonly host: string;
  readonly tasks: readonly HostTask[];
}

export function send(world: Pick<Hands, "send">, errands: readonly Errand[]): void {
  for (const { host, tasks } of errands) world.send({ id: host }, { kind: "tasks", tasks });
}

const ALL: readonly MainsKind[] = ["station", "activation-box", "key-cabinet"];
/** Those that keep bundles for keys. */
const KEEPERS: readonly MainsKind[] = ["station", "key-cabinet"];

export function forAll(devices: readonly DeviceFixture[], objects: readonly Uint8Array[]): Errand[] {
  return errands(
    devices,
    ALL,
    objects.map((object) => ({ kind: "deliver", object })),
  );
}

/** PIN verifiers are for boxes alone (SPEC PER-10). */
export function forBoxes(devices: readonly DeviceFixture[], objects: readonly Uint8Array[]): Errand[] {
  return errands(
    devices,
    ["activation-box"],
    objects.map((object) => ({ kind: "deliver", object })),
  );
}

/** Receipts are for those that keep uploads. */
export function forKeepers(devices: readonly DeviceFixture[], objects: readonly Uint8Array[]): Errand[] {
  return errands(
    devices,
    KEEPERS,
    objects.map((object) => ({ kind: "deliver", object })),
  );
}

export function forKey(devices: readonly DeviceFixture[], key: Uint8Array, objects: readonly Uint8Array[]): Errand[] {
  return errands(
    devices,
    KEEPERS,
    objects.map((object) => ({ kind: "bundle", key, object })),
  );
}

/**
 * A new epoch (SPEC TRU-8, TRU-9): first what opens it, then each device's own certificates, then what was issued anew. Every key
 * is given every policy of its round; which of them it needs, its visits show.
 */
export function newEpochErrands(
  devices: readonly DeviceFixture[],
  workers: readonly Worker[],
  opened: NewEpoch,
): Errand[] {
  const { transition, issuers, lists, pins, receipts, policies, grants } = opened;
  const opening = [...(transition === undefined ? [] : [transition.bytes]), ...issuers.map(({ bytes }) => bytes)];
  const own = devices.flatMap((device) =>
    errands(
      [device],
      [device.kind],
      certificatesOf(device, opened.devices).map((object) => ({ kind: "deliver", object })),
    ),
  );
  const bundles = workers.flatMap(({ party }) => {
    const due = grants.filter(({ value }) => equalBytes(value.cnf.key.x, party.publicKey));
    return due.length === 0
      ? []
      : forKey(
          devices,
          party.kid,
          [...due, ...policies].map(({ bytes }) => bytes),
        );
  });
  const bytesOf = (objects: readonly { readonly bytes: Uint8Array }[]) => objects.map(({ bytes }) => bytes);
  return [
    ...forAll(devices, opening),
    ...own,
    ...forAll(devices, bytesOf(lists)),
    ...forBoxes(devices, bytesOf(pins)),
    ...forKeepers(devices, bytesOf(receipts)),
    ...bundles,
  ];
}

function certificatesOf({ party }: DeviceFixture, certified: readonly CertifiedDevice[]): Uint8Array[] {
  const own = certified.find(({ device }) => equalBytes(device.kid, party.kid));
  return own?.certificates.map(({ bytes }) => bytes) ?? [];
}

function errands(devices: readonly DeviceFixture[], kinds: readonly MainsKind[], tasks: readonly HostTask[]): Errand[] {
  if (tasks.length === 0) return [];
  return devices.flatMap(({ kind, host }) => (host === "none" || !kinds.includes(kind) ? [] : [{ host, tasks }]));
}
