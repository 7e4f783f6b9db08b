/**
 * CBOR (RFC 8949) for checks that must not rest on the decoder of the library: every item that a {@link Value} can hold,
 * in any definite-length encoding, shortest or not, in any order of keys. Tags, floats, other simple values, indefinite
 * lengths, keys that come twice and bytes left over throw `SyntaxError`.
 */
import type { Value } from "./validate.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The one data item that the bytes are. */
export function decodePlain(bytes: Uint8Array): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  const refuse = (what: string): never => {
    throw new SyntaxError(`${what} at byte ${offset}`);
  };
  const advance = (length: number): number => {
    if (length > bytes.length - offset) refuse("too few bytes");
    offset += length;
    return offset - length;
  };

  const argument = (information: number): number | bigint => {
    if (information < 24) return information;
    if (information === 24) return view.getUint8(advance(1));
    if (information === 25) return view.getUint16(advance(2));
    if (information === 26) return view.getUint32(advance(4));
    return information === 27 ? plain(view.getBigUint64(advance(8))) : refuse("an indefinite or reserved length");
  };

  const item = (): Value => {
    const head = view.getUint8(advance(1));
    const major = head >> 5;
    if (major === 7) {
      if (head === 0xf4 || head === 0xf5) return head === 0xf5;
      return head === 0xf6 ? null : refuse("a float or a simple value");
    }
    const count = argument(head & 31);
    if (major === 0) return count;
    if (major === 1) return plain(-1n - BigInt(count));
    if (major === 6) return refuse("a tag");
    const length = Number(count);
    if (length > bytes.length - offset) refuse("too few bytes"); // every item and member takes at least one
    if (major === 2) return bytes.slice(advance(length), offset);
    if (major === 3) return text(bytes.subarray(advance(length), offset));
    if (major === 4) return Array.from({ length }, item);
    const map = new Map<Value, Value>();
    for (let index = 0; index < length; index++) {
      const key = item();
      if (map.has(key)) refuse("a key that comes twice");
      map.set(key, item());
    }
    return map;
  };

  const text = (utf8: Uint8Array): string => {
    try {
      return UTF8.decode(utf8);
    } catch {
      return refuse("broken UTF-8");
    }
  };

  const value = item();
  return offset === bytes.length ? value : refuse("bytes left over");
}

function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
