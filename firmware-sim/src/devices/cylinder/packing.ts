/** Fixed layouts of bytes: big-endian integers and byte strings one after the other, as a struct in firmware has them. */
import { concatBytes, crc32 } from "@nyckelfri/protocol";

export class Packer {
  #bytes = new Uint8Array(ROOM);
  #length = 0;

  u8(value: number): this {
    this.#make(1)[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    return this.u8(value >>> 8).u8(value);
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value);
  }

  bytes(value: Uint8Array): this {
    this.#make(value.length).set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #make(room: number): Uint8Array {
    const needed = this.#length + room;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(2 * needed);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}

const ROOM = 96;

/** Reads what a Packer wrote. The bytes have passed their CRC, so what is missing reads as zero and is never relied on. */
export class Unpacker {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.#bytes[this.#offset++] ?? 0;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  bytes(length: number): Uint8Array {
    this.#offset += length;
    return this.#bytes.slice(this.#offset - length, this.#offset);
  }
}

/** The bytes and their CRC-32, turned so that erased cells are no sealed bytes: the CRC of ffffffff is ffffffff. */
export function sealed(bytes: Uint8Array): Uint8Array {
  return concatBytes(bytes, seal(bytes));
}

/** The first `length` bytes, if the CRC after them is theirs. */
export function unsealed(bytes: Uint8Array | "trap", length: number): Uint8Array | undefined {
  if (bytes === "trap" || bytes.length < length + CRC_BYTES) return undefined;
  const expected = sealOf(bytes, length);
  for (let index = 0; index < CRC_BYTES; index++) {
    if (bytes[length + index] !== ((expected >>> (24 - 8 * index)) & 0xff)) return undefined;
  }
  return bytes.slice(0, length);
}

export const CRC_BYTES = 4;

function seal(bytes: Uint8Array): Uint8Array {
  const value = sealOf(bytes, bytes.length);
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function sealOf(bytes: Uint8Array, length: number): number {
  return (crc32(bytes, 0, length) ^ 0x5a5a5a5a) >>> 0;
}
