/** ActivationTicket: an activation box says that the holder was there, for one grant (SPEC OBJ-6, ACT-5). */
import { bytes, choice, map, required, type Schema, uint } from "../cbor/schema.ts";
import type { Seconds } from "../time/clock.ts";
import { nonEmptyWindow } from "./rules.ts";
import type { ObjectKind } from "./signed-object.ts";

export interface ActivationTicket {
  /** SHA-256 of the grant's exact bytes. */
  readonly grantDigest: Uint8Array;
  readonly from: Seconds;
  /** Exclusive, at most the grant's exp. */
  readonly until: Seconds;
  readonly method: "pin";
  /** Rises with each ticket that the box signs. */
  readonly boxCounter: number;
}

const schema: Schema<ActivationTicket> = map({
  grantDigest: required(1, bytes(32)),
  from: required(2, uint()),
  until: required(3, uint()),
  method: required(4, choice({ pin: 1 })),
  boxCounter: required(5, uint()),
});

export const activationTicketObject: ObjectKind<ActivationTicket> = {
  name: "activation-ticket",
  kid: "sent",
  schema,
  issuance: { role: "ticket", times: ({ from, until }) => ({ iat: from, exp: until }) },
  violation: (ticket) => nonEmptyWindow(ticket.from, ticket.until),
};
