/** What happens to links, as data and without a byte of what they carry. Nothing is printed unless a logger prints it. */
import type { LinkClosedReason } from "@nyckelfri/protocol";

export type LinkLogEntry =
  | Readonly<{ event: "opened"; uri: string }>
  | Readonly<{ event: "closed"; uri: string; reason: LinkClosedReason; detail?: string }>
  /** A virtual port had nobody who read; as at a real one, the bytes are gone. */
  | Readonly<{ event: "dropped"; uri: string; bytes: number }>
  /** A port was asked which station it leads to; `station` is the answer. */
  | Readonly<{ event: "asked"; uri: string; station: string | undefined; detail?: string }>
  /** The recorder could not write; the link goes on unrecorded. */
  | Readonly<{ event: "recording-failed"; uri: string; detail: string }>;

export type LinkLogger = (entry: LinkLogEntry) => void;
