import {
  activationTicketObject,
  type CryptoProvider,
  decodeRequest,
  FrameDecoder,
  messageNamed,
  parseObject,
} from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import type { BoxConfig } from "#src/devices/activation-box/types.ts";
import type { NvmCut } from "#src/hardware/nvm.ts";
import { planNvmCuts } from "#src/hardware/nvm-cuts.ts";
import { type KeyRig, provider } from "../key/rig.ts";
import { type BoxRig, cloneOf, config, PIN, usually, WRONG } from "./rig.ts";

/** A box whose comparisons are counted: SHA-256 over v and salt, 48 bytes, is made for nothing else. */
function watched() {
  const seen = { comparisons: 0 };
  const counting: CryptoProvider = {
    ...provider,
    sha256: (bytes) => {
      if (bytes.length === 48) seen.comparisons += 1;
      return provider.sha256(bytes);
    },
  };
  const made: BoxConfig = { ...config, provider: counting };
  return { seen, ...usually(made) };
}

/** Every ticket that has left the box, each once, in order. */
function ticketsFrom(rig: BoxRig): number[] {
  const { number } = messageNamed("activate", "activate");
  const sent = rig.effects.flatMap((effect) => (effect.kind === "slot-send" ? [effect.bytes] : []));
  const frames = sent
    .flatMap((bytes) => [...new FrameDecoder().push(bytes)])
    .flatMap((event) => (event.kind === "frame" && event.frame.message === number ? [event.frame] : []));
  const tickets = frames.map(({ body }) => {
    const request = decodeRequest("activate", number, body);
    if (request.name !== "activate") throw new Error(request.name);
    return parseObject(activationTicketObject, request.body.ticket);
  });
  return tickets.map(({ value }) => value.boxCounter);
}

/** Power comes back, with the key still in the contact. */
function goOnAfterCut(rig: BoxRig): void {
  if (!rig.isCut) return;
  rig.cut = undefined;
  rig.powerOn();
}

/** A thief with a key that forgets its own count, and the box's plug in his hand. */
function guess(cut: NvmCut | undefined) {
  const { rig, key, seen } = watched();
  const thief = cloneOf(key);
  const fresh = thief.state;
  const inserted = (): void => {
    thief.state = fresh;
    thief.input({ kind: "contact", shows: "idle-high" });
  };
  const first = rig.nvm.operations;
  rig.cut = cut;
  inserted();
  rig.dock(0, thief);
  for (let tries = 0; tries < 7; tries++) {
    rig.type(WRONG);
    if (!rig.isCut) continue;
    inserted();
    goOnAfterCut(rig);
  }
  const end = rig.nvm.operations;
  rig.undock(0);
  thief.state = fresh;
  const last = rig.activate(thief, PIN);
  return { rig, seen, last, first, end };
}

test("SPEC ACT-2, ACT-4, PER-10: at no cut of power does a thief get more than five comparisons", () => {
  const { first, end, seen, last } = guess(undefined);
  expect([seen.comparisons, last]).toEqual([5, { kind: "locked" }]);
  let runs = 0;
  // Every operation of the first try and of the last one; those between are like the first.
  const each = (end - first) / 5;
  for (const [cut] of planNvmCuts(() => ({ first, end }), 1)) {
    const at = (cut?.operation ?? 0) - first;
    if (at >= each && at < 4 * each) continue;
    runs += 1;
    const cutThere = guess(cut);
    expect(cutThere.seen.comparisons, JSON.stringify(cut)).toBeLessThanOrEqual(5);
    expect(cutThere.last).toEqual({ kind: "locked" });
    expect(ticketsFrom(cutThere.rig)).toEqual([]);
    expect(cutThere.rig.on.own.ticketCounter).toBe(0);
  }
  expect(runs).toBeGreaterThan(35);
});

