/** From a word of the command line to bytes: a file, standard input, hex or base64. */
import { isFile, readFile } from "../files/read-file.ts";
import { Failure } from "../program/failure.ts";
import type { Terminal } from "../program/terminal.ts";

export interface Input {
  readonly bytes: Uint8Array;
  /** `file`, `standard input` or `argument`, and how its text was read. */
  readonly source: string;
}

/** `-` is standard input; a file that exists goes before hex and base64. Throws a `Failure` `cli/…`. */
export async function readBytes(word: string, terminal: Terminal): Promise<Input> {
  if (word === "-") return decoded(await terminal.readInput(), "standard input");
  if (isFile(word)) return decoded(readFile(word), `file ${word}`);
  const read = fromText(word);
  if (read !== undefined) return { bytes: read.bytes, source: `argument, ${read.form}` };
  const looksLikePath = /[/\\.]/.test(word) && !/^[A-Za-z0-9+/=_-]+$/.test(word);
  if (looksLikePath)
    throw new Failure("cli/file-missing", `there is no file ${word}, and it is neither hex nor base64`);
  const shown = word.length > 40 ? `${word.slice(0, 37)}...` : word;
  throw new Failure("cli/input-unrecognised", `${shown} is no file, no hex (two digits a byte) and no base64`);
}

/** What a file holds: bytes as they are, or a line of hex or base64. */
function decoded(bytes: Uint8Array, source: string): Input {
  if (bytes.length === 0) throw new Failure("cli/input-unrecognised", `${source} is empty`);
  // Frames and objects have bytes that no line of text has; what is printable throughout is text.
  if (bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127))) {
    const read = fromText(new TextDecoder().decode(bytes));
    if (read !== undefined) return { bytes: read.bytes, source: `${source}, ${read.form}` };
  }
  return { bytes, source };
}

/** Hex as people write it (`0x`, spaces, colons, commas, `h'…'`), base64 and base64url. */
export function fromText(text: string): { readonly bytes: Uint8Array; readonly form: string } | undefined {
  const hex = text
    .trim()
    .replace(/^h'(.*)'$/s, "$1")
    .replace(/0x|[\s:,]/gi, "");
  if (hex !== "" && /^([0-9a-f]{2})+$/i.test(hex)) {
    return { bytes: Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)), form: "hex" };
  }
  const base64 = text.trim().replace(/\s/g, "");
  if (base64.length < 4 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) return undefined;
  const bytes = new Uint8Array(Buffer.from(base64.replace(/-/g, "+").replace(/_/g, "/"), "base64"));
  return { bytes, form: /[-_]/.test(base64) ? "base64url" : "base64" };
}
