/** Every file of protocol/vectors, from the fixed city of the tests: the same bytes in every run and on every machine. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import registry from "../../registry.json" with { type: "json" };
import type { VectorFile } from "./build.ts";
import { jsonText } from "./json-text.ts";
import { cbor } from "./topics/cbor.ts";
import { chainsFile } from "./topics/chains.ts";
import { cose, coseKeys } from "./topics/cose.ts";
import { decisions } from "./topics/decisions.ts";
import { derivations } from "./topics/derivations.ts";
import { rfc8032, smallOrder, speccheck } from "./topics/ed25519.ts";
import { framing } from "./topics/framing.ts";
import { log } from "./topics/log.ts";
import { messages } from "./topics/messages.ts";
import { objects } from "./topics/objects.ts";
import { orders } from "./topics/orders.ts";
import { sessions } from "./topics/sessions.ts";
import { time } from "./topics/time.ts";
import { transfers } from "./topics/transfers.ts";
import { updates } from "./topics/updates.ts";

const FOLDER = new URL("../../vectors/", import.meta.url);

const files: Readonly<Record<string, VectorFile>> = {
  "cbor.json": cbor,
  "chains.json": chainsFile,
  "cose-key.json": coseKeys,
  "cose.json": cose,
  "decisions.json": decisions,
  "derivations.json": derivations,
  "ed25519-rfc8032.json": rfc8032,
  "ed25519-small-order.json": smallOrder,
  "ed25519-speccheck.json": speccheck,
  "framing.json": framing,
  "log.json": log,
  "messages.json": messages,
  "objects.json": objects,
  "orders.json": orders,
  "sessions.json": sessions,
  "time.json": time,
  "transfers.json": transfers,
  "updates.json": updates,
};

/** Name to text, as it is to be committed. */
export function vectorFiles(): ReadonlyMap<string, string> {
  const texts = Object.entries(files).map(([name, file]) => [name, jsonText({ format: 1, ...file })] as const);
  const manifest = {
    format: 1,
    description: "The files of test vectors, how many there are in each, and the SHA-256 of its bytes.",
    spec: registry.spec,
    wire: registry.wire,
    files: texts.map(([file, text]) => {
      const { vectors } = files[file] as VectorFile;
      const positive = vectors.filter(({ valid }) => valid).length;
      const sha256 = createHash("sha256").update(text).digest("hex");
      return { file, count: vectors.length, positive, negative: vectors.length - positive, sha256 };
    }),
  };
  return new Map([...texts, ["manifest.json", jsonText(manifest)]]);
}

/** Name to text, as the folder has it. */
export function committedFiles(): ReadonlyMap<string, string> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
  return new Map(names.sort().map((name) => [name, readFileSync(new URL(name, FOLDER), "utf8")]));
}

export function writeVectorFiles(): void {
  for (const [name, text] of vectorFiles()) writeFileSync(new URL(name, FOLDER), text);
}
