/** Store: a key in a cabinet, single safe or vehicle box (SPEC 8.4). While it is stored it docks: see dock.ts. */
import { choice, map, required, type Schema } from "../cbor/schema.ts";
import { byte, object } from "./common.ts";

export interface CheckInRequest {
  readonly slot: number;
}
export interface CheckInReply {
  /** DeviceProof of the key over the cabinet's nonce (SPEC MSG-7). */
  readonly proof: Uint8Array;
}

export interface CheckOutRequest {
  readonly slot: number;
}
export interface CheckOutReply {
  readonly outcome: "ready" | "busy" | "battery";
}

export const checkInRequest: Schema<CheckInRequest> = map({ slot: required(1, byte) });
export const checkInReply: Schema<CheckInReply> = map({ proof: required(1, object) });
export const checkOutRequest: Schema<CheckOutRequest> = map({ slot: required(1, byte) });
export const checkOutReply: Schema<CheckOutReply> = map({
  outcome: required(1, choice({ ready: 0, busy: 1, battery: 2 })),
});
