/** Serve: a host at a station, box or cabinet (SPEC 8.5). Time and deliver are those of dock.ts, enrol and its like of service.ts. */
import {
  array,
  boolean,
  choice,
  map,
  optional,
  required,
  type Schema,
  type TypeOf,
  text,
  tuple,
  uint,
} from "../cbor/schema.ts";
import type { VersionRange } from "../framing/frame.ts";
import type { DeviceKind } from "../objects/enrolment.ts";
import type { Seconds } from "../time/clock.ts";
import {
  byte,
  certificates,
  clock,
  deviceKind,
  digest,
  id8,
  nonce16,
  object,
  seconds,
  type ToldClock,
  type UpdateOutcome,
  uint16,
  updateOutcome,
  versions,
} from "./common.ts";
import type { MessageName } from "./message-table.ts";

export interface ServeHello {
  readonly versions: VersionRange;
  readonly exchange: "serve";
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array;
  /** Name of the host's program, 1 to 32 bytes of UTF-8. */
  readonly program?: string;
}

/** What a station can do. */
export type Capability = TypeOf<typeof capability>;

export interface ServeWelcome {
  readonly versions: VersionRange;
  /** kid of the station, box or cabinet. */
  readonly device: Uint8Array;
  readonly nonce: Uint8Array;
  /** 32 zero bytes before a device belongs to a fleet. */
  readonly fleetId: Uint8Array;
  readonly kind: DeviceKind;
  readonly firmware: FirmwareVersion;
  readonly capabilities: readonly Capability[];
  /** Number of docks, numbered from 0. */
  readonly slots: number;
}
export type FirmwareVersion = readonly [major: number, minor: number, patch: number];

export interface InfoReply {
  readonly serial: string;
  readonly epoch: number;
  readonly clock: ToldClock;
  /** Certificates held. */
  readonly certificates: readonly (readonly [kid: Uint8Array, exp: Seconds])[];
  /** Bundles held, and for how many more there is room. */
  readonly bundles: number;
  readonly bundleRoom: number;
  readonly floor: Seconds;
}

export interface CountersReply {
  readonly counters: readonly number[];
}
export interface SelfTestReply {
  readonly checks: readonly (readonly [check: number, passed: boolean])[];
}
export type SlotState = "empty" | "docked" | "busy" | "fault";
export interface DocksReply {
  readonly slots: readonly (readonly [slot: number, state: SlotState])[];
}

/** One object of the bundle of one key. */
export interface BundleRequest {
  readonly key: Uint8Array;
  readonly object: Uint8Array;
}
export interface BundleReply {
  readonly outcome: UpdateOutcome;
}

/** SPEC SRV-2: a HostCommand, the certificate of the host and that of its issuer. */
export interface CommandRequest {
  readonly command: Uint8Array;
  readonly certificates: readonly Uint8Array[];
}
export interface CommandReply {
  readonly outcome: "done" | "refused";
  /** One object of the log that was asked for. */
  readonly object?: Uint8Array;
  /** Where to go on reading. */
  readonly nextCursor?: number;
  /** SPEC DCK-8: v of the PIN that was enrolled, 32 bytes. Secret. */
  readonly v?: Uint8Array;
}

export interface AcknowledgeRequest {
  readonly cursor: number;
}

/** Without identities (SPEC SRV-1). */
export interface DockEvent {
  readonly slot: number;
  readonly event: "docked" | "undocked" | "synced" | "fault";
}
/** Without identities (SPEC SRV-1). */
export interface CabinetEvent {
  readonly slot: number;
  readonly event: "checked-in" | "checked-out" | "overdue" | "wrong-key" | "door-left-open" | "door-closed";
}

/** Who may ask for what at a station. */
export type ServeAuthority =
  /** SPEC SRV-1: any host. What the message brings is verified by itself; it never replaces something newer. */
  | "any-host"
  /** SPEC SRV-2: whoever signs a HostCommand over the present session, under a certificate with role host. */
  | "host-command";

