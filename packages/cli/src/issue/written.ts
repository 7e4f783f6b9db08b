/** What is to be issued, from a small YAML or JSON file and from `--set name=value`; every mistake with its place. */
import {
  type Certificate,
  certificateObject,
  compareEntries,
  type DoorPolicy,
  defaultProvider,
  doorPolicyObject,
  type Grant,
  grantObject,
  type ObjectKind,
  type RevocationEntry,
  type RevocationList,
  type RootTransition,
  revocationListObject,
  rights,
  roles,
  rootTransitionObject,
  subOf,
  thumbprint,
  times,
  type UploadReceipt,
  uploadReceiptObject,
} from "@nyckelfri/protocol";
import {
  choice,
  duration,
  type FieldsOf,
  hexBytes,
  integer,
  list,
  optional,
  type Read,
  record,
  required,
  textOf,
} from "../documents/fields.ts";
import type { Findings, Node } from "../documents/node.ts";
import { localTimeIn, zoneName } from "../documents/time-fields.ts";
import { readPublicKey } from "../trust/key-file.ts";
import type { Issuable } from "./issuable.ts";

/** What a file may leave out. */
export interface Defaults {
  readonly zone: string;
  readonly now: number;
  readonly epoch: number;
  /** Whoever is going to sign. */
  readonly signer: Uint8Array;
  readonly random: (length: number) => Uint8Array;
}

/** A value with its kind, ready to be signed. */
export interface Draft {
  readonly kind: ObjectKind<object>;
  readonly value: object;
}

/** Undefined after findings. */
export function readDraft(kind: Issuable, node: Node, defaults: Defaults, findings: Findings): Draft | undefined {
  const zoneNode = node.kind === "map" ? node.entries.find(({ name }) => name === "zone")?.value : undefined;
  const zone = zoneNode === undefined ? defaults.zone : (zoneName(zoneNode, findings) ?? defaults.zone);
  return DRAFTS[kind](localTimeIn({ zone }), defaults)(node, findings);
}

const UINT32 = 0xffff_ffff;
const uint32: Read<number> = integer(0, UINT32);
const version: Read<number> = integer(1, UINT32);
const id8: Read<Uint8Array> = hexBytes(8);

/** 64 hex digits or the path of a `.pub` file; a file that cannot be read is a failure of its own. */
const key: Read<Uint8Array> = (node, findings) => {
  const written = textOf(node, findings);
  return written === undefined ? undefined : readPublicKey(written).publicKey;
};

