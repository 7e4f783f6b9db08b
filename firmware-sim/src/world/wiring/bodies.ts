/** What devices are made of, besides their firmware: everything physical that changes. One part of the world, so that snapshots hold it. */
import { CallerError, FrameDecoder } from "@nyckelfri/protocol";
import type { Battery } from "../../hardware/battery.ts";
import { type Clutch, DISENGAGED } from "../../hardware/clutch.ts";
import type { EnergyStore } from "../../hardware/energy-store.ts";
import type { Nvm, NvmCut } from "../../hardware/nvm.ts";
import type { Rtc } from "../../hardware/rtc.ts";
import type { Copyable } from "../entity.ts";
import type { Interposer } from "./interposer.ts";
import { copyLine, type Line, silenceLine } from "./line.ts";
import type { PendingWrite } from "./memory-driver.ts";
import { copyMeter, type VisitMeter } from "./visit-meter.ts";

/** Every device has a memory, and is deaf while it computes, but for the interrupt of a cylinder (cylinder-interrupt.ts). */
interface Body {
  readonly id: string;
  nvm: Nvm;
  writing: PendingWrite | "idle";
  /** Power goes at this operation. */
  plannedCut: NvmCut | "none";
  busyUntil: number;
  power: "on" | "off";
  /** Rises with each power-on and power-off. */
  life: number;
  /** Bytes of frames that the firmware has to work on. */
  heardBytes: number;
}

/** Where a key is. */
export type Place =
  | { readonly kind: "free" }
  | { readonly kind: "keyway"; readonly cylinder: string; readonly line: number }
  | { readonly kind: "slot"; readonly device: string; readonly slot: number; readonly line: number };

export interface KeyBody extends Body {
  readonly kind: "key";
  rtc: Rtc;
  battery: Battery;
  /** What was spent outside visits and not taken out of the battery yet. */
  awakePicojoules: number;
  /** Up to when sleep has been paid for. */
  sleptUntil: number;
  milliCelsius: number;
  place: Place;
  /** Whoever looks at its lights. */
  holder: string | "nobody";
  /** The contact as it is, and as the key has noticed. */
  contact: "made" | "open";
  noticed: "contact" | "none";
  /** Since when the contact is open; and whether it was open for long enough while the firmware computed, and is made again. */
  openSince: number | "made";
  missed: "opening" | "nothing";
  linePower: "on" | "off";
  /** Bytes that wait until the cylinder says that it has booted (SPEC SER-6); `open` when nothing has to wait. */
  held: readonly Uint8Array[] | "open";
}

export interface CylinderBody extends Body {
  readonly kind: "cylinder";
  clutch: Clutch;
  store: EnergyStore;
  /** The store is as it was then; what it draws since. */
  storeAt: number;
  loadMicrowatts: number;
  supply: "made" | "open";
  /** Of the supply's changes: what an older one has announced does not come true. */
  supplyChanges: number;
  /** When its oscillator began to count, and how fast it does. */
  poweredAt: number;
  ratePpb: number;
  /** The key, or gadget, in it. */
  visitor: Visitor | "none";
  /** When the newest answer that the firmware has made begins to leave. */
  answersAt: number;
  visit: VisitMeter | "none";
}

/** `milliohms`: of dirt, or a worn spring, in this contact, besides what every contact has. */
export interface Visitor {
  readonly key: string;
  readonly line: number;
  readonly milliohms: number;
}

/** Station, box, cabinet: on mains, with slots and perhaps a host. */
export interface MainsBody extends Body {
  readonly kind: "mains";
  rtc: Rtc;
  /** By slot: the key in it and its line. */
  readonly slots: Map<number, { readonly key: string; readonly line: number }>;
  /** The cable to its host. */
  hostLine: number | "none";
  /** Its ear on that cable, in volatile memory: what it tells a host of the line it has counted itself (SPEC FRM-5, SRV-1). */
  hostDecoder: FrameDecoder;
}

export type AnyBody = KeyBody | CylinderBody | MainsBody;
type BodyOf<K extends AnyBody["kind"]> = Extract<AnyBody, { readonly kind: K }>;

/**
 * Bodies as they are put up, without power. Each property is written out, so that an engine gives all of a kind one shape: what is
 * spread from parts becomes a table of its own, five times as large and slower to ask.
 */
