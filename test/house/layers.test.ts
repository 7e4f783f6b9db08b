import { existsSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";
import type { Manifest, Package } from "./rules/layers.ts";
import { LAYERS, layerFindings, layerOf } from "./rules/layers.ts";
import { listed, parse, readJson, root, scripts } from "./source.ts";

interface Config {
  readonly references?: readonly { readonly path: string }[];
}

const existing = LAYERS.filter(({ folder }) => existsSync(`${root}${folder}/package.json`));
const manifests = new Map(existing.map(({ name, folder }) => [name, readJson<Manifest>(`${folder}/package.json`)]));

function referencesOf(folder: string): string[] {
  const { references = [] } = readJson<Config>(`${folder}/tsconfig.json`);
  return references.map(({ path }) => posix.join(folder, path).replace(/\/$/, ""));
}

const PROTOCOL: Manifest = { name: "@nyckelfri/protocol", exports: { ".": {}, "./vectors/*.json": {} } };
const known = new Map([[PROTOCOL.name, PROTOCOL]]);

/** What the rule says of a package with one file, its table entry taken from the real table. */
function says(path: string, text: string, change: Partial<Package> & { manifest?: Manifest } = {}): string {
  const layer = layerOf(path);
  if (layer === undefined) throw new Error(`no layer holds ${path}`);
  const sound = { manifest: { name: layer.name }, references: [] };
  return listed(layerFindings({ layer, files: [parse(path, text)], ...sound, ...change }, known)).join("\n");
}

const knowsProtocol = { name: "x", dependencies: { "@nyckelfri/protocol": "workspace:*" } };
const soundLinks = { manifest: knowsProtocol, references: ["protocol"] };

test("a dependency that the table does not allow is found", () => {
  const manifest = { name: "x", dependencies: { "@nyckelfri/links": "workspace:*" } };
  const text = "import {} from '@nyckelfri/links';";
  expect(says("protocol/src/x.ts", text, { manifest, references: ["packages/links"] })).toContain("may not know");
  expect(says("packages/links/src/x.ts", text, { manifest })).toContain("may not know");
});

test("nobody may know the command line, the benchmarks and the tests", () => {
  for (const hidden of ["nyckelfri", "@nyckelfri/bench", "@nyckelfri/test"]) {
    expect(LAYERS.filter(({ mayKnow }) => mayKnow.includes(hidden))).toEqual([]);
    expect(
      says("packages/cli/src/x.ts", `await import('${hidden === "nyckelfri" ? "@nyckelfri/test" : hidden}');`),
    ).toContain("is not a dependency");
  }
});

test("dependencies, references and imports must be the same set", () => {
  const uses = "export * from '@nyckelfri/protocol';";
  expect(says("packages/links/src/x.ts", uses, soundLinks)).toBe("");
  expect(says("packages/links/src/x.ts", uses, { manifest: knowsProtocol })).toContain("make them equal");
  expect(says("packages/links/src/x.ts", "export {};", soundLinks)).toContain("never imported");
  expect(says("packages/links/src/x.ts", uses)).toContain("is not a dependency");
  const hidden = { name: "x", devDependencies: { "@nyckelfri/protocol": "workspace:*" } };
  expect(says("packages/links/test/x.ts", "export {};", { manifest: hidden })).toContain("escapes the table");
});

test.each(["import '../../../protocol/src/bytes.ts';", "await import('../../../protocol/src/bytes.ts');"])(
  "nobody reaches into another package: %s",
  (text) => {
    expect(says("packages/links/src/x.ts", text)).toContain("import @nyckelfri/protocol instead");
    expect(says("packages/links/test/x.ts", text)).toContain("import @nyckelfri/protocol instead");
  },
);

test("only entry points of a package can be imported", () => {
  const deep = "import '@nyckelfri/protocol/dist/bytes.js';";
  expect(says("packages/links/src/x.ts", deep, soundLinks)).toContain("is no entry point");
  const vector = "import v from '@nyckelfri/protocol/vectors/cbor.json';";
  expect(says("packages/links/src/x.ts", vector, soundLinks)).toBe("");
});

test.each([
  ["protocol/src/x.ts", "import 'cbor-x';"],
  ["protocol/src/x.ts", "import 'node:crypto';"],
  ["protocol/src/x.ts", "import 'node:fs';"],
  ["protocol/src/crypto/ed25519-node.ts", "import 'sodium-native';"],
  ["protocol/src/x.ts", "const sodium = await import('sodium-native');"],
  ["protocol/src/x.ts", "export { z } from 'zod';"],
])("protocol is built from its few modules alone: %s must not contain %s", (path, text) => {
  expect(says(path, text)).toContain("protocol may not import");
});

test("protocol's own modules pass where they belong", () => {
  const manifest = {
    name: "@nyckelfri/protocol",
    dependencies: { "cbor-x": "1.6.9", "@noble/ed25519": "3.2.0", "@noble/hashes": "2.4.0" },
    peerDependencies: { "sodium-native": "^5.1.0" },
  };
  const codec =
    "import 'cbor-x/encode'; import 'cbor-x/decode'; import '@noble/ed25519'; import '@noble/hashes/sha2.js';";
  expect(says("protocol/src/x.ts", codec, { manifest })).toBe("");
  expect(says("protocol/src/crypto/ed25519-node.ts", "import 'node:crypto';", { manifest })).toBe("");
  expect(says("protocol/src/crypto/ed25519-sodium.ts", "import 'sodium-native';", { manifest })).toBe("");
});

test("what ships must be declared, and a package with traps has one home", () => {
  expect(says("packages/links/src/x.ts", "import 'ws';")).toContain("add it to dependencies");
  const manifest = { name: "nyckelfri", dependencies: { serialport: "13.0.0" } };
  expect(says("packages/cli/src/x.ts", "import 'serialport';", { manifest })).toContain("open a link URI instead");
  expect(says("firmware-sim/src/x.ts", "import 'node:fs';")).toContain("be handed what it does");
  expect(says("protocol/src/x.ts", "import '../../scripts/x.mjs';")).toContain("leaves src/");
});

test("every package that exists keeps to the table", () => {
  expect(existing.map(({ name }) => name)).toContain("@nyckelfri/protocol");
  const findings = existing.flatMap((layer) => {
    const files = scripts().filter((file) => layerOf(file.path) === layer);
    const manifest = manifests.get(layer.name) ?? { name: layer.name };
    return layerFindings({ layer, manifest, references: referencesOf(layer.folder), files }, manifests);
  });
  expect(listed(findings)).toEqual([]);
  expect([...manifests].filter(([name, manifest]) => manifest.name !== name)).toEqual([]);
});

test("every package of the workspace is in the table and is compiled", () => {
  const folders = scripts().map(({ path }) => /^(?:packages\/)?[\w-]+(?=\/src\/)/.exec(path)?.[0] ?? "test");
  expect(LAYERS.map(({ folder }) => folder)).toEqual(expect.arrayContaining([...new Set(folders)]));
  expect(referencesOf(".")).toEqual(expect.arrayContaining(existing.map(({ folder }) => folder)));
});
