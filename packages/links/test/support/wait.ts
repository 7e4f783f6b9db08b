/** Waits for events and not for time: every wait names what it waits for and gives up after a while. */
import type { Link, LinkClosed } from "@nyckelfri/protocol";

const PATIENCE_MS = 20_000;

export async function within<T>(waited: Promise<T>, what: string, milliseconds: number = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${milliseconds} ms for ${what}`)), milliseconds);
  });
  try {
    return await Promise.race([waited, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a link says from now on. */
export class Ear {
  readonly closings: LinkClosed[] = [];
  /** How many bytes had come when the link was told closed. */
  bytesBeforeClose: number | undefined;
  #bytes = new Uint8Array(0);
  #length = 0;
  #changed: () => void = () => {};
  readonly stop: () => void;

  constructor(link: Link) {
    this.stop = link.onData((chunk) => {
      this.#append(chunk);
      this.#changed();
    });
    link.onClose((closed) => {
      this.closings.push(closed);
      this.bytesBeforeClose = this.#length;
      this.#changed();
    });
  }

  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    while (!isSo()) {
      const changed = new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
      await within(changed, `${what} (${this.#length} bytes came)`);
    }
  }

  async heard(count: number): Promise<Uint8Array> {
    await this.until(() => this.#length >= count, `${count} bytes`);
    return this.bytes;
  }

  async closed(): Promise<LinkClosed> {
    await this.until(() => this.closings.length > 0, "the link to close");
    return this.closings[0] as LinkClosed;
  }

  #append(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + chunk.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes in which a loss, a swap or a repetition shows. */
export function patternBytes(count: number, salt = 0): Uint8Array {
  const bytes = new Uint8Array(count);
  let state = 0x9e3779b9 ^ salt;
  for (let index = 0; index < count; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** The code of what a promise rejects with; "" if it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return within(
    promise.then(
      () => "",
      (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
    ),
    "a promise to settle",
  );
}
