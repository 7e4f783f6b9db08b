/** Everything that a cylinder reads more than once, one memo for each kind (page-memo.ts). */
import type {
  Certificate,
  ChainPosition,
  CryptoProvider,
  DoorPolicy,
  LogRecord,
  RevocationList,
  Unverified,
  Verified,
} from "@nyckelfri/protocol";
import type { CounterEnd } from "./counter-ring.ts";
import type { StoredKey } from "./held.ts";
import type { CylinderIdentity } from "./identity.ts";
import type { Pooled } from "./object-pool.ts";
import { type Keeping, type Kept, PageMemo, ValueMemo } from "./page-memo.ts";
import type { BlockNumber, FoundBlock, StoredRecord } from "./record-block.ts";
import type { Settings } from "./settings.ts";

/** Of a bank: what it commits to, and how far it has come. */
export interface FoundBank {
  readonly settings: Settings;
  readonly sequence: number;
}

/** An object that was verified before it was stored, under the key that it was asked for. */
export interface Recalled {
  readonly publicKey: Uint8Array;
  readonly fleetId: Uint8Array;
  readonly object: Verified<unknown> | undefined;
}

/** The keys of the certificates that settings name, and what their slots held. */
export interface FoundKeys {
  readonly held: readonly (Pooled | undefined)[];
  readonly keys: readonly StoredKey[];
}

export interface Findings {
  readonly identity: PageMemo<CylinderIdentity | undefined>;
  readonly factory: ValueMemo<CylinderIdentity, Settings>;
  readonly bank: PageMemo<FoundBank | undefined>;
  /** The highest value at the beginning of a page of a counter; -1 for none. */
  readonly counterHead: PageMemo<number>;
  readonly counterEnd: PageMemo<CounterEnd>;
  readonly object: PageMemo<Pooled | undefined>;
  readonly blockNumber: PageMemo<BlockNumber | undefined>;
  readonly block: PageMemo<FoundBlock>;
  readonly firstFree: PageMemo<number>;
  readonly encoded: ValueMemo<LogRecord, Uint8Array>;
  readonly position: ValueMemo<StoredRecord, ChainPosition>;
  readonly isBlank: PageMemo<boolean>;
  /** Of exact bytes; undefined where they are of another kind. */
  readonly policy: ValueMemo<Pooled, DoorPolicy | undefined>;
  readonly list: ValueMemo<Pooled, RevocationList | undefined>;
  readonly certificate: ValueMemo<Pooled, Unverified<Certificate> | undefined>;
  readonly kid: ValueMemo<Unverified<Certificate>, Uint8Array>;
  readonly keys: ValueMemo<Settings, FoundKeys>;
  readonly recalled: ValueMemo<Pooled, Recalled>;
}

/** One for all doors of a world: what was found in one memory is no finding in another, which has pages of its own. */
const shared = new WeakMap<CryptoProvider, Findings>();

export function findingsOf(keeping: Keeping, provider: CryptoProvider): Findings {
  if (keeping === "nothing") return newFindings(keeping, provider);
  const known = shared.get(provider) ?? newFindings(keeping, provider);
  shared.set(provider, known);
  return known;
}

/**
 * What was found in values, of all worlds together: a value is of one world, and a table for each world stays as large as its busiest hour
 * has made it.
 */
const inValues = {
  factory: new WeakMap<CylinderIdentity, Kept<Settings>>(),
  encoded: new WeakMap<LogRecord, Kept<Uint8Array>>(),
  position: new WeakMap<StoredRecord, Kept<ChainPosition>>(),
  policy: new WeakMap<Pooled, Kept<DoorPolicy | undefined>>(),
  list: new WeakMap<Pooled, Kept<RevocationList | undefined>>(),
  certificate: new WeakMap<Pooled, Kept<Unverified<Certificate> | undefined>>(),
  kid: new WeakMap<Unverified<Certificate>, Kept<Uint8Array>>(),
  keys: new WeakMap<Settings, Kept<FoundKeys>>(),
  recalled: new WeakMap<Pooled, Kept<Recalled>>(),
};

function newFindings(keeping: Keeping, provider: CryptoProvider): Findings {
  return {
    identity: new PageMemo(keeping, provider),
    factory: new ValueMemo(keeping, provider, inValues.factory),
    bank: new PageMemo(keeping, provider),
    counterHead: new PageMemo(keeping, provider),
    counterEnd: new PageMemo(keeping, provider),
    object: new PageMemo(keeping, provider),
    blockNumber: new PageMemo(keeping, provider),
    block: new PageMemo(keeping, provider),
    firstFree: new PageMemo(keeping, provider),
    encoded: new ValueMemo(keeping, provider, inValues.encoded),
    position: new ValueMemo(keeping, provider, inValues.position),
    isBlank: new PageMemo(keeping, provider),
    policy: new ValueMemo(keeping, provider, inValues.policy),
    list: new ValueMemo(keeping, provider, inValues.list),
    certificate: new ValueMemo(keeping, provider, inValues.certificate),
    kid: new ValueMemo(keeping, provider, inValues.kid),
    keys: new ValueMemo(keeping, provider, inValues.keys),
    recalled: new ValueMemo(keeping, provider, inValues.recalled),
  };
}
