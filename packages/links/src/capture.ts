/**
 * A recorded link as text: one JSON object a line, the first the header with the version, each other one what happened.
 *
 *   {"nyckelfri-capture":1,"uri":"serial:/dev/ttyACM0","startedAt":"2026-11-02T06:41:00.000Z"}
 *   {"ms":0.812,"direction":"out","hex":"0001..."}
 *   {"ms":7.034,"direction":"in","hex":"01..."}
 *   {"ms":9120.5,"closed":"hang-up","detail":"EIO"}
 *
 * `ms` counts from `startedAt`; `out` is what the recording side wrote, `in` what it was sent. Where the bytes are cut means
 * nothing. A last line without its newline was being written when the recorder was killed, and is left out.
 */
import { CallerError, fromHex, type LinkClosed, type LinkClosedReason, toHex } from "@nyckelfri/protocol";

export const CAPTURE_VERSION = 1;

export interface Capture {
  readonly header: CaptureHeader;
  readonly entries: readonly CaptureEntry[];
}

export interface CaptureHeader {
  readonly uri: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

export type CaptureEntry =
  | Readonly<{ kind: "bytes"; ms: number; direction: "in" | "out"; bytes: Uint8Array }>
  | Readonly<{ kind: "closed"; ms: number; closed: LinkClosed }>;

const REASONS: readonly LinkClosedReason[] = ["closed-here", "hang-up", "stalled", "carrier-error"];

/** With its newline. */
export function formatHeader({ uri, startedAt }: CaptureHeader): string {
  return `${JSON.stringify({ "nyckelfri-capture": CAPTURE_VERSION, uri, startedAt })}\n`;
}

/** With its newline. */
export function formatEntry(entry: CaptureEntry): string {
  switch (entry.kind) {
    case "bytes":
      return `${JSON.stringify({ ms: entry.ms, direction: entry.direction, hex: toHex(entry.bytes) })}\n`;
    case "closed":
      return `${JSON.stringify({ ms: entry.ms, closed: entry.closed.reason, detail: entry.closed.detail })}\n`;
  }
}

/** Throws `link/capture` with the line, counted from 1. */
export function parseCapture(text: string): Capture {
  const lines = text.split("\n").slice(0, -1);
  const [first, ...others] = lines.map((line, index) => fieldsOf(line, index + 1));
  if (first === undefined) throw refuse(1, "a header");
  return { header: parseHeader(first), entries: others.map((fields, index) => parseEntry(fields, index + 2)) };
}

type Fields = Readonly<Record<string, unknown>>;

function parseHeader({ "nyckelfri-capture": version, uri, startedAt }: Fields): CaptureHeader {
  if (version !== CAPTURE_VERSION) throw refuse(1, `"nyckelfri-capture":${CAPTURE_VERSION}`);
  if (typeof uri !== "string") throw refuse(1, "uri, a string");
  if (typeof startedAt !== "string" || Number.isNaN(Date.parse(startedAt)))
    throw refuse(1, "startedAt, a date and time");
  return { uri, startedAt };
}

function parseEntry({ ms, direction, hex, closed, detail }: Fields, line: number): CaptureEntry {
  // A number too large for JavaScript is Infinity, which nobody could wait for and JSON cannot say.
  if (typeof ms !== "number" || !Number.isFinite(ms) || ms < 0) throw refuse(line, "ms, a number from 0 upwards");
  if (closed !== undefined) {
    const reason = REASONS.find((one) => one === closed);
    if (reason === undefined) throw refuse(line, `closed, one of ${REASONS.join(", ")}`);
    if (detail !== undefined && typeof detail !== "string") throw refuse(line, "detail, a string");
    return { kind: "closed", ms, closed: { reason, ...(detail === undefined ? {} : { detail }) } };
  }
  if (direction !== "in" && direction !== "out") throw refuse(line, "direction in or out, or closed");
  if (typeof hex !== "string" || !/^([0-9a-f]{2})*$/i.test(hex)) throw refuse(line, "hex, two digits a byte");
  return { kind: "bytes", ms, direction, bytes: fromHex(hex) };
}

function fieldsOf(line: string, number: number): Fields {
  try {
    const fields: unknown = JSON.parse(line);
    if (typeof fields === "object" && fields !== null) return fields as Fields;
  } catch {
    // The refusal below says it.
  }
  throw refuse(number, "a JSON object");
}

function refuse(line: number, takes: string): CallerError {
  return new CallerError("link/capture", { line, takes });
}