export function newKeyBody(
  at: number,
  {
    id,
    nvm,
    rtc,
    battery,
    milliCelsius,
    holder,
  }: Pick<KeyBody, "id" | "nvm" | "rtc" | "battery" | "milliCelsius" | "holder">,
): KeyBody {
  return {
    kind: "key",
    id,
    nvm,
    writing: "idle",
    plannedCut: "none",
    busyUntil: at,
    power: "off",
    life: 0,
    heardBytes: 0,
    rtc,
    battery,
    awakePicojoules: 0,
    sleptUntil: at,
    milliCelsius,
    place: { kind: "free" },
    holder,
    contact: "open",
    noticed: "none",
    openSince: "made",
    missed: "nothing",
    linePower: "off",
    held: "open",
  };
}

export function newCylinderBody(
  at: number,
  { id, nvm, store, ratePpb }: Pick<CylinderBody, "id" | "nvm" | "store" | "ratePpb">,
): CylinderBody {
  return {
    kind: "cylinder",
    id,
    nvm,
    writing: "idle",
    plannedCut: "none",
    busyUntil: 0,
    power: "off",
    life: 0,
    heardBytes: 0,
    clutch: DISENGAGED,
    store,
    storeAt: at,
    loadMicrowatts: 0,
    supply: "open",
    supplyChanges: 0,
    poweredAt: 0,
    ratePpb,
    visitor: "none",
    answersAt: 0,
    visit: "none",
  };
}

export function newMainsBody(at: number, { id, nvm, rtc }: Pick<MainsBody, "id" | "nvm" | "rtc">): MainsBody {
  return {
    kind: "mains",
    id,
    nvm,
    writing: "idle",
    plannedCut: "none",
    busyUntil: at,
    power: "off",
    life: 0,
    heardBytes: 0,
    rtc,
    slots: new Map(),
    hostLine: "none",
    hostDecoder: new FrameDecoder(),
  };
}

export class Bodies implements Copyable<Bodies> {
  readonly #bodies: Map<string, AnyBody> = new Map();
  readonly #lines: Map<number, Line> = new Map();
  #nextLine = 1;
  /** By sender: the newest of what it has sent on any line, for lines that repeat it (`staleBytes`, `replay`). */
  readonly spoken: Map<string, readonly Uint8Array[]> = new Map();
  /** By device: when its power went by chance, newest last. */
  readonly chanceCuts: Map<string, readonly number[]> = new Map();
  /** In lines that open from now on. */
  interposer: Interposer | "nobody" = "nobody";

  add(body: AnyBody): void {
    this.#bodies.set(body.id, body);
  }

  all(): readonly AnyBody[] {
    return [...this.#bodies.values()];
  }

  of<K extends AnyBody["kind"]>(kind: K, id: string): BodyOf<K> {
    const body = this.#bodies.get(id);
    if (body?.kind === kind) return body as BodyOf<K>;
    throw new CallerError("caller/argument", { argument: "device", takes: `a ${kind} of this world`, device: id });
  }

  any(id: string): AnyBody | undefined {
    return this.#bodies.get(id);
  }

  line(number: number): Line | undefined {
    return this.#lines.get(number);
  }

  addLine(make: (number: number) => Line): Line {
    const line = make(this.#nextLine);
    this.#nextLine += 1;
    this.#lines.set(line.number, line);
    return line;
  }

  breakLine(number: number): void {
    this.#lines.delete(number);
  }

  /** The power of a device goes: so do its words on all of its lines. */
  silence(device: string, at: number): void {
    for (const line of this.#lines.values()) if (line.a === device || line.b === device) silenceLine(line, device, at);
  }

  copy(): Bodies {
    const copy = new Bodies();
    copy.#nextLine = this.#nextLine;
    copy.interposer = this.interposer;
    for (const [sender, frames] of this.spoken) copy.spoken.set(sender, frames);
    for (const [device, cuts] of this.chanceCuts) copy.chanceCuts.set(device, cuts);
    for (const [id, body] of this.#bodies) copy.#bodies.set(id, copyBody(body));
    for (const [number, line] of this.#lines) copy.#lines.set(number, copyLine(line));
    return copy;
  }
}

function copyBody(body: AnyBody): AnyBody {
  switch (body.kind) {
    case "key":
      return { ...body };
    case "cylinder":
      return { ...body, visit: body.visit === "none" ? "none" : copyMeter(body.visit) };
    case "mains":
      return { ...body, slots: new Map(body.slots), hostDecoder: body.hostDecoder.copy() };
  }
}
