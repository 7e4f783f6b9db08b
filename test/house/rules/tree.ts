/** What may be committed where: the top level, the length of a file, and nothing of the machine it was written on. */
import { posix } from "node:path";
import type { Finding } from "../source.ts";
import { finding } from "../source.ts";

const TOP_LEVEL = new Set(
  [
    [
      ".ci",
      ".gitignore",
      "LICENSE",
      "README.md",
      "biome.json",
      "package.json",
      "pnpm-lock.yaml",
      "pnpm-workspace.yaml",
    ],
    ["tsconfig.base.json", "tsconfig.json", "vitest.config.ts"],
    ["bench", "firmware-sim", "packages", "protocol", "scripts", "test"],
  ].flat(),
);

export function topLevelFindings(paths: readonly string[]): Finding[] {
  const names = new Set(paths.map((path) => path.split("/")[0] ?? ""));
  return [...names]
    .filter((name) => !TOP_LEVEL.has(name))
    .map((path) => ({ path, line: 1, message: "does not belong at the top level: put it into the package it is for" }));
}

const MAX_LINES = 400;
const GENERATED = new Set(["protocol/src/registry.ts"]);

export function lengthFindings(path: string, text: string): Finding[] {
  const lines = text.trimEnd().split("\n").length;
  const counts = /(^|\/)src\/.*\.ts$/.test(path) && !GENERATED.has(path);
  if (!counts || lines <= MAX_LINES) return [];
  return [
    { path, line: MAX_LINES, message: `${lines} lines: one concept fits in ${MAX_LINES}, so find the second one` },
  ];
}

const FOREIGN: readonly { readonly pattern: RegExp; readonly message: string }[] = [
  {
    pattern: /(?<![\w.~}\])/-])(\/(work|root|home\/[a-z][\w-]*|Users\/\w+)\/|[A-Z]:\\+Users\\)/,
    message: "is a path of one machine: make it relative to the file",
  },
  {
    pattern: /registry\.(npmjs|yarnpkg|npmmirror)\.|\/(artifactory|verdaccio|nexus)\/|npm\.pkg\.github/i,
    message: "names a registry: each clone uses its own",
  },
];

/** Machine paths and registry hosts. */
export function foreignFindings(path: string, text: string): Finding[] {
  return FOREIGN.flatMap(({ pattern, message }) => {
    const match = pattern.exec(text);
    return match === null ? [] : [finding({ path, text }, match.index, `${match[0]} ${message}`)];
  });
}

const LINK = /\]\(([^)\s]+)\)/g;

/** Links of a document that lead to no file, or to no heading of one. `read` gives a file's text, "" for a folder, undefined for neither. */
export function linkFindings(path: string, text: string, read: (path: string) => string | undefined): Finding[] {
  if (!path.endsWith(".md")) return [];
  return [...text.matchAll(LINK)].flatMap((match) => {
    const [, target = ""] = match;
    if (/^[a-z]+:/.test(target)) return [];
    const [file = "", anchor] = target.split("#");
    const there = file === "" ? path : posix.join(posix.dirname(path), file);
    const found = file === "" ? text : read(there);
    const isThere = found !== undefined && (anchor === undefined || anchorsOf(found).has(anchor));
    return isThere ? [] : [finding({ path, text }, match.index, `${target} leads nowhere: link what is there`)];
  });
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}
