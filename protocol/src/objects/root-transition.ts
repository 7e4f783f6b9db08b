/** RootTransition: the announced successor reveals itself, becomes root and opens an epoch (SPEC TRU-9, OBJ-21). */
import { bytes, map, required, type Schema, uint } from "../cbor/schema.ts";
import type { Seconds } from "../time/clock.ts";
import type { ObjectKind } from "./signed-object.ts";

export interface RootTransition {
  /** The successor, root from now on, which signs this. */
  readonly rootPublicKey: Uint8Array;
  /** Thumbprint of the next successor. */
  readonly successorThumbprint: Uint8Array;
  /** The old epoch + 1. */
  readonly epoch: number;
  /** Floor of the new epoch. */
  readonly nbf: Seconds;
}

const schema: Schema<RootTransition> = map({
  rootPublicKey: required(1, bytes(32)),
  successorThumbprint: required(2, bytes(32)),
  epoch: required(3, uint()),
  nbf: required(4, uint()),
});

export const rootTransitionObject: ObjectKind<RootTransition> = {
  name: "root-transition",
  kid: "sent",
  schema,
  trusts: ({ rootPublicKey }) => rootPublicKey,
};
