/**
 * Who may know whom. One table, held against each package.json (what pnpm links), each tsconfig.json (what the compiler
 * builds first) and the imports themselves. Project references alone do not stop a forbidden import.
 */
import { posix } from "node:path";
import type { Finding, SourceFile } from "../source.ts";
import { finding, imports } from "../source.ts";

export interface Layer {
  readonly name: string;
  readonly folder: string;
  readonly mayKnow: readonly string[];
}

const LIBRARIES = ["@nyckelfri/protocol", "@nyckelfri/firmware-sim", "@nyckelfri/links", "@nyckelfri/station-client"];

/** Nobody may know the command line, the benchmarks and the tests. */
export const LAYERS: readonly Layer[] = [
  { name: "@nyckelfri/protocol", folder: "protocol", mayKnow: [] },
  { name: "@nyckelfri/firmware-sim", folder: "firmware-sim", mayKnow: ["@nyckelfri/protocol"] },
  { name: "@nyckelfri/links", folder: "packages/links", mayKnow: ["@nyckelfri/protocol"] },
  { name: "@nyckelfri/station-client", folder: "packages/station-client", mayKnow: ["@nyckelfri/protocol"] },
  { name: "nyckelfri", folder: "packages/cli", mayKnow: LIBRARIES },
  { name: "@nyckelfri/bench", folder: "bench", mayKnow: LIBRARIES },
  { name: "@nyckelfri/test", folder: "test", mayKnow: LIBRARIES },
];

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
}

export interface Package {
  readonly layer: Layer;
  readonly manifest: Manifest;
  /** The folders that tsconfig.json refers to, relative to the repository. */
  readonly references: readonly string[];
  readonly files: readonly SourceFile[];
}

export function layerOf(path: string): Layer | undefined {
  return LAYERS.find(({ folder }) => path.startsWith(`${folder}/`));
}

/** Everything wrong with one package, given the manifests of all that exist. */
export function layerFindings(one: Package, manifests: ReadonlyMap<string, Manifest>): Finding[] {
  const { layer, manifest, files } = one;
  const place = (file: string, message: string): Finding => ({ path: `${layer.folder}/${file}`, line: 1, message });
  const declared = Object.keys(manifest.dependencies ?? {}).filter(isOurs);
  const findings: Finding[] = [];

  for (const name of declared.filter((name) => !layer.mayKnow.includes(name))) {
    findings.push(place("package.json", `${layer.name} may not know ${name}; it may know ${list(layer.mayKnow)}`));
  }
  for (const name of Object.keys(manifest.devDependencies ?? {}).filter(isOurs)) {
    findings.push(place("package.json", `${name} as a devDependency escapes the table: put it under dependencies`));
  }
  const expected = declared.map((name) => LAYERS.find((other) => other.name === name)?.folder ?? name).sort();
  if (expected.join() !== [...one.references].sort().join()) {
    const found = list(one.references);
    findings.push(
      place("tsconfig.json", `references are ${found}; package.json says ${list(expected)}: make them equal`),
    );
  }
  const imported = new Set(files.flatMap((file) => imports(file).map(({ name }) => packageName(name))));
  for (const name of declared.filter((name) => !imported.has(name))) {
    findings.push(
      place("package.json", `${name} is declared and never imported: remove the dependency and the reference`),
    );
  }
  return [...findings, ...files.flatMap((file) => importFindings(file, one, manifests))];
}

function importFindings(file: SourceFile, { layer, manifest }: Package, manifests: ReadonlyMap<string, Manifest>) {
  const findings: Finding[] = [];
  const isSource = file.path.startsWith(`${layer.folder}/src/`);
  for (const { name, start } of imports(file)) {
    const report = (message: string) => findings.push(finding(file, start, message));
    if (name.startsWith(".")) {
      const target = posix.join(posix.dirname(file.path), name);
      const owner = layerOf(target);
      if (owner !== undefined && owner !== layer)
        report(`${name} reaches into ${owner.folder}: import ${owner.name} instead`);
      if (isSource && !target.startsWith(`${layer.folder}/src/`))
        report(`${name} leaves src/: what ships must stand in src/`);
      continue;
    }
    if (name.startsWith("#")) continue;
    const bare = packageName(name);
    if (isOurs(bare)) {
      const itself = bare === layer.name;
      if (itself && isSource) report(`${name} is this package itself: import the file`);
      if (!itself && !Object.hasOwn(manifest.dependencies ?? {}, bare))
        report(`${bare} is not a dependency of ${layer.name}`);
      const exported = manifests.get(bare)?.exports ?? {};
      if (!matchesExport(name.slice(bare.length), exported))
        report(`${name} is no entry point of ${bare}: use ${list(Object.keys(exported))}`);
    } else if (isSource) {
      const message = thirdPartyProblem(file.path, name, manifest);
      if (message !== undefined) report(message);
    }
  }
  return findings;
}

/** What protocol is built from, and nothing else: it must run wherever JavaScript does. */
const PROTOCOL_MODULES: readonly { readonly module: RegExp; readonly in: RegExp }[] = [
  { module: /^cbor-x\/(encode|decode)$/, in: /./ },
  { module: /^@noble\/(ed25519$|hashes\/)/, in: /./ },
  { module: /^node:crypto$/, in: /^protocol\/src\/crypto\/ed25519-node\.ts$/ },
  { module: /^sodium-native$/, in: /^protocol\/src\/crypto\/ed25519-sodium\.ts$/ },
];

/** Packages whose traps are dealt with in one place. */
const ONE_HOME: Readonly<Record<string, string>> = { serialport: "packages/links/" };

function thirdPartyProblem(path: string, name: string, manifest: Manifest): string | undefined {
  if (path.startsWith("protocol/")) {
    const allowed = PROTOCOL_MODULES.some((one) => one.module.test(name) && one.in.test(path));
    if (!allowed) {
      return `protocol may not import ${name} here: cbor-x/encode, cbor-x/decode, @noble/*, and node:crypto and sodium-native in their providers alone`;
    }
  }
  if (/^(firmware-sim|packages\/station-client)\//.test(path) && name.startsWith("node:")) {
    return `${name} is not for pure packages: be handed what it does`;
  }
  const bare = packageName(name);
  const home = ONE_HOME[bare];
  if (home !== undefined && !path.startsWith(home)) return `${bare} is for ${home} alone: open a link URI instead`;
  if (name.startsWith("node:")) return undefined;
  const shipped = { ...manifest.dependencies, ...manifest.peerDependencies };
  if (manifest.private === true || Object.hasOwn(shipped, bare)) return undefined;
  return `${bare} is imported by what ships and is no dependency: add it to dependencies`;
}

function isOurs(name: string): boolean {
  return name.startsWith("@nyckelfri/") || name === "nyckelfri";
}

function packageName(module: string): string {
  return module
    .split("/")
    .slice(0, module.startsWith("@") ? 2 : 1)
    .join("/");
}

function matchesExport(subpath: string, exported: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(exported).some((key) => {
    const [head = "", tail] = `.${subpath}` === key ? [key] : key.split("*");
    if (tail === undefined) return head === `.${subpath}`;
    return `.${subpath}`.startsWith(head) && subpath.endsWith(tail);
  });
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}
