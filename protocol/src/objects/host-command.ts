/** HostCommand: what only a certified host may ask of a device (SPEC OBJ-19, SRV-2). */
import { bytes, choice, map, required, type Schema, uint, variant } from "../cbor/schema.ts";
import { PeerError } from "../errors.ts";
import type { Seconds } from "../time/clock.ts";
import { pin, requireDevice, requireNonce } from "./rules.ts";
import type { ObjectKind, Unverified, Verified } from "./signed-object.ts";
import { type Authority, requireNotEnded, verifyByKind } from "./trust.ts";

export type Command =
  | { readonly kind: "read-log"; readonly cursor: number }
  | {
      readonly kind: "configure";
      readonly setting: "serve-time" | "overdue" | "door-left-open";
      readonly value: number;
    }
  /** Opens a cabinet's slot. */
  | { readonly kind: "release-slot"; readonly slot: number }
  /** SPEC DCK-8: has the key in this slot derive v for a PIN of 4 to 8 digits. Secret. */
  | { readonly kind: "enrol-pin"; readonly slot: number; readonly pin: string };

export interface HostCommand {
  /** kid of the device addressed. */
  readonly device: Uint8Array;
  /** That device's nonce of the session. */
  readonly nonce: Uint8Array;
  /** Rises from command to command of a session. */
  readonly sequence: number;
  readonly command: Command;
}

const command: Schema<Command> = variant("kind", {
  "read-log": [1, { cursor: uint() }],
  configure: [2, { setting: choice({ "serve-time": 1, overdue: 2, "door-left-open": 3 }), value: uint() }],
  "release-slot": [3, { slot: uint({ max: 0xff }) }],
  "enrol-pin": [4, { slot: uint({ max: 0xff }), pin }],
});

const schema: Schema<HostCommand> = map({
  device: required(1, bytes(8)),
  nonce: required(2, bytes(16)),
  sequence: required(3, uint()),
  command: required(4, command),
});

export const hostCommandObject: ObjectKind<HostCommand> = {
  name: "host-command",
  kid: "sent",
  bound: "session",
  schema,
  issuance: { role: "host", times: "none" },
};

/** The addressed device's side of a session. */
export interface CommandSession {
  readonly device: Uint8Array;
  readonly nonce: Uint8Array;
  /** Of the last command that was accepted in this session. */
  readonly lastSequence: number | "none";
  /** From `sessionTranscript`. */
  readonly transcript: Uint8Array;
  /** The highest lower bound of time that the device knows (SPEC TRU-14). */
  readonly knownLower: Seconds;
}

/** Throws `objects/other-device`, `objects/nonce`, `objects/sequence`, `trust/…`, `cose/signature-invalid`. */
export function verifyHostCommand(
  object: Unverified<HostCommand>,
  authority: Authority,
  session: CommandSession,
): Verified<HostCommand> {
  const { sequence } = object.value;
  requireDevice(object, session.device);
  requireNonce(object, session.nonce);
  if (session.lastSequence !== "none" && sequence <= session.lastSequence) {
    throw new PeerError("objects/sequence", { sequence, last: session.lastSequence });
  }
  requireNotEnded(authority.signer, session.knownLower);
  return verifyByKind(object, authority, [session.transcript]);
}
