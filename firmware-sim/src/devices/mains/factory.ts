/** A device's memory as it leaves the factory, and as it leaves the city's desk (SPEC PER-1, PER-2, TRU-1, SVC-3). */
import {
  type CommissionRequest,
  certificateObject,
  parseObject,
  type RootTransition,
  rootTransitionObject,
} from "@nyckelfri/protocol";
import { erasedNvm, type Nvm, type NvmProfile, runNvm } from "../../hardware/nvm.ts";
import { encodeTrust } from "../shared/belief.ts";
import { transitionName } from "../shared/believing.ts";
import { formatOperations } from "../shared/item-memory.ts";
import { type MemoryLayout, SALT_BYTES } from "../shared/transactions.ts";
import { ITEM } from "./holdings.ts";
import type { MainsConfig } from "./state.ts";

/** Flash of double words with ECC, in pages of 2 KB: two areas of 128 KB. */
export const MAINS_NVM: NvmProfile = {
  wordBytes: 8,
  wordsPerPage: 256,
  pages: 128,
  cells: "ecc-once",
  refusedProgram: "not-erased",
  enduranceCycles: 10_000,
  wearOut: "fails",
};
export const MAINS_LAYOUT: MemoryLayout = { firstPage: 0, pagesPerArea: 64 };

export interface NewDevice {
  /** 32-byte private key that the device made. */
  readonly seed: Uint8Array;
  /** 8 random bytes. */
  readonly salt: Uint8Array;
  /** What the city has given it; without it the device is in factory state. */
  readonly commissioned?: {
    readonly commission: Pick<CommissionRequest, "root" | "successor" | "fleetId" | "issuers">;
    /** Further certificates: its own, and those of more issuers. */
    readonly certificates: readonly Uint8Array[];
    /** Those that led to the present root (SPEC TRU-15). */
    readonly transitions?: readonly Uint8Array[];
  };
  /** Items of the device's own. */
  readonly items?: ReadonlyMap<string, Uint8Array>;
}

/** Its clock is lost until an issuer's first statement. */
export function manufactureMains(
  config: Pick<MainsConfig, "provider" | "layout">,
  profile: NvmProfile,
  { seed, salt, commissioned, items = new Map() }: NewDevice,
): Nvm {
  const all = new Map<string, Uint8Array>([[ITEM.seed, seed], ...items]);
  if (commissioned !== undefined) for (const [name, bytes] of commissionedItems(commissioned)) all.set(name, bytes);
  const blank = erasedNvm(profile);
  const { nvm } = runNvm(blank, formatOperations(config, blank, all, salt.slice(0, SALT_BYTES)), { below: () => 0 });
  return nvm;
}

function commissionedItems({
  commission,
  certificates,
  transitions = [],
}: NonNullable<NewDevice["commissioned"]>): readonly (readonly [string, Uint8Array])[] {
  const { root, successor, fleetId, issuers } = commission;
  const parsed = issuers.map((bytes) => parseObject(certificateObject, bytes).value);
  const epoch = Math.max(0, ...parsed.map((one) => one.epoch));
  const floor = { epoch, value: Math.max(0, ...parsed.map(({ nbf }) => nbf)) };
  return [
    [ITEM.trust, encodeTrust({ rootPublicKey: root, successorThumbprint: successor, fleetId, epoch }, floor)],
    ...[...issuers, ...certificates].map((bytes, index) => [`certificate/${index}`, bytes] as const),
    ...transitions.map((bytes) => {
      const value: RootTransition = parseObject(rootTransitionObject, bytes).value;
      return [transitionName(value), bytes] as const;
    }),
  ];
}
