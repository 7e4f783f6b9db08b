import { fileURLToPath } from "node:url";
import { readFile } from "../files/read-file.ts";

/** Of this package. */
export function programVersion(): string {
  const manifest = new TextDecoder().decode(readFile(fileURLToPath(new URL("../../package.json", import.meta.url))));
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
