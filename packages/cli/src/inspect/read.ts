/** What are these bytes? Everything that the protocol has is tried, what carries a checksum first; the failures are kept. */
import {
  activationTicketObject,
  type BodyName,
  bodySchemas,
  certificateObject,
  chunkedDigest,
  decode,
  decodeCoseKey,
  decodeNotification,
  defaultProvider,
  deviceProofObject,
  deviceTransferObject,
  doorPolicyObject,
  enrolmentObject,
  type Frame,
  FrameDecoder,
  grantObject,
  hostCommandObject,
  keyId,
  keyJournalObject,
  logSegmentObject,
  MESSAGE_BUSY,
  MESSAGE_ERROR,
  messages,
  NyckelfriError,
  type ObjectKind,
  openProofObject,
  parseFrame,
  parseObject,
  parseSign1,
  pinVerifierObject,
  revocationListObject,
  rootTransitionObject,
  timeStatementObject,
  typOf,
  type Unverified,
  uploadReceiptObject,
} from "@nyckelfri/protocol";

export type AnyObject = Unverified<object>;

/** Every kind of signed object; what they have in common is all that is used of them here. */
export const OBJECT_KINDS: readonly ObjectKind<object>[] = [
  certificateObject,
  rootTransitionObject,
  grantObject,
  activationTicketObject,
  doorPolicyObject,
  revocationListObject,
  timeStatementObject,
  openProofObject,
  logSegmentObject,
  uploadReceiptObject,
  keyJournalObject,
  pinVerifierObject,
  enrolmentObject,
  hostCommandObject,
  deviceProofObject,
  deviceTransferObject,
] as unknown as readonly ObjectKind<object>[];

/** A body that these bytes can be, with the exchanges whose messages have it. */
export interface BodyReading {
  readonly body: string;
  /** `hello of open`; empty for bytes without a frame around them. */
  readonly message: string;
  readonly value: unknown;
  /** Signed objects inside it. */
  readonly objects: readonly AnyObject[];
}

export type FrameReading =
  | { readonly kind: "frame"; readonly frame: Frame; readonly bytes: number; readonly bodies: readonly BodyReading[] }
  | { readonly kind: "discarded"; readonly reason: string; readonly bytes: number };

export type Reading =
  | { readonly kind: "frames"; readonly form: "encoded" | "decoded"; readonly frames: readonly FrameReading[] }
  | { readonly kind: "object"; readonly object: AnyObject }
  | { readonly kind: "cose-key"; readonly publicKey: Uint8Array; readonly kid: Uint8Array }
  | { readonly kind: "message"; readonly bodies: readonly BodyReading[] }
  | { readonly kind: "cbor" }
  | { readonly kind: "unknown"; readonly tried: readonly Attempt[] };

/** What the bytes are not, and why. */
export interface Attempt {
  readonly as: string;
  readonly why: string;
}

/** Throws `cose/key-private` for a private key, which is never shown. */
export function readAnything(bytes: Uint8Array): Reading {
  const tried: Attempt[] = [];
  const attempt = <T>(as: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      // SPEC COS-10: a private key is nothing to explain, somebody must be told.
      if (!(error instanceof NyckelfriError) || error.code === "cose/key-private") throw error;
      tried.push({ as, why: `${error.code}: ${error.message.replace(` [${error.code}]`, "")}` });
      return undefined;
    }
  };

  const encoded = encodedFrames(bytes);
  if (encoded.some(({ kind }) => kind === "frame")) return { kind: "frames", form: "encoded", frames: encoded };
  const [first] = encoded;
  tried.push({
    as: "a frame on the wire (COBS)",
    why: first?.kind === "discarded" ? first.reason : "nothing between delimiters",
  });
  const plain = parseFrame(bytes, { oldest: 1, newest: 255 });
  if (plain.kind === "frame")
    return { kind: "frames", form: "decoded", frames: [frameReading(plain.frame, bytes.length)] };
  tried.push({ as: "a frame without COBS", why: plain.reason });

  const object = attempt("a signed object (COSE_Sign1)", () => readObject(bytes));
  if (object !== undefined) return { kind: "object", object };
  const publicKey = attempt("a public key (COSE_Key)", () => decodeCoseKey(bytes));
  if (publicKey !== undefined) return { kind: "cose-key", publicKey, kid: keyId(defaultProvider, publicKey) };
  const isCbor = attempt("CBOR in the strict profile", () => {
    decode(bytes, { maxBytes: Math.max(bytes.length, 1) });
    return "cbor" as const;
  });
  if (isCbor === undefined) return { kind: "unknown", tried };
  const bodies = (Object.keys(bodySchemas) as BodyName[]).flatMap((body) => bodyReading(body, "", bytes));
  return bodies.length > 0 ? { kind: "message", bodies } : { kind: "cbor" };
}

