/**
 * A serial port of a browser as a link. Of the Web Serial API only what is used is named here, so that neither a browser's types
 * nor a browser are needed to try it.
 */
import {
  CallerError,
  EnvironmentError,
  type Link,
  type LinkClosed,
  type LinkClosedReason,
  type Unsubscribe,
} from "@nyckelfri/protocol";
import { callListener } from "./aborting.ts";
import type { Surroundings } from "./surroundings.ts";

/** A `SerialPort` of `navigator.serial`. */
export interface WebSerialPort {
  readonly readable: { getReader(): WebSerialReader } | null;
  readonly writable: { getWriter(): WebSerialWriter } | null;
  open(options: { readonly baudRate: number }): Promise<void>;
  close(): Promise<void>;
}

export interface WebSerialReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<unknown>;
  releaseLock(): void;
}

export interface WebSerialWriter {
  write(bytes: Uint8Array): Promise<unknown>;
  abort(): Promise<unknown>;
  releaseLock(): void;
}

export interface WebSerialOptions extends Pick<Surroundings, "setTimer"> {
  /** 115200 (SPEC SER-2). */
  readonly baudRate?: number;
  /** How long the port may sit on one piece of a write before the link is closed as stalled; 2 s. */
  readonly stallMs?: number;
}

/** Most errors of a reader that are no end: each has lost bytes, and a new reader goes on (a break, an overrun, a wrong parity). */
const READ_ERRORS = 100;

/**
 * Opens the port. Throws `link/busy` where it is open already, here or in another program, and `link/carrier-error`; the
 * browser's own error stands in `details.detail`. Which port it is, the person at the browser has chosen (`requestPort`).
 */
export async function webSerialLink(port: WebSerialPort, options: WebSerialOptions): Promise<Link> {
  const { baudRate = USUAL_BAUD_RATE } = options;
  try {
    await port.open({ baudRate });
  } catch (error) {
    // A browser says InvalidStateError of a port that is open in this page, and NetworkError of one that it cannot open.
    const isOpen = nameOf(error) === "InvalidStateError";
    throw new EnvironmentError(isOpen ? "link/busy" : "link/carrier-error", { uri: URI, detail: nameOf(error) });
  }
  return new WebSerialLink(port, options);
}

const URI = "web-serial:";
const USUAL_BAUD_RATE = 115_200;
/** 10 bits a byte, four pieces a second: so a slow line is not taken for a stalled one. */
const BITS_PER_PIECE_AND_SECOND = 40;
const RELEASE_MS = 1_000;

class WebSerialLink implements Link {
  readonly uri: string = URI;
  readonly #port: WebSerialPort;
  readonly #options: WebSerialOptions;
  readonly #data: Set<{ readonly call: (chunk: Uint8Array) => void }> = new Set();
  readonly #closers: Set<{ readonly call: (closed: LinkClosed) => void }> = new Set();
  #reader: WebSerialReader | undefined;
  readonly #writer: WebSerialWriter | undefined;
  #written: Promise<unknown> = Promise.resolve();
  /** Ends the wait of the write that the port is sitting on. */
  #giveUp: () => void = () => undefined;
  #closed: { readonly why: LinkClosed; readonly told: Promise<void> } | undefined;

  constructor(port: WebSerialPort, options: WebSerialOptions) {
    this.#port = port;
    this.#options = options;
    this.#writer = port.writable?.getWriter();
    void this.#read();
  }

  onData(listener: (chunk: Uint8Array) => void): Unsubscribe {
    const box = { call: listener };
    if (this.#closed === undefined) this.#data.add(box);
    return () => this.#data.delete(box);
  }

  onClose(listener: (closed: LinkClosed) => void): Unsubscribe {
    const box = { call: listener };
    this.#closers.add(box);
    const closed = this.#closed;
    if (closed !== undefined) void closed.told.then(() => this.#tell(box, closed.why));
    return () => this.#closers.delete(box);
  }

  write(bytes: Uint8Array): Promise<void> {
    const sent = this.#written.then(() => this.#send(bytes));
    this.#written = sent.catch(() => undefined);
    return sent;
  }

  async close(): Promise<void> {
    this.#end({ reason: "closed-here" });
    await this.#closed?.told;
  }

  async #read(): Promise<void> {
    for (let errors = 0; errors < READ_ERRORS && this.#closed === undefined; ) {
      const reader = this.#port.readable?.getReader();
      // After an error that is not fatal the port has a new stream; after a fatal one, or when it is gone, it has none.
      if (reader === undefined) break;
      this.#reader = reader;
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) this.#received(next.value);
        break;
      } catch {
        errors += 1;
      } finally {
        reader.releaseLock();
        this.#reader = undefined;
      }
    }
    this.#end({ reason: "hang-up" });
  }

  #received(value: Uint8Array | undefined): void {
    if (value === undefined || value.length === 0) return;
    for (const box of [...this.#data]) if (this.#data.has(box)) callListener(() => box.call(value));
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const { baudRate = USUAL_BAUD_RATE } = this.#options;
    const pieceBytes = Math.max(1, Math.floor(baudRate / BITS_PER_PIECE_AND_SECOND));
    this.#requireOpen();
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      await this.#sendPiece(bytes.slice(from, from + pieceBytes));
      this.#requireOpen();
    }
  }

  /** The browser may keep the bytes: they are a copy. */
  async #sendPiece(bytes: Uint8Array): Promise<void> {
    const { setTimer, stallMs = 2_000 } = this.#options;
    const cancel = setTimer(stallMs, () => this.#end({ reason: "stalled" }));
    const given = new Promise<void>((resolve) => {
      this.#giveUp = resolve;
    });
    try {
      await Promise.race([this.#writer?.write(bytes), given]);
    } catch (error) {
      this.#end({ reason: "hang-up", detail: nameOf(error) });
    } finally {
      cancel();
    }
  }

  #requireOpen(): void {
    if (this.#closed !== undefined) throw closedError(this.#closed.why.reason);
  }

  #end(why: LinkClosed): void {
    if (this.#closed !== undefined) return;
    this.#data.clear();
    const released = new Promise<void>((resolve) => {
      const cancel = this.#options.setTimer(RELEASE_MS, resolve);
      void this.#release().then(() => {
        cancel();
        resolve();
      });
    });
    this.#closed = { why, told: released.then(() => this.#tellAll(why)) };
    this.#giveUp();
  }

  /** The port can be closed when nobody holds its streams; what is not sent yet is given up. */
  async #release(): Promise<void> {
    const writer = this.#writer;
    const steps = [
      async () => this.#reader?.cancel(),
      async () => writer?.abort(),
      async () => writer?.releaseLock(),
      async () => this.#port.close(),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch {
        // A port that is gone refuses each of these.
      }
    }
  }

  #tellAll(why: LinkClosed): void {
    for (const box of [...this.#closers]) this.#tell(box, why);
  }

  #tell(box: { readonly call: (closed: LinkClosed) => void }, why: LinkClosed): void {
    if (this.#closers.delete(box)) callListener(() => box.call(why));
  }
}

function closedError(reason: LinkClosedReason): CallerError | EnvironmentError {
  return reason === "closed-here"
    ? new CallerError("link/closed", { uri: URI })
    : new EnvironmentError(`link/${reason}`, { uri: URI });
}

/** Of a DOMException it is the name that tells. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}
