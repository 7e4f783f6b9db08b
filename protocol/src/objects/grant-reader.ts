/**
 * Reads a Grant's payload in its only layout, without building a generic value first: this is what a door does most, and
 * the general path costs as much as a tenth of the signature check. It accepts nothing that the schema would not, and
 * says `undefined` to whatever it does not know, so that the general path decides and names the fault. A property test
 * holds the two to each other.
 */
import { BASE64URL_DIGITS } from "../base64url.ts";
import { limits } from "../registry.ts";
import type { Grant, ScopeEntry } from "./grant.ts";

const SUB_LENGTH = 11;
/** `08 a1 01 a3 01 01 20 06 21 58 20`: label cnf, {1: {1: 1, -1: 6, -2: 32 bytes}}. */
const CNF_HEAD: readonly number[] = [0x08, 0xa1, 0x01, 0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20];

/** 1 for the characters of base64url, 2 for those that may stand last in the form of 8 bytes (two unused zero bits). */
const BASE64URL: Uint8Array = new Uint8Array(128);
for (let index = 0; index < BASE64URL_DIGITS.length; index++) {
  BASE64URL[BASE64URL_DIGITS.charCodeAt(index)] = index % 4 === 0 ? 2 : 1;
}

/** The grant, or undefined where the payload has any other form. Byte strings are views of `payload`. */
export function readGrant(payload: Uint8Array): Grant | undefined {
  const reader = new LayoutReader(payload);
  if (!reader.skip(0xa7) || !reader.skip(0x02) || !reader.skip(0x60 | SUB_LENGTH)) return undefined;
  const sub = reader.sub();
  const exp = reader.labelled(0x04);
  const nbf = reader.labelled(0x05);
  const iat = reader.labelled(0x06);
  if (!reader.skip(0x07) || !reader.skip(0x48)) return undefined;
  const cti = reader.view(8);
  for (const byte of CNF_HEAD) if (!reader.skip(byte)) return undefined;
  const x = reader.view(32);
  if (!reader.skip(0x09)) return undefined;
  const scope = reader.scope();
  if (sub === undefined || scope === undefined || exp < 0 || nbf < 0 || iat < 0) return undefined;
  if (cti === undefined || x === undefined) return undefined;
  return { sub, exp, nbf, iat, cti, cnf: { key: { kty: 1, crv: 6, x } }, scope };
}

/** Negative where what stands there is not what was asked for: undefined would cost a box in the hot path. */
const ELSE = -1;

class LayoutReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  skip(byte: number): boolean {
    return this.#bytes[this.#offset++] === byte;
  }

  view(length: number): Uint8Array | undefined {
    const start = this.#offset;
    this.#offset += length;
    return this.#offset <= this.#bytes.length ? this.#bytes.subarray(start, this.#offset) : undefined;
  }

  /** A u32 in its shortest form, or ELSE. */
  uint(): number {
    const bytes = this.#bytes;
    const head = bytes[this.#offset++] ?? 0xff;
    if (head < 24) return head;
    if (head === 24) {
      const value = bytes[this.#offset++] ?? 0;
      return value >= 24 ? value : ELSE;
    }
    const width = head === 25 ? 2 : head === 26 ? 4 : 0;
    if (width === 0 || this.#offset + width > bytes.length) return ELSE;
    let value = 0;
    for (let index = 0; index < width; index++) value = value * 256 + (bytes[this.#offset++] ?? 0);
    return value > (width === 2 ? 0xff : 0xffff) ? value : ELSE;
  }

  labelled(label: number): number {
    return this.skip(label) ? this.uint() : ELSE;
  }

  sub(): string | undefined {
    const end = this.#offset + SUB_LENGTH;
    if (end > this.#bytes.length) return undefined;
    let text = "";
    for (; this.#offset < end; this.#offset++) {
      const code = this.#bytes[this.#offset] ?? 0xff;
      const kind = code < 128 ? (BASE64URL[code] ?? 0) : 0;
      if (kind === 0 || (this.#offset === end - 1 && kind !== 2)) return undefined;
      text += String.fromCharCode(code);
    }
    return text;
  }

  /** The embedded AIF list, to the end of the payload. */
  scope(): readonly ScopeEntry[] | undefined {
    const head = this.#bytes[this.#offset++] ?? 0;
    let length = head - 0x40;
    if (head === 0x58) {
      length = this.#bytes[this.#offset++] ?? 0;
      if (length < 24) return undefined;
    } else if (length < 0 || length >= 24) return undefined;
    if (this.#offset + length !== this.#bytes.length) return undefined;
    const count = (this.#bytes[this.#offset++] ?? 0) - 0x80;
    if (count < 1 || count > limits.scopeEntries) return undefined;
    const entries: ScopeEntry[] = [];
    for (let index = 0; index < count; index++) {
      if (!this.skip(0x82)) return undefined;
      const isDoor = this.#bytes[this.#offset] === 0x48;
      if (isDoor) this.#offset++;
      const object = isDoor ? this.view(8) : this.uint();
      const rights = this.#bytes[this.#offset++] ?? 0xff;
      if (object === undefined || object === ELSE || rights > 7) return undefined;
      entries.push([object, rights]);
    }
    return this.#offset === this.#bytes.length ? entries : undefined;
  }
}
