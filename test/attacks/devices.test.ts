/** Attacks on keys, stations, boxes and their hosts: PINs, trust that is begun anew, luck that is none, and stolen devices. */
import {
  Authority,
  type MainsState,
  OutsideStation,
  requestFrame,
  rootStream,
  type Script,
} from "@nyckelfri/firmware-sim";
import {
  activationTicketObject,
  certificateObject,
  decodeReply,
  encodeFrame,
  encodeRequest,
  type Frame,
  FrameDecoder,
  hostCommandObject,
  issueObject,
  roles,
  SPOKEN_VERSIONS,
  timeStatementObject,
} from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import {
  again,
  DOCKED,
  docks,
  gadget,
  HOUR,
  load,
  memoryOf,
  provider,
  replyTo,
  type Scene,
  scene,
  signerOf,
  slot,
  worksOn,
} from "./scene.ts";

/** Somebody else's city. */
function elsewhere(at: Scene): Authority {
  return new Authority({ provider, stream: rootStream("elsewhere"), foundedAt: at.world.unix - 24 * HOUR });
}

test("attack 8: each PIN is counted before it is answered, whenever the power goes", () => {
  const answered = Array.from({ length: 8 }, (_, operation) => {
    const at = scene(operation);
    const { world, anna, box, station, bell } = at;
    // A box that was stolen asks for as many PINs as it can think of.
    const chain = world.city.centre.chainOf({ kid: box.party.kid, role: "ticket" });
    const asks = (session: number, pins: readonly string[]) => {
      const guesses = pins.map(
        (pin, index) => () => requestFrame("activate", "pin", { pin }, { session, sequence: 2 + index }),
      );
      const score = docks(at, "activate", box.party, chain, guesses, session);
      world.dock(anna, slot(at, `stolen box ${session}`, score, box.party));
    };
    world.cutPower(anna.key, operation, (["torn", "before", "after"] as const)[operation % 3] ?? "torn");
    asks(1, ["1111", "2222", "3333"]);
    world.changeBattery(anna, 1);
    world.advance({ minutes: 1 });
    asks(2, ["4444", "5555", "6666", "7777", "8888"]);
    world.dock(anna, station);
    // P16 counts what the key has answered.
    expect(worksOn(at)).toEqual([]);
    return bell.pins;
  });
  // SPEC ACT-4: five, and never more for a cut.
  expect(Math.max(...answered)).toBe(5);
});

test("attack 10: what has been commissioned is commissioned once, whoever asks", () => {
  const at = scene();
  const { world, door } = at;
  const theirs = elsewhere(at);
  const hello = { versions: SPOKEN_VERSIONS, exchange: "service", nonce: new Uint8Array(16).fill(3) } as const;
  const session = 0x5e7;
  const order = theirs.commission(theirs.mount(door.door, door.party, world.unix - HOUR));
  const score = [
    requestFrame("service", "hello", hello, { session, sequence: 0 }),
    requestFrame("service", "commission", order, { session, sequence: 1 }),
  ];
  const before = at.bell.answers.length;
  world.visit(gadget(at, "installer", score), door);
  expect(at.bell.answers.slice(before)).toContain("error");
  // The same at a station's cable.
  const outside = world.build((site) => new OutsideStation(site, "kiosk", 1));
  world.advance({ seconds: 5 });
  const serve = { versions: SPOKEN_VERSIONS, exchange: "serve", nonce: new Uint8Array(16) } as const;
  outside.say(requestFrame("serve", "hello", serve, { session, sequence: 0 }));
  outside.say(requestFrame("serve", "commission", theirs.commission(), { session, sequence: 1 }));
  expect(framesIn(outside.heard()).map(({ message }) => message)).toEqual([0, 1]);
  const { state } = mainsOf(at, outside.fixture.id);
  expect(state.holdings.trust.fleetId).toEqual(world.city.centre.fleetId);
  expect(worksOn(at)).toEqual([]);
});

