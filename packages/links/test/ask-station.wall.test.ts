import { encodeError, encodeFrame, FrameDecoder, PeerError, toHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { askStation } from "#src/ask-station.ts";
import { memoryPair } from "#src/memory-link.ts";
import { answerHellos } from "./support/fake-station.ts";
import { bytesOf, codeOf } from "./support/wait.ts";

const ID = "00112233445566ff";

test("a station says who it is, after noise and after a hello that went astray", async () => {
  const [host, device] = memoryPair("asked");
  answerHellos(device, ID, 1);
  const asking = askStation(host);
  await device.write(bytesOf("boot: 3.1\r\n\0noise"));
  const { device: kid, kind, slots } = await asking;
  expect([toHex(kid), kind, slots]).toEqual([ID, "station", 4]);
});

test("what answers nothing, or something else, is an error with a code", async () => {
  const [host] = memoryPair("silent");
  expect(await codeOf(askStation(host))).toBe("framing/no-reply");

  const [asker, babbler] = memoryPair("babbling");
  const decoder = new FrameDecoder();
  babbler.onData((chunk) => {
    for (const event of decoder.push(chunk)) {
      if (event.kind !== "frame") continue;
      void babbler.write(encodeFrame({ ...event.frame, kind: "reply", body: Uint8Array.of(0xff) }));
    }
  });
  expect(await codeOf(askStation(asker))).toMatch(/^cbor\//);

  const [refused, refuser] = memoryPair("refusing");
  const other = new FrameDecoder();
  refuser.onData((chunk) => {
    for (const event of other.push(chunk)) {
      if (event.kind !== "frame") continue;
      const body = encodeError(new PeerError("messages/version"));
      void refuser.write(encodeFrame({ ...event.frame, kind: "reply", message: 1, body }));
    }
  });
  // Why it refuses: a version that is too old or too new, say.
  expect(await codeOf(askStation(refused))).toBe("messages/version");
});

test("asking ends with the link and with its signal", async () => {
  const [host, device] = memoryPair("leaving");
  const asking = askStation(host);
  await device.close();
  expect(await codeOf(asking)).toBe("link/hang-up");

  const controller = new AbortController();
  const [other] = memoryPair("aborted");
  const waiting = askStation(other, controller.signal);
  controller.abort(new Error("enough"));
  expect(await codeOf(waiting)).toBe("Error: enough");
  expect(await codeOf(askStation(other, controller.signal))).toBe("Error: enough");
});
