import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "#src/cbor/decode.ts";
import { CallerError, NyckelfriError, PeerError } from "#src/errors.ts";
import { decodeError, encodeError } from "#src/messages/answers.ts";
import { decodeRequest } from "#src/messages/message-table.ts";
import { type ErrorCode, errors, reasons } from "#src/registry.ts";
import { codeOf } from "../support/code-of.ts";

const codes = errors.map(({ code }) => code);

describe("SPEC ERR-1: numbers travel, codes are for programs", () => {
  test("each code has one number and each number one code", () => {
    expect(new Set(errors.map(({ number }) => number)).size).toBe(errors.length);
    expect(new Set(codes).size).toBe(errors.length);
    expect(errors.filter(({ number }) => !(number > 0 && number <= 0xffff))).toEqual([]);
  });

  test.each(codes)("%s comes back from the wire", (code) => {
    const answered = decodeError(encodeError(new PeerError(code)));
    expect(answered).toBeInstanceOf(PeerError);
    expect(answered.code).toBe(code);
  });

  test("a number that this version does not know", () => {
    const unknown = fc.nat({ max: 0xffff }).filter((number) => errors.every((entry) => entry.number !== number));
    fc.assert(
      fc.property(unknown, (number) => {
        const answered = decodeError(Uint8Array.of(0xa1, 1, ...shortest(number)));
        expect(answered.code).toBe("messages/unexplained");
        expect(answered.details["number"]).toBe(number);
      }),
    );
  });

  test("any bytes are an error of the other side or a broken one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        expect(["cbor", "schema", "accepted"]).toContain(codeOf(() => decodeError(bytes)).split("/")[0]);
      }),
    );
  });
});

describe("SPEC ERR-2: who is wrong", () => {
  test("each class of fault has its class of error, and no other class throws", () => {
    const classes = ["peer", "caller", "environment", "internal"];
    expect(errors.filter(({ fault }) => !classes.includes(fault))).toEqual([]);
    expect(new PeerError("messages/unexpected")).toBeInstanceOf(NyckelfriError);
    expect(new CallerError("caller/argument")).not.toBeInstanceOf(PeerError);
  });

  test("what went wrong on this side is not told", () => {
    const secrets = new CallerError("caller/argument", { path: "pin", value: "1234" });
    expect(decode(encodeError(secrets))).toEqual(new Map([[1, new PeerError("messages/unexplained").number]]));
  });
});

describe("SPEC ERR-3: nothing but a number and a place", () => {
  test("details never leave, whatever they are", () => {
    const details = fc.record(
      {
        path: fc.oneof(fc.string(), fc.constantFrom("open-request", "open-request.proof", "grant.scope[3]")),
        kid: fc.string(),
        value: fc.nat(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.constantFrom(...codes), details, (code: ErrorCode, given) => {
        const fields = decode(encodeError(new PeerError(code, given))) as ReadonlyMap<number, unknown>;
        const hint = fields.get(2);
        expect([...fields.keys()].every((label) => label === 1 || label === 2)).toBe(true);
        expect(hint === undefined || hint === given["path"]).toBe(true);
        if (hint !== undefined) expect(String(hint)).toMatch(/^open-request[.a-z[\]0-9]*$/);
        if (!/^(schema|messages)\//.test(code)) expect(hint).toBeUndefined();
      }),
    );
  });

  test("the hint names the field of the peer's own request", () => {
    let thrown: unknown;
    try {
      decodeRequest("open", 5, Uint8Array.of(0xa2, 2, 0x48, 1, 2, 3, 4, 5, 6, 7, 8, 4, 0));
    } catch (error) {
      thrown = error;
    }
    const answered = decodeError(encodeError(thrown as NyckelfriError));
    expect([answered.code, answered.details["hint"]]).toEqual(["schema/type", "open-request.proof"]);
  });

  test.each([
    "open request.proof",
    "kid 0badcafe0badcafe",
    "x".repeat(65),
    "",
    "1.2",
    "grant.scope[3]",
    "open-request.0badcafe",
    `open-request.${"x".repeat(60)}`,
  ])("%j is no place", (path) => {
    const fields = decode(encodeError(new PeerError("schema/type", { path }))) as ReadonlyMap<number, unknown>;
    expect(fields.has(2)).toBe(false);
  });

  test("no reason of chapter 9 has a number among the errors' codes", () => {
    expect(reasons.filter(({ name }) => codes.some((code: string) => code === name))).toEqual([]);
  });
});

function shortest(number: number): number[] {
  if (number < 24) return [number];
  return number < 256 ? [0x18, number] : [0x19, number >> 8, number & 0xff];
}
