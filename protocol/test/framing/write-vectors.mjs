// Writes protocol/vectors/framing.json. It shares no code with src/framing: header and COBS are spelled out here and the CRC is
// zlib's, so that the vectors judge the library instead of repeating it. Run: node protocol/test/framing/write-vectors.mjs
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";

const KINDS = ["request", "reply", "notification", "reserved"];

/** COBS by its definition: every zero-ended group becomes blocks of up to 254 bytes, each led by its length plus one. */
function cobs(data, closeFullBlock = false) {
  const groups = [...data, 0].join(",").split(/(?:^|,)0(?=,|$)/);
  groups.pop();
  const out = [];
  groups.forEach((group, at) => {
    let bytes = group
      .split(",")
      .filter((text) => text !== "")
      .map(Number);
    while (bytes.length >= 254) {
      out.push(255, ...bytes.slice(0, 254));
      bytes = bytes.slice(254);
      if (bytes.length === 0 && at === groups.length - 1 && !closeFullBlock) return;
    }
    out.push(bytes.length + 1, ...bytes);
  });
  return Buffer.from(out);
}

function plain(
  { version = 1, kind = "request", message, session = 0x8c1f00a5, sequence = 1, body = "" },
  crcOrder = "LE",
) {
  const header = Buffer.alloc(7);
  header[0] = version;
  header[1] = (KINDS.indexOf(kind) << 6) | message;
  header.writeUInt32BE(session, 2);
  header[6] = sequence;
  const checked = Buffer.concat([header, Buffer.from(body, "hex")]);
  const crc = Buffer.alloc(4);
  crc[`writeUInt32${crcOrder}`](crc32(checked), 0);
  return Buffer.concat([checked, crc]);
}

const delimited = (bytes) => Buffer.concat([bytes, Buffer.of(0)]).toString("hex");

function accept(name, fields, { closeFullBlock = false, note } = {}) {
  const { version = 1, kind = "request", message, session = 0x8c1f00a5, sequence = 1, body = "" } = fields;
  const wire = delimited(cobs(plain(fields), closeFullBlock));
  return {
    name,
    ...(note && { note }),
    kind: "accept",
    wire,
    canonical: !closeFullBlock,
    header: { version, kind, message, session, sequence },
    body,
  };
}

const discard = (name, reason, wire, note) => ({ name, ...(note && { note }), kind: "discard", wire, reason });

const ping = { message: 5, body: "a10102" };
const flipped = cobs(plain(ping));
flipped[flipped.length - 6] ^= 0x10;
/** A body such that header, body and CRC end in exactly 254 bytes without a zero. */
function fullLastBlock() {
  for (let salt = 0; ; salt++) {
    const body = Buffer.alloc(254 - 11, 0x5a);
    body[0] = 1 + (salt % 255);
    const fields = { message: 7, session: 0x8c1f11a5, body: body.toString("hex") };
    if (!plain(fields).includes(0)) return fields;
  }
}

const vectors = [
  accept("hello without a body", { message: 0, sequence: 0 }),
  accept("request with a small body", ping),
  accept("reply", { ...ping, kind: "reply", body: "a0" }),
  accept("notification", { ...ping, kind: "notification", sequence: 9 }),
  accept("busy reply, wait 200 ms", { kind: "reply", message: 2, body: "a10118c8" }),
  accept("error reply framing/sequence-reused", { kind: "reply", message: 1, body: "a101190603" }),
  accept("error reply framing/sequence-gap", { kind: "reply", message: 1, body: "a101190604" }),
  accept("highest numbers", { kind: "notification", message: 63, session: 0xffffffff, sequence: 255, body: "ff" }),
  accept("lowest session", { message: 0, session: 1, sequence: 0 }),
  accept("body of zeros", { message: 7, body: "00".repeat(40) }),
  accept("longest body, all zeros", { message: 7, body: "00".repeat(1013) }),
  accept("longest body, all 0xff", { message: 7, body: "ff".repeat(1013) }),
  accept("full last block, as it is sent", fullLastBlock()),
  accept("full last block, closed by an extra 0x01", fullLastBlock(), {
    closeFullBlock: true,
    note: "Some encoders write it; a receiver takes it, a sender does not send it.",
  }),
  discard("one byte too many", "oversize", delimited(cobs(plain({ message: 7, body: "ff".repeat(1014) })))),
  discard(
    "one byte too many, fits the encoded size",
    "oversize",
    delimited(cobs(plain({ message: 7, body: "00".repeat(1014) }))),
  ),
  discard("far too long", "oversize", delimited(Buffer.alloc(5000, 0x41))),
  discard(
    "too long, and its last code points past the end",
    "oversize",
    delimited(Buffer.concat([...new Array(5).fill(Buffer.alloc(255, 0xff))]).subarray(0, 1030)),
    "The encoded length is judged before the encoding.",
  ),
  discard("code points past the end", "cobs", delimited(Buffer.of(0x05, 1, 2))),
  discard("full block cut short", "cobs", delimited(cobs(plain(fullLastBlock())).subarray(0, 200))),
  discard("nothing but a code byte", "short", delimited(Buffer.of(1))),
  discard("ten bytes", "short", delimited(cobs(plain({ message: 0 }).subarray(0, 10)))),
  discard("one bit flipped", "crc", delimited(flipped)),
  discard("CRC most significant byte first", "crc", delimited(cobs(plain(ping, "BE")))),
  discard(
    "CRC over the body alone",
    "crc",
    (() => {
      const whole = plain(ping);
      whole.writeUInt32LE(crc32(whole.subarray(7, -4)), whole.length - 4);
      return delimited(cobs(whole));
    })(),
  ),
  discard(
    "two frames whose delimiter was lost",
    "crc",
    delimited(Buffer.concat([cobs(plain(ping)), cobs(plain({ ...ping, sequence: 2 }))])),
  ),
  discard("version 0", "version", delimited(cobs(plain({ ...ping, version: 0 })))),
  discard("version 2", "version", delimited(cobs(plain({ ...ping, version: 2 })))),
  discard("reserved kind", "kind", delimited(cobs(plain({ ...ping, kind: "reserved" })))),
  discard("session zero", "session-zero", delimited(cobs(plain({ ...ping, session: 0 })))),
  discard(
    "wrong version and reserved kind",
    "version",
    delimited(cobs(plain({ ...ping, version: 9, kind: "reserved" }))),
    "The checks have an order: length, CRC, version, kind, session.",
  ),
];

const description =
  "Frames of SPEC chapter FRM. `wire` is everything between two delimiters and the delimiter that ends it, in hex. An accept vector decodes to `header` and `body`; where `canonical` is true the frame also encodes to exactly `wire`. A discard vector yields no frame and is reported with `reason`. A valid frame that follows any of them is received.";
writeFileSync(
  new URL("../../vectors/framing.json", import.meta.url),
  `${JSON.stringify({ format: 1, description, vectors }, null, 2)}\n`,
);
