/**
 * What devices have said is safe: records that a cylinder has confirmed, the intents on which it has opened, and a key's own journal.
 * After every cut all of it has to come home (P8). It listens in a world as a checker does.
 */
import { encodeAs, logRecordSchema, toHex } from "@nyckelfri/protocol";
import type { Breach, Checker, Watch } from "../../checkers/checker.ts";
import { cylinderStep, keyStep } from "../../checkers/observed.ts";
import { isWrittenOff } from "../../checkers/records-reach-the-city.ts";
import type { CityLog } from "../../world/city-log.ts";
import type { PartRef } from "../../world/entity.ts";
import type { Ledger } from "../../world/ledger.ts";
import type { Party } from "../../world/parties.ts";
import type { Watchers } from "../../world/watchers.ts";
import type { World } from "../../world/world.ts";

type Store = "openings" | "refusals";
interface Promised {
  readonly device: string;
  readonly party: Party;
  readonly store: Store | "journal";
  readonly number: number;
  /** What it says; `intent` where all that is known is that it opened on it. */
  readonly record: string;
}

export class Promises implements Checker {
  readonly property = "P8";
  readonly says = "what a device has confirmed is home when all is over";
  readonly breaches: readonly Breach[] = [];
  readonly watch: Watch;
  readonly #made: Map<string, Promised>;

  constructor(made: ReadonlyMap<string, Promised> = new Map()) {
    this.#made = new Map(made);
    this.watch = {
      step: ({ moment }, truth) => {
        const door = cylinderStep(moment, truth);
        if (door !== undefined) {
          if (door.before?.stores === door.after.stores) return;
          for (const store of ["openings", "refusals"] as const) {
            const { last } = door.after.stores[store];
            if (last === undefined || last === door.before?.stores[store].last) continue;
            const record = toHex(encodeAs(logRecordSchema, last.record));
            this.#promise({ device: door.id, party: truth.member(door.id).party, store, number: last.number, record });
          }
          return;
        }
        const key = keyStep(moment, truth);
        if (key === undefined || key.before?.holdings.journal === key.after.holdings.journal) return;
        const { newest: number } = key.after.holdings.journal;
        this.#promise({ device: key.id, party: truth.member(key.id).party, store: "journal", number, record: "" });
      },
      engaged: ({ cylinder: device, record: number }, truth) => {
        const { party } = truth.member(device);
        this.#promise({ device, party, store: "openings", number, record: INTENT });
      },
    };
  }

  copy(): Promises {
    return new Promises(this.#made);
  }

  get all(): readonly Promised[] {
    return [...this.#made.values()];
  }

  #promise(promised: Promised): void {
    // The same number with another content is another promise.
    const { device, store, number, record } = promised;
    this.#made.set(`${device} ${store} ${number} ${record}`, promised);
  }
}

const INTENT = "intent";
const WATCHERS: PartRef<Watchers> = { name: "watchers" };

/** All that were made in a world until now. */
export function promisesIn(world: World): readonly Promised[] {
  return world.kernel.part(WATCHERS).checkers.flatMap((one) => (one instanceof Promises ? one.all : []));
}

/** Of these promises, those that the city's books do not keep. */
export function notHome(promises: readonly Promised[], log: CityLog, ledger: Ledger): readonly string[] {
  const journals = new Map<string, number>();
  const records = new Map<string, Map<number, { readonly kind: string; readonly text: string }>>();
  const missing: string[] = [];
  for (const { device, party, store, number, record } of promises) {
    if (store === "journal") {
      const home = journals.get(device) ?? log.journal(party.kid).length;
      journals.set(device, home);
      if (home < number) missing.push(`entry ${number} of ${device}'s journal; it has ${home}`);
      continue;
    }
    const name = `${device} ${store}`;
    let book = records.get(name);
    if (book === undefined) {
      book = new Map(
        log.records(party.kid, store).map(({ counter, record: one }) => {
          return [counter, { kind: one.kind, text: toHex(encodeAs(logRecordSchema, one)) }];
        }),
      );
      records.set(name, book);
    }
    const held = book.get(number);
    if (isWrittenOff(ledger, party.kid, store, number)) continue;
    const isKept = record === INTENT ? held?.kind === INTENT : held?.text === record;
    if (!isKept)
      missing.push(`record ${number} of ${device}'s ${store}; the city has ${held?.kind ?? "nothing"} there`);
  }
  return missing;
}
