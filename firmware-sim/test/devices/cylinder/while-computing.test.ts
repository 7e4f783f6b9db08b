import { type Frame, FrameDecoder, MESSAGE_BUSY, MESSAGE_ERROR } from "@nyckelfri/protocol";
import { beforeAll, expect, test } from "vitest";
import { whileComputing } from "#src/devices/cylinder/while-computing.ts";
import { again, greet, mountedTown, type Town, visit } from "./town.ts";

let fresh: Town;
beforeAll(() => {
  fresh = mountedTown();
});

function frameOf(bytes: Uint8Array): Frame {
  const [event] = new FrameDecoder().push(bytes).filter(({ kind }) => kind === "frame");
  if (event?.kind !== "frame") throw new Error("no frame");
  return event.frame;
}

/** What the interrupt says: the number of the message, and its body. */
function said({ rig }: Town, frame: Frame, answer: "to-come" | "has-left") {
  const bytes = whileComputing(rig.state, frame, answer);
  if (typeof bytes === "string") return bytes;
  const { kind, message, session, sequence, body } = frameOf(bytes);
  expect([kind, session, sequence]).toEqual(["reply", frame.session, frame.sequence]);
  return { message, body };
}

// {1: 500}
const BUSY = { message: MESSAGE_BUSY, body: Uint8Array.of(0xa1, 0x01, 0x19, 0x01, 0xf4) };

test("SPEC FRM-7: the repetition of a request whose answer has not left hears BUSY, or nothing where the table has none", () => {
  const town = again(fresh, fresh.rig.nvm);
  expect(said(town, { ...HELLO, session: 5 }, "to-come")).toBe("later");
  greet(town);
  const hello = frameOf(town.rig.lastRequest);
  expect(said(town, hello, "to-come")).toBe("silence");
  expect(said(town, hello, "has-left")).toBe("later");
  expect(visit(town).result).toBe("opened");
  const open = frameOf(town.rig.lastRequest);
  expect(said(town, open, "to-come")).toEqual(BUSY);
  // Who asks again after the answer gets the answer, from the main loop.
  expect(said(town, open, "has-left")).toBe("later");
});

test("SPEC FRM-7, FRM-8: other bytes, the next request and another session are no repetition", () => {
  const town = again(fresh, fresh.rig.nvm);
  visit(town);
  const open = frameOf(town.rig.lastRequest);
  const [reused] = [said(town, { ...open, body: open.body.slice(1) }, "to-come")];
  expect(reused).toMatchObject({ message: MESSAGE_ERROR });
  expect(said(town, { ...open, sequence: open.sequence + 1 }, "to-come")).toBe("later");
  expect(said(town, { ...open, session: open.session ^ 1 }, "to-come")).toBe("later");
  expect(said(town, { ...open, kind: "reply" }, "to-come")).toBe("later");
  expect(said(town, { ...HELLO, session: open.session ^ 1 }, "to-come")).toBe("later");
});

test("SPEC FRM-7: while the memory is written the request is in work, and dark cylinders say nothing", () => {
  const town = again(fresh, fresh.rig.nvm);
  const seen: unknown[] = [];
  town.rig.skips = ({ kind }) => {
    const frame = kind === "program" && town.rig.lastRequest.length > 0 ? frameOf(town.rig.lastRequest) : undefined;
    if (frame !== undefined && frame.sequence > 0) seen.push(said(town, frame, "has-left"));
    return false;
  };
  expect(visit(town).result).toBe("opened");
  expect(seen).toContainEqual(BUSY);
  const open = frameOf(town.rig.lastRequest);
  town.rig.pull();
  expect(said(town, open, "to-come")).toBe("later");
});

const HELLO: Frame = {
  version: 1,
  kind: "request",
  message: 0,
  session: 1,
  sequence: 0,
  body: Uint8Array.of(0xa0),
};
