/** Fixed layouts of bytes: big-endian integers and byte strings one after the other, as a struct in firmware has them. */
import { concatBytes, crc32, equalBytes } from "@nyckelfri/protocol";

export class Packer {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    this.#parts.push(Uint8Array.of(value));
    return this;
  }

  u16(value: number): this {
    this.#parts.push(Uint8Array.of(value >>> 8, value));
    return this;
  }

  u32(value: number): this {
    this.#parts.push(uint32(value));
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#parts.push(value);
    return this;
  }

  done(): Uint8Array {
    return concatBytes(...this.#parts);
  }
}

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
  return concatBytes(bytes, seal(bytes, bytes.length));
}

/** The first `length` bytes, if the CRC after them is theirs. */
export function unsealed(bytes: Uint8Array | "trap", length: number): Uint8Array | undefined {
  if (bytes === "trap" || bytes.length < length + CRC_BYTES) return undefined;
  return equalBytes(seal(bytes, length), bytes.subarray(length, length + CRC_BYTES))
    ? bytes.slice(0, length)
    : undefined;
}

export const CRC_BYTES = 4;

function seal(bytes: Uint8Array, length: number): Uint8Array {
  return uint32(crc32(bytes, 0, length) ^ 0x5a5a5a5a);
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
