/** A serial port as a browser gives it (Web Serial), with the device's side in the test's hand. */
import type { WebSerialPort } from "@nyckelfri/station-client";

export class FakePort implements WebSerialPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly written: Uint8Array[] = [];
  readonly opened: number[] = [];
  closed = 0;
  /** What the device does with what it is given. */
  takes: (bytes: Uint8Array) => Promise<void> | void = () => undefined;
  closing: "prompt" | "never" = "prompt";
  #says: ReadableStreamDefaultController<Uint8Array> | undefined;

  async open({ baudRate }: { readonly baudRate: number }): Promise<void> {
    if (this.readable !== null) throw new DOMException("already open", "InvalidStateError");
    this.opened.push(baudRate);
    this.#newReadable();
    this.writable = new WritableStream({
      write: async (bytes) => {
        this.written.push(bytes);
        await this.takes(bytes);
      },
    });
  }

  async close(): Promise<void> {
    if (this.closing === "never") await new Promise(() => undefined);
    if (this.readable?.locked === true || this.writable?.locked === true) throw new TypeError("a stream is locked");
    this.readable = null;
    this.writable = null;
    this.closed += 1;
  }

  say(bytes: Uint8Array): void {
    this.#says?.enqueue(bytes);
  }

  /** A break or an overrun: the stream errors, and the port has a new one. */
  stumble(): void {
    const before = this.#says;
    this.#newReadable();
    before?.error(new DOMException("a break", "BreakError"));
  }

  unplug(): void {
    const before = this.#says;
    this.readable = null;
    before?.error(new DOMException("the device is gone", "NetworkError"));
  }

  #newReadable(): void {
    this.readable = new ReadableStream({
      start: (controller) => {
        this.#says = controller;
      },
    });
  }
}
