/**
 * What npm users get: each public package is packed, installed into an empty project and used there. No file of the
 * workspace is in reach, so a missing dependency, an entry point that was not packed or a type that needs more than the
 * package brings shows here.
 */
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LAYERS } from "../house/rules/layers.ts";
import { readJson, root } from "../house/source.ts";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
}

interface Packed {
  readonly name: string;
  readonly tarball: string;
  readonly manifest: Manifest;
}

const execute = promisify(execFile);
const compiler = join(root, "node_modules/typescript/bin/tsc");
const publicFolders = LAYERS.map(({ folder }) => folder).filter(
  (folder) =>
    existsSync(join(root, folder, "package.json")) && readJson<Manifest>(`${folder}/package.json`).private !== true,
);

/** Entry points whose optional peer an empty project does not have. */
const NEEDS_PEER: Readonly<Record<string, string>> = { "@nyckelfri/protocol/ed25519-sodium": "sodium-native" };

// Without links in its path: the loader reports real paths, and macOS has its temporary folder behind a link.
const project = mkdtempSync(join(realpathSync(tmpdir()), "nyckelfri-packaging-"));
const packages: Packed[] = [];

async function pnpm(...args: string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, [join(root, "scripts/pnpm.mjs"), ...args], { maxBuffer: 1 << 26 });
  return stdout;
}

/** Runs one of our compilers or Node in the project and returns what it printed, whatever its exit code. */
async function inProject(...args: string[]): Promise<string> {
  const finished = await execute(process.execPath, args, { cwd: project }).catch((failed) => failed);
  return `${finished.stdout}${finished.stderr}${finished.code === undefined ? "" : `exit ${finished.code}`}`;
}

function installInProject(...specifiers: string[]) {
  return pnpm("--dir", project, "add", "--ignore-workspace", "--prefer-offline", "--ignore-scripts", ...specifiers);
}

/** The files of a package as installed; what pnpm packs and what it says that it packs differ by the licence. */
function installedFiles({ name }: Packed): string[] {
  const folder = join(project, "node_modules", name);
  return readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(realpathSync(folder), join(realpathSync(entry.parentPath), entry.name)).replaceAll(sep, "/"),
    );
}

/** `@nyckelfri/protocol/vectors/cbor.json` and its like: patterns are written out from the installed files. */
function entryPoints(one: Packed): string[] {
  const { name, manifest } = one;
  const files = installedFiles(one);
  return Object.keys(manifest.exports).flatMap((key) => {
    const [head = "", tail] = key.slice(2).split("*");
    const subpaths = tail === undefined ? [head] : files.filter((file) => file.startsWith(head) && file.endsWith(tail));
    return subpaths.map((subpath) => (subpath === "" ? name : `${name}/${subpath}`));
  });
}

function importLines(names: readonly string[]): string {
  const lines = names.map((name, index) => {
    const attributes = name.endsWith(".json") ? ' with { type: "json" }' : "";
    return `import * as entry${index} from "${name}"${attributes};`;
  });
  return [...lines, `export const loaded = [${names.map((_, index) => `Object.keys(entry${index}).length`)}];`].join(
    "\n",
  );
}

beforeAll(async () => {
  for (const folder of publicFolders) {
    const stdout = await pnpm("--dir", join(root, folder), "pack", "--json", "--pack-destination", project);
    const { name, filename } = JSON.parse(stdout) as { readonly name: string; readonly filename: string };
    packages.push({ name, tarball: filename, manifest: readJson<Manifest>(`${folder}/package.json`) });
  }
  // Packages that need each other find each other's tarballs, and not what a registry may have under that name.
  const overrides = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]));
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module", pnpm: { overrides } }));
  await installInProject(...packages.map(({ tarball }) => tarball));
}, 240_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

test("a tarball holds what is published and nothing of the workshop", () => {
  expect(packages.map(({ name }) => name)).toContain("@nyckelfri/protocol");
  for (const one of packages) {
    // pnpm links the programs of dependencies into each installed package.
    const files = installedFiles(one).filter((file) => !file.startsWith("node_modules/.bin/"));
    expect(files.filter((file) => /\.tsbuildinfo$|\.test\.|^(test|node_modules|\.build)\//.test(file))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(["package.json", "LICENSE"]));
    const compiled = files.filter((file) => /^dist\/.*\.js$/.test(file));
    const sources = files.filter((file) => /^src\/.*\.ts$/.test(file));
    expect(compiled.sort()).toEqual(sources.map((file) => file.replace(/^src\/(.*)\.ts$/, "dist/$1.js")).sort());
    expect(compiled.length).toBeGreaterThan(0);
    expect(Object.keys(one.manifest.exports)).toContain(".");
  }
});

test("publint has nothing to say about a tarball", async () => {
  for (const { tarball } of packages) {
    const { messages, pkg = {} } = await publint({
      strict: true,
      pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer },
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  }
});

test("every entry point can be imported, and one with an optional peer says which it lacks", async () => {
  const names = packages.flatMap(entryPoints);
  const plain = names.filter((name) => !Object.hasOwn(NEEDS_PEER, name));
  writeFileSync(join(project, "plain.mjs"), `${importLines(plain)}\nconsole.log(loaded.length);`);
  expect(await inProject("--disable-warning=ExperimentalWarning", "plain.mjs")).toBe(`${plain.length}\n`);

  for (const [name, peer] of Object.entries(NEEDS_PEER)) {
    expect(names).toContain(name);
    writeFileSync(join(project, "peer.mjs"), importLines([name]));
    expect(await inProject("peer.mjs")).toMatch(new RegExp(`ERR_MODULE_NOT_FOUND|Cannot find package '${peer}'`));
  }
});

const OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nodenext: { module: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
  preserve: { module: "preserve" },
};

test.each(Object.keys(OPTIONS))("the types of every entry point stand alone, strictly checked (%s)", async (kind) => {
  const folder = join(project, kind);
  mkdirSync(folder);
  writeFileSync(join(folder, "consumer.ts"), importLines(packages.flatMap(entryPoints)));
  const compilerOptions = {
    ...OPTIONS[kind],
    target: "es2023",
    lib: ["es2023"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    resolveJsonModule: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
  expect(await inProject(compiler, "-p", folder)).toBe("");
});

test("the check of the types can fail", async () => {
  writeFileSync(join(project, "broken.ts"), 'import { noSuchExport } from "@nyckelfri/protocol";\nnoSuchExport();\n');
  const output = await inProject(compiler, "--noEmit", "--module", "nodenext", "--types", "", "broken.ts");
  expect(output).toContain("noSuchExport");
});

// Last, because it adds to the project what the tests above must do without.
test("an entry point with an optional peer works once the peer is installed", async () => {
  const { devDependencies } = readJson<{ devDependencies: Record<string, string> }>("protocol/package.json");
  await installInProject(...Object.values(NEEDS_PEER).map((peer) => `${peer}@${devDependencies[peer]}`));
  const names = Object.keys(NEEDS_PEER);
  writeFileSync(join(project, "with-peer.mjs"), `${importLines(names)}\nconsole.log(loaded.length);`);
  expect(await inProject("with-peer.mjs")).toBe(`${names.length}\n`);
});
