import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { encode } from "#src/cbor/encode.ts";
import type { AnySchema } from "#src/cbor/schema.ts";
import { NyckelfriError } from "#src/errors.ts";
import { BODY_BYTES, encodeFrame, MESSAGE_BUSY, MESSAGE_ERROR } from "#src/framing/frame.ts";
import { FrameDecoder } from "#src/framing/frame-decoder.ts";
import { newResponder } from "#src/framing/responder.ts";
import { type BodyName, bodySchemas } from "#src/messages/bodies.ts";
import {
  decodeNotification,
  decodeReply,
  decodeRequest,
  encodeNotification,
  encodeReply,
  encodeRequest,
  exchangeOfHello,
  type MessageName,
  messageNumbered,
  messagesOf,
  type Notification,
  timingOf,
} from "#src/messages/message-table.ts";
import type { EnrolReply, EnrolRequest } from "#src/messages/service.ts";
import type { CheckInRequest } from "#src/messages/store.ts";
import type { ExchangeName } from "#src/objects/device-proof.ts";
import { parseObject } from "#src/objects/signed-object.ts";
import {
  answers,
  counters,
  type ErrorCode,
  exchanges,
  limits,
  messages,
  notifications,
  objects,
  reserved,
  times,
} from "#src/registry.ts";
import { issueGrant } from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";
import { bodyArbitraries } from "./arbitraries.ts";

const exchangeNames = Object.keys(exchanges) as ExchangeName[];
const numbers = Array.from({ length: 64 }, (_, number) => number);
const reservedNumbers: readonly number[] = reserved.messages.map(({ number }) => number);

test("SPEC MSG-1, FRM-2: in an exchange each number means one thing, and the answers' numbers are no message's", () => {
  const taken = exchangeNames.flatMap((exchange) => {
    const used = [
      ...messagesOf(exchange).map(({ number }) => number),
      ...notifications
        .filter((row) => (row.exchanges as readonly string[]).includes(exchange))
        .map((row) => row.number),
      ...answers.map(({ number }) => number),
      ...reservedNumbers,
    ];
    expect(used.every((number) => Number.isInteger(number) && number >= 0 && number <= 63)).toBe(true);
    return used.length === new Set(used).size ? [] : [exchange];
  });
  expect(taken).toEqual([]);
  expect(answers.map(({ number }) => number)).toEqual([MESSAGE_ERROR, MESSAGE_BUSY]);
});

test("a name has the same number in all exchanges", () => {
  const numbersOf = (name: string) => messages.filter((row) => row.name === name).map(({ number }) => number);
  expect(messages.filter(({ name }) => new Set(numbersOf(name)).size > 1)).toEqual([]);
});

describe("SPEC MSG-2: every number 0 to 63 in every exchange", () => {
  test.each(exchangeNames)("%s: listed, reserved (SPEC VER-3), or unexpected", (exchange) => {
    const listed = new Set(messagesOf(exchange).map(({ number }) => number));
    const expected = numbers.map((number): ErrorCode | "accepted" => {
      if (listed.has(number)) return "accepted";
      return reservedNumbers.includes(number) ? "messages/reserved" : "messages/unexpected";
    });
    expect(numbers.map((number) => codeOf(() => messageNumbered(exchange, number)))).toEqual(expected);
    expect(expected).toContain("messages/reserved");
    expect(expected).toContain("messages/unexpected");
  });

  test("what is not listed is refused before its body is looked at", () => {
    const nonsense = Uint8Array.of(0xff);
    expect(codeOf(() => decodeRequest("dock", 5, nonsense))).toBe("messages/unexpected");
    expect(codeOf(() => decodeRequest("open", 54, nonsense))).toBe("messages/reserved");
    expect(codeOf(() => decodeRequest("open", 4, nonsense))).toMatch(/^cbor\//);
    expect(codeOf(() => decodeNotification("serve", 48, nonsense))).toBe("messages/reserved");
    expect(codeOf(() => decodeNotification("dock", 32, nonsense))).toBe("messages/unexpected");
  });

  test("any bytes under any number give a request or an error of this library", () => {
    const outcomes = new Set<string>();
    const exampleOf = (name: BodyName) =>
      (bodyArbitraries[name] as fc.Arbitrary<never>).map((body) => ({ name, body }));
    const examples = fc.oneof(...(Object.keys(bodySchemas) as BodyName[]).map(exampleOf));
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(examples, fc.nat(), fc.nat({ max: 255 })).map(([{ name, body }, place, value]) => {
        const bytes = encode((bodySchemas[name] as AnySchema).build(body, name));
        bytes[place % bytes.length] = value;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...exchangeNames), fc.nat({ max: 63 }), bodies, (exchange, number, bytes) => {
        try {
          const request = decodeRequest(exchange, number, bytes);
          outcomes.add("request");
          expect(encodeRequest(exchange, request.name, request.body as never)).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(NyckelfriError);
          outcomes.add((error as NyckelfriError).code.split("/")[0] ?? "");
        }
      }),
      { numRuns: 5000 },
    );
    expect([...outcomes].sort()).toEqual(["cbor", "messages", "request", "schema"]);
  });
});

