// Writes protocol/src/registry.ts, the typed view of protocol/registry.json. A house test checks that it is current.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

/** The text of protocol/src/registry.ts for a parsed registry.json. */
export function registrySource(registry) {
  const sections = Object.entries(registry).map(
    ([name, value]) => `export const ${name} = ${JSON.stringify(value, null, 2)} as const;`,
  );
  return [
    "// Generated from ../registry.json by scripts/generate-registry.mjs: edit the JSON, then run that script.",
    ...sections,
    "/** Every error code that this library throws. */",
    'export type ErrorCode = (typeof errors)[number]["code"];',
    "",
  ].join("\n\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const registry = JSON.parse(readFileSync(new URL("protocol/registry.json", root), "utf8"));
  writeFileSync(new URL("protocol/src/registry.ts", root), registrySource(registry));
}
