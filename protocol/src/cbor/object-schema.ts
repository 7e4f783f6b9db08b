/** Schemas that become objects: closed maps with integer labels, and arrays that begin with a code (SPEC CBR-14). */
import { PeerError } from "../errors.ts";
import type { AnySchema, Schema, TypeOf } from "./schema.ts";
import { misdefined, notBuildable, refuse } from "./schema-fault.ts";
import { type CborValue, isArray, LARGEST_KEY, SMALLEST_KEY } from "./value.ts";

/** An entry of a map. */
export interface Field<S extends AnySchema, Presence extends "required" | "optional"> {
  readonly label: number;
  readonly schema: S;
  readonly presence: Presence;
}

/** An entry that is always there. `label` is from -24 to 23. */
export function required<S extends AnySchema>(label: number, schema: S): Field<S, "required"> {
  return { label, schema, presence: "required" };
}

/** An entry that may be absent; the property is then absent too, never `undefined`. */
export function optional<S extends AnySchema>(label: number, schema: S): Field<S, "optional"> {
  return { label, schema, presence: "optional" };
}

export type Fields = Readonly<Record<string, Field<AnySchema, "required" | "optional">>>;

/** The object type of a set of fields. */
export type ObjectOf<F extends Fields> = Flat<
  {
    readonly [K in keyof F as F[K]["presence"] extends "required" ? K : never]: TypeOf<F[K]["schema"]>;
  } & {
    readonly [K in keyof F as F[K]["presence"] extends "optional" ? K : never]?: TypeOf<F[K]["schema"]>;
  }
>;

/** Writes an intersection as one object type. */
export type Flat<T> = { readonly [K in keyof T]: T[K] };

/** A closed map with integer labels: any label that is not listed is refused. */
export function map<const F extends Fields>(fields: F): Schema<ObjectOf<F>> {
  const entries = Object.entries(fields).map(([name, field]) => ({ name, suffix: `.${name}`, ...field }));
  const labels = new Set(entries.map(({ label }) => label));
  if (labels.size !== entries.length) misdefined("fields", "each label once");
  for (const label of labels) {
    if (!Number.isInteger(label) || label < SMALLEST_KEY || label > LARGEST_KEY) misdefined("label", "-24 to 23");
  }
  const names = namesOf(Object.keys(fields));
  return {
    parse(value, path) {
      if (!(value instanceof Map)) refuse("schema/type", path, "a map");
      const built: Record<string, unknown> = {};
      let known = 0;
      for (const { name, suffix, label, schema, presence } of entries) {
        const item = value.get(label);
        if (item !== undefined) {
          built[name] = schema.parse(item, path + suffix);
          known += 1;
        } else if (presence === "required") {
          throw new PeerError("schema/missing-label", { path: path + suffix, label });
        }
      }
      if (known !== value.size) {
        const label = [...value.keys()].find((key) => !labels.has(key));
        throw new PeerError("schema/unknown-label", { path, label });
      }
      return built as ObjectOf<F>;
    },
    build(value, path) {
      const given = propertiesOf(value, path, names);
      const built = new Map<number, CborValue>();
      for (const { name, suffix, label, schema, presence } of entries) {
        const item = given[name];
        if (item !== undefined) built.set(label, schema.build(item as never, path + suffix));
        else if (presence === "required") notBuildable(path + suffix, "a value: the field is required");
      }
      return built;
    },
  };
}

/** Per name of a variant: the code that stands first in the array, and the fields that follow it, in order. */
export type Cases = Readonly<Record<string, readonly [code: number, fields: Readonly<Record<string, AnySchema>>]>>;

/** The tagged union of a set of cases. */
export type UnionOf<Tag extends string, C extends Cases> = {
  [K in keyof C & string]: Flat<{ readonly [T in Tag]: K } & { readonly [N in keyof C[K][1]]: TypeOf<C[K][1][N]> }>;
}[keyof C & string];

interface Case {
  readonly name: string;
  readonly code: number;
  readonly names: ReadonlySet<string>;
  readonly places: readonly { readonly name: string; readonly suffix: string; readonly schema: AnySchema }[];
}

/** An array whose first element, a code, selects what follows; in the program a union tagged by the property `tag`. */
export function variant<const Tag extends string, const C extends Cases>(tag: Tag, cases: C): Schema<UnionOf<Tag, C>> {
  const listed: readonly Case[] = Object.entries(cases).map(([name, [code, fields]]) => ({
    name,
    code,
    names: namesOf([tag, ...Object.keys(fields)]),
    places: Object.entries(fields).map(([field, schema]) => ({ name: field, suffix: `.${field}`, schema })),
  }));
  const byCode = new Map(listed.map((one) => [one.code, one]));
  const byName = new Map(listed.map((one) => [one.name, one]));
  if (byCode.size !== listed.length || ![...byCode.keys()].every(Number.isSafeInteger)) {
    misdefined("cases", "unlike integers");
  }
  const takes = `an array that begins with ${listed.map(({ code, name }) => `${code} (${name})`).join(", ")}`;
  return {
    parse(value, path) {
      if (!isArray(value)) refuse("schema/type", path, takes);
      const code = value[0];
      const selected = typeof code === "number" ? byCode.get(code) : undefined;
      if (selected === undefined) return refuse("schema/variant", path, takes);
      const { name, places } = selected;
      if (value.length !== places.length + 1) refuse("schema/length", path, `${places.length + 1} items for ${name}`);
      const built: Record<string, unknown> = { [tag]: name };
      places.forEach((place, index) => {
        built[place.name] = place.schema.parse(value[index + 1] as CborValue, path + place.suffix);
      });
      return built as UnionOf<Tag, C>;
    },
    build(value, path) {
      const name: unknown = (value as Readonly<Record<string, unknown>> | null | undefined)?.[tag];
      const selected = typeof name === "string" ? byName.get(name) : undefined;
      if (selected === undefined) return notBuildable(`${path}.${tag}`, `one of ${[...byName.keys()].join(", ")}`);
      const given = propertiesOf(value, path, selected.names);
      const items = selected.places.map(({ name, suffix, schema }) =>
        schema.build(given[name] as never, path + suffix),
      );
      return [selected.code, ...items];
    },
  };
}

/** The properties of an object that has no others than `known`: one that would not be sent must not be lost silently. */
function propertiesOf(value: unknown, path: string, known: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) notBuildable(path, "an object");
  for (const name of Object.keys(value)) if (!known.has(name)) notBuildable(`${path}.${name}`, "no such field");
  return value as Readonly<Record<string, unknown>>;
}

/** Integer-like names would lose their order, `__proto__` its meaning. */
function namesOf(names: readonly string[]): ReadonlySet<string> {
  for (const name of names) if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) misdefined("field name", "letters and digits");
  const set = new Set(names);
  if (set.size !== names.length) misdefined("field name", "each name once");
  return set;
}
