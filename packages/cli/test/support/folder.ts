/** A folder that is gone after the test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Gives paths inside it. */
export function newFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "nyckelfri-cli-"));
  folders.push(folder);
  return (name) => join(folder, name);
}

/** The same for all tests of a file; gone after the last. */
export function newFolderForAll(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "nyckelfri-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}
