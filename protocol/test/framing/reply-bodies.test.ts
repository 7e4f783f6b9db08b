import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "#src/bytes.ts";
import { MESSAGE_BUSY, MESSAGE_ERROR } from "#src/framing/frame.ts";
import { decodeNumberBody, encodeErrorBody, encodeNumberBody } from "#src/framing/reply-bodies.ts";
import { answers } from "#src/registry.ts";

describe("SPEC FRM-7: bodies of busy-reply and error-reply", () => {
  test("every 16-bit number, in the shortest form, and back", () => {
    const wrong: number[] = [];
    for (let number = 0; number <= 0xffff; number++) {
      const body = encodeNumberBody(number);
      const shortest = number < 24 ? 3 : number < 256 ? 4 : 5;
      if (body.length !== shortest || decodeNumberBody(body) !== number) wrong.push(number);
    }
    expect(wrong).toEqual([]);
    expect(() => encodeNumberBody(0x10000)).toThrow(expect.objectContaining({ code: "caller/argument" }));
  });

  test("both replies have the message numbers of the registry", () => {
    expect(answers.map(({ name, number }) => [name, number])).toEqual([
      ["error", MESSAGE_ERROR],
      ["busy", MESSAGE_BUSY],
    ]);
  });

  test("an error body names the number of the registry, and may carry a hint", () => {
    expect(toHex(encodeErrorBody("framing/sequence-reused"))).toBe("a101190603");
    expect(toHex(encodeErrorBody("framing/sequence-gap"))).toBe("a101190604");
    expect(decodeNumberBody(fromHex("a2011906040263666f6f"))).toBe(0x604);
  });

  test.each([
    "",
    "a1",
    "a101",
    "a10118",
    "a1011817",
    "a1011900ff",
    "a10119",
    "a1011906",
    "a1010500",
    "a20105",
    "a10205",
    "a1011a00010000",
    "80",
    "a30105",
  ])("no number in %j", (hex) => {
    expect(decodeNumberBody(fromHex(hex))).toBeUndefined();
  });
});
