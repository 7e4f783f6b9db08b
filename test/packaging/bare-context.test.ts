/**
 * protocol needs nothing but the language: bundled as for a browser, it runs in a context without a single global of
 * Node or of the web, where code generation is forbidden (a content security policy, an embedded engine).
 */
import { createContext, runInContext } from "node:vm";
import { provider as nodeProvider } from "@nyckelfri/protocol/ed25519-node";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { root } from "../house/source.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The bundle of one module that may import what is published. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: `${root}test`, loader: "js" },
    conditions: ["@nyckelfri/source"],
    platform: "browser",
    format: "iife",
    globalName: "exported",
    target: "es2023",
    bundle: true,
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** Runs a bundle where there is nothing, and returns its export `result`. */
function runBare(code: string): unknown {
  const bare = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  runInContext("delete globalThis.console; delete globalThis.WebAssembly;", bare);
  return JSON.parse(runInContext(`${code}\nJSON.stringify(exported.result);`, bare));
}

test("the context is bare: globals are missing and code generation is refused", async () => {
  const probe = `
    export const result = ["process", "Buffer", "TextEncoder", "setTimeout", "console", "crypto", "URL", "performance"]
      .filter((name) => typeof globalThis[name] !== "undefined");`;
  expect(runBare(await bundle(probe))).toEqual([]);
  const generating = await bundle('export const result = Function("return 1")();');
  expect(() => runBare(generating)).toThrow(/Code generation from strings disallowed/);
});

test("a bundle for the browser cannot hold a module of Node", async () => {
  await expect(bundle('import "@nyckelfri/protocol/ed25519-node"; export const result = 1;')).rejects.toThrow(
    /node:crypto/,
  );
});

test("the protocol's cryptography and codec work in a bare context", async () => {
  const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
  const message = "a201696e79636b656c667269201b0000010000000000";
  const code = await bundle(`
    import * as protocol from "@nyckelfri/protocol";
    const { defaultProvider, encode, decode, toHex, fromHex } = protocol;
    const seed = fromHex("${seed}");
    const publicKey = defaultProvider.publicKeyOf(seed);
    const message = encode(new Map([[1, "nyckelfri"], [-1, 1099511627776]]));
    const signature = defaultProvider.sign(seed, message);
    export const result = {
      provider: defaultProvider.name,
      publicKey: toHex(publicKey),
      sha256: toHex(defaultProvider.sha256(new Uint8Array())),
      message: toHex(message),
      signature: toHex(signature),
      decoded: [...decode(message)],
      verified: defaultProvider.verify(publicKey, message, signature),
      forged: defaultProvider.verify(publicKey, message.slice(1), signature),
    };
  `);
  // The key of RFC 8032 §7.1 test 1, SHA-256 of nothing, and the signature that node:crypto makes.
  expect(runBare(code)).toEqual({
    provider: "noble",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    message,
    signature: hex(nodeProvider.sign(Buffer.from(seed, "hex"), Buffer.from(message, "hex"))),
    decoded: [
      [1, "nyckelfri"],
      [-1, 1099511627776],
    ],
    verified: true,
    forged: false,
  });
});
