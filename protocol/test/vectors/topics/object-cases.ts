// One case of one kind of object, validly signed by the party whose turn it is.
import type { ObjectName } from "#src/objects/signed-object.ts";
import type { Party } from "../../support/city.ts";
import { accepted, checkFields, type Labels, type Made, make, refused, type Vector } from "../build.ts";
import * as u from "../usual.ts";

export function fieldsOf(kind: ObjectName, made: Made, by: Party, shown = true): Readonly<Record<string, unknown>> {
  const { fleet, extra } = u.usual[kind];
  return { object: kind, ...checkFields(made, { publicKey: by.publicKey, fleet, extra }, shown) };
}

/** A sound object that departs from the usual one. */
export function good(kind: ObjectName, name: string, clauses: string, differs: Labels = {}, by?: Party): Vector {
  const signer = by ?? u.usual[kind].by;
  return accepted(`${kind}: ${name}`, clauses, fieldsOf(kind, u.variantOf(kind, differs, signer), signer));
}

/** One that breaks one rule. `differs` as bytes is the whole payload. */
export function bad(
  kind: ObjectName,
  name: string,
  clauses: string,
  reason: string,
  differs: Labels | Uint8Array,
  by?: Party,
): Vector {
  const signer = by ?? u.usual[kind].by;
  const { fleet, extra } = u.usual[kind];
  const made =
    differs instanceof Uint8Array
      ? make(kind, differs, { by: signer, fleet, extra })
      : u.variantOf(kind, differs, signer);
  return refused(`${kind}: ${name}`, clauses, reason, fieldsOf(kind, made, signer));
}
