/**
 * A virtual serial port: this side of the link plays the device, any serial program opens the other. The link is open all the
 * time; programs come, go and are killed at the other end without a word, as at a real device (SPEC SER-3).
 *
 * Of node-pty only `open` and the streams are used. Its own `destroy` and `kill` signal every process of the machine, its
 * `write` blocks, and the other end's stream would swallow bytes even when it is paused.
 */
import { closeSync, constants, openSync, write } from "node:fs";
import type { ReadStream } from "node:tty";
import nodePty from "@lydell/node-pty";
import { EnvironmentError, type Link } from "@nyckelfri/protocol";
import { CarriedLink } from "./carried-link.ts";
import type { LinkLogger } from "./logger.ts";
import { leadTo } from "./port-symlink.ts";
import { openSerial } from "./serial-link.ts";
import { closedBy, messageOf, systemCode } from "./system-errors.ts";

/** The part of node-pty that its types leave out. */
interface VirtualTerminal {
  readonly fd: number;
  readonly ptsName: string;
  readonly master: ReadStream;
  readonly slave: ReadStream;
}

export interface PtyOptions {
  readonly uri: string;
  /** Of the symbolic link. */
  readonly path: string;
  readonly stallMs: number;
}

const PIECE_BYTES = 4096;
/** The kernel tells when bytes come, but not when there is room: first at once, then less and less often. */
const RETRY_MS = [1, 2, 5, 10, 20] as const;

/** Throws `link/no-virtual-port` where the system gives no pty, and what `leadTo` throws for the path. */
export async function openPty({ uri, path, stallMs }: PtyOptions, log: LinkLogger): Promise<Link> {
  const terminal = openTerminal(uri);
  // An open descriptor keeps the port alive between programs, and with it the raw mode.
  const hold = openSync(terminal.ptsName, constants.O_RDWR | constants.O_NOCTTY);
  terminal.slave.destroy();
  const sender = new Sender(terminal.fd, stallMs, (bytes) => log({ event: "dropped", uri, bytes }));
  let removeSymlink: () => void = () => {};
  const link: CarriedLink = new CarriedLink({
    uri,
    pieceBytes: PIECE_BYTES,
    stallMs: "carrier",
    carrier: {
      take: (piece) => sender.take(piece),
      release: async () => {
        removeSymlink();
        // The descriptor's number may be another file's as soon as it is closed.
        await sender.stop();
        await streamClosed(terminal);
        closeSync(hold);
      },
    },
  });
  terminal.master.on("data", (chunk: Uint8Array) => link.received(chunk));
  // Two listeners: with a single one node-pty throws the error at the program.
  terminal.master.on("error", (error) => link.ended(closedBy(error)));
  terminal.master.on("error", () => {});
  terminal.master.on("close", () => link.ended({ reason: "hang-up" }));
  try {
    await makeRaw(terminal.ptsName);
    removeSymlink = leadTo(terminal.ptsName, path, uri);
  } catch (error) {
    await link.close();
    throw error;
  }
  return link;
}

/** Also for a stream that is closed already, which says so no more. */
function streamClosed(terminal: VirtualTerminal): Promise<void> {
  return new Promise((resolve) => {
    if (terminal.master.closed) return resolve();
    terminal.master.once("close", () => resolve());
    terminal.master.destroy();
  });
}

function openTerminal(uri: string): VirtualTerminal {
  const { open } = nodePty as unknown as { open?: (options: { encoding: null }) => VirtualTerminal };
  try {
    if (open === undefined || process.platform === "win32") throw new Error(`no pty on ${process.platform}`);
    return open({ encoding: null });
  } catch (error) {
    throw new EnvironmentError("link/no-virtual-port", { uri, detail: messageOf(error) });
  }
}

/** A fresh pty edits lines and echoes. A serial program sets it raw, and it stays so for those which do not. */
async function makeRaw(port: string): Promise<void> {
  const link = await openSerial({ uri: `serial:${port}`, path: port, baudRate: 115_200, stallMs: 1_000 });
  await link.close();
}

/** Hands pieces to the kernel. What nobody reads is dropped after a while, as a UART would, instead of blocking the device. */
class Sender {
  readonly #descriptor: number;
  readonly #patienceMs: number;
  readonly #dropped: (bytes: number) => void;
  #phase: "read" | "unread" | "stopped" = "read";
  #inFlight: Promise<unknown> = Promise.resolve();
  #wake: () => void = () => {};

  constructor(descriptor: number, patienceMs: number, dropped: (bytes: number) => void) {
    this.#descriptor = descriptor;
    this.#patienceMs = patienceMs;
    this.#dropped = dropped;
  }

  async take(piece: Uint8Array): Promise<void> {
    let sent = 0;
    let tries = 0;
    let waitedMs = 0;
    while (sent < piece.length && this.#phase !== "stopped") {
      const bytes = await this.#offer(piece.subarray(sent));
      if (bytes > 0) {
        sent += bytes;
        tries = 0;
        waitedMs = 0;
        this.#phase = this.#phase === "unread" ? "read" : this.#phase;
      } else if (this.#phase === "unread" || waitedMs >= this.#patienceMs) {
        this.#phase = "unread";
        this.#dropped(piece.length - sent);
        return;
      } else {
        const retryMs = RETRY_MS[tries++] ?? RETRY_MS[RETRY_MS.length - 1] ?? 20;
        waitedMs += retryMs;
        await this.#pause(retryMs);
      }
    }
  }

  async stop(): Promise<void> {
    this.#phase = "stopped";
    this.#wake();
    await this.#inFlight.catch(() => {});
  }

  /** How many bytes the kernel took; none if it has no room. */
  #offer(bytes: Uint8Array): Promise<number> {
    const offered = new Promise<number>((resolve, reject) => {
      write(this.#descriptor, bytes, 0, bytes.length, null, (error, taken) => {
        if (error === null) resolve(taken);
        else if (systemCode(error) === "EAGAIN") resolve(0);
        else reject(error);
      });
    });
    this.#inFlight = offered;
    return offered;
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