/** SPEC SRV-1, SRV-2. Nothing here sets a clock, exports a key, clears a log or signs a chosen nonce. */
export const serveAuthority: Readonly<Record<MessageName<"serve">, ServeAuthority>> = {
  hello: "any-host",
  chunk: "any-host",
  info: "any-host",
  counters: "any-host",
  "self-test": "any-host",
  docks: "any-host",
  "time-challenge": "any-host",
  time: "any-host",
  deliver: "any-host",
  bundle: "any-host",
  acknowledge: "any-host",
  enrol: "any-host",
  commission: "any-host",
  transfer: "any-host",
  command: "host-command",
};

/** What a station must be able to do before a host asks it; the others every station answers. */
export const neededCapability: Readonly<Partial<Record<MessageName<"serve">, Capability>>> = {
  "self-test": "self-test",
  bundle: "bundles",
  acknowledge: "log",
};

const capability: Schema<"time" | "bundles" | "log" | "cabinet" | "pin" | "self-test"> = choice({
  time: 1,
  bundles: 2,
  log: 3,
  cabinet: 4,
  pin: 5,
  "self-test": 6,
});

const firmware: Schema<FirmwareVersion> = tuple(byte, byte, byte);

export const serveHello: Schema<ServeHello> = map({
  versions: required(1, versions),
  exchange: required(2, choice({ serve: 5 })),
  nonce: required(3, nonce16),
  program: optional(4, text({ min: 1, max: 32 })),
});

export const serveWelcome: Schema<ServeWelcome> = map({
  versions: required(1, versions),
  device: required(2, id8),
  nonce: required(3, nonce16),
  fleetId: required(4, digest),
  kind: required(5, deviceKind),
  firmware: required(6, firmware),
  capabilities: required(7, array(capability, { min: 0, max: 16 })),
  slots: required(8, byte),
});

export const infoReply: Schema<InfoReply> = map({
  serial: required(1, text({ min: 1, max: 24 })),
  epoch: required(2, uint()),
  clock: required(3, clock),
  certificates: required(4, array(tuple(id8, seconds), { min: 0, max: 8 })),
  bundles: required(5, uint16),
  bundleRoom: required(6, uint16),
  floor: required(7, seconds),
});

export const countersReply: Schema<CountersReply> = map({ counters: required(1, array(uint(), { min: 0, max: 24 })) });
export const selfTestReply: Schema<SelfTestReply> = map({
  checks: required(1, array(tuple(byte, boolean()), { min: 0, max: 16 })),
});
export const docksReply: Schema<DocksReply> = map({
  slots: required(1, array(tuple(byte, choice({ empty: 0, docked: 1, busy: 2, fault: 3 })), { min: 0, max: 64 })),
});
export const bundleRequest: Schema<BundleRequest> = map({ key: required(1, id8), object: required(2, object) });
export const bundleReply: Schema<BundleReply> = map({ outcome: required(1, updateOutcome) });
export const commandRequest: Schema<CommandRequest> = map({
  command: required(1, object),
  certificates: required(2, certificates),
});
export const commandReply: Schema<CommandReply> = map({
  outcome: required(1, choice({ done: 0, refused: 1 })),
  object: optional(2, object),
  nextCursor: optional(3, uint()),
  v: optional(4, digest),
});
export const acknowledgeRequest: Schema<AcknowledgeRequest> = map({ cursor: required(1, uint()) });
export const dockEvent: Schema<DockEvent> = map({
  slot: required(1, byte),
  event: required(2, choice({ docked: 1, undocked: 2, synced: 3, fault: 4 })),
});
export const cabinetEvent: Schema<CabinetEvent> = map({
  slot: required(1, byte),
  event: required(
    2,
    choice({
      "checked-in": 1,
      "checked-out": 2,
      overdue: 3,
      "wrong-key": 4,
      "door-left-open": 5,
      "door-closed": 6,
    }),
  ),
});
