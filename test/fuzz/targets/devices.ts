/**
 * Devices, whole: memories hurt in any way at power-on, and any frames in the middle of what a device does. Both begin with what a shift
 * in a small town has left: so the fuzzer starts behind the first checks.
 */
import type { CylinderEffect, CylinderState, MainsState } from "@nyckelfri/firmware-sim";
import {
  type Nvm,
  NvmDamages,
  type NvmOperation,
  type NvmOutcome,
  type NvmPage,
  UNTOUCHED,
} from "@nyckelfri/firmware-sim/hardware";
import { type Frame, messages } from "@nyckelfri/protocol";
import { CBOR_SHAPE } from "../cbor-shape.ts";
import { behind } from "../frame-shape.ts";
import { resigning } from "../resign-shape.ts";
import type { Subject } from "../subject.ts";
import { Broken, type Draws, must, type Outcome, type Target } from "../target.ts";

type DeviceName = "cylinder" | "key" | "station" | "activation-box" | "key-cabinet";

/** One of the five, with its types hidden: they differ in what their inputs are called, and little else. */
interface AnyDevice {
  readonly step: (state: unknown, input: object) => { readonly state: unknown; readonly effects: readonly Effect[] };
}
interface Effect {
  readonly kind: string;
}

/** A device that heard a frame. */
interface Heard {
  readonly before: unknown;
  readonly input: { readonly kind: string; readonly frame: Frame; readonly tickMs: number };
}

/** What a shift leaves of one kind of device. */
interface Left {
  readonly device: AnyDevice;
  readonly off: unknown;
  /** Its memory at several moments, the newest first. */
  readonly images: readonly Nvm[];
  readonly heard: readonly Heard[];
}

export const DEVICES: readonly DeviceName[] = ["cylinder", "key", "station", "activation-box", "key-cabinet"];
const IMAGES = 4;
/** A device that still has something to do after so many steps never comes to rest. */
const MOST_STEPS = 400;

export function deviceTargets(subject: Subject): readonly Target[] {
  const { left, signers } = shift(subject);
  return DEVICES.flatMap((name) => [
    imageTarget(subject, name, left[name]),
    frameTarget(subject, name, left[name], signers),
  ]);
}

// ---- what a shift leaves -----------------------------------------------------------------------

function shift({ firmware, protocol }: Subject) {
  const { World } = firmware;
  const provider = protocol.defaultProvider;
  const world = new World({ seed: "fuzz" });
  const heard = new Map<string, Heard[]>();
  const images = new Map<string, Nvm[]>();
  world.kernel.observe(({ entity, input, before, after }) => {
    const name = entity.slice(0, entity.indexOf(":"));
    const nvm = nvmOf(after);
    if (nvm !== undefined && nvm !== images.get(name)?.[0]) images.set(name, [nvm, ...(images.get(name) ?? [])]);
    if ("frame" in input)
      heard.set(name, [...(heard.get(name) ?? []), { before, input: input as unknown as Heard["input"] }]);
  });
  const north = world.addProvider("north", ["day"]);
  const groups = Object.values(north.groups);
  const doors = ["asked", "not-asked"] as const;
  const [asked, plain] = doors.map((activation) => world.addDoor(activation, { groups, terms: { activation } }));
  const station = world.addStation("office");
  const box = world.addBox("hall");
  const cabinet = world.addCabinet("wall", firmware.SINGLE_KEY_SAFE);
  const [anna, ben] = ["anna", "ben"].map((name) => world.addWorker(name, north));
  if (asked === undefined || plain === undefined || anna === undefined || ben === undefined)
    throw new Broken("no town");
  for (const worker of [anna, ben]) world.grant(worker, { nbf: world.unix, exp: world.unix + 9 * 3_600 });
  world.advance({ minutes: 1 });
  for (const worker of [anna, ben]) world.dock(worker, station);
  world.activate(anna, box);
  world.visit(anna, asked);
  world.visit(anna, plain);
  world.visit(ben, asked);
  world.revoke(ben);
  world.openEpoch();
  world.advance({ minutes: 31 });
  world.dock(anna, station);
  world.dock(ben, cabinet);
  world.visit(anna, plain);
  world.activate(ben, box, "0000");
  world.dock(anna, station);

  const serial = "fuzzed";
  const mains = { provider, layout: firmware.MAINS_LAYOUT, serial, firmware: [1, 0, 0] as const };
  const places = { certificatePlaces: 16, listPlaces: 16, resyncMs: 900_000 };
  const profile = images.get("cylinder")?.[0]?.profile;
  if (profile === undefined) throw new Broken("no door was opened");
  const key = { provider, layout: firmware.USUAL_LAYOUT, quotas: firmware.USUAL_QUOTAS };
  const devices: Readonly<Record<DeviceName, unknown>> = {
    cylinder: firmware.cylinderDevice({ provider, profile }),
    key: firmware.keyDevice(key),
    station: firmware.stationDevice({ ...mains, ...places, slots: 4, quotas: firmware.STATION_QUOTAS }),
    "activation-box": firmware.activationBoxDevice({ ...firmware.USUAL_BOX, provider, serial, place: "at-host" }),
    "key-cabinet": firmware.cabinetDevice({
      ...firmware.SINGLE_KEY_SAFE,
      ...firmware.CABINET_HABITS,
      ...mains,
      ...places,
    }),
  };
  const left = Object.fromEntries<Left>(
    DEVICES.map((name) => {
      const all = images.get(name) ?? [];
      const some = Array.from({ length: IMAGES }, (_, index) => all[Math.floor((index * all.length) / IMAGES)] as Nvm);
      const off = name === "cylinder" ? firmware.DARK : name === "key" ? firmware.KEY_OFF : firmware.MAINS_OFF;
      return [
        name,
        { device: devices[name] as AnyDevice, off, images: some, heard: heard.get(name) ?? [] } satisfies Left,
      ] as const;
    }),
  ) as Readonly<Record<DeviceName, Left>>;
  const { centre } = world.city;
  const parties = [anna.party, ben.party, station.party, box.party, cabinet.party, asked.party, plain.party];
  return { left, signers: { parties, fleetId: centre.trust.fleetId } };
}

