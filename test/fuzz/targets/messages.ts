/** The messages of each exchange, what is transferred in chunks, and the frames that carry all of it. */
import { CBOR_SHAPE } from "../cbor-shape.ts";
import { bytesOf, textBytes, type Vector, vectorsOf } from "../corpus.ts";
import { behind, FRAME_SHAPE } from "../frame-shape.ts";
import type { Subject } from "../subject.ts";
import { must, type Target, textOf } from "../target.ts";
import { type Protocol, refusing, same, USUAL } from "./peer-bytes.ts";

type ExchangeName = Parameters<Protocol["messagesOf"]>[0];

// ---- messages ----------------------------------------------------------------------------------

/** In front of a body: the message's number, and in bit 6 whether it is the reply to it. */
const REPLY = 0x40;

export function messageTargets(subject: Subject): readonly Target[] {
  const { protocol, modules } = subject;
  const vectors = vectorsOf("messages");
  const names = Object.keys(exchangesOf(protocol)) as ExchangeName[];
  const { decodeNumberBody } = modules["replyBodies"] as unknown as {
    readonly decodeNumberBody: (body: Uint8Array) => number | undefined;
  };
  return [
    ...names.map((exchange) => exchangeTarget(protocol, exchange, vectors)),
    {
      ...{ ...USUAL, name: "notification", seeds: placed(vectors, "notification", undefined) },
      ...{ shapes: [behind(1, CBOR_SHAPE)] },
      run: (bytes) => {
        const number = (bytes[0] ?? 0) & 0x3f;
        const body = bytes.subarray(1);
        return refusing(protocol, () => {
          const read = protocol.decodeNotification("serve", number, body);
          const again = protocol.encodeNotification(read.name, read.body as never);
          must(again.message === number, "another notification");
          same(again.body, body, `notification ${read.name} is built otherwise than it was read`);
          return read;
        });
      },
    },
    {
      ...{ ...USUAL, name: "answer", work: { each: 120, fixed: 5_000 } },
      seeds: bytesOf(vectors.filter(({ body }) => /error|busy|hello|chunked/.test(String(body)))),
      run: (bytes) => {
        const error = refusing(protocol, () => {
          const { code, details } = protocol.decodeError(bytes);
          return { code, ...details };
        });
        const number = decodeNumberBody(bytes);
        must((number === undefined) === (error.kind === "refused"), "an error-reply with and without a number");
        const hello = refusing(protocol, () => protocol.exchangeOfHello(bytes));
        const digest = protocol.chunkedDigest(bytes);
        if (digest !== undefined) same(protocol.encodeChunkedBody(digest), bytes, "another chunked-body");
        return { kind: "built", value: [error, number, hello, digest] };
      },
    },
    transferTarget(subject),
    ...framingTargets(subject),
  ];
}

/** The exchanges of registry.json: each has rows in `messages`. */
function exchangesOf({ messages }: Protocol): Readonly<Record<string, true>> {
  return Object.fromEntries(messages.flatMap((row) => row.exchanges.map((exchange) => [exchange, true])));
}

/** Bodies of vectors with their number in front, of one exchange and kind. */
function placed(vectors: readonly Vector[], kind: string, exchange: ExchangeName | undefined): readonly Uint8Array[] {
  return vectors.flatMap(({ places, bytes }) => {
    const fits = (Array.isArray(places) ? places : []).filter(
      (place: { kind: string; exchanges: readonly string[] }) =>
        place.kind === kind && (exchange === undefined || place.exchanges.includes(exchange)),
    );
    return fits.map(({ number }) => {
      const body = Buffer.from(String(bytes), "hex");
      return Uint8Array.of(number | (kind === "reply" ? REPLY : 0), ...body);
    });
  });
}

