// Frames (SPEC chapter FRM). Header and COBS are spelled out here and the CRC is zlib's; nothing is shared with src/framing.
import { crc32 } from "node:zlib";
import { concatBytes, fromHex, toHex } from "#src/bytes.ts";
import { accepted, flipped, hex, refused, times, uint32, type Vector, type VectorFile } from "../build.ts";

type Kind = "request" | "reply" | "notification" | "reserved";
const KINDS: readonly Kind[] = ["request", "reply", "notification", "reserved"];

export interface Fields {
  readonly version: number;
  readonly kind: Kind;
  readonly message: number;
  readonly session: number;
  readonly sequence: number;
  readonly body: string;
}
const usual: Fields = { version: 1, kind: "request", message: 0, session: 0x8c1f00a5, sequence: 1, body: "" };

/** COBS by its definition: every zero-ended group becomes blocks of up to 254 bytes, each led by its length plus one. */
function cobs(data: Uint8Array, lastFullBlock: "left open" | "closed" = "left open"): Uint8Array {
  const groups: number[][] = [[]];
  for (const byte of data) {
    if (byte === 0) groups.push([]);
    else groups.at(-1)?.push(byte);
  }
  const out: number[] = [];
  groups.forEach((group, at) => {
    let rest = group;
    while (rest.length >= 254) {
      out.push(255, ...rest.slice(0, 254));
      rest = rest.slice(254);
      if (rest.length === 0 && at === groups.length - 1 && lastFullBlock === "left open") return;
    }
    out.push(rest.length + 1, ...rest);
  });
  return Uint8Array.from(out);
}

const header = ({ version, kind, message, session, sequence }: Fields): Uint8Array =>
  Uint8Array.of(version, (KINDS.indexOf(kind) << 6) | message, ...uint32(session), sequence);
const littleEndian = (value: number): Uint8Array => uint32(value).reverse();

/** header ‖ body ‖ CRC. */
function plain(differs: Partial<Fields>): Uint8Array {
  const fields = { ...usual, ...differs };
  const checked = concatBytes(header(fields), fromHex(fields.body));
  return concatBytes(checked, littleEndian(crc32(checked)));
}

const delimited = (encoded: Uint8Array): string => toHex(concatBytes(encoded, Uint8Array.of(0)));

/** A frame as it is sent, delimiter and all. */
export const wireOf = (differs: Partial<Fields>): string => delimited(cobs(plain(differs)));

function accept(name: string, differs: Partial<Fields>, closed?: { readonly note: string }): Vector {
  const { body, ...head } = { ...usual, ...differs };
  return accepted(name, "FRM-1 FRM-2 FRM-3", {
    ...closed,
    kind: "accept",
    wire: delimited(cobs(plain(differs), closed === undefined ? "left open" : "closed")),
    canonical: closed === undefined,
    header: head,
    body,
  });
}

const discard = (name: string, clauses: string, reason: string, wire: string, note?: string): Vector =>
  refused(name, clauses, reason, { ...(note === undefined ? {} : { note }), kind: "discard", wire });

const ping: Partial<Fields> = { message: 5, body: "a10102" };

/** A body such that header, body and CRC end in exactly 254 bytes without a zero. */
function fullLastBlock(): Partial<Fields> {
  for (let salt = 1; ; salt++) {
    const body = toHex(Uint8Array.of(salt)) + "5a".repeat(254 - 12);
    const fields = { message: 7, session: 0x8c1f11a5, body };
    if (!plain(fields).includes(0)) return fields;
  }
}

function bigEndianCrc(): Uint8Array {
  const whole = plain(ping);
  return concatBytes(whole.slice(0, -4), whole.slice(-4).reverse());
}

function crcOverBody(): Uint8Array {
  const whole = plain(ping);
  return concatBytes(whole.slice(0, -4), littleEndian(crc32(whole.slice(7, -4))));
}

