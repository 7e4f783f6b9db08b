/** `nyckelfri inspect`: what bytes are, what they say, who signed them, whether they verify and when they are valid. */
import { diagnose, toHex } from "@nyckelfri/protocol";
import { type Invocation, optionValue, optionValues, type Report } from "../program/command.ts";
import type { ExitName } from "../program/exit-codes.ts";
import { Failure } from "../program/failure.ts";
import { type Style, styleFor, type Terminal } from "../program/terminal.ts";
import { readTimeOption, readZoneOption } from "../times/time-options.ts";
import { lengthText } from "../times/zoned-time.ts";
import { readCertificateFile, readTrustFile } from "../trust/trust-file.ts";
import {
  exitOfVerdict,
  judge,
  openTrust,
  standingAt,
  type TrustBook,
  type Verdict,
  windowOf,
} from "../trust/verdict.ts";
import { readBytes } from "./input.ts";
import { dataOf, rowsOf, timeText } from "./present.ts";
import { type AnyObject, type BodyReading, type FrameReading, type Reading, readAnything } from "./read.ts";

/** How things are shown. */
interface View {
  readonly book: TrustBook | undefined;
  readonly at: number;
  readonly zone: string;
  readonly style: Style;
}

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const [word = ""] = invocation.operands;
  const book = openBook(invocation);
  const zone = readZoneOption(invocation, terminal);
  const view: View = {
    book,
    at: readTimeOption(invocation, terminal, zone),
    zone,
    style: styleFor(terminal, "output"),
  };
  const { bytes, source } = await readBytes(word, terminal);
  const reading = readAnything(bytes);
  if (reading.kind === "unknown") {
    const tried = reading.tried.map(({ as, why }) => `\n  not ${as}: ${why}`).join("");
    throw new Failure(
      "cli/input-unrecognised",
      `${bytes.length} bytes (${source}) are nothing that the protocol knows${tried}`,
    );
  }
  const lines = [view.style("faint", `${bytes.length} bytes, ${source}`), ...describe(reading, bytes, view)];
  return {
    exit: exitOf(objectsOf(reading).map((object) => judge(object, book))),
    data: { bytes: bytes.length, source, ...readingData(reading, bytes, view) },
    text: lines.join("\n"),
  };
}

/** Looking at something is no check that it holds now: only what is refused counts. */
function exitOf(verdicts: readonly Verdict[]): ExitName {
  const refused = verdicts.find(({ kind }) => kind === "refused");
  return refused === undefined ? "ok" : exitOfVerdict(refused, true);
}

/** `--trust` with the certificates of `--certificate` added. */
export function openBook(invocation: Invocation): TrustBook | undefined {
  const path = optionValue(invocation, "trust");
  const more = optionValues(invocation, "certificate");
  if (path === undefined && more.length === 0) return undefined;
  if (path === undefined)
    throw new Failure("cli/usage", "--certificate needs --trust: a certificate is worth what its root is");
  const file = readTrustFile(path);
  return openTrust({ ...file, certificates: [...file.certificates, ...more.map(readCertificateFile)] });
}

function objectsOf(reading: Reading): readonly AnyObject[] {
  const inBodies = (bodies: readonly BodyReading[]) => bodies.slice(0, 1).flatMap(({ objects }) => objects);
  if (reading.kind === "object") return [reading.object];
  if (reading.kind === "message") return inBodies(reading.bodies);
  if (reading.kind !== "frames") return [];
  return reading.frames.flatMap((one) => (one.kind === "frame" ? inBodies(one.bodies) : []));
}

function describe(reading: Reading, bytes: Uint8Array, view: View): readonly string[] {
  switch (reading.kind) {
    case "frames":
      return reading.frames.flatMap((one) => describeFrame(one, reading.form, view));
    case "object":
      return describeObject(reading.object, view);
    case "cose-key":
      return [
        view.style("heading", "COSE_Key, an Ed25519 public key"),
        `  x: ${toHex(reading.publicKey)}`,
        `  kid: ${toHex(reading.kid)}`,
      ];
    case "message":
      return [view.style("heading", "message body without its frame"), ...describeBodies(reading.bodies, bytes, view)];
    case "cbor":
      return [
        view.style("heading", "CBOR in the protocol's profile, and no message or object of it"),
        `  ${notation(bytes)}`,
      ];
    case "unknown":
      return [];
    default:
      return reading satisfies never;
  }
}

function describeFrame(one: FrameReading, form: "encoded" | "decoded", view: View): readonly string[] {
  if (one.kind === "discarded") return [view.style("doubtful", `discarded ${one.bytes} bytes: ${one.reason}`)];
  const { kind, version, message, session, sequence, body } = one.frame;
  const name = [...new Set(one.bodies.map((reading) => reading.message))].join(" or ");
  return [
    view.style("heading", `frame, ${form}: ${kind} ${message}${name === "" ? "" : ` (${name})`}`),
    `  wire version ${version}, session ${session.toString(16).padStart(8, "0")}, sequence ${sequence}`,
    `  ${one.bytes} bytes, ${body.length} of them the body`,
    ...describeBodies(one.bodies, body, view),
  ];
}

