/** Where attacks happen: two doors, two carers in their shift, a station and a box; and what an attacker needs to speak by itself. */
import {
  allCheckers,
  type Breach,
  buildRogueKey,
  buildRogueStation,
  type CareProvider,
  type Checker,
  type DeviceFixture,
  type DoorFixture,
  type KeyState,
  type Party,
  requestFrame,
  type Script,
  Watchers,
  type Worker,
  World,
} from "@nyckelfri/firmware-sim";
import {
  decodeReply,
  defaultProvider,
  deviceProofObject,
  encodeRequest,
  type Frame,
  issueObject,
  type Need,
  type OpenProof,
  openProofExtra,
  openProofObject,
  type Signer,
  SPOKEN_VERSIONS,
  sessionTranscript,
} from "@nyckelfri/protocol";

export const HOUR = 3_600;
export const SHIFT = 9 * HOUR;
export const provider = defaultProvider;

/** What happened at the doors, who opened which, and what each was answered; and how many PINs keys have answered. */
export class Doorbell implements Checker {
  readonly property = "P5";
  readonly says = "nothing: it remembers";
  readonly breaches: readonly Breach[] = [];
  readonly opened: string[];
  readonly answers: string[];
  readonly watch: Checker["watch"];
  pins = 0;

  constructor(opened: readonly string[] = [], answers: readonly string[] = []) {
    this.opened = [...opened];
    this.answers = [...answers];
    this.watch = {
      engaged: ({ by, cylinder }) => {
        this.opened.push(`${by} at ${cylinder}`);
      },
      sent: ({ from, frame }) => {
        if (frame.kind !== "reply") return;
        if (from.startsWith("key:") && frame.message === 19 && decodeReply("activate", "pin", frame.body).v)
          this.pins += 1;
        if (!from.startsWith("cylinder:")) return;
        if (frame.message === 1) this.answers.push("error");
        if (frame.message !== 5 && frame.message !== 6) return;
        const reply = decodeReply("open", frame.message === 5 ? "open" : "supply", frame.body);
        this.answers.push(reply.kind === "needs" ? "needs" : reply.result);
      },
    };
  }

  copy(): Doorbell {
    rings = new Doorbell(this.opened, this.answers);
    return rings;
  }
}

/** That of the world that was forked last. */
let rings: Doorbell = new Doorbell();

export interface Scene {
  readonly world: World;
  readonly bell: Doorbell;
  readonly north: CareProvider;
  /** Asks for no ticket, and asks for one. */
  readonly door: DoorFixture;
  readonly strict: DoorFixture;
  readonly station: DeviceFixture;
  readonly box: DeviceFixture;
  readonly anna: Worker;
  readonly ben: Worker;
}

let built: Scene | undefined;

/** A fork of the one street of this file's tests; both carers have a grant and a ticket, and have been at both doors. */
export function scene(luck: number | string = "attacks"): Scene {
  built ??= build();
  const world = built.world.fork(luck);
  return { ...built, world, bell: rings };
}

/** The same again, as it is now. */
export function again(at: Scene, luck: number | string = "attacks"): Scene {
  const world = at.world.fork(luck);
  return { ...at, world, bell: rings };
}

function build(): Scene {
  const bell = new Doorbell();
  const world = new World({ seed: "attacks", keeping: "last", watchers: new Watchers([...allCheckers(), bell]) });
  const north = world.addProvider("north", ["day"]);
  const groups = Object.values(north.groups);
  const door = world.addDoor("flat 1", { groups, terms: { activation: "not-asked" } });
  const strict = world.addDoor("flat 2", { groups });
  const station = world.addStation("office");
  const box = world.addBox("hall");
  const [anna, ben] = [world.addWorker("anna", north), world.addWorker("ben", north)];
  const at = { world, bell, north, door, strict, station, box, anna, ben };
  load(at, [anna, ben]);
  for (const one of [anna, ben]) world.activate(one, box);
  world.advance({ seconds: 10 });
  for (const one of [anna, ben]) for (const where of [door, strict]) world.visit(one, where);
  return at;
}

/** A shift that begins now. */
export function load({ world, station }: Scene, workers: readonly Worker[], seconds: number = SHIFT): void {
  for (const worker of workers) world.grant(worker, { nbf: world.unix, exp: world.unix + seconds });
  world.advance({ minutes: 1 });
  for (const worker of workers) world.dock(worker, station);
}

/** No property is broken, and the honest still get in. */
export function worksOn({ world, anna, door }: Scene): readonly Breach[] {
  world.demandLiveness(anna, door);
  return world.finish();
}

