/** P8 (SPEC LOG-2, LOG-7, LOG-9, OPN-15): every confirmed record comes to the city, and is stored there once. */
import { encodeAs, type LogRecord, logRecordSchema, toHex } from "@nyckelfri/protocol";
import type { LogName } from "../devices/cylinder/settings.ts";
import type { Ledger } from "../world/ledger.ts";
import type { Checker } from "./checker.ts";
import { cylinderStep, roleOf } from "./observed.ts";
import { checkerOf } from "./watching.ts";

interface Confirmed {
  readonly cylinder: string;
  readonly store: LogName;
  readonly number: number;
  /** Openings by honest keys that the cylinder had seen. */
  readonly openings: number;
}
interface Memory {
  /** By cylinder, store and number: not in the city yet. */
  readonly confirmed: Map<string, Confirmed>;
  /** The same, as it was confirmed and as the city has it. */
  readonly records: Map<string, string>;
  readonly stored: Map<string, string>;
  /** By cylinder and store: the newest one. */
  readonly newest: Map<string, number>;
  readonly openings: Map<string, number>;
}

/** After so many openings by honest keys a record should have gone with one of them, and with another one if that was lost. */
const OPENINGS_UNTIL_DUE = 24;
/** A ring has room for 160 openings and 64 refusals; slots that cuts have spoilt hold none. */
export const RING_HOLDS: Readonly<Record<LogName, number>> = { openings: 80, refusals: 32 };

export function recordsReachTheCity(): Checker {
  return checkerOf<Memory>({
    property: "P8",
    says: "every confirmed record reaches the city at least once and is stored exactly once",
    begin: () => ({
      confirmed: new Map(),
      records: new Map(),
      stored: new Map(),
      newest: new Map(),
      openings: new Map(),
    }),
    watch: {
      step: ({ moment }, { memory, truth }) => {
        const stepped = cylinderStep(moment, truth);
        if (stepped === undefined || stepped.before?.stores === stepped.after.stores) return;
        for (const store of ["openings", "refusals"] as const) {
          const { last } = stepped.after.stores[store];
          if (last === undefined || last === stepped.before?.stores[store].last) continue;
          const name = `${stepped.id} ${store} ${last.number}`;
          if (memory.records.has(name)) continue;
          const record = textOf(last.record);
          const openings = memory.openings.get(stepped.id) ?? 0;
          memory.records.set(name, record);
          memory.newest.set(`${stepped.id} ${store}`, last.number);
          if (!memory.stored.has(name))
            memory.confirmed.set(name, { cylinder: stepped.id, store, number: last.number, openings });
        }
      },
      engaged: ({ cylinder, by }, { memory, truth }) => {
        if (roleOf(by, truth) === "key") memory.openings.set(cylinder, (memory.openings.get(cylinder) ?? 0) + 1);
      },
      collected: ({ cylinder, store, counter, record, known }, { memory, truth, breach }) => {
        if (roleOf(cylinder, truth) !== "cylinder") return;
        const name = `${cylinder} ${store} ${counter}`;
        const held = memory.stored.get(name);
        const came = textOf(record);
        const where = `record ${counter} of its ${store}`;
        if (known === "new" && held !== undefined) breach(cylinder, `${where} was stored a second time`);
        if (known === "again" && held === undefined) breach(cylinder, `${where} was taken for known, and was not`);
        if (known === "differs" || (held !== undefined && held !== came))
          breach(cylinder, `${where} came in two forms`);
        const confirmed = memory.records.get(name);
        if (confirmed !== undefined && confirmed !== came) breach(cylinder, `${where} is not what it confirmed`);
        if (known !== "differs") memory.stored.set(name, came);
        memory.confirmed.delete(name);
      },
    },
    finish: ({ memory, truth, breach }) => {
      for (const { cylinder, store, number, openings } of memory.confirmed.values()) {
        const newest = memory.newest.get(`${cylinder} ${store}`) ?? number;
        const later = (memory.openings.get(cylinder) ?? 0) - openings;
        const isWrapped = newest - number >= RING_HOLDS[store];
        if (
          isWrapped ||
          later < OPENINGS_UNTIL_DUE ||
          isWrittenOff(truth.ledger, truth.member(cylinder).party.kid, store, number)
        )
          continue;
        breach(cylinder, `record ${number} of its ${store} is not in the city after ${later} openings`);
      }
    },
  });
}

/** SPEC SVC-5: by the policy that dismounts; refusals are written off with the openings. */
export function isWrittenOff(ledger: Ledger, kid: Uint8Array, store: LogName, number: number): boolean {
  return ledger.policiesOf(kid).some(({ object: { value } }) => {
    return value.state === "dismounted" && (store === "refusals" || (value.writtenOff ?? 0) >= number);
  });
}

function textOf(record: LogRecord): string {
  return toHex(encodeAs(logRecordSchema, record));
}
