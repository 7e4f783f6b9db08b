/** A key's memory as it leaves the factory and the city's desk: its own key pair, and whom it believes (SPEC PER-1, TRU-1). */
import {
  type CommissionRequest,
  certificateObject,
  encode,
  parseObject,
  type RootTransition,
  rootTransitionObject,
} from "@nyckelfri/protocol";
import { erasedNvm, type Nvm, type NvmProfile, runNvm } from "../../hardware/nvm.ts";
import { encodeTrust } from "../shared/belief.ts";
import { formatOperations } from "../shared/item-memory.ts";
import { type MemoryLayout, SALT_BYTES } from "../shared/transactions.ts";
import { encodePin, ITEM } from "./holdings.ts";
import type { KeyConfig, KeyQuotas } from "./state.ts";

/** Room for all that the quotas allow: about 40 KB in each of two areas of 64 KB. */
export const USUAL_QUOTAS: KeyQuotas = {
  journalEntries: 256,
  carriedBytesPerCylinder: 2048,
  carriedBytes: 12_288,
  policies: 24,
  lists: 16,
  receipts: 24,
  certificates: 16,
};

/** Flash of double words with ECC, in pages of 512 bytes. */
export const USUAL_NVM: NvmProfile = {
  wordBytes: 8,
  wordsPerPage: 64,
  pages: 256,
  cells: "ecc-once",
  refusedProgram: "not-erased",
  enduranceCycles: 10_000,
  wearOut: "fails",
};
export const USUAL_LAYOUT: MemoryLayout = { firstPage: 0, pagesPerArea: 128 };

export interface NewKey {
  /** 32-byte private key that the device made. */
  readonly seed: Uint8Array;
  readonly commission: Pick<CommissionRequest, "root" | "successor" | "fleetId" | "issuers">;
  /** Those that led to the present root (SPEC TRU-15). */
  readonly transitions?: readonly Uint8Array[];
  /** Whose it is already, and the pepper of their PIN; without it the key finds out by its first grant (SPEC DCK-6). */
  readonly personal?: { readonly sub: string; readonly pepper: Uint8Array };
  /** 8 random bytes. */
  readonly salt: Uint8Array;
}

/** The memory of a key that has been commissioned and holds no grant yet. Its clock is lost until its first dock. */
export function manufactureKey(config: KeyConfig, profile: NvmProfile, made: NewKey): Nvm {
  const { seed, commission, transitions = [], salt, personal } = made;
  const certificates = commission.issuers.map((bytes) => parseObject(certificateObject, bytes).value);
  const epoch = Math.max(0, ...certificates.map((one) => one.epoch));
  const trust = {
    rootPublicKey: commission.root,
    successorThumbprint: commission.successor,
    fleetId: commission.fleetId,
    epoch,
  };
  const floor = { epoch, value: Math.max(0, ...certificates.map(({ nbf }) => nbf)) };
  const items = new Map<string, Uint8Array>([
    [ITEM.seed, seed],
    [ITEM.trust, encodeTrust(trust, floor)],
    ...commission.issuers.map((bytes, index) => [`certificate/${index}`, bytes] as const),
    ...(personal === undefined ? [] : personalItems(personal)),
    ...transitions.map((bytes) => {
      const value: RootTransition = parseObject(rootTransitionObject, bytes).value;
      return [ITEM.transition(value), bytes] as const;
    }),
  ]);
  const blank = erasedNvm(profile);
  const { nvm } = runNvm(blank, formatOperations(config, blank, items, salt.slice(0, SALT_BYTES)), { below: () => 0 });
  return nvm;
}

function personalItems({ sub, pepper }: NonNullable<NewKey["personal"]>): readonly (readonly [string, Uint8Array])[] {
  return [
    [ITEM.holder, encode(sub)],
    [ITEM.pin, encodePin({ pepper, attempts: 0 })],
  ];
}