/** Of a device that has power. */
function nvmOf(state: unknown): Nvm | undefined {
  const { nvm, memory } = state as { readonly nvm?: Nvm; readonly memory?: { readonly nvm?: Nvm } };
  return nvm ?? memory?.nvm;
}

// ---- one device, driven ------------------------------------------------------------------------

interface Driven {
  readonly state: unknown;
  readonly effects: readonly Effect[];
}

/** One input and all that the device asks its memory, its energy store and its clutch for. */
function drive(subject: Subject, device: AnyDevice, from: unknown, input: object, nvm: Nvm, tickMs: number): Driven {
  const { applyNvm } = subject.hardware;
  const inputs: object[] = [input];
  const done: Effect[] = [];
  let state = from;
  let memory = nvm;
  let now = tickMs;
  for (let steps = 0; inputs.length > 0; steps++) {
    must(steps < MOST_STEPS, `P12: it is still at work after ${MOST_STEPS} steps`);
    const stepped = device.step(state, inputs.shift() as object);
    state = stepped.state;
    for (const effect of stepped.effects) {
      done.push(effect);
      now += 2;
      switch (effect.kind) {
        case "nvm": {
          let outcome: NvmOutcome = { kind: "done" };
          for (const operation of (effect as unknown as { operations: readonly NvmOperation[] }).operations) {
            const step = applyNvm(memory, operation, SENSED);
            memory = step.nvm;
            if (outcome.kind === "done") outcome = step.outcome;
          }
          inputs.push({ kind: "nvm-done", nvm: memory, outcome, tickMs: now });
          break;
        }
        case "measure-energy":
          inputs.push({ kind: "energy", reading: "enough", tickMs: now });
          break;
        case "engage":
          inputs.push({ kind: "clutch", outcome: "engaged", tickMs: now });
          break;
        default:
      }
    }
  }
  return { state, effects: done };
}

/** Of the ways in which a doubtful word can be read always the first: the same for the same memory. */
const SENSED: Draws = { below: () => 0 };

function lifecycleOf(state: unknown): string | undefined {
  const cylinder = (state as CylinderState & { power: "on" }).stores?.bank.settings.lifecycle;
  return cylinder ?? (state as MainsState<never> & { power: "on" }).holdings?.lifecycle;
}

/** What of an answer must be the same each time: the state is large, and holds the memory. */
function shown({ state, effects }: Driven): unknown {
  const { power, phase } = state as { readonly power: string; readonly phase?: { readonly name: string } };
  const sent = effects.filter(({ kind }) => kind !== "nvm").map((effect) => Object.values(effect));
  return [power, phase?.name, lifecycleOf(state), sent.slice(0, 20)];
}

const DEVICE = {
  ...{ words: [], shapes: [], most: 400 },
  ...{ work: { each: 500, fixed: 150_000 }, output: { each: 200, fixed: 40_000 } },
} as const;