test("attack 11: a station without memory, or of another city, is a stranger", () => {
  const at = scene();
  const { world, anna } = at;
  const theirs = elsewhere(at);
  const blank = theirs.party("station");
  theirs.certify(blank, "station", world.unix - HOUR);
  const chain = theirs.centre.chainOf({ kid: blank.kid, role: "collector" });
  const issuer = world.city.centre.issuer("device");
  const nbf = world.unix - HOUR;
  const paper = { roles: roles.collector, publicKey: blank.publicKey, nbf, exp: nbf + 24 * HOUR, epoch: 1 };
  const written = issueObject(certificateObject, paper, { ...signerOf(at, blank), kid: issuer.kid }).bytes;
  // Papers of its own city, somebody else's of this one, and such as it has written itself.
  const papers = [chain, world.city.centre.chainOf("time"), [written, issuer.certificate.bytes]];
  for (const [index, certificates] of papers.entries()) {
    const session = DOCKED + index;
    let told: readonly Frame[] = [];
    const asks: Script = [
      () => requestFrame("dock", "journal", { from: 1 }, { session, sequence: 2 }),
      () => requestFrame("dock", "carried", { index: 0 }, { session, sequence: 3 }),
      () => requestFrame("dock", "pin-enrol", { pin: "1234" }, { session, sequence: 4 }),
      (heard) => {
        // A hand that has no success tries again, and the key has had enough of this session.
        if (heard.length > told.length) told = heard;
        return new Uint8Array(0);
      },
    ];
    world.dock(anna, slot(at, `blank ${index}`, docks(at, "dock", blank, certificates, asks, session)));
    // It says who it is, and then nothing but errors.
    expect([...new Set(told.map(({ message }) => message))]).toEqual([0, 1]);
  }
  expect(worksOn(at)).toEqual([]);
});

test("attack 18: with luck that is none nothing can be played again, and no signature gives a key away", () => {
  const at = scene();
  const { world, anna, station, door, bell } = at;
  // Each power-up of the key begins with the same zeros.
  world.kernel.stream(`entropy ${anna.key}`).bytes = (length: number) => new Uint8Array(length);
  const hellos: string[] = [];
  for (let morning = 0; morning < 2; morning++) {
    world.changeBattery(anna, 1);
    world.advance({ seconds: 5 });
    world.dock(anna, station);
    world.activate(anna, at.box);
    world.advance({ seconds: 10 });
    const before = bell.opened.length;
    world.visit(anna, door);
    expect(bell.opened.length).toBe(before + 1);
    hellos.push(String(memoryOf(at, anna).segments.at(-1)?.value.keyNonce));
  }
  // It was bad luck: the key's nonce came again. The door's did not (P13), so that what was said before is worth nothing.
  expect(hellos[0]).toBe(hellos[1]);
  expect(worksOn(at)).toEqual([]);
  // Signatures have no luck in them (SPEC CRY-8).
  const message = Uint8Array.of(1, 2, 3);
  expect(provider.sign(anna.party.seed, message)).toEqual(provider.sign(anna.party.seed, message));
});

test("attack 19: a PIN that is asked for is looked at", () => {
  const at = scene();
  const { world, ben, box, strict, bell } = at;
  world.advance({ hours: 9 });
  load(at, [ben]);
  const opened = bell.opened.length;
  expect(world.activate(ben, box, "0000").result).toBe("refused");
  world.advance({ seconds: 10 });
  expect(world.visit(ben, strict).outcome).toMatchObject({ kind: "refused", result: "activate" });
  expect(bell.opened.length).toBe(opened);
  expect(world.activate(ben, box).result).toBe("done");
  world.advance({ seconds: 10 });
  expect(world.visit(ben, strict).outcome.kind).toBe("opened");
  expect(world.finish()).toEqual([]);
});

/** The stolen station's own word on the time, so many seconds off. */
function lies(at: Scene, offSeconds: number): Script {
  const { world, station } = at;
  const certificates = world.city.centre.chainOf({ kid: station.party.kid, role: "time-source" });
  return [
    () => requestFrame("dock", "time-challenge", {}, { session: DOCKED, sequence: 2 }),
    (heard) => {
      const reply = replyTo(heard, DOCKED, 2);
      if (reply?.message !== 11) return new Uint8Array(0);
      const { nonce } = decodeReply("dock", "time-challenge", reply.body);
      const value = { nonce, t: world.unix + offSeconds, uncertaintyMs: 500, source: "station" } as const;
      const statement = issueObject(timeStatementObject, value, signerOf(at, station.party)).bytes;
      return requestFrame("dock", "time", { statement, certificates }, { session: DOCKED, sequence: 3 });
    },
  ];
}

