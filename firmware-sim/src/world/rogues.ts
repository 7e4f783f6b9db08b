/**
 * Rogues: other firmware in the bodies of keys, cylinders and stations. Each does one thing, and does it stubbornly; what it plays or
 * claims is given. A rogue has a key pair of its own: what it has stolen it shows, and cannot sign with. Only a key that has been
 * extracted, and lies, has that of the worker whose it was.
 */
import {
  type Challenge,
  decodeRequest,
  type ExchangeName,
  encodeFrame,
  encodeReply,
  encodeRequest,
  type Frame,
  HELLO_VERSION,
  MESSAGE_BUSY,
  type MessageName,
  messageNamed,
  PeerError,
  type ReplyBody,
  type Request,
  type RequestBody,
  SPOKEN_VERSIONS,
} from "@nyckelfri/protocol";
import type { CylinderEffect, CylinderInput } from "../devices/cylinder/cylinder-io.ts";
import type { CylinderState } from "../devices/cylinder/cylinder-state.ts";
import { USUAL_LAYOUT, USUAL_NVM, USUAL_QUOTAS } from "../devices/key/factory.ts";
import { ITEM } from "../devices/key/holdings.ts";
import type { KeyConfig, KeyEffect, KeyInput, KeyOn, KeyState } from "../devices/key/state.ts";
import { keyDevice } from "../devices/key/step.ts";
import { MAINS_NVM } from "../devices/mains/factory.ts";
import type { Extension, MainsEffect, MainsInput } from "../devices/mains/state.ts";
import { formatOperations } from "../devices/shared/item-memory.ts";
import { erasedNvm, runNvm } from "../hardware/nvm.ts";
import type { Device, Tagged } from "./entity.ts";
import { type DeviceFixture, type DoorFixture, doorMemory, type Site, type Worker } from "./fixtures.ts";
import type { Kernel } from "./kernel.ts";
import type { CareProvider, Door, Party } from "./parties.ts";
import type { Stream } from "./streams.ts";
import { doorKnowledge, grantInUse } from "./wiring/cylinder-view.ts";
import { wireCylinder } from "./wiring/cylinder-wiring.ts";
import { wireKey } from "./wiring/key-wiring.ts";
import { framesOf } from "./wiring/line.ts";
import { wireMains } from "./wiring/mains-wiring.ts";
import { wirePerson } from "./wiring/person-wiring.ts";

/** Encoded frames, or any bytes, in the order in which they are played; the next one follows each answer, or a silence. */
export type Score = readonly Uint8Array[];
/** The same by somebody who listens: what is played may follow from what has been answered at this contact. */
export type Script = readonly (Uint8Array | ((heard: readonly Frame[]) => Uint8Array))[];

export type RogueKey =
  /** A gadget. */
  | { readonly kind: "plays"; readonly score: Script }
  /** Everything in an honest key's memory, under another private key. */
  | { readonly kind: "thief"; readonly of: Worker }
  /** A key that has been opened: its own private key, and after each step its memory says what somebody wants. */
  | { readonly kind: "extracted"; readonly of: Worker; readonly lies: (key: KeyOn) => KeyOn };

/** What a fake lock says of itself; it takes every update, asks for everything, and says that it has opened. */
export type LockClaims = Partial<Omit<Challenge, "versions" | "nonce">>;

const SILENCE_MS = 700;
const SECOND_HAND_DRIFT = 0;

// ---- firmware ------------------------------------------------------------------------------------------------------

interface Playing {
  readonly power: "on" | "off";
  readonly next: number;
  readonly heard: readonly Frame[];
}
const SILENT: Playing = { power: "off", next: 0, heard: [] };

/** What a player hears, in whatever body it is. */
type Heard = "power" | "dark" | "contact" | "turn" | "out" | "nothing";

function play(
  before: Playing,
  heard: Heard,
  frame: Frame | undefined,
  score: Script,
): { readonly state: Playing; readonly bytes?: Uint8Array } {
  const state = frame === undefined ? before : { ...before, heard: [...before.heard, frame] };
  switch (heard) {
    case "power":
      return { state: { ...SILENT, power: "on" } };
    case "dark":
      return { state: SILENT };
    case "out":
      return { state: { ...SILENT, power: state.power } };
    case "contact":
    case "turn": {
      const cue = score[state.next];
      if (cue === undefined) return { state };
      const bytes = cue instanceof Uint8Array ? cue : cue(state.heard);
      return { state: { ...state, next: state.next + 1 }, bytes };
    }
    case "nothing":
      return { state };
  }
}

