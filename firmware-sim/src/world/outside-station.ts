/** A station whose host is no part of the world, but a program of its own at the end of a real line. */
import { uartMicroseconds } from "../hardware/uart.ts";
import type { Moment, PartRef } from "./entity.ts";
import { buildStation, cableOf, type DeviceFixture, type Site } from "./fixtures.ts";
import { type CableRef, Cables, holdsReply } from "./wiring/cable-wiring.ts";
import { type TakenHome, takeHome } from "./wiring/host-wiring.ts";
import type { BytesEvent } from "./wiring/wiring.ts";

/** The longest answer of a station, a self-test's; and how long bytes may be on their way besides their time on the line. */
const ANSWER_HORIZON = 5_000_000;
const SETTLES = 20_000;

/** Of the world that it was built in (`World.build`), and not of its forks. */
export class OutsideStation {
  readonly fixture: DeviceFixture;
  readonly #site: Site;
  readonly #cables: PartRef<Cables>;

  constructor(site: Site, name: string, slots: number) {
    const { kernel } = site;
    this.#site = site;
    this.#cables = kernel.addPart(`cables of ${name}`, new Cables());
    const now = Math.floor(kernel.unixMicroseconds / 1_000_000);
    this.fixture = buildStation(site, name, slots, now, this.#cables);
  }

  /**
   * Bytes from its host. Time passes until they are there, and as long as it takes to answer the requests that they complete;
   * without any, hardly at all.
   */
  say(bytes: Uint8Array): void {
    const { kernel, wiring } = this.#site;
    const cable: CableRef = { id: cableOf(this.fixture) };
    kernel.send(cable, { kind: "said", bytes });
    let horizon = kernel.now + uartMicroseconds(wiring.hardware.contact.line, bytes.length) + SETTLES;
    const asked = ({ entity, input }: Moment) => entity === this.fixture.id && input.kind === "host-frame";
    const answered = ({ entity, input }: Moment) =>
      entity === cable.id && input.kind === "bytes" && holdsReply((input as BytesEvent).bytes);
    while (kernel.runUntil(asked, horizon) !== undefined) {
      kernel.runUntil(answered, kernel.now + ANSWER_HORIZON);
      horizon = Math.max(horizon, kernel.now);
    }
  }

  /** What it has sent to its host since this was asked last. */
  heard(): readonly Uint8Array[] {
    return this.#site.kernel.part(this.#cables).fetch(this.fixture.id);
  }

  /** The city takes an object of a log that the host has read; a receipt is for the station that it was read from. */
  bringHome(object: Uint8Array): TakenHome {
    const { kernel, wiring, receipted } = this.#site;
    const taken = takeHome(wiring, this.#site, object, kernel);
    if (taken.receipt !== undefined) receipted(taken.receipt, kernel);
    return taken;
  }
}
