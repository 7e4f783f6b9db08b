/**
 * Reading a station's log so that a crash on either side loses and doubles nothing.
 *
 * - The station keeps a record until an UploadReceipt of the city covers it; that it was read, or acknowledged, deletes nothing
 *   (SPEC SRV-4, LOG-7).
 * - The cursor moves only when the reader comes back for the next entry: whoever falls over while keeping one reads it again. The
 *   city stores a record once, by (device, store, number) (SPEC LOG-9).
 * - A receipt that is brought twice is `known`.
 */
import { PeerError, type UpdateOutcome } from "@nyckelfri/protocol";
import { untilAborted } from "./aborting.ts";
import type { CallOptions } from "./calls.ts";
import { StationError } from "./errors.ts";
import type { AbortSignalLike, CursorStore, LogLine } from "./surroundings.ts";

/** One object of the log: a LogSegment of a cylinder, or a KeyJournal, signed by the device whose records they are. */
export interface LogEntry {
  /** kid of the station, in hex. */
  readonly station: string;
  /** Where the entry stands; none of the station's has another's. */
  readonly cursor: number;
  readonly nextCursor: number;
  readonly object: Uint8Array;
}

export interface LogReply {
  readonly outcome: "done" | "refused";
  readonly object?: Uint8Array;
  readonly nextCursor?: number;
}

export interface LogSource {
  /** kid of the station, in hex. */
  station(): Promise<string>;
  read(cursor: number): Promise<LogReply>;
  acknowledge(cursor: number): Promise<void>;
  readonly cursors: CursorStore | undefined;
  readonly signal: AbortSignalLike | undefined;
  log(line: LogLine): void;
}

/** What became of one receipt: `refused` means another head at its record (a fork), or another fleet's. */
export interface ReceiptOutcome {
  readonly receipt: Uint8Array;
  readonly outcome: UpdateOutcome;
}

export interface LogOptions extends CallOptions {
  /** Instead of the cursor that was kept. 0 is the oldest that the station still holds. */
  readonly from?: number;
}

export interface CollectOptions extends LogOptions {
  /**
   * Keeps an entry for good, before it resolves, and gives the city's receipts that there are for the station by now. It may be
   * asked to keep the same entry again, also while an earlier time goes on that an aborted `signal` has cut off.
   */
  readonly keep: (entry: LogEntry) => Promise<readonly Uint8Array[]>;
  readonly onProgress?: (progress: { readonly entries: number; readonly receipts: number }) => void;
}

/** From the cursor that was kept, or `from`, to the end; then the station is told how far, for its own books. */
export async function* readEntries(
  source: LogSource,
  from: number | "kept",
): AsyncGenerator<LogEntry, void, undefined> {
  const station = await source.station();
  const { cursors, signal } = source;
  let cursor = from;
  if (cursor === "kept")
    cursor = cursors === undefined ? 0 : ((await untilAborted(cursors.load(station), signal)) ?? 0);
  for (;;) {
    const { outcome, object, nextCursor } = await source.read(cursor);
    // A device without a log refuses, whoever asks.
    if (outcome === "refused") throw new StationError("messages/unexpected", { call: "command", command: "read-log" });
    if (object === undefined) {
      const end = nextCursor ?? cursor;
      if (end < cursor) {
        // The station counts anew, so its memory is: everything in it is new to whoever kept this cursor.
        source.log({ level: "warning", event: "log-begins-anew", cursor, end });
        cursor = 0;
        continue;
      }
      await source.acknowledge(end);
      return;
    }
    if (nextCursor === undefined || nextCursor <= cursor) {
      throw new PeerError("messages/inconsistent", { path: "command-reply.nextCursor" });
    }
    yield { station, cursor, nextCursor, object };
    if (cursors !== undefined) await untilAborted(cursors.save(station, nextCursor), signal);
    cursor = nextCursor;
  }
}