export const framing: VectorFile = {
  description:
    "Frames of SPEC chapter FRM. `wire` is everything between two delimiters and the delimiter that ends it, in hex. An accept vector decodes to `header` and `body`; where `canonical` is true the frame also encodes to exactly `wire`. A discard vector yields no frame and is reported with `reason`, the name of the receiver's counter. A valid frame that follows any of them is received.",
  vectors: [
    accept("hello without a body", { message: 0, sequence: 0 }),
    accept("request with a small body", ping),
    accept("reply", { ...ping, kind: "reply", body: "a0" }),
    accept("notification", { ...ping, kind: "notification", sequence: 9 }),
    accept("busy reply, wait 50 ms", { kind: "reply", message: 2, body: "a1011832" }),
    accept("error reply framing/sequence-reused", { kind: "reply", message: 1, body: "a101190603" }),
    accept("error reply framing/sequence-gap", { kind: "reply", message: 1, body: "a101190604" }),
    accept("highest numbers", { kind: "notification", message: 63, session: 0xffffffff, sequence: 255, body: "ff" }),
    accept("lowest session", { session: 1, sequence: 0 }),
    accept("body of zeros", { message: 7, body: "00".repeat(40) }),
    accept("longest body, all zeros", { message: 7, body: "00".repeat(1013) }),
    accept("longest body, all 0xff", { message: 7, body: "ff".repeat(1013) }),
    accept("full last block, as it is sent", fullLastBlock()),
    accept("full last block, closed by an extra 0x01", fullLastBlock(), {
      note: "Some encoders write it; a receiver takes it, a sender does not send it.",
    }),
    discard(
      "one byte too many",
      "FRM-4 FRM-5",
      "oversize",
      delimited(cobs(plain({ message: 7, body: "ff".repeat(1014) }))),
    ),
    discard(
      "one byte too many, fits the encoded size",
      "FRM-4 FRM-5",
      "oversize",
      delimited(cobs(plain({ message: 7, body: "00".repeat(1014) }))),
    ),
    discard("far too long", "FRM-4 FRM-5", "oversize", delimited(new Uint8Array(5000).fill(0x41))),
    discard(
      "too long, and its last code points past the end",
      "FRM-4 FRM-5",
      "oversize",
      delimited(concatBytes(...times(5, () => new Uint8Array(255).fill(0xff))).slice(0, 1030)),
      "The encoded length is judged before the encoding.",
    ),
    discard("code points past the end", "FRM-1 FRM-5", "cobs", delimited(hex("05 01 02"))),
    discard("full block cut short", "FRM-1 FRM-5", "cobs", delimited(cobs(plain(fullLastBlock())).slice(0, 200))),
    discard("nothing but a code byte", "FRM-2 FRM-5", "short", delimited(hex("01"))),
    discard("ten bytes", "FRM-2 FRM-5", "short", delimited(cobs(plain({ message: 0 }).slice(0, 10)))),
    discard("one bit of the body changed", "FRM-3 FRM-5", "crc", delimited(cobs(flipped(plain(ping), 8)))),
    discard("one bit of the CRC changed", "FRM-3 FRM-5", "crc", delimited(cobs(flipped(plain(ping), -1)))),
    discard("CRC most significant byte first", "FRM-3 FRM-5", "crc", delimited(cobs(bigEndianCrc()))),
    discard("CRC over the body alone", "FRM-3 FRM-5", "crc", delimited(cobs(crcOverBody()))),
    discard(
      "two frames whose delimiter was lost",
      "FRM-3 FRM-5",
      "crc",
      delimited(concatBytes(cobs(plain(ping)), cobs(plain({ ...ping, sequence: 2 })))),
    ),
    discard("version 0", "FRM-2 VER-2", "version", delimited(cobs(plain({ ...ping, version: 0 })))),
    discard("version 2", "FRM-2 VER-2", "version", delimited(cobs(plain({ ...ping, version: 2 })))),
    discard("reserved kind", "FRM-2", "kind", delimited(cobs(plain({ ...ping, kind: "reserved" })))),
    discard("session zero", "FRM-2", "session-zero", delimited(cobs(plain({ ...ping, session: 0 })))),
    discard(
      "wrong version and reserved kind",
      "FRM-2 VER-2",
      "version",
      delimited(cobs(plain({ ...ping, version: 9, kind: "reserved" }))),
      "The checks have an order: length, CRC, version, kind, session.",
    ),
  ],
};
