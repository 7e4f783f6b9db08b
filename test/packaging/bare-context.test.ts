/**
 * protocol and station-client need nothing but the language: bundled as for a browser, they run in a context without a single
 * global of Node or of the web, where code generation is forbidden (a content security policy, an embedded engine).
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
  return JSON.parse(inBareContext(`${code}\nJSON.stringify(exported.result);`) as string);
}

/** The same for a `result` that is a promise. */
async function awaitBare(code: string): Promise<unknown> {
  return JSON.parse(
    (await inBareContext(`${code}\nexported.result.then((result) => JSON.stringify(result));`)) as string,
  );
}

function inBareContext(code: string): unknown {
  const bare = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  runInContext("delete globalThis.console; delete globalThis.WebAssembly;", bare);
  return runInContext(code, bare);
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

test("a station's host works in a bare context: it connects, brings time and grants, hears events and takes the log home", async () => {
  const code = await bundle(`
    import { connectStation } from "@nyckelfri/station-client";
    import { Book, SimulatedKey, simulatedStation } from "./station-client/simulated.ts";
    async function work() {
      const { time, cable, station, options, city, key, grantOf } = simulatedStation({ pages: 2 });
      const client = connectStation(options);
      const events = [];
      client.onEvent((event) => events.push(event.kind + " " + event.event));
      const { verdict } = await time.until(client.giveTime());
      const { outcomes } = await time.until(client.sendBundle({ key: key.kid, objects: [grantOf(key)] }));
      station.dock(1, new SimulatedKey(city, key));
      await time.pass(3000);
      cable.pull();
      const book = new Book(city);
      const { entries } = await time.until(client.collectLog({ keep: async ({ object }) => [book.keep(object)] }));
      // Its own signals serve where the platform has none.
      const gaveUp = [];
      const open = (signal) => new Promise(() => signal.addEventListener("abort", () => gaveUp.push(signal.reason.code)));
      const waiting = connectStation({ ...options, open });
      await time.pass(11000);
      await Promise.all([client.close(), waiting.close()]);
      return { verdict, outcomes, events, entries, records: book.records.length, opened: cable.opened, gaveUp };
    }
    export const result = work();
  `);
  expect(await awaitBare(code)).toEqual({
    ...{ verdict: "accepted", outcomes: ["stored"], events: ["slot docked", "slot synced"] },
    ...{ entries: 2, records: 4, opened: 2, gaveUp: ["link/open-timeout", "station/closed"] },
  });
});