describe("a request, a reply and a notification travel by the table", () => {
  test("every request and every reply of every exchange", () => {
    const wrong: string[] = [];
    for (const exchange of exchangeNames) {
      for (const { name, number, request, reply } of messagesOf(exchange)) {
        const draw = (body: BodyName) => {
          const fits = (drawn: unknown) => number !== 0 || (drawn as { exchange: string }).exchange === exchange;
          const arbitrary = bodyArbitraries[body] as fc.Arbitrary<unknown>;
          return fc.sample(body === request ? arbitrary.filter(fits) : arbitrary, 3);
        };
        for (const body of draw(request)) {
          const bytes = encodeRequest(exchange, name as never, body as never);
          expect(decodeRequest(exchange, number, bytes)).toEqual({ name, body });
          if (number === 0 && exchangeOfHello(bytes) !== exchange) wrong.push(exchange);
        }
        for (const body of draw(reply)) {
          expect(decodeReply(exchange, name as never, encodeReply(exchange, name as never, body as never))).toEqual(
            body,
          );
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test("the types follow the table", () => {
    const nonce = new Uint8Array(16);
    const request = decodeRequest("service", 36, encodeRequest("service", "enrol", { nonce }));
    expect(request.name === "enrol" && request.body.nonce).toEqual(nonce);
    expectTypeOf<MessageName<"open">>().toEqualTypeOf<
      "hello" | "update" | "open" | "supply" | "collect" | "receipt" | "fetch"
    >();
    expectTypeOf(encodeRequest<"service", "enrol">)
      .parameter(2)
      .toEqualTypeOf<EnrolRequest>();
    expectTypeOf(encodeReply<"service", "enrol">)
      .parameter(2)
      .toEqualTypeOf<EnrolReply>();
    expectTypeOf(decodeRequest<"store">)
      .returns.extract<{ name: "check-in" }>()
      .toEqualTypeOf<{
        readonly name: "check-in";
        readonly body: CheckInRequest;
      }>();
    expectTypeOf<Notification["name"]>().toEqualTypeOf<"dock-event" | "cabinet-event">();
  });

  test("and so does what is refused where there are no types", () => {
    const nonce = new Uint8Array(16);
    const refused = [
      codeOf(() => encodeRequest("service", "enrol", { slot: 1 } as never)),
      codeOf(() => encodeRequest("open", "journal" as never, { from: 1 } as never)),
      codeOf(() => encodeReply("service", "enrol", { nonce } as never)),
    ];
    expect(refused).toEqual(["schema/not-buildable", "messages/unexpected", "schema/not-buildable"]);
  });

  test("a hello of an exchange that shares its form with this one is refused", () => {
    const hello = { versions: { oldest: 1, newest: 1 }, nonce: new Uint8Array(16), device: new Uint8Array(8) };
    const bytes = encodeRequest("store", "hello", { ...hello, exchange: "store" });
    expect(codeOf(() => encodeRequest("dock", "hello", { ...hello, exchange: "store" }))).toBe("caller/argument");
    expect(exchangeOfHello(bytes)).toBe("store");
    expect(codeOf(() => decodeRequest("store", 0, bytes))).toBe("accepted");
    expect(codeOf(() => decodeRequest("dock", 0, bytes))).toBe("messages/inconsistent");
  });

  test.each<readonly [string, readonly number[], ErrorCode]>([
    ["no map", [0x80], "schema/type"],
    ["no exchange", [0xa1, 1, 0x82, 1, 1], "schema/missing-label"],
    ["an exchange that there is not", [0xa1, 2, 7], "schema/out-of-range"],
    ["no CBOR", [0xff], "cbor/indefinite-length"],
  ])("a hello with %s begins nothing", (_, bytes, code) => {
    expect(codeOf(() => exchangeOfHello(Uint8Array.from(bytes)))).toBe(code);
  });

  test("notifications", () => {
    const docked = encodeNotification("dock-event", { slot: 3, event: "docked" });
    expect(docked.message).toBe(32);
    expect(decodeNotification("serve", docked.message, docked.body)).toEqual({
      name: "dock-event",
      body: { slot: 3, event: "docked" },
    });
  });

  test("SPEC FRM-4: a body that no frame holds is neither sent nor read", () => {
    const object = new Uint8Array(1000);
    expect(codeOf(() => encodeRequest("open", "supply", { objects: [object, object] }))).toBe("cbor/not-encodable");
    const deliver = encodeRequest("dock", "deliver", { object });
    const frame = { version: 1, kind: "request", message: 13, session: 1, sequence: 1, body: deliver } as const;
    expect(encodeFrame(frame).length).toBeGreaterThan(1000);
    expect(codeOf(() => decodeRequest("dock", 13, new Uint8Array(BODY_BYTES + 1)))).toBe("cbor/too-large");
  });
});

test("SPEC ERR-4: a request is repeated a bounded number of times, and what answers a nonce of 2 s not at all", () => {
  const all = exchangeNames.flatMap(messagesOf);
  const unbounded = all.filter(({ timeoutMs, retries }) => !(timeoutMs >= 200 && timeoutMs <= 5000 && retries <= 3));
  expect(unbounded).toEqual([]);
  const once = all.filter(({ retries }) => retries === 0).map(({ name }) => name);
  expect(new Set(once)).toEqual(new Set(["time", "time-ask"]));
  // SPEC OPN-5: all sends of one of them end before timer A does, which began before the first.
  const decisive = all.filter(({ name }) => ["update", "open", "supply"].includes(name));
  expect(decisive.filter(({ timeoutMs, retries }) => timeoutMs * (retries + 1) >= times.challengeMs)).toEqual([]);
  // A hello or a clock that waits is worth nothing: these are answered at once or not at all.
  const never = all.filter(({ busy }) => busy === "never").map(({ name }) => name);
  expect(new Set(never)).toEqual(new Set(["hello", "time-challenge", "time", "time-ask", "info", "counters", "docks"]));
});

test("SPEC ERR-4: framing waits and bears BUSY as the table says", () => {
  expect(timingOf(messageNumbered("open", 5))).toEqual({
    replyMilliseconds: 900,
    retries: 1,
    busyReplies: limits.busyReplies,
    busyMilliseconds: times.busyMs,
  });
  expect(timingOf(messageNumbered("dock", 12))).toMatchObject({ retries: 0, busyReplies: 0 });
});

test("SPEC SRV-1: the counters of a station are those of framing, in one order", () => {
  const named = [...Object.keys(new FrameDecoder().counters), ...Object.keys(newResponder().counters)];
  expect(counters).toEqual(named);
  expect(codeOf(() => encodeReply("serve", "counters", { counters: counters.map(() => 0) }))).toBe("accepted");
});

describe("SPEC VER-3: numbers that are reserved are refused", () => {
  test("as typ of an object", () => {
    const grant = issueGrant();
    const taken = reserved.typ.filter(({ number }) => {
      const bytes = grant.bytes.slice();
      // 84 51 a3 01 32 04 48 <kid 8> 10 19 <typ 2>
      bytes.set([number >> 8, number & 0xff], 17);
      return codeOf(() => parseObject(grant.kind, bytes)) !== "cose/typ-mismatch";
    });
    expect(taken).toEqual([]);
    expect(grant.bytes.slice(17, 19)).toEqual(Uint8Array.of(65002 >> 8, 65002 & 0xff));
    expect(
      objects.map(({ typ }): number => typ).filter((typ) => reserved.typ.some((row) => row.number === typ)),
    ).toEqual([]);
  });

  test("as capability of a station", () => {
    const bytes = encodeReply("serve", "hello", {
      versions: { oldest: 1, newest: 1 },
      device: new Uint8Array(8),
      nonce: new Uint8Array(16),
      fleetId: new Uint8Array(32),
      kind: "station",
      firmware: [1, 0, 0],
      capabilities: ["time"],
      slots: 4,
    });
    // 07 81 <capability> 08 04
    const at = bytes.length - 3;
    expect(bytes[at]).toBe(1);
    const codes = reserved.capabilities.map(({ number }) => {
      bytes[at] = number;
      return codeOf(() => decodeReply("serve", "hello", bytes));
    });
    expect(codes).toEqual(reserved.capabilities.map(() => "schema/out-of-range"));
  });
});