function exchangeTarget(protocol: Protocol, exchange: ExchangeName, vectors: readonly Vector[]): Target {
  const entries = protocol.messagesOf(exchange);
  const whole = ["request", "reply"].flatMap((kind) => placed(vectors, kind, exchange));
  const every = entries.flatMap(({ number }) => [Uint8Array.of(number, 0xa0), Uint8Array.of(number | REPLY, 0xa0)]);
  return {
    ...{ ...USUAL, name: `exchange:${exchange}` },
    ...{ seeds: [...whole, ...every], shapes: [behind(1, CBOR_SHAPE)] },
    // A body that was transferred is decoded twice: as it came, and as what its digest stands for.
    output: { each: 80, fixed: 400 },
    run: (bytes) => {
      const number = (bytes[0] ?? 0) & 0x3f;
      const body = bytes.subarray(1);
      const entry = entries.find((one) => one.number === number);
      if (((bytes[0] ?? 0) & REPLY) !== 0) {
        if (entry === undefined) return { kind: "refused", why: "no such message" };
        return refusing(protocol, () => {
          const name = entry.name as never;
          const read = protocol.decodeReply(exchange, name, body);
          same(
            protocol.encodeReply(exchange, name, read),
            body,
            `the reply to ${name} is built otherwise than it was read`,
          );
          return read;
        });
      }
      return refusing(protocol, () => {
        const read = protocol.decodeRequest(exchange, number, body);
        const again = protocol.encodeRequest(exchange, read.name as never, read.body as never);
        same(again, body, `request ${read.name} is built otherwise than it was read`);
        const digest = new Uint8Array(32).fill(bytes.length);
        const large = protocol.decodeLargeRequest(exchange, number, body, { digest, bytes: body });
        must(textOf(large, 99_999) === textOf(read, 99_999), "a whole request is read as a transferred one");
        return read;
      });
    },
  };
}

/** Chunks one after the other: each is a length, offset, total and data, all of one digest or of another. */
function transferTarget({ protocol }: Subject): Target {
  const { stepTransfer, splitIntoChunks, NO_TRANSFER, defaultProvider, TRANSFER_BYTES } = protocol;
  const { sha256 } = defaultProvider;
  const object = Uint8Array.from({ length: 600 }, (_, index) => index);
  const honest = [...splitIntoChunks(object, sha256(object), 200)];
  const seeds = [honest, [honest[0], honest[0], ...honest.slice(1)], [honest[1], ...honest]].map((chunks) =>
    Uint8Array.from(
      chunks.flatMap((chunk) => (chunk === undefined ? [] : [0, chunk.offset >> 8, chunk.offset & 255, 2, 88, 200])),
    ),
  );
  const other = sha256(Uint8Array.of(1));
  return {
    ...{ ...USUAL, name: "transfer", seeds, shapes: [] },
    ...{ most: 240, work: { each: 8_000, fixed: 20_000 }, output: { each: 1_400, fixed: 1_000 } },
    run: (bytes) => {
      let state = NO_TRANSFER;
      const outcomes: unknown[] = [];
      for (let at = 0; at + 6 <= bytes.length; at += 6) {
        const [which = 0, high = 0, low = 0, highTotal = 0, lowTotal = 0, size = 0] = bytes.subarray(at, at + 6);
        const offset = high * 256 + low;
        const chunk = {
          digest: (which & 1) === 0 ? (honest[0]?.digest ?? other) : other,
          ...{ offset, total: highTotal * 256 + lowTotal + (which & 2) * TRANSFER_BYTES },
          data: (which & 4) === 0 ? object.slice(offset, offset + size) : new Uint8Array(size),
        };
        const before = state;
        const step = stepTransfer(state, chunk, sha256);
        state = step.state;
        if (state.phase === "receiving") {
          const held = state.parts.reduce((sum, { length }) => sum + length, 0);
          must(
            held === state.received && held < state.total && state.total <= TRANSFER_BYTES,
            "SPEC FRM-9: it holds more than it was given",
          );
          must(before !== state || step.outcome.kind !== "complete", "complete, and still receiving");
        }
        if (step.outcome.kind === "complete") {
          same(sha256(step.outcome.bytes), chunk.digest, "SPEC FRM-9: complete with another digest");
        }
        outcomes.push(step.outcome.kind === "complete" ? "complete" : step.outcome);
      }
      return { kind: "built", value: outcomes };
    },
  };
}