test("a cloned station: a clock that runs does not follow it, an honest one mends what it broke, and a list ends it", () => {
  for (const off of [-2 * HOUR, 2 * HOUR]) {
    const at = scene();
    const { world, anna, door, station, bell } = at;
    const second = world.addStation("town hall");
    world.advance({ minutes: 1 });
    const chain = world.city.centre.chainOf({ kid: station.party.kid, role: "collector" });
    const clone = slot(at, "clone", docks(at, "dock", station.party, chain, lies(at, off)), station.party);
    world.dock(anna, clone);
    const { quality } = memoryOf(at, anna).clock;
    // SPEC TIM-4: what is earlier is refused; what is later puts the clock in doubt, and is not believed.
    expect(quality).toBe(off < 0 ? "running" : "conflict");
    const opened = bell.opened.length;
    world.visit(anna, door);
    expect(bell.opened.length).toBe(opened + (off < 0 ? 1 : 0));
    // SPEC TIM-4: another source agrees with what it held.
    world.dock(anna, second);
    expect(memoryOf(at, anna).clock.quality).toBe("running");
    expect(worksOn(at)).toEqual([]);
  }
});

test("a cloned station: once a key has heard that it was withdrawn it learns nothing more", () => {
  const at = scene();
  const { world, anna, station, north } = at;
  const second = world.addStation("town hall");
  const chain = world.city.centre.chainOf({ kid: station.party.kid, role: "collector" });
  const toldIn = (session: number): readonly number[] => {
    let told: readonly Frame[] = [];
    const listens: Script = [
      () => requestFrame("dock", "journal", { from: 1 }, { session, sequence: 2 }),
      (heard) => {
        if (heard.length > told.length) told = heard;
        return new Uint8Array(0);
      },
    ];
    const score = docks(at, "dock", station.party, chain, listens, session);
    world.dock(anna, slot(at, `clone ${session}`, score, station.party));
    return told.map(({ message }) => message);
  };
  expect(toldIn(1)).toEqual([0, 10, 14]);
  const entry = { kind: "device", id: station.party.kid, until: world.unix } as const;
  world.deliver(world.city.revoke(north.list, world.unix, entry).bytes);
  world.advance({ minutes: 1 });
  world.dock(anna, second);
  expect(toldIn(2)).toEqual([0, 1, 1]);
  expect(world.finish()).toEqual([]);
});

test("a rogue box: its ticket is no ticket, and it hears no PIN", () => {
  const at = scene();
  const { world, ben, strict, bell } = at;
  world.advance({ hours: 9 });
  load(at, [ben]);
  const own = world.city.party("rogue box");
  let told: readonly Frame[] = [];
  const grantDigest = provider.sha256(memoryOf(at, ben).grants[0]?.bytes ?? new Uint8Array(0));
  const value = { grantDigest, from: world.unix - 60, until: world.unix + HOUR, method: "pin", boxCounter: 1 } as const;
  // An honest box has shown them to everybody.
  const papers = world.city.centre.chainOf({ kid: at.box.party.kid, role: "ticket" });
  const gives: Script = [
    () => requestFrame("activate", "grant", {}, { session: DOCKED, sequence: 2 }),
    () => requestFrame("activate", "pin", { pin: "2580" }, { session: DOCKED, sequence: 3 }),
    () => {
      const ticket = issueObject(activationTicketObject, value, signerOf(at, own)).bytes;
      return requestFrame("activate", "activate", { ticket, certificates: papers }, { session: DOCKED, sequence: 4 });
    },
    (heard) => {
      if (heard.length > told.length) told = heard;
      return new Uint8Array(0);
    },
  ];
  world.dock(ben, slot(at, "box", docks(at, "activate", own, papers, gives)));
  expect([...new Set(told.map(({ message }) => message))]).toEqual([0, 1]);
  const opened = bell.opened.length;
  expect(world.visit(ben, strict).outcome).toMatchObject({ kind: "refused", result: "activate" });
  expect(bell.opened.length).toBe(opened);
  expect(world.finish()).toEqual([]);
});

