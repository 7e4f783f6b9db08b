/**
 * A serial port, real or virtual, through the library that programs use (loaded with this file, so not before it is needed).
 * Its traps, and what is done about each:
 * - a port object that is opened again first sends what was queued for the port that died: each is opened once;
 * - `drain` never returns from a peer that does not read: it is not used, and a write has its own time-out;
 * - when the device vanishes in mid-stream it reads nothing for ever, without an event: a write of no bytes, which the system
 *   refuses on a dead port alone, asks whether it still lives;
 * - closing can wait for output that nobody takes: it is discarded first, and the wait is bounded.
 */
import { constants, write } from "node:fs";
import { access, stat } from "node:fs/promises";
import { EnvironmentError, type Link, type LinkClosed } from "@nyckelfri/protocol";
import { SerialPort } from "serialport";
import { CarriedLink } from "./carried-link.ts";
import { isAbandoned } from "./port-symlink.ts";
import { closedBy, openError } from "./system-errors.ts";

export interface SerialOptions {
  readonly uri: string;
  readonly path: string;
  readonly baudRate: number;
  readonly stallMs: number;
}

const MOST_PIECE_BYTES = 4096;
/** 10 bits a byte, four pieces a second: so a slow line is not taken for a stalled one. */
const BITS_PER_PIECE_AND_SECOND = 40;
const LIVENESS_MS = 250;
const RELEASE_MS = 1_000;

/**
 * Throws `link/unknown-port`, `link/busy`, `link/no-permission`, `link/not-a-port`, `link/owner-gone`, `link/speed`,
 * `link/carrier-error`. Opening sends nothing, and what had arrived before is flushed.
 */
export async function openSerial(options: SerialOptions): Promise<Link> {
  const { uri, path, baudRate, stallMs } = options;
  await checkPath(path, uri);
  const port = await opened(new SerialPort({ path, baudRate, autoOpen: false }), uri);
  const watch = setInterval(() => checkAlive(port, (closed) => link.ended(closed)), LIVENESS_MS);
  const link: CarriedLink = new CarriedLink({
    uri,
    pieceBytes: Math.min(MOST_PIECE_BYTES, Math.max(1, Math.floor(baudRate / BITS_PER_PIECE_AND_SECOND))),
    stallMs,
    carrier: {
      take: (piece) => taken(port, piece),
      release: ({ reason }) => {
        clearInterval(watch);
        return released(port, reason === "stalled" ? "discard" : "keep");
      },
    },
  });
  port.on("data", (chunk: Uint8Array) => link.received(chunk));
  port.on("error", (error) => link.ended(closedBy(error)));
  port.on("close", (error: unknown) => {
    link.ended({ reason: "hang-up", ...(error instanceof Error ? { detail: error.message } : {}) });
  });
  return link;
}

/** What the system says of the path is clearer than what the library makes of a failed open. Windows has no such paths. */
async function checkPath(path: string, uri: string): Promise<void> {
  if (process.platform === "win32") return;
  if (isAbandoned(path)) throw new EnvironmentError("link/owner-gone", { uri });
  try {
    if (!(await stat(path)).isCharacterDevice()) throw new EnvironmentError("link/not-a-port", { uri });
    await access(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw error instanceof EnvironmentError ? error : openError(error, uri);
  }
}

function opened(port: SerialPort, uri: string): Promise<SerialPort> {
  return new Promise((resolve, reject) => {
    port.open((error) => (error === null ? resolve(port) : reject(openError(error, uri))));
  });
}

/** Resolves when the system has the piece; a peer that does not read can put that off for ever. */
function taken(port: SerialPort, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    port.write(Buffer.from(piece), (error) => (error == null ? resolve() : reject(error)));
  });
}

function checkAlive(port: SerialPort, ended: (closed: LinkClosed) => void): void {
  const descriptor = descriptorOf(port);
  if (descriptor === undefined) return;
  write(descriptor, new Uint8Array(0), 0, 0, null, (error) => {
    if (error !== null && error.code !== "EAGAIN") ended(closedBy(error));
  });
}

/** The library does not publish its file descriptor; on Windows there is none. */
function descriptorOf(port: SerialPort): number | undefined {
  const binding: unknown = port.port;
  const descriptor = typeof binding === "object" && binding !== null && "fd" in binding ? binding.fd : undefined;
  return typeof descriptor === "number" ? descriptor : undefined;
}

async function released(port: SerialPort, unsent: "discard" | "keep"): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, RELEASE_MS);
  });
  const close = async (): Promise<void> => {
    if (unsent === "discard" && port.isOpen) await new Promise<void>((resolve) => port.flush(() => resolve()));
    if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
  };
  await Promise.race([close(), bound]);
  clearTimeout(timer);
}