function describeBodies(bodies: readonly BodyReading[], bytes: Uint8Array, view: View): readonly string[] {
  const [first, ...others] = bodies;
  if (first === undefined) {
    return bytes.length === 0 ? ["  no body"] : [`  a body that fits no message: ${notationOrHex(bytes)}`];
  }
  const alike = [...new Set(others.map(({ body }) => body))].filter((body) => body !== first.body);
  return [
    `  body ${first.body}${alike.length === 0 ? "" : ` (or ${alike.join(", ")}: the same bytes)`}`,
    ...rowsOf(first.value, view.zone).map(({ path, text }) => `    ${path}: ${text}`),
    `  diagnostic: ${notation(bytes)}`,
    ...first.objects.flatMap((object) => describeObject(object, view).map((line) => `  ${line}`)),
  ];
}

function describeObject(object: AnyObject, view: View): readonly string[] {
  const { kind, value, message, bytes } = object;
  const verdict = judge(object, view.book);
  const payload = message.payload;
  return [
    view.style("heading", `${kind.name} (typ ${message.typ}), signed object`),
    ...rowsOf(value, view.zone).map(({ path, text }) => `  ${path}: ${text}`),
    `  signed by: ${verdict.signer}`,
    `  verifies: ${verdictText(verdict, view.style)}`,
    `  valid: ${validityText(object, view)}`,
    `  size: ${bytes.length} bytes, ${payload.length} of them the payload`,
    `  diagnostic: ${notation(bytes)}`,
  ];
}

export function verdictText(verdict: Verdict, style: Style): string {
  switch (verdict.kind) {
    case "verified":
      return style("good", "yes");
    case "refused":
      return `${style("bad", "NO")}: ${verdict.message} [${verdict.code}]`;
    case "not-judged":
      return `${style("doubtful", "not judged")}: ${verdict.why}`;
    default:
      return verdict satisfies never;
  }
}

export function validityText(object: AnyObject, { at, zone, style }: Omit<View, "book">): string {
  const window = windowOf(object);
  if (window === undefined) return "this kind says no end of its own";
  const span = `${timeText(window.from, zone)} until ${timeText(window.until, zone)}`;
  switch (standingAt(window, at)) {
    case "not-yet":
      return `${style("doubtful", `not yet, in ${lengthText(window.from - at)}`)}; ${span}`;
    case "valid":
      return `${style("good", `now, for another ${lengthText(window.until - at)}`)}; ${span}`;
    case "ended":
      return `${style("bad", `no more, since ${lengthText(at - window.until)}`)}; ${span}`;
  }
}

function notation(bytes: Uint8Array): string {
  return diagnose(bytes, { embedded: true, maxBytes: Math.max(bytes.length, 1) });
}

function notationOrHex(bytes: Uint8Array): string {
  const reading = readAnything(bytes);
  return reading.kind === "unknown" ? toHex(bytes) : notation(bytes);
}

function readingData(reading: Reading, bytes: Uint8Array, view: View): object {
  switch (reading.kind) {
    case "frames":
      return {
        kind: "frames",
        form: reading.form,
        frames: reading.frames.map((one) => {
          if (one.kind === "discarded") return one;
          const { body, ...header } = one.frame;
          return {
            ...header,
            bytes: one.bytes,
            body: toHex(body),
            readings: one.bodies.map((body) => bodyData(body, view)),
          };
        }),
      };
    case "object":
      return { kind: "object", object: objectData(reading.object, view) };
    case "cose-key":
      return { kind: "cose-key", publicKey: toHex(reading.publicKey), kid: toHex(reading.kid) };
    case "message":
      return {
        kind: "message",
        readings: reading.bodies.map((body) => bodyData(body, view)),
        diagnostic: notation(bytes),
      };
    case "cbor":
      return { kind: "cbor", diagnostic: notation(bytes) };
    case "unknown":
      return { kind: "unknown", tried: reading.tried };
    default:
      return reading satisfies never;
  }
}

function bodyData({ body, message, value, objects }: BodyReading, view: View): object {
  return { body, message, value: dataOf(value), objects: objects.map((object) => objectData(object, view)) };
}

export function objectData(object: AnyObject, { book, at }: Pick<View, "book" | "at">): object {
  const { kind, value, kid, message, bytes } = object;
  const window = windowOf(object);
  return {
    object: kind.name,
    typ: message.typ,
    kid: kid === undefined ? undefined : toHex(kid),
    value: dataOf(value),
    verdict: judge(object, book),
    window: window === undefined ? undefined : { ...window, standing: standingAt(window, at) },
    bytes: bytes.length,
    payloadBytes: message.payload.length,
    diagnostic: notation(bytes),
  };
}
