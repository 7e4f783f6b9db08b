import { CallerError } from "@nyckelfri/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLinkUri, type LinkUri, parseLinkUri } from "#src/link-uri.ts";

test.each<[string, LinkUri]>([
  ["serial:/dev/ttyACM0", { kind: "serial", path: "/dev/ttyACM0", baudRate: 115_200 }],
  ["serial:/dev/ttyACM0?baud=9600", { kind: "serial", path: "/dev/ttyACM0", baudRate: 9600 }],
  ["serial:\\\\.\\COM10", { kind: "serial", path: "\\\\.\\COM10", baudRate: 115_200 }],
  ["serial:./a%3Fb%25", { kind: "serial", path: "./a?b%", baudRate: 115_200 }],
  ["station:0011AAbbccDDeeFF", { kind: "station", id: "0011aabbccddeeff" }],
  ["pty:./station0", { kind: "pty", path: "./station0" }],
  ["tcp://localhost:7000", { kind: "tcp", host: "localhost", port: 7000 }],
  ["tcp://[::1]:7000", { kind: "tcp", host: "::1", port: 7000 }],
  ["tcp://a%25b:7000", { kind: "tcp", host: "a%b", port: 7000 }],
  ["tcp-listen://127.0.0.1:0", { kind: "tcp-listen", host: "127.0.0.1", port: 0 }],
  ["memory:door", { kind: "memory", name: "door" }],
  ["replay:a.jsonl", { kind: "replay", path: "a.jsonl", play: "in", pace: "answers" }],
  ["replay:a.jsonl?play=out&pace=now", { kind: "replay", path: "a.jsonl", play: "out", pace: "now" }],
])("%s is understood, and so is what is written of it", (uri, link) => {
  expect(parseLinkUri(uri)).toEqual(link);
  expect(parseLinkUri(formatLinkUri(link))).toEqual(link);
});

const codeOf = (uri: string): string => {
  try {
    parseLinkUri(uri);
  } catch (error) {
    if (error instanceof CallerError) return error.code;
  }
  return "";
};

test.each([
  ...["", "/dev/ttyACM0", "COM3", "usb:1", "serial:", "serial:?baud=9600", "serial:/dev/x?speed=9600", "serial:%zz"],
  ...["serial:/dev/x?baud=9600&baud=9600", "serial:/dev/x?baud", "serial:/dev/x?", "toString:x", "SERIAL:x"],
  ...["station:123", "station:zz11223344556677", "station:00112233445566778", "pty:", "pty:x?baud=9600"],
  ...[
    "tcp:localhost:7000",
    "tcp://localhost",
    "tcp://localhost:0",
    "tcp://localhost:65536",
    "tcp://::1:7000",
    "tcp://:1",
  ],
  ...["tcp://a b:1", "tcp://host:1/path", "memory:", "replay:a?pace=slow", "replay:a?play=both"],
])("%s is refused", (uri) => {
  expect(codeOf(uri)).toBe("link/bad-uri");
});

test.each(["0", "49", "-9600", "9600.5", "fast", "99999999", "1e4", "0x10"])("a baud rate of %s is refused", (baud) => {
  expect(codeOf(`serial:/dev/ttyS0?baud=${baud}`)).toBe("link/speed");
});

test("a refusal names the URI and what its scheme takes", () => {
  expect(() => parseLinkUri("tcp://host")).toThrow(/tcp:\/\/<host>:<port>/);
  expect(() => parseLinkUri("ttyACM0")).toThrow(/serial:<path>/);
});

const path = fc.string({ minLength: 1, unit: "grapheme" });
const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
const port = fc.integer({ min: 1, max: 0xffff });
const uris: fc.Arbitrary<LinkUri> = fc.oneof(
  fc.record({ kind: fc.constant("serial" as const), path, baudRate: fc.integer({ min: 50, max: 4_000_000 }) }),
  fc.record({ kind: fc.constant("pty" as const), path }),
  fc.record({ kind: fc.constantFrom("tcp" as const, "tcp-listen" as const), host, port }),
  fc.record({ kind: fc.constant("memory" as const), name: path }),
  fc.record({
    kind: fc.constant("replay" as const),
    path,
    play: fc.constantFrom("in" as const, "out" as const),
    pace: fc.constantFrom("answers" as const, "recorded" as const, "now" as const),
  }),
);

test("what is formatted is parsed to the same link", () => {
  fc.assert(
    fc.property(uris, (link) => {
      expect(parseLinkUri(formatLinkUri(link))).toEqual(link);
    }),
  );
});

test("any text is a link or a refusal with a code", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((text) => `serial:${text}`),
      ),
      (uri) => {
        expect(codeOf(uri)).toMatch(/^(link\/(bad-uri|speed))?$/);
      },
    ),
  );
});

test("a port without its scheme is told the one line that works", () => {
  for (const port of ["/dev/ttyACM0", "COM3"]) {
    expect(() => parseLinkUri(port)).toThrow(
      expect.objectContaining({ details: { uri: port, takes: `serial:${port} for a serial port` } }),
    );
  }
});
