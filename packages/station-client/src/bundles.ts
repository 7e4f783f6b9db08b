/** What a host brings for single keys, and how it is told of the progress. */
import type { UpdateOutcome } from "@nyckelfri/protocol";
import type { CallOptions } from "./calls.ts";

/** Objects of one key: its grants, its doors' policies, receipts to carry. */
export interface Bundle {
  /** kid of the key, 8 bytes. */
  readonly key: Uint8Array;
  readonly objects: readonly Uint8Array[];
}

export interface BundleOutcome {
  readonly key: Uint8Array;
  /** Of each object, in order. After a lost session `known` also stands where the lost answer was `stored`. */
  readonly outcomes: readonly UpdateOutcome[];
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}
export interface ProgressOptions extends CallOptions {
  readonly onProgress?: (progress: Progress) => void;
}
