/** DeviceTransfer: a fleet's root hands one device over to another fleet (SPEC TRU-10, OBJ-21). */
import { bytes, map, required, type Schema, uint } from "../cbor/schema.ts";
import type { Seconds } from "../time/clock.ts";
import type { ObjectKind } from "./signed-object.ts";

export interface DeviceTransfer {
  /** Current root of the receiving fleet. */
  readonly rootPublicKey: Uint8Array;
  /** Thumbprint of that root's successor. */
  readonly successorThumbprint: Uint8Array;
  /** Present epoch of the receiving fleet. */
  readonly epoch: number;
  /** Floor in the receiving fleet. */
  readonly nbf: Seconds;
  /** kid of the one device that this is for. */
  readonly device: Uint8Array;
  /** Given by that device in the present session. */
  readonly nonce: Uint8Array;
  /** The receiving fleet's. */
  readonly fleetId: Uint8Array;
}

const schema: Schema<DeviceTransfer> = map({
  rootPublicKey: required(1, bytes(32)),
  successorThumbprint: required(2, bytes(32)),
  epoch: required(3, uint()),
  nbf: required(4, uint()),
  device: required(5, bytes(8)),
  nonce: required(6, bytes(16)),
  fleetId: required(7, bytes(32)),
});

export const deviceTransferObject: ObjectKind<DeviceTransfer> = {
  name: "device-transfer",
  kid: "sent",
  schema,
  trusts: ({ rootPublicKey }) => rootPublicKey,
};
