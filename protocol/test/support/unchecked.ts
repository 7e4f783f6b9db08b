/** Objects as this library would not issue them: well signed, whatever they say. */
import { encodeAs } from "#src/cbor/schema.ts";
import { externalAad } from "#src/cose/sig-structure.ts";
import { signSign1 } from "#src/cose/sign1.ts";
import { type ObjectKind, typOf } from "#src/objects/signed-object.ts";
import { fleetId, type Party, provider } from "./city.ts";

export interface UncheckedOptions {
  readonly kid?: Uint8Array | "none";
  readonly typ?: number;
  readonly fleetId?: Uint8Array;
  readonly extra?: readonly Uint8Array[];
}

/** A payload of any bytes, signed. */
export function signPayload(
  kind: ObjectKind<never>,
  payload: Uint8Array,
  by: Party,
  options: UncheckedOptions = {},
): Uint8Array {
  const kid = options.kid ?? (kind.kid === "sent" ? by.kid : "none");
  return signSign1({
    provider,
    seed: by.seed,
    ...(kid === "none" ? {} : { kid }),
    typ: options.typ ?? typOf(kind.name),
    payload,
    externalAad: externalAad(options.fleetId ?? fleetId, options.extra),
  }).bytes;
}

/** A value that fits the schema, signed without asking for the rules of its kind. */
export function signUnchecked<T>(
  kind: ObjectKind<T>,
  value: NoInfer<T>,
  by: Party,
  options: UncheckedOptions = {},
): Uint8Array {
  return signPayload(kind as unknown as ObjectKind<never>, encodeAs<T>(kind.schema, value), by, options);
}
