import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Pinned } from "./rules/lockfile.ts";
import { hostFindings, lockedNames, pinFindings, platformFindings } from "./rules/lockfile.ts";
import { committedFiles, listed, readJson, readText, root } from "./source.ts";

const LOCK = `lockfileVersion: '9.0'

packages:

  '@tool/linux-x64@1.0.0':
    resolution: {integrity: sha512-x}

  tool@1.0.0:
    resolution: {integrity: sha512-x}

snapshots:

  other@1.0.0: {}
`;

/** The manifests of everything that is installed here. */
function installed(): Pinned[] {
  const store = `${root}node_modules/.pnpm`;
  const folders = readdirSync(store).flatMap((entry) => {
    // `@scope+name@1.0.0_peer@2.0.0` holds node_modules/@scope/name
    const name = /^(@?[^@]+)@/.exec(entry)?.[1]?.replace("+", "/");
    return name === undefined ? [] : [`${store}/${entry}/node_modules/${name}/package.json`];
  });
  return folders.filter(existsSync).map((path) => JSON.parse(readFileSync(path, "utf8")) as Pinned);
}

test("a platform package without a lockfile entry is found", () => {
  expect([...lockedNames(LOCK)]).toEqual(["@tool/linux-x64", "tool"]);
  const tool = (...names: string[]) => ({
    name: "tool",
    optionalDependencies: Object.fromEntries(names.map((name) => [name, "1.0.0"])),
  });
  expect(platformFindings(LOCK, [tool("@tool/linux-x64")])).toEqual([]);
  expect(listed(platformFindings(LOCK, [tool("@tool/linux-x64", "@tool/win32-x64")])).join()).toContain(
    "@tool/win32-x64",
  );
});

test("a host in the lockfile and a version range are found", () => {
  expect(hostFindings(LOCK)).toEqual([]);
  expect(listed(hostFindings("a:\n  tarball: https://example.org/a.tgz"))[0]).toMatch(/^pnpm-lock\.yaml:2 /);
  const ranges = {
    name: "x",
    dependencies: { a: "^1.0.0", b: "1.0.0" },
    devDependencies: { c: "latest", d: "workspace:*" },
  };
  expect(listed(pinFindings("package.json", ranges))).toEqual([
    "package.json:1  a ^1.0.0 is a range: pin one version",
    "package.json:1  c latest is a range: pin one version",
  ]);
});

test("the lockfile serves every platform and names no host", () => {
  const lockfile = readText("pnpm-lock.yaml");
  const manifests = installed();
  expect(manifests.map(({ name }) => name)).toEqual(expect.arrayContaining(["@biomejs/biome", "esbuild", "vitest"]));
  expect(listed(platformFindings(lockfile, manifests))).toEqual([]);
  expect(listed(hostFindings(lockfile))).toEqual([]);
});

test("every package.json pins its versions", () => {
  const manifests = committedFiles().filter((path) => /(^|\/)package\.json$/.test(path));
  expect(manifests).toContain("protocol/package.json");
  expect(listed(manifests.flatMap((path) => pinFindings(path, readJson<Pinned>(path))))).toEqual([]);
});