export function gadget({ world, north }: Scene, name: string, score: Script): Worker {
  return world.build((site) => buildRogueKey(site, name, north, { kind: "plays", score }));
}

/** `as`: whose private key it has. */
export function slot({ world }: Scene, name: string, score: Script, as?: Party): Pick<DeviceFixture, "id"> {
  return world.build((site) => buildRogueStation(site, name, score, as));
}

/** What a key holds: an attacker who has the key has it too. */
export function memoryOf({ world }: Scene, { key }: Worker): Extract<KeyState, { power: "on" }>["holdings"] {
  const state = world.kernel.state<KeyState>({ id: key });
  if (state.power !== "on") throw new RangeError("it is off");
  return state.holdings;
}

export function signerOf({ world }: Scene, { seed, kid }: Party): Signer {
  return { provider, seed, kid, fleetId: world.city.centre.fleetId };
}

export interface Bid {
  readonly session: number;
  readonly by: Party;
  readonly grant: Uint8Array;
  readonly ticket?: Uint8Array;
  readonly lo: number;
  readonly proof?: Partial<OpenProof>;
  readonly supplies?: Readonly<Partial<Record<Need, Uint8Array>>>;
  /** Where what the door heard is not what is signed. */
  readonly said?: Partial<{ readonly battery: "ok" | "low" }>;
}

const NOTHING = new Uint8Array(0);

/** hello, open, and supply if that is asked for: an own implementation of a key, with whatever it has been given. */
export function bids(at: Scene, { session, by, grant, ticket, lo, proof, supplies = {}, said = {} }: Bid): Script {
  const nonce = new Uint8Array(8).fill(session & 0xff);
  const hello = { versions: SPOKEN_VERSIONS, exchange: "open", nonce, battery: "ok" } as const;
  const own = encodeRequest("open", "hello", hello);
  return [
    requestFrame("open", "hello", { ...hello, ...said }, { session, sequence: 0 }),
    (heard) => {
      const challenge = replyTo(heard, session, 0);
      if (challenge?.message !== 0) return NOTHING;
      const transcript = { hello: own, challenge: challenge.body, updates: [] };
      const value: OpenProof = {
        ...{ lo, widthSeconds: 2, quality: "running", keyCounter: 1, action: "open", timeSource: by.kid },
        carried: { epoch: 1, policy: 0, lists: [] },
        ...proof,
      };
      const extra = openProofExtra(provider, transcript, grant, ticket);
      const signed = issueObject(openProofObject, value, signerOf(at, by), extra).bytes;
      const body = { by: "grant", grant, proof: signed, ...(ticket && { ticket }) } as const;
      return requestFrame("open", "open", body, { session, sequence: 1 });
    },
    (heard) => {
      const answer = replyTo(heard, session, 1);
      const reply = answer?.message === 5 ? decodeReply("open", "open", answer.body) : undefined;
      if (reply?.kind !== "needs") return NOTHING;
      const objects = reply.needs.map((need) => supplies[need] ?? grant);
      return requestFrame("open", "supply", { objects }, { session, sequence: 2 });
    },
  ];
}

export function replyTo(heard: readonly Frame[], session: number, sequence: number): Frame | undefined {
  return heard.findLast((frame) => frame.kind === "reply" && frame.session === session && frame.sequence === sequence);
}

/** hello and proof of a station or box, and what it asks then; what follows may look at what was heard. */
export function docks(
  at: Scene,
  exchange: "dock" | "activate",
  by: Party,
  certificates: readonly Uint8Array[],
  then: Script = [],
  session: number = DOCKED,
): Script {
  const hello = {
    versions: SPOKEN_VERSIONS,
    exchange,
    nonce: new Uint8Array(16).fill(session & 0xff),
    device: by.kid,
  } as const;
  return [
    requestFrame(exchange, "hello", hello, { session, sequence: 0 }),
    (heard) => {
      const welcome = replyTo(heard, session, 0);
      if (welcome?.message !== 0) return NOTHING;
      const { nonce } = decodeReply(exchange, "hello", welcome.body);
      const transcript = sessionTranscript(provider, encodeRequest(exchange, "hello", hello), welcome.body);
      const proof = issueObject(deviceProofObject, { nonce, exchange }, signerOf(at, by), [transcript]).bytes;
      return requestFrame(exchange, "prove", { proof, certificates }, { session, sequence: 1 });
    },
    ...then,
  ];
}

export const DOCKED = 0x5107;