// ---- memories ----------------------------------------------------------------------------------

/** A hurt: what, page, word, length, value. */
const HURT_BYTES = 5;

/** P12: no image crashes a device. `bytes` names one of the images, and then hurts it again and again. */
function imageTarget(subject: Subject, name: DeviceName, { device, off, images }: Left): Target {
  const pages = images[0]?.profile.pages ?? 1;
  return {
    ...{ ...DEVICE, name: `memory:${name}`, shapes: [hurtShape(pages)], most: 1 + 24 * HURT_BYTES },
    seeds: images.map((_, index) => Uint8Array.of(index)),
    // A memory is read whole, and larger ones are in mains devices.
    work: { each: 2_000, fixed: 60_000 + pages * 12_000 },
    run: (bytes) => {
      const nvm = hurt(images, bytes);
      const entropy = new Uint8Array(32).fill(bytes.length);
      const on = { kind: "power-on", nvm, noise: 7, tickMs: 5, stopFlag: "clear", battery: "ok", entropy };
      const booted = drive(subject, device, off, on, nvm, 5);
      // What it has made of its memory is used by the next thing that it hears.
      const heard = greet(subject, name, device, booted, nvm);
      must(!heard.effects.some(({ kind }) => kind === "engage"), "P12: it opens");
      return { kind: "built", value: [shown(booted), shown(heard)] };
    },
  };
}

/** A hello of whoever speaks to this device first. */
function greet(subject: Subject, name: DeviceName, device: AnyDevice, { state }: Driven, nvm: Nvm): Driven {
  const { encodeRequest, SPOKEN_VERSIONS } = subject.protocol;
  const memory = nvmOf(state) ?? nvm;
  const tickMs = 500;
  const frame = (body: Uint8Array): Frame => ({
    version: 1,
    kind: "request",
    message: 0,
    session: 9,
    sequence: 0,
    body,
  });
  const nonce = new Uint8Array(8).fill(3);
  if (name === "cylinder") {
    const body = encodeRequest("open", "hello", { versions: SPOKEN_VERSIONS, exchange: "open", nonce, battery: "ok" });
    return drive(subject, device, state, { kind: "frame", frame: frame(body), tickMs }, memory, tickMs);
  }
  if (name === "key") return drive(subject, device, state, { kind: "contact", shows: "dark", tickMs }, memory, tickMs);
  return drive(subject, device, state, { kind: "slot-contact", slot: 0, contact: "made", tickMs }, memory, tickMs);
}

/** Hurts that hit something: most pages of a memory are empty. */
function hurtShape(pages: number) {
  return (bytes: Uint8Array, draws: Draws): Uint8Array => {
    const fresh = Uint8Array.of(
      draws.below(8),
      draws.below(pages),
      draws.below(256),
      draws.below(256),
      draws.below(256),
    );
    const at = 1 + draws.below(1 + Math.floor(Math.max(0, bytes.length - 1) / HURT_BYTES)) * HURT_BYTES;
    return Uint8Array.from([...bytes.subarray(0, at), ...fresh, ...bytes.subarray(at)]);
  };
}

function hurt(images: readonly Nvm[], bytes: Uint8Array): Nvm {
  const first = images[(bytes[0] ?? 0) % images.length] as Nvm;
  let nvm = first;
  for (let at = 1; at < bytes.length; at += HURT_BYTES) {
    const [what = 0, where = 0, place = 0, size = 0, value = 0] = bytes.subarray(at, at + HURT_BYTES);
    const { pages, wordsPerPage, wordBytes } = nvm.profile;
    const page = where % pages;
    const word = place % wordsPerPage;
    const other = images[size % images.length] as Nvm;
    nvm = withPage(nvm, page, (held) => {
      const own = held.bytes.slice();
      const from = word * wordBytes;
      switch (what % 8) {
        case 0:
          own[from + (size % wordBytes)] = value;
          return { ...held, bytes: own };
        case 1:
          own.fill(value, from, from + (1 + size) * wordBytes);
          return { ...held, bytes: own };
        // A page of another moment, the whole of it or from a word on.
        case 2:
          return other.pages.get(page) ?? { ...held, bytes: own.fill(0xff) };
        case 3:
          own.set(pageOf(other, page).bytes.subarray(from), from);
          return { ...held, bytes: own };
        // What stood in another page.
        case 4:
          return pageOf(nvm, value % pages);
        case 5:
          return { ...held, bytes: own.fill(0xff), damage: NvmDamages.none };
        case 6:
          return { ...held, damage: held.damage.with(word, { state: "torn" }) };
        default: {
          const is = held.bytes.slice(from, from + wordBytes);
          const was = is.map((byte) => byte ^ value);
          return {
            ...held,
            damage: held.damage.with(word, { state: "marginal", from: was, to: is }),
          };
        }
      }
    });
  }
  return nvm;
}

