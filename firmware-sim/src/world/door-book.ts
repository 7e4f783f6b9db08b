/** Which home is served by whom, which cylinder sits where, and so what a door's next policy says. It signs nothing. */
import { CallerError, type DoorPolicy, equalBytes, type Seconds, times, toHex } from "@nyckelfri/protocol";
import type { CareProvider, Door, Home, PublicParty } from "./parties.ts";

/** What a policy says besides whom it serves; it stays until it is changed. */
export type DoorTerms = Pick<DoorPolicy, "activation" | "longestGrantSeconds" | "widestIntervalSeconds"> & {
  /** Lists besides those of the providers that are served. */
  readonly lists: readonly number[];
};

interface Mounted {
  readonly door: Door;
  readonly cylinder: Uint8Array;
  readonly terms: DoorTerms;
  readonly state: DoorPolicy["state"];
}

const USUAL_TERMS: DoorTerms = {
  activation: "asked",
  longestGrantSeconds: times.longestGrantSeconds,
  widestIntervalSeconds: times.widestIntervalSeconds,
  lists: [],
};

export class DoorBook {
  readonly #providers: CareProvider[] = [];
  readonly #served: Map<string, { readonly home: Home; readonly groups: readonly number[] }> = new Map();
  readonly #mounted: Map<string, Mounted> = new Map();
  /** Of each cylinder: its newest policy version in this epoch, and its mount number. */
  readonly #cylinders: Map<string, { readonly version: number; readonly mount: number }> = new Map();

  /** Numbers a provider's list and groups, in the order in which providers come. */
  addProvider(name: string, groupNames: readonly string[]): CareProvider {
    const list = this.#providers.length + 1;
    const groups = Object.fromEntries(groupNames.map((group, index) => [group, list * 1000 + index]));
    const provider = { name, list, groups };
    this.#providers.push(provider);
    return provider;
  }

  serve(home: Home, groups: readonly number[]): void {
    this.#served.set(home.name, { home, groups });
  }

  /** Doors that have, or had last, a cylinder. */
  doors(): Door[] {
    return [...this.#mounted.values()].map(({ door }) => door);
  }

  mount(door: Door, { kid }: PublicParty, terms: Partial<DoorTerms>): void {
    // A cylinder is at one door: the one that it left has none any more.
    for (const [id, { cylinder }] of this.#mounted) if (equalBytes(cylinder, kid)) this.#mounted.delete(id);
    const { version, mount } = this.#cylinders.get(toHex(kid)) ?? { version: 0, mount: 0 };
    this.#cylinders.set(toHex(kid), { version, mount: mount + 1 });
    const mounted: Mounted = { door, cylinder: kid, terms: { ...USUAL_TERMS, ...terms }, state: "active" };
    this.#mounted.set(toHex(door.id), mounted);
  }

  change(door: Door, { state, ...terms }: Partial<DoorTerms> & { readonly state?: DoorPolicy["state"] }): void {
    const mounted = this.#mountedAt(door);
    const changed = { ...mounted, state: state ?? mounted.state, terms: { ...mounted.terms, ...terms } };
    this.#mounted.set(toHex(door.id), changed);
  }

  /** The policy that is due for a door, in the next version of its cylinder. */
  nextPolicy(door: Door, iat: Seconds): DoorPolicy {
    const { cylinder, terms, state } = this.#mountedAt(door);
    const { version, mount } = this.#cylinders.get(toHex(cylinder)) ?? { version: 0, mount: 1 };
    this.#cylinders.set(toHex(cylinder), { version: version + 1, mount });
    const { activation, longestGrantSeconds, widestIntervalSeconds } = terms;
    const homes = [...this.#served.values()].filter(({ home }) => home.doors.some(({ id }) => equalBytes(id, door.id)));
    const groups = ascending(homes.flatMap((served) => served.groups));
    const serving = this.#providers.filter((one) => Object.values(one.groups).some((group) => groups.includes(group)));
    const lists = ascending([...terms.lists, ...serving.map(({ list }) => list)]);
    return {
      cylinder,
      version: version + 1,
      iat,
      door: door.id,
      mount,
      state,
      groups,
      lists,
      doorKind: door.kind,
      activation,
      longestGrantSeconds,
      widestIntervalSeconds,
    };
  }

  /** Versions begin again (SPEC TRU-8); mount numbers go on. */
  openEpoch(): void {
    for (const [cylinder, { mount }] of this.#cylinders) this.#cylinders.set(cylinder, { version: 0, mount });
  }

  /** Goes on by itself. */
  copy(): DoorBook {
    const copy = new DoorBook();
    copy.#providers.push(...this.#providers);
    for (const [home, served] of this.#served) copy.#served.set(home, served);
    for (const [door, mounted] of this.#mounted) copy.#mounted.set(door, mounted);
    for (const [cylinder, counted] of this.#cylinders) copy.#cylinders.set(cylinder, counted);
    return copy;
  }

  #mountedAt(door: Door): Mounted {
    const mounted = this.#mounted.get(toHex(door.id));
    if (mounted !== undefined) return mounted;
    throw new CallerError("caller/argument", { argument: "door", takes: "a door with a cylinder", door: door.name });
  }
}

/** Ascending, none twice: the order of scopes and policies. */
export function ascending(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
