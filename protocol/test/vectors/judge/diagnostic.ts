// Diagnostic notation (RFC 8949 §8) back to bytes, so that the notation of a vector is held against its hex.
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";

/** The bytes of one item in the notation that the vectors use, with embedded CBOR as <<…>>. */
export function bytesOfDiagnostic(text: string): Uint8Array {
  const reader = new Reader(text);
  const value = reader.value();
  if (reader.rest() !== "") throw new SyntaxError(`more follows: ${reader.rest()}`);
  return encode(value);
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  rest(): string {
    return this.#text.slice(this.#at);
  }

  value(): CborValue {
    if (this.#skip("<<")) return this.#embedded();
    if (this.#skip("h'")) return this.#bytes();
    if (this.#skip("[")) return this.#list("]", () => this.value());
    if (this.#skip("{")) return new Map(this.#list("}", () => this.#entry()));
    const [word = ""] = /^("(?:[^"\\]|\\.)*"|-?\d+|[a-z]+)/.exec(this.rest()) ?? [];
    this.#at += word.length;
    if (word.startsWith('"')) return JSON.parse(word) as string;
    if (/^-?\d+$/.test(word)) return BigInt(word);
    if (word === "null") return null;
    if (word === "true" || word === "false") return word === "true";
    throw new SyntaxError(`no item: ${this.rest().slice(0, 20)}`);
  }

  #embedded(): Uint8Array {
    const inner = encode(this.value());
    this.#expect(">>");
    return inner;
  }

  #bytes(): Uint8Array {
    const end = this.#text.indexOf("'", this.#at);
    const digits = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return new Uint8Array(Buffer.from(digits, "hex"));
  }

  #entry(): [number, CborValue] {
    const key = Number(this.value());
    this.#expect(": ");
    return [key, this.value()];
  }

  #list<T>(end: string, read: () => T): T[] {
    const items: T[] = [];
    while (!this.#skip(end)) {
      if (items.length > 0) this.#expect(", ");
      items.push(read());
    }
    return items;
  }

  #skip(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #expect(token: string): void {
    if (!this.#skip(token)) throw new SyntaxError(`${token} is missing: ${this.rest().slice(0, 20)}`);
  }
}