test("a rogue host: it sets no clock, reads no log, and what it may do harms nobody", () => {
  const at = scene();
  const { world } = at;
  const outside = world.build((site) => new OutsideStation(site, "kiosk", 1));
  world.advance({ seconds: 5 });
  const session = 0x405;
  const hello = { versions: SPOKEN_VERSIONS, exchange: "serve", nonce: new Uint8Array(16).fill(4) } as const;
  const ask = (frame: Uint8Array): Frame | undefined => {
    outside.say(frame);
    return framesIn(outside.heard()).findLast(({ kind }) => kind === "reply");
  };
  const own = world.city.party("rogue host");
  const papers = world.city.centre.chainOf("time");
  const welcome = ask(requestFrame("serve", "hello", hello, { session, sequence: 0 }));
  if (welcome === undefined) throw new RangeError("the station says nothing");
  const { nonce, device } = decodeReply("serve", "hello", welcome.body);
  const challenge = ask(requestFrame("serve", "time-challenge", {}, { session, sequence: 1 }));
  const asked = decodeReply("serve", "time-challenge", challenge?.body ?? new Uint8Array(0)).nonce;
  const lie = { nonce: asked, t: world.unix + 86_400, uncertaintyMs: 500, source: "issuer" } as const;
  const statement = issueObject(timeStatementObject, lie, signerOf(at, own)).bytes;
  const clock = mainsOf(at, outside.fixture.id).state.holdings.clock;
  expect(
    ask(requestFrame("serve", "time", { statement, certificates: papers }, { session, sequence: 2 }))?.message,
  ).toBe(1);
  expect(mainsOf(at, outside.fixture.id).state.holdings.clock).toEqual(clock);
  const read = { device, nonce, sequence: 1, command: { kind: "read-log", cursor: 0 } } as const;
  const command = issueObject(hostCommandObject, read, signerOf(at, own), [new Uint8Array(32)]).bytes;
  const answer = ask(requestFrame("serve", "command", { command, certificates: papers }, { session, sequence: 3 }));
  expect(answer?.message).toBe(1);
  ask(requestFrame("serve", "acknowledge", { cursor: 1_000 }, { session, sequence: 4 }));
  // SPEC SRV-4: that moves a cursor, and takes nothing from anybody.
  expect(worksOn(again(at))).toEqual([]);
});

test("no other message begins a session, though it came as the first and with a hello's body", () => {
  const at = scene();
  const { world, anna } = at;
  const nonce = new Uint8Array(16).fill(8);
  const first = (message: number, body: Uint8Array) =>
    encodeFrame({ version: 1, kind: "request", message, session: 0x77, sequence: 0, body });
  const outside = world.build((site) => new OutsideStation(site, "kiosk", 1));
  world.advance({ seconds: 5 });
  outside.say(first(24, encodeRequest("serve", "hello", { versions: SPOKEN_VERSIONS, exchange: "serve", nonce })));
  expect(framesIn(outside.heard()).map(({ message }) => message)).toEqual([1]);
  let told: readonly Frame[] = [];
  const hello = { versions: SPOKEN_VERSIONS, exchange: "dock", nonce, device: at.station.party.kid } as const;
  const listens: Script = [
    first(17, encodeRequest("dock", "hello", hello)),
    (heard) => {
      if (heard.length > told.length) told = heard;
      return new Uint8Array(0);
    },
  ];
  world.dock(anna, slot(at, "odd slot", listens));
  // SPEC MSG-2.
  expect(told.map(({ message }) => message)).toEqual([1]);
  expect(worksOn(at)).toEqual([]);
});

function mainsOf({ world }: Scene, id: string) {
  const state = world.kernel.state<MainsState<never>>({ id });
  if (state.power !== "on") throw new RangeError("it is off");
  return { state };
}

function framesIn(pieces: readonly Uint8Array[]): readonly Frame[] {
  const decoder = new FrameDecoder();
  return pieces.flatMap((bytes) =>
    decoder.push(bytes).flatMap((event) => (event.kind === "frame" ? [event.frame] : [])),
  );
}
