/** Decoders that are broken on purpose, in one place each: what the fuzzer has to find, or it would prove nothing by finding nothing. */
import type { Break } from "./subject.ts";

export interface Control extends Break {
  readonly name: string;
  readonly target: string;
  /** Of the find: by which promise it is found. */
  readonly fault: RegExp;
  /** The most that it takes; several times what it took. */
  readonly runs: number;
}

export const controls: readonly Control[] = [
  {
    name: "takes-heads-that-are-not-the-shortest",
    target: "cbor",
    file: "protocol/src/cbor/head.ts",
    find: 'if (!isShortest(bytes, offset, info)) refuse("cbor/not-shortest", offset);',
    replace: "",
    fault: /encode\(decode\(x\)\) is not x/,
    runs: 20_000,
  },
  {
    name: "keeps-views-of-the-callers-buffer",
    target: "cbor",
    file: "protocol/src/cbor/decode.ts",
    find: "const own = new Uint8Array(bytes);",
    replace: "const own = bytes;",
    fault: /view of the caller's buffer/,
    runs: 20_000,
  },
  {
    name: "loses-its-place-between-two-chunks",
    target: "frames",
    file: "protocol/src/framing/frame-decoder.ts",
    find: "this.#encoded.set(part, this.#runBytes);",
    replace: "this.#encoded.set(part, 0);",
    fault: /other frames/,
    runs: 20_000,
  },
  {
    name: "knows-a-right-that-there-is-not",
    target: "object:grant",
    file: "protocol/src/objects/grant-reader.ts",
    find: "ALL_RIGHTS: Rights = 7",
    replace: "ALL_RIGHTS: Rights = 9",
    fault: /not-buildable|the reader of grant and its schema/,
    runs: 60_000,
  },
  {
    name: "throws-what-is-not-its-own",
    target: "link-uri",
    file: "packages/links/src/link-uri.ts",
    find: "return decodeURIComponent(text);\n  } catch {\n    throw refuse();",
    replace: "return decodeURIComponent(text);\n  } catch (error) {\n    throw error;",
    fault: /URIError/,
    runs: 20_000,
  },
  {
    name: "goes-back-to-the-first-item-for-each-one",
    target: "object:revocation-list",
    file: "protocol/src/cbor/scan.ts",
    find: "for (let index = 0; index < count; index++) next = scanItem(bytes, next, depth + 1);",
    replace:
      "for (let index = 0; index < count; index++) { next = content; for (let again = 0; again <= index; again++) next = scanItem(bytes, next, depth + 1); }",
    fault: /work: # branches/,
    runs: 20_000,
  },
  {
    name: "boots-whatever-its-memory-says",
    target: "memory:key",
    file: "firmware-sim/src/devices/key/step.ts",
    find: "if (found === undefined) {",
    replace: "if (found === null) {",
    fault: /TypeError/,
    runs: 1_000,
  },
  {
    name: "crashes-on-what-breaks-the-protocol",
    target: "frames:key",
    file: "firmware-sim/src/devices/key/in-dock.ts",
    find: "if (!(error instanceof PeerError)) throw error;",
    replace: "throw error;",
    fault: /PeerError/,
    runs: 5_000,
  },
];