/** With all its bytes, also those that nobody has written. */
function pageOf({ pages, profile }: Nvm, page: number): NvmPage {
  const { cycles, bytes: written, damage } = pages.get(page) ?? UNTOUCHED;
  const bytes = new Uint8Array(profile.wordBytes * profile.wordsPerPage).fill(0xff);
  bytes.set(written);
  return { cycles, bytes, damage };
}

function withPage(nvm: Nvm, page: number, change: (held: NvmPage) => NvmPage): Nvm {
  return { ...nvm, pages: nvm.pages.with(page, change(pageOf(nvm, page))) };
}

// ---- frames ------------------------------------------------------------------------------------

/** Which moment, which message, and the body. */
const FRAME_PREFIX = 3;

/** P12: no frame crashes a device, opens it or returns it to factory state, whatever it is doing. */
function frameTarget(
  subject: Subject,
  name: DeviceName,
  { device, heard }: Left,
  signers: Parameters<typeof resigning>[0],
): Target {
  const seeds = heard.map(({ input }, index) =>
    Uint8Array.of(
      index >> 8,
      index & 0xff,
      (input.frame.kind === "reply" ? 0x40 : 0) | input.frame.message,
      ...input.frame.body,
    ),
  );
  return {
    ...{ ...DEVICE, name: `frames:${name}`, seeds, most: 1_100 },
    shapes: [CBOR_SHAPE, resigning(signers)].map((shape) => behind(FRAME_PREFIX, shape)),
    words: [...new Set(messages.map(({ number }) => number))].map((number) => Uint8Array.of(number)),
    run: (bytes): Outcome => {
      const [high = 0, low = 0, type = 0] = bytes;
      const moment = heard[(high * 256 + low) % heard.length];
      if (moment === undefined) return { kind: "refused", why: "no moment" };
      const { before, input } = moment;
      const body = bytes.slice(FRAME_PREFIX);
      const kind = (type & 0x80) !== 0 ? "notification" : (type & 0x40) !== 0 ? "reply" : "request";
      const frame: Frame = { ...input.frame, kind, message: type & 0x3f, body };
      const nvm = nvmOf(before);
      if (nvm === undefined) return { kind: "refused", why: "without power" };
      const driven = drive(subject, device, before, { ...input, frame }, nvm, input.tickMs);
      const isAsItWas =
        kind === input.frame.kind &&
        frame.message === input.frame.message &&
        Buffer.compare(body, input.frame.body) === 0;
      const engages = driven.effects.some(({ kind }) => kind === ("engage" satisfies CylinderEffect["kind"]));
      const isSupplied = kind === input.frame.kind && isSameSupply(subject, { ...frame, body }, input.frame);
      must(!engages || isAsItWas || isSupplied, "P12: bytes that nobody signed open it");
      const lifecycle = lifecycleOf(driven.state);
      must(
        lifecycle === undefined || lifecycle === lifecycleOf(before) || isAsItWas,
        `P12: it is in ${lifecycle} state now`,
      );
      return { kind: "built", value: shown(driven) };
    },
  };
}

/** SPEC OPN-9: a supplied certificate that does not verify is as if it were not there, and the door may hold one that does. */
function isSameSupply({ protocol }: Subject, now: Frame, then: Frame): boolean {
  const { certificateObject, decodeRequest, messageNamed, parseSign1, typOf } = protocol;
  if (now.message !== then.message || then.message !== messageNamed("open", "supply").number) return false;
  const objectsOf = ({ message, body }: Frame): readonly Uint8Array[] => {
    const request = decodeRequest("open", message, body);
    return request.name === "supply" ? request.body.objects : [];
  };
  const isCertificate = (object: Uint8Array): boolean => parseSign1(object).typ === typOf(certificateObject.name);
  try {
    const objects = objectsOf(now);
    const former = objectsOf(then);
    const isSame = (object: Uint8Array, index: number): boolean =>
      Buffer.compare(object, objects[index] ?? new Uint8Array(0)) === 0 || isCertificate(object);
    return objects.length === former.length && former.every(isSame);
  } catch {
    return false;
  }
}
