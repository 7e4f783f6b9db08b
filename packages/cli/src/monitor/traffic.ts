/** The bytes of both directions of a line, as what they say. */
import {
  bodySchemas,
  type DecodeEvent,
  decode,
  decodeNotification,
  diagnose,
  type Frame,
  FrameDecoder,
  MESSAGE_BUSY,
  MESSAGE_ERROR,
  messages,
  NyckelfriError,
  toHex,
} from "@nyckelfri/protocol";

/** `out`: what the host, or the recording side, has written. */
export type Direction = "in" | "out";

export type Seen =
  | {
      readonly kind: "frame";
      readonly ms: number;
      readonly direction: Direction;
      readonly bytes: number;
      readonly type: Frame["kind"];
      readonly version: number;
      readonly session: string;
      readonly sequence: number;
      readonly number: number;
      /** Names of all exchanges' messages with this number, unless the session's hello was seen. */
      readonly message: string;
      /** Diagnostic notation; hex of what is no CBOR; "" for no body. */
      readonly body: string;
    }
  | {
      readonly kind: "discarded";
      readonly ms: number;
      readonly direction: Direction;
      readonly bytes: number;
      readonly reason: string;
    };

const HELLO = 0;

export class Traffic {
  readonly #decoders: Readonly<Record<Direction, FrameDecoder>> = {
    in: new FrameDecoder({ oldest: 1, newest: 255 }),
    out: new FrameDecoder({ oldest: 1, newest: 255 }),
  };
  /** The exchange of each session whose hello was seen. */
  readonly #exchanges: Map<number, readonly string[]> = new Map();

  /** What these bytes have completed. */
  take(direction: Direction, bytes: Uint8Array, ms: number): readonly Seen[] {
    return this.#decoders[direction].push(bytes).map((event) => this.#seen(event, direction, ms));
  }

  /** The line has ended: what was begun is told as discarded. */
  end(ms: number): readonly Seen[] {
    return (["out", "in"] as const).flatMap((direction) =>
      this.#decoders[direction].end().map((event) => this.#seen(event, direction, ms)),
    );
  }

  #seen(event: DecodeEvent, direction: Direction, ms: number): Seen {
    if (event.kind === "discarded") return { ...event, ms, direction };
    const { frame, bytes } = event;
    const { kind: type, version, session, sequence, message: number, body } = frame;
    if (type === "request" && number === HELLO) this.#learn(session, body);
    return {
      ...{ kind: "frame", ms, direction, bytes, type, version, sequence, number },
      session: session.toString(16).padStart(8, "0"),
      message: this.#nameOf(frame),
      body: bodyText(body),
    };
  }

  /** Each exchange has a hello of its own, which says which it is. */
  #learn(session: number, body: Uint8Array): void {
    for (const { number, request, exchanges } of messages) {
      if (number !== HELLO) continue;
      const hello = attempt(() => bodySchemas[request].parse(decode(body), request));
      if (hello !== undefined) this.#exchanges.set(session, exchanges);
    }
  }

  #nameOf({ kind, message, session, body }: Frame): string {
    if (kind === "reply" && message === MESSAGE_ERROR) return "error";
    if (kind === "reply" && message === MESSAGE_BUSY) return "busy";
    if (kind === "notification") return attempt(() => decodeNotification("serve", message, body).name) ?? "unknown";
    const exchange = this.#exchanges.get(session);
    const rows = messages.filter(({ number }) => number === message);
    const own = rows.filter(({ exchanges }) => exchanges.some((one) => exchange?.includes(one)));
    const names = [...new Set((own.length > 0 ? own : rows).map(({ name }) => name))];
    return names.length === 0 ? "unknown" : names.join(" or ");
  }
}

function bodyText(body: Uint8Array): string {
  if (body.length === 0) return "";
  return attempt(() => diagnose(body, { embedded: true })) ?? `h'${toHex(body)}'`;
}

/** Undefined for what breaks the protocol. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NyckelfriError) return undefined;
    throw error;
  }
}