function heardIn(input: Tagged & { readonly frame?: Frame; readonly contact?: string }): Heard {
  switch (input.kind) {
    case "power-on":
      return "power";
    case "power-lost":
      return "dark";
    case "contact":
      return "contact";
    case "slot-contact":
      return input.contact === "made" ? "contact" : "out";
    case "removed":
      return "out";
    case "frame":
    case "slot-frame":
      // Who is asked to wait waits.
      return input.frame?.kind === "reply" && input.frame.message === MESSAGE_BUSY ? "nothing" : "turn";
    case "timer":
      return "turn";
    default:
      return "nothing";
  }
}

function playingKey(score: Script): Device<KeyState, KeyInput, KeyEffect> {
  const step = (before: Playing, input: KeyInput) => {
    const heard = heardIn(input);
    const { state, bytes } = play(before, heard, "frame" in input ? input.frame : undefined, score);
    const effects: KeyEffect[] = [];
    if (heard === "contact") effects.push({ kind: "line", power: "on" });
    if (heard === "out") effects.push({ kind: "line", power: "off" }, { kind: "disarm", name: "reply" });
    if (bytes !== undefined) effects.push({ kind: "send", bytes }, { kind: "arm", name: "reply", delayMs: SILENCE_MS });
    return { state, effects };
  };
  return { step } as unknown as Device<KeyState, KeyInput, KeyEffect>;
}

/** The honest firmware, whose memory is another one after each step. */
function lyingKey(config: KeyConfig, lies: (key: KeyOn) => KeyOn): Device<KeyState, KeyInput, KeyEffect> {
  const honest = keyDevice(config);
  return {
    step: (before, input) => {
      const { state, effects } = honest.step(before, input);
      return { state: state.power === "on" ? lies(state) : state, effects };
    },
  };
}

function playingStation(score: Script): Device<Playing, MainsInput<Extension>, MainsEffect<Extension>> {
  return {
    step: (before, input) => {
      const { state, bytes } = play(before, heardIn(input), "frame" in input ? input.frame : undefined, score);
      const sent: MainsEffect<Extension>[] =
        bytes === undefined
          ? []
          : [
              { kind: "slot-send", slot: 0, bytes },
              { kind: "arm", name: "slot/0", delayMs: SILENCE_MS },
            ];
      return { state, effects: sent };
    },
  };
}

function fakeLock(challenge: Challenge): Device<CylinderState, CylinderInput, CylinderEffect> {
  return {
    step: (_state, input) => {
      const frame = input.kind === "frame" && input.frame.kind === "request" ? input.frame : undefined;
      const body = frame && answerOf(frame, challenge);
      const state: CylinderState = { power: "blank" };
      if (frame === undefined || body === undefined) return { state, effects: [] };
      return { state, effects: [{ kind: "send", bytes: encodeFrame({ ...frame, kind: "reply", body }) }] };
    },
  };
}

const EVERYTHING = ["grant", "certificate-of-grant", "ticket"] as const;

function answerOf(frame: Frame, challenge: Challenge): Uint8Array | undefined {
  let request: Request<"open">;
  try {
    request = decodeRequest("open", frame.message, frame.body);
  } catch (error) {
    if (error instanceof PeerError) return undefined;
    throw error;
  }
  const reply = <N extends MessageName<"open">>(name: N, body: ReplyBody<"open", N>) => encodeReply("open", name, body);
  switch (request.name) {
    case "hello":
      return reply("hello", challenge);
    case "update":
      return reply("update", { outcome: "stored" });
    case "open":
      return reply("open", { kind: "needs", needs: EVERYTHING });
    case "supply":
      return reply("supply", { kind: "result", result: "opened", record: challenge.newestRecord + 1 });
    case "collect":
      return reply("collect", {});
    case "receipt":
      return reply("receipt", { outcome: "unknown" });
    case "fetch":
      return reply("fetch", {});
  }
}

// ---- what is played ------------------------------------------------------------------------------------------------

/** A request as a frame. */
export function requestFrame<E extends ExchangeName, N extends MessageName<E>>(
  exchange: E,
  name: N,
  body: RequestBody<E, N>,
  at: { readonly session: number; readonly sequence: number },
): Uint8Array {
  return rawFrame(messageNamed(exchange, name).number, encodeRequest(exchange, name, body), at);
}

function rawFrame(
  message: number,
  body: Uint8Array,
  at: { readonly session: number; readonly sequence: number },
): Uint8Array {
  const version = at.sequence === 0 ? HELLO_VERSION : SPOKEN_VERSIONS.newest;
  return encodeFrame({ version, kind: "request", message, body, ...at });
}

/** Everything that a device sends from now on, as it is sent; in every fork too. */
export function recordSent(kernel: Kernel, device: string): Score {
  const score: Uint8Array[] = [];
  kernel.observe(({ entity, effects }) => {
    if (entity !== device) return;
    for (const effect of effects as readonly (Tagged & { readonly bytes?: Uint8Array })[]) {
      if (effect.kind === "send" && effect.bytes !== undefined) score.push(effect.bytes);
    }
  });
  return score;
}