/** Throws a `PeerError` where the bytes are none. */
export function readObject(bytes: Uint8Array): AnyObject {
  const { typ } = parseSign1(bytes);
  const kind = OBJECT_KINDS.find(({ name }) => typOf(name) === typ);
  // A typ that nobody has is told by the reader of the first kind: typ-mismatch.
  return parseObject(kind ?? (certificateObject as unknown as ObjectKind<object>), bytes);
}

function encodedFrames(bytes: Uint8Array): readonly FrameReading[] {
  const decoder = new FrameDecoder({ oldest: 1, newest: 255 });
  // A frame that was copied without its delimiter is a frame all the same.
  const events = [...decoder.push(bytes), ...decoder.push(Uint8Array.of(0))];
  return events.map((event) => (event.kind === "frame" ? frameReading(event.frame, event.bytes) : event));
}

function frameReading(frame: Frame, bytes: number): FrameReading {
  return { kind: "frame", frame, bytes, bodies: bodiesOf(frame) };
}

/** By the registry's tables: one number is a message of several exchanges, and the body tells which of them fit. */
function bodiesOf({ kind, message, body }: Frame): readonly BodyReading[] {
  switch (kind) {
    case "notification":
      return attempted(() => {
        const { name, body: value } = decodeNotification("serve", message, body);
        return [{ body: name, message: name, value, objects: [] }];
      });
    case "reply": {
      if (message === MESSAGE_ERROR) return bodyReading("error-reply", "error", body);
      if (message === MESSAGE_BUSY) return bodyReading("busy-reply", "busy", body);
      const rows = messages.filter(({ number }) => number === message);
      return rows.flatMap((row) => bodyReading(row.reply, messageText(row), body));
    }
    case "request": {
      const rows = messages.filter(({ number }) => number === message);
      // SPEC FRM-9: a body that was transferred in chunks before.
      const digest = attempted(() => [chunkedDigest(body)])[0];
      if (digest !== undefined) {
        const names = rows.map(messageText).join(" or ");
        return [{ body: "chunked-body", message: names, value: { digest }, objects: [] }];
      }
      return rows.flatMap((row) => bodyReading(row.request, messageText(row), body));
    }
    default:
      return kind satisfies never;
  }
}

function messageText({ name, exchanges }: (typeof messages)[number]): string {
  return `${name} of ${exchanges.join(", ")}`;
}

function bodyReading(body: BodyName, message: string, bytes: Uint8Array): readonly BodyReading[] {
  return attempted(() => {
    const value = bodySchemas[body].parse(decode(bytes, { maxBytes: Math.max(bytes.length, 1) }), body);
    return [{ body, message, value, objects: objectsIn(value) }];
  });
}

/** Signed objects travel as byte strings inside messages. */
function objectsIn(value: unknown): readonly AnyObject[] {
  if (value instanceof Uint8Array) return attempted(() => [readObject(value)]);
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(objectsIn) : [];
}

/** Empty where the bytes break the protocol. */
function attempted<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof NyckelfriError) return [];
    throw error;
  }
}