// ---- framing -----------------------------------------------------------------------------------

function framingTargets({ protocol, modules }: Subject): readonly Target[] {
  const { FrameDecoder, encodeFrame, parseFrame, decodeCobs, encodeCobs, cobsBound, FRAME_BYTES } = protocol;
  const { decodeUtf8, encodeUtf8 } = modules["utf8"] as unknown as {
    readonly decodeUtf8: (bytes: Uint8Array) => string | undefined;
    readonly encodeUtf8: (text: string) => Uint8Array | undefined;
  };
  const seeds = bytesOf(vectorsOf("framing"), "wire");
  const pairs = seeds.slice(1).map((wire, index) => Uint8Array.from([...(seeds[index] ?? []), ...wire]));
  return [
    {
      ...{ ...USUAL, name: "frames", seeds: [...seeds, ...pairs] },
      ...{ shapes: [FRAME_SHAPE], most: 2_600, work: { each: 200, fixed: 4_000 }, output: { each: 80, fixed: 400 } },
      run: (bytes) => {
        const decoder = new FrameDecoder();
        const { bufferBytes } = decoder;
        const events = [...decoder.push(bytes), ...decoder.end()];
        const { counters } = decoder;
        const counted = events.reduce((sum, event) => sum + event.bytes, 0) + counters.emptyFrames;
        must(
          counted === bytes.length && counters.bytesReceived === bytes.length,
          "SPEC FRM-5: bytes that nothing accounts for",
        );
        must(decoder.bytesExamined <= 6 * bytes.length, "SPEC FRM-5: a byte is looked at again and again");
        must(decoder.bufferBytes === bufferBytes, "SPEC FRM-5: it holds more memory than at first");
        const said = textOf(events, 999_999);
        for (const step of [1, 2, 3 + (bytes[0] ?? 0), 1 + (bytes.at(-1) ?? 0)]) {
          const parts = new FrameDecoder();
          const found: unknown[] = [];
          for (let at = 0; at < bytes.length; at += step) found.push(...parts.push(bytes.subarray(at, at + step)));
          found.push(...parts.end());
          must(textOf(found, 999_999) === said, `SPEC FRM-5: read in parts of ${step}, other frames`);
        }
        for (const event of events) {
          if (event.kind !== "frame") continue;
          const [again, ...more] = new FrameDecoder().push(encodeFrame(event.frame));
          must(again?.kind === "frame" && more.length === 0, "a frame that does not come back");
          must(
            textOf(again?.kind === "frame" && again.frame, 99_999) === textOf(event.frame, 99_999),
            "another frame comes back",
          );
        }
        return { kind: "built", value: [events, parseFrame(bytes)] };
      },
    },
    {
      ...{ ...USUAL, name: "cobs", seeds: [...seeds, textBytes("å€🔑")] },
      shapes: [],
      run: (bytes) => {
        const wire = new Uint8Array(cobsBound(bytes.length));
        const end = encodeCobs(bytes, wire);
        must(
          wire.subarray(0, end).every((byte) => byte !== 0),
          "SPEC FRM-1: a zero in an encoding",
        );
        const back = new Uint8Array(bytes.length);
        const length = decodeCobs(wire, back, 0, end);
        must(length === bytes.length, "SPEC FRM-1: it does not come back");
        same(back, bytes, "SPEC FRM-1: other bytes come back");
        const plain = new Uint8Array(FRAME_BYTES);
        const decoded = decodeCobs(bytes, plain);
        must(typeof decoded === "string" || decoded <= FRAME_BYTES, "SPEC FRM-4: more than there is room for");
        const text = decodeUtf8(bytes);
        if (text !== undefined) same(encodeUtf8(text) ?? new Uint8Array(), bytes, "other UTF-8 comes back");
        return { kind: "built", value: [decoded, text] };
      },
    },
  ];
}