const DRAFTS: Readonly<Record<Issuable, (time: Read<number>, defaults: Defaults) => Read<Draft>>> = {
  certificate: (time, { epoch }) => {
    const fields: FieldsOf<{
      readonly zone: string | undefined;
      readonly key: Uint8Array;
      readonly roles: readonly (keyof typeof roles)[];
      readonly from: number;
      readonly until: number;
      readonly epoch: number | undefined;
      readonly groups: readonly number[] | undefined;
    }> = {
      zone: optional(zoneName),
      key: required(key),
      roles: required(list(choice(...(Object.keys(roles) as (keyof typeof roles)[])))),
      from: required(time),
      until: required(time),
      epoch: optional(uint32),
      groups: optional(list(uint32)),
    };
    return drafted(
      certificateObject,
      record(fields),
      (written): Certificate => ({
        roles: written.roles.reduce((sum, role) => sum | roles[role], 0),
        publicKey: written.key,
        nbf: written.from,
        exp: written.until,
        epoch: written.epoch ?? epoch,
        ...(written.groups === undefined ? {} : { groups: ascending(written.groups) }),
      }),
    );
  },

  grant: (time, { now, random }) => {
    const fields: FieldsOf<{
      readonly zone: string | undefined;
      readonly holder: Uint8Array;
      readonly key: Uint8Array;
      readonly from: number;
      readonly until: number;
      readonly issued: number | undefined;
      readonly groups: readonly number[] | undefined;
      readonly rights: readonly (keyof typeof rights)[] | undefined;
      readonly doors: readonly Uint8Array[] | undefined;
      readonly excluded: readonly Uint8Array[] | undefined;
      readonly cti: Uint8Array | undefined;
    }> = {
      zone: optional(zoneName),
      holder: required(id8),
      key: required(key),
      from: required(time),
      until: required(time),
      issued: optional(time),
      groups: optional(list(uint32)),
      rights: optional(list(choice(...(Object.keys(rights) as (keyof typeof rights)[])))),
      doors: optional(list(id8)),
      excluded: optional(list(id8)),
      cti: optional(id8),
    };
    return drafted(grantObject, record(fields), (written): Grant => {
      const granted = (written.rights ?? ["open" as const]).reduce((sum, right) => sum | rights[right], 0);
      const doors = [
        ...(written.doors ?? []).map((door) => [door, granted] as const),
        ...(written.excluded ?? []).map((door) => [door, 0] as const),
      ].sort(([a], [b]) => Buffer.compare(a, b));
      return {
        sub: subOf(written.holder),
        iat: written.issued ?? Math.min(now, written.from),
        nbf: written.from,
        exp: written.until,
        cti: written.cti ?? random(8),
        cnf: { key: { kty: 1, crv: 6, x: written.key } },
        scope: [...ascending(written.groups ?? []).map((group) => [group, granted] as const), ...doors],
      };
    });
  },

  "door-policy": (time, { now }) => {
    const fields: FieldsOf<{
      readonly zone: string | undefined;
      readonly cylinder: Uint8Array;
      readonly version: number;
      readonly issued: number | undefined;
      readonly door: Uint8Array;
      readonly mount: number;
      readonly state: DoorPolicy["state"];
      readonly groups: readonly number[];
      readonly longest: number | undefined;
      readonly activation: DoorPolicy["activation"];
      readonly widest: number | undefined;
      readonly lists: readonly number[] | undefined;
      readonly kind: DoorPolicy["doorKind"];
      readonly "written-off": number | undefined;
    }> = {
      zone: optional(zoneName),
      cylinder: required(id8),
      version: required(version),
      issued: optional(time),
      door: required(id8),
      mount: required(integer(0, 0xffff)),
      state: required(choice("active", "deactivated", "dismounted")),
      groups: required(list(uint32)),
      longest: optional(duration(times.longestGrantSeconds)),
      activation: required(choice("asked", "not-asked")),
      widest: optional(duration(0xffff)),
      lists: optional(list(uint32)),
      kind: required(choice("apartment", "entrance", "waste-room", "laundry")),
      "written-off": optional(uint32),
    };
    return drafted(
      doorPolicyObject,
      record(fields),
      (written): DoorPolicy => ({
        cylinder: written.cylinder,
        version: written.version,
        iat: written.issued ?? now,
        door: written.door,
        mount: written.mount,
        state: written.state,
        groups: ascending(written.groups),
        longestGrantSeconds: written.longest ?? times.longestGrantSeconds,
        activation: written.activation,
        widestIntervalSeconds: written.widest ?? times.widestIntervalSeconds,
        lists: ascending(written.lists ?? []),
        doorKind: written.kind,
        ...(written["written-off"] === undefined ? {} : { writtenOff: written["written-off"] }),
      }),
    );
  },

  "revocation-list": (time, { now }) => {
    const entry: FieldsOf<{
      readonly kind: RevocationEntry["kind"];
      readonly id: string;
      readonly until: number | undefined;
    }> = {
      kind: required(choice("grant", "key", "holder", "device", "group", "issuer")),
      id: required(textOf),
      until: optional(time),
    };
    const readEntry: Read<RevocationEntry> = (node, findings) => {
      const written = record(entry)(node, findings);
      if (written === undefined) return undefined;
      const { kind, until = now } = written;
      const at: Node = { kind: "scalar", text: written.id, at: written.place("id") };
      if (kind === "group") {
        const id = uint32(at, findings);
        return id === undefined ? undefined : { kind, id, until };
      }
      const id = id8(at, findings);
      return id === undefined ? undefined : { kind, id, until };
    };
    const fields: FieldsOf<{
      readonly zone: string | undefined;
      readonly list: number;
      readonly version: number;
      readonly issued: number | undefined;
      readonly entries: readonly RevocationEntry[];
    }> = {
      zone: optional(zoneName),
      list: required(uint32),
      version: required(version),
      issued: optional(time),
      entries: required(list(readEntry)),
    };
    return drafted(
      revocationListObject,
      record(fields),
      (written): RevocationList => ({
        list: written.list,
        version: written.version,
        iat: written.issued ?? now,
        entries: written.entries.toSorted(compareEntries),
      }),
    );
  },

  "upload-receipt": (time, { now }) => {
    const fields: FieldsOf<{
      readonly zone: string | undefined;
      readonly device: Uint8Array;
      readonly store: UploadReceipt["store"];
      readonly number: number;
      readonly head: Uint8Array;
      readonly issued: number | undefined;
    }> = {
      zone: optional(zoneName),
      device: required(id8),
      store: required(choice("openings", "refusals", "journal")),
      number: required(version),
      head: required(hexBytes(16)),
      issued: optional(time),
    };
    return drafted(
      uploadReceiptObject,
      record(fields),
      ({ device, store, number: n, head, issued }): UploadReceipt => ({ device, store, n, head, iat: issued ?? now }),
    );
  },

  "root-transition": (time, { epoch, signer }) => {
    const fields: FieldsOf<{
      readonly zone: string | undefined;
      readonly successor: Uint8Array;
      readonly from: number;
      readonly epoch: number | undefined;
    }> = {
      zone: optional(zoneName),
      successor: required(key),
      from: required(time),
      epoch: optional(uint32),
    };
    return drafted(
      rootTransitionObject,
      record(fields),
      (written): RootTransition => ({
        rootPublicKey: signer,
        successorThumbprint: thumbprint(defaultProvider, written.successor),
        epoch: written.epoch ?? epoch + 1,
        nbf: written.from,
      }),
    );
  },
};

function drafted<Fields, Value extends object>(
  kind: ObjectKind<Value>,
  read: Read<Fields>,
  build: (fields: Fields) => Value,
): Read<Draft> {
  return (node, findings) => {
    const fields = read(node, findings);
    return fields === undefined ? undefined : { kind: kind as unknown as ObjectKind<object>, value: build(fields) };
  };
}

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b);
}
