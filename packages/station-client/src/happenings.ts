/** What happens at a station by itself, put together from its notifications and its answers to `docks`, for whoever listens. */
import {
  type CabinetEvent,
  type DocksReply,
  decodeNotification,
  type NotificationBody,
  PeerError,
} from "@nyckelfri/protocol";
import { Feed } from "./feed.ts";
import { NO_SLOTS, type Presence, type SlotEvent, type SlotsStep, slotsAsked, slotTold } from "./slots.ts";
import type { LogLine } from "./surroundings.ts";

/** None of it tells who (SPEC SRV-1). */
export type StationEvent =
  | ({ readonly kind: "slot" } & SlotEvent)
  | ({ readonly kind: "cabinet" } & CabinetEvent)
  /** So many were lost, on the line or by reading too slowly. Slots are asked about anew; of a cabinet's events the rest is lost. */
  | { readonly kind: "missed"; readonly events: number };

export class Happenings {
  readonly feed: Feed<StationEvent>;
  readonly #log: (line: LogLine) => void;
  #presence: Presence = NO_SLOTS;

  constructor(log: (line: LogLine) => void, listenerFailed: () => void) {
    this.#log = log;
    this.feed = new Feed<StationEvent>({ missed: (events) => this.#missed(events), listenerFailed });
  }

  /** `missed` notifications were lost before this one: `lost` says that slots are to be asked about. */
  notified(message: number, body: Uint8Array, missed: number): "complete" | "lost" {
    if (missed > 0) this.feed.emit(this.#missed(missed));
    try {
      const told = decodeNotification("serve", message, body);
      if (told.name === "cabinet-event") {
        this.feed.emit({ kind: "cabinet", ...(told.body as NotificationBody<"cabinet-event">) });
      } else {
        this.#tell(slotTold(this.#presence, told.body as NotificationBody<"dock-event">));
      }
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      this.#log({ level: "warning", event: "discarded", reason: error.code, bytes: body.length });
    }
    return missed > 0 ? "lost" : "complete";
  }

  asked(reply: DocksReply): void {
    this.#tell(slotsAsked(this.#presence, reply));
  }

  #missed(events: number): StationEvent {
    this.#log({ level: "warning", event: "missed", notifications: events });
    return { kind: "missed", events };
  }

  #tell({ presence, events }: SlotsStep): void {
    this.#presence = presence;
    for (const event of events) this.feed.emit({ kind: "slot", ...event });
  }
}
