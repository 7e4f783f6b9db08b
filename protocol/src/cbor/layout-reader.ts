/**
 * Reads the one layout that a usual payload has, without building a generic value first: what a door does most, it does by this. It knows
 * neither codes nor places of faults: whatever is not as asked for leaves it beyond the end, where nothing fits any more, and the general
 * path then decides and names the fault.
 */

/** What stands for bytes that are not there; whoever gets it finds `isAtEnd` false. */
const NOTHING: Uint8Array = new Uint8Array(0);

export class LayoutReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether all that was asked for stood there, and nothing after it. Until it is true no value that was read means anything. */
  isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The next byte is this one. */
  expect(byte: number): void {
    if (this.#bytes[this.#offset++] !== byte) this.fail();
  }

  /** The next bytes are these. */
  expectAll(bytes: readonly number[]): void {
    for (let index = 0; index < bytes.length; index++) this.expect(bytes[index] as number);
  }

  /** Whether the next byte is this one; it is passed over if so. */
  accept(byte: number): boolean {
    if (this.#bytes[this.#offset] !== byte) return false;
    this.#offset += 1;
    return true;
  }

  /** A byte of its own, less `base`, from `min` to `max`: the count in an array's short head, or a small code. */
  small(base: number, min: number, max: number): number {
    const value = (this.#bytes[this.#offset++] ?? -1) - base;
    return value >= min && value <= max ? value : this.fail();
  }

  /** An unsigned integer below 2^32 in its shortest form (SPEC CBR-2). */
  uint(): number {
    const bytes = this.#bytes;
    const head = bytes[this.#offset++] ?? 0xff;
    if (head < 24) return head;
    if (head === 24) {
      const value = bytes[this.#offset++] ?? 0;
      return value >= 24 ? value : this.fail();
    }
    const width = head === 25 ? 2 : head === 26 ? 4 : 0;
    if (width === 0 || this.#offset + width > bytes.length) return this.fail();
    let value = 0;
    for (let index = 0; index < width; index++) value = value * 256 + (bytes[this.#offset++] as number);
    return value > (width === 2 ? 0xff : 0xffff) ? value : this.fail();
  }

  /** A map's key and its unsigned integer. */
  labelled(label: number): number {
    this.expect(label);
    return this.uint();
  }

  /** A view of the next bytes. */
  view(length: number): Uint8Array {
    const start = this.#offset;
    this.#offset += length;
    if (this.#offset <= this.#bytes.length) return this.#bytes.subarray(start, this.#offset);
    this.fail();
    return NOTHING;
  }

  /** The next byte; 0xff beyond the end, where it is no digit, count or code. */
  byte(): number {
    return this.#bytes[this.#offset++] ?? 0xff;
  }

  /** Exactly so many bytes are left. */
  expectLeft(length: number): void {
    if (this.#bytes.length - this.#offset !== length) this.fail();
  }

  /** What stands here is not what the caller knows. */
  fail(): 0 {
    this.#offset = this.#bytes.length + 1;
    return 0;
  }
}