/** The holder, who tries until he has a ticket, and comes again after a battery change. */
function activateTwice(cut: NvmCut | undefined) {
  const { rig, key, seen } = watched();
  const first = rig.nvm.operations;
  rig.cut = cut;
  let cutWith: { readonly comparisons: number; readonly counted: boolean } | undefined;
  const signs: (string | undefined)[] = [];
  for (let turns = 0; turns < 2; turns++) {
    rig.dock(0, key).type(PIN);
    if (rig.isCut) {
      const { comparisons } = seen;
      goOnAfterCut(rig);
      const { attempts, ticketCounter } = rig.on.own;
      cutWith ??= { comparisons, counted: attempts.size > 0 || ticketCounter > 0 };
    }
    signs.push(rig.on.slots[0]?.phase === "resting" ? rig.on.slots[0].dock.ending.kind : undefined);
    rig.undock(0);
  }
  return { rig, key, seen, signs, cutWith, first, end: rig.nvm.operations };
}

test("SPEC ACT-2, OBJ-6, PER-10: at no cut is there a ticket without a counted try, nor a number twice", () => {
  const { first, end, rig: whole } = activateTwice(undefined);
  expect(ticketsFrom(whole)).toEqual([1, 2]);
  let runs = 0;
  for (const [cut] of planNvmCuts(() => ({ first, end: first + Math.ceil((end - first) / 2) }), 1)) {
    runs += 1;
    const { rig, seen, signs, cutWith } = activateTwice(cut);
    const tickets = ticketsFrom(rig);
    expect(tickets.every((number, index) => index === 0 || number > (tickets[index - 1] ?? 0))).toBe(true);
    expect(tickets.length).toBeLessThanOrEqual(seen.comparisons);
    expect(rig.on.own.ticketCounter).toBeGreaterThanOrEqual(tickets.at(-1) ?? 0);
    // Compared means counted, whatever happened after it.
    if (cutWith !== undefined && cutWith.comparisons > 0) expect(cutWith.counted).toBe(true);
    expect(signs.at(-1)).toBe("activated");
  }
  expect(runs).toBeGreaterThan(15);
});

/** The key leaves the contact at the nth frame: before it has heard it, or before its answer was heard. */
function pulled(nth: number, when: "before" | "after", pin: string) {
  const { rig, key, seen } = watched();
  const input = key.input.bind(key);
  let frames = 0;
  const pulling: KeyRig["input"] = (given) => {
    if (given.kind !== "frame") return input(given);
    frames += 1;
    if (frames < nth) return input(given);
    if (frames === nth && when === "after") input(given);
    key.received.length = 0;
    return key;
  };
  key.input = pulling;
  rig.dock(0, key).type(pin);
  key.input = input;
  rig.undock(0);
  return { rig, key, seen, frames };
}

test("SPEC ACT-2, ERR-4: a key that is pulled at any step costs at most the try, and gets its ticket the next time", () => {
  const { frames } = pulled(99, "before", PIN);
  expect(frames).toBeGreaterThanOrEqual(7);
  for (let nth = 1; nth <= frames; nth++) {
    for (const when of ["before", "after"] as const) {
      const { rig, key, seen } = pulled(nth, when, PIN);
      expect(rig.sign()).toEqual({ kind: "ready" });
      expect(rig.timers.size).toBe(0);
      const before = seen.comparisons;
      const counted = [...rig.on.own.attempts.values()].map(({ count }) => count);
      expect(counted).toEqual([]);
      expect(rig.on.own.ticketCounter).toBe(before);
      expect(rig.activate(key)).toEqual({ kind: "activated" });
      expect(key.on.holdings.ticket?.value.boxCounter).toBe(before + 1);
      expect(key.on.holdings.pin?.attempts).toBe(0);
    }
  }
});

test("SPEC ACT-2: a wrong try counts also when the key is pulled before it hears of it", () => {
  const { frames } = pulled(99, "before", WRONG);
  for (const nth of [frames - 1, frames]) {
    const { rig, seen } = pulled(nth, "after", WRONG);
    const counted = [...rig.on.own.attempts.values()].map(({ count }) => count);
    expect(counted).toEqual(seen.comparisons === 0 ? [] : [seen.comparisons]);
  }
});