/** The same frames in another session, which their sender does not notice. */
export function inSession(score: Score, session: number): Score {
  return score.flatMap(framesOf).map((frame) => encodeFrame({ ...frame, session }));
}

/** A sound hello now and then, requests with random bodies after it, and bytes that are no frames. */
export function noise(stream: Stream, exchange: "open" | "dock", count: number): Score {
  const kid = stream.bytes(8);
  let session = 1;
  return Array.from({ length: count }, (_, index) => {
    const sequence = index % NOISE_ROUND;
    if (sequence === 0) {
      session = stream.uint32() || 1;
      const nonce = stream.bytes(exchange === "open" ? 8 : 16);
      const at = { session, sequence };
      return exchange === "open"
        ? requestFrame("open", "hello", { versions: SPOKEN_VERSIONS, exchange, nonce, battery: "ok" }, at)
        : requestFrame("dock", "hello", { versions: SPOKEN_VERSIONS, exchange, nonce, device: kid }, at);
    }
    if (stream.chance(200_000)) return stream.bytes(1 + stream.below(80));
    return rawFrame(stream.below(24), stream.bytes(stream.below(60)), { session, sequence });
  });
}

const NOISE_ROUND = 6;

// ---- building ------------------------------------------------------------------------------------------------------

/** `world.build((site) => buildRogueKey(site, …))`. In somebody's hand, who takes it to doors and slots, and does with it what people do with keys. */
export function buildRogueKey(site: Site, name: string, from: CareProvider, rogue: RogueKey): Worker {
  const { kernel, wiring, counted, conditions, cast } = site;
  const own = rogue.kind === "extracted" ? rogue.of : undefined;
  const party = own?.party ?? kernel.part(site.city).party(`rogue ${name}`);
  const holder = own?.holder ?? kernel.part(site.city).addHolder(name, from);
  const [key, person] = [`rogue:${name}`, `person:${name}`];
  const config = { provider: counted, layout: USUAL_LAYOUT, quotas: USUAL_QUOTAS };
  const blank = erasedNvm(USUAL_NVM);
  const made = { id: key, config, driftPpb: SECOND_HAND_DRIFT, holder: person };
  if (rogue.kind === "plays") wireKey(wiring, { ...made, nvm: blank, device: playingKey(rogue.score) });
  else {
    const robbed = kernel.state<KeyState>({ id: rogue.of.key });
    const stolen = robbed.power === "on" ? [...robbed.memory.items] : [];
    const items = new Map([...stolen, [ITEM.seed, party.seed] as const]);
    const salt = kernel.stream(`desk ${name}`).bytes(8);
    const { nvm } = runNvm(blank, formatOperations(config, blank, items, salt), { below: () => 0 });
    wireKey(wiring, { ...made, nvm, ...(rogue.kind === "extracted" && { device: lyingKey(config, rogue.lies) }) });
  }
  wirePerson(wiring, { id: person, key, options: (world) => world.part(conditions).options });
  kernel.part(cast).add({ id: key, role: "rogue", party, clock: "tampered" });
  return { name, holder, party, person, key, pin: "0000" };
}

/** A slot that plays to whatever key comes; nothing else is in the housing. `as`: it has this device's private key. */
export function buildRogueStation(
  { kernel, wiring, city, cast }: Site,
  name: string,
  score: Script,
  as?: Party,
): Pick<DeviceFixture, "id"> {
  const id = `rogue:${name}`;
  const nvm = erasedNvm({ ...MAINS_NVM, pages: 1 });
  wireMains<Extension, Playing>(wiring, {
    ...{ id, device: playingStation(score), off: SILENT, nvm, driftPpb: SECOND_HAND_DRIFT, signalled: () => {} },
  });
  kernel.part(cast).add({ id, role: "rogue", party: as ?? kernel.part(city).party(id), clock: "tampered" });
  return { id };
}

export function buildRogueLock(site: Site, name: string, door: Door, claims: LockClaims): DoorFixture {
  const { kernel, wiring, counted, hardware, cast } = site;
  const cylinder = `rogue:${name}`;
  const party = kernel.part(site.city).party(cylinder);
  const profile = doorMemory(hardware);
  const challenge: Challenge = {
    ...{ versions: SPOKEN_VERSIONS, cylinder: party.kid, nonce: kernel.stream(cylinder).bytes(16), epoch: 1 },
    ...{ policyVersion: 0, lists: [], floor: 0, state: "active", newestRecord: 0, ...claims },
  };
  const config = { provider: counted, profile };
  const nvm = erasedNvm(profile);
  const device = fakeLock(challenge);
  wireCylinder(wiring, { id: cylinder, config, nvm, ratePpb: 0, knowledge: doorKnowledge, grantInUse, device });
  kernel.part(cast).add({ id: cylinder, role: "rogue", party, clock: "tampered" });
  return { name, door, party, cylinder };
}
