/** A clean clone installs the same on every desktop system, from whatever registry it uses. */
import type { Finding } from "../source.ts";

export interface Pinned {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Whose missing binaries do no harm, and why. */
const NEVER_LOADED: Readonly<Record<string, string>> = {
  "cbor-extract": "cbor-x/encode and cbor-x/decode are pure JavaScript; only the plain cbor-x would load it",
};

/** The names that the lockfile has an entry for. */
export function lockedNames(lockfile: string): ReadonlySet<string> {
  const packages = /^packages:\n([\s\S]*?)^\S/m.exec(lockfile)?.[1] ?? "";
  return new Set([...packages.matchAll(/^ {2}'?(@?[^@'\s]+)@[^:]+:/gm)].map((match) => match[1] ?? ""));
}

/** A registry that lacks a platform's binary makes pnpm leave it out of the lockfile without a word. */
export function platformFindings(lockfile: string, installed: readonly Pinned[]): Finding[] {
  const locked = lockedNames(lockfile);
  return installed
    .filter(({ name }) => !Object.hasOwn(NEVER_LOADED, name))
    .flatMap(({ name, optionalDependencies = {} }) =>
      Object.keys(optionalDependencies)
        .filter((platform) => !locked.has(platform))
        .map((platform) =>
          atLockfile(
            1,
            `${name} needs ${platform} on some systems and it is not locked: pin a version of ${name} whose platform packages the registry has`,
          ),
        ),
    );
}

export function hostFindings(lockfile: string): Finding[] {
  return lockfile
    .split("\n")
    .flatMap((line, index) =>
      /https?:|tarball:|git\+|\.tgz/.test(line)
        ? [atLockfile(index + 1, "names a host: install from a registry, so that integrity hashes alone are locked")]
        : [],
    );
}

/** Peers may be ranges; what we install may not. */
export function pinFindings(path: string, manifest: Pinned): Finding[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return Object.entries(all)
    .filter(([, version]) => !/^(workspace:\*|\d+\.\d+\.\d+(-[\w.-]+)?)$/.test(version))
    .map(([name, version]) => ({ path, line: 1, message: `${name} ${version} is a range: pin one version` }));
}

function atLockfile(line: number, message: string): Finding {
  return { path: "pnpm-lock.yaml", line, message };
}
