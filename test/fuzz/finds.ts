/** Finds as files: each is one input, the target that it is for and what it broke, kept for good and run again in every test. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { defaultProvider, fromHex, toHex } from "@nyckelfri/protocol";
import type { Find } from "./engine.ts";
import { ROOT } from "./subject.ts";

export const FINDS_FOLDER: string = `${ROOT}test/fuzz/finds`;

/** `bytes` in hex; `text` is there to be read, where they are text. */
interface Written {
  readonly target: string;
  readonly bytes: string;
  readonly text?: string;
  /** What was thrown when it was found. */
  readonly fault: string;
  /** What was wrong, and what mended it; empty until somebody has looked. */
  readonly why: string;
}

export interface KeptFind extends Written {
  readonly file: string;
  readonly input: Uint8Array;
}

/** Writes a find and returns its path; the same find has the same path. */
export function keepFind({ target, bytes, told }: Find, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const mark = toHex(defaultProvider.sha256(bytes)).slice(0, 8);
  const path = `${folder}/${target.replaceAll(/[^\w.]+/g, "-")}-${mark}.json`;
  const isText = bytes.every((byte) => byte === 10 || (byte >= 32 && byte < 127));
  const text = isText ? { text: Buffer.from(bytes).toString("latin1") } : {};
  const written: Written = { target, bytes: toHex(bytes), ...text, fault: told, why: "" };
  writeFileSync(path, `${JSON.stringify(written, undefined, 2)}\n`);
  return path;
}

export function keptFinds(folder: string = FINDS_FOLDER): readonly KeptFind[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.sort().map((file) => {
    const written = JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Written;
    return { ...written, file, input: fromHex(written.bytes) };
  });
}
