/** Folders that are gone after what they are for. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

/** For the test that asks for it; gives paths inside it. */
export function newFolder(): (name: string) => string {
  return folderUntil(onTestFinished);
}

/** The same for all tests of a file; gone after the last. */
export function newFolderForAll(): (name: string) => string {
  return folderUntil(afterAll);
}

function folderUntil(end: (remove: () => void) => void): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "nyckelfri-cli-"));
  end(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}
