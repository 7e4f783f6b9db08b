// The vectors as a stranger would use them: every one held against the library, with each of the three providers.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { noble } from "#src/crypto/ed25519-noble.ts";
import { nodeCrypto } from "#src/crypto/ed25519-node.ts";
import { sodium } from "#src/crypto/ed25519-sodium.ts";
import {
  answers,
  errors,
  objects as kinds,
  notifications,
  reasons,
  messages as requests,
  spec,
  wire,
} from "#src/registry.ts";
import { cbor, cose, coseKey, derivations, ed25519, framing } from "./judge/basics.ts";
import { chains } from "./judge/chains.ts";
import { decisions } from "./judge/decisions.ts";
import { bytesOfDiagnostic } from "./judge/diagnostic.ts";
import { log, messages, objects } from "./judge/objects.ts";
import { bytes, hex, type Judge, textOf, type Vector, vectorsOf } from "./judge/outsider.ts";
import { orders, sessions, transfers } from "./judge/sessions.ts";
import { time } from "./judge/time.ts";
import { updates } from "./judge/updates.ts";

const judges: Readonly<Record<string, Judge>> = {
  "cbor.json": cbor,
  "chains.json": chains,
  "cose-key.json": coseKey,
  "cose.json": cose,
  "decisions.json": decisions,
  "derivations.json": derivations,
  "ed25519-rfc8032.json": ed25519,
  "ed25519-small-order.json": ed25519,
  "ed25519-speccheck.json": ed25519,
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
const judgeOf = (file: string): Judge => judges[file] as Judge;
const providers = [nodeCrypto, noble, sodium];
const files = Object.keys(judges);
const every: readonly Vector[] = files.flatMap((file) => vectorsOf(file).map((vector) => ({ file, ...vector })));

describe.each(files)("%s", (file) => {
  const vectors = vectorsOf(file);

  test("names are unique, clauses exist, and only what is refused has a reason", () => {
    const clauses = new Set(
      readFileSync(new URL("../../SPEC.md", import.meta.url), "utf8").match(/\*\*[A-Z]{3}-\d+\*\*/g),
    );
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
    for (const vector of vectors) {
      expect(vector.clauses.filter((clause: string) => !clauses.has(`**${clause}**`))).toEqual([]);
      expect([vector.name, typeof vector.reason]).toEqual([vector.name, vector.valid ? "undefined" : "string"]);
    }
  });

  test.each(vectors)("$name", (vector) => {
    for (const provider of providers) expect(vector).toMatchObject(judgeOf(file)(vector, provider));
  });
});

describe("what every file promises", () => {
  const signed = every.filter(({ toBeSigned }) => toBeSigned !== undefined);

  test("diagnostic notation says exactly what the bytes say", () => {
    const shown = every.filter(({ diagnostic }) => diagnostic !== undefined);
    expect(shown.length).toBeGreaterThan(500);
    for (const { file, name, diagnostic, bytes: given } of shown) {
      expect([file, name, hex(bytesOfDiagnostic(diagnostic))]).toEqual([file, name, given]);
    }
  });

  test("whatever is refused for another reason than its signature is validly signed over its own bytes", () => {
    expect(signed.length).toBeGreaterThan(500);
    for (const { file, name, reason, publicKey, toBeSigned, bytes: given } of signed) {
      const whole = bytes(given);
      // A fault of the envelope may leave a byte after the signature.
      const places = [whole.subarray(-64), whole.subarray(-65, -1)];
      const holds = places.some((place) => sodium.verify(bytes(publicKey), bytes(toBeSigned), place));
      expect([file, name, holds]).toEqual([file, name, reason !== "cose/signature-invalid"]);
    }
  });

  test("every kind of object and every body of a message has a valid vector", () => {
    const valid = every.filter((vector) => vector.valid);
    const named = requests.flatMap(({ request, reply }) => [request, reply] as string[]);
    const bodies = new Set(["chunked-body", ...named, ...[...notifications, ...answers].map(({ body }) => body)]);
    const seen = (file: string, field: string) =>
      new Set(valid.filter((vector) => vector.file === file).map((vector) => vector[field]));
    expect(seen("objects.json", "object")).toEqual(new Set(kinds.map(({ name }) => name)));
    expect(seen("messages.json", "body")).toEqual(bodies);
  });
});

describe("what is covered", () => {
  /** Codes that no input of a peer can have as its only fault. */
  const unreachable: Readonly<Record<string, string>> = {};
  const areas = ["cbor/", "cose/", "schema/", "objects/", "trust/"];
  const given = new Set(every.filter(({ valid }) => !valid).map(({ reason }) => reason));

  test("every code of a peer's fault is the reason of a vector", () => {
    const codes = errors.filter(({ code, fault }) => fault === "peer" && areas.some((area) => code.startsWith(area)));
    expect(codes.map(({ code }) => code).filter((code) => !given.has(code) && !(code in unreachable))).toEqual([]);
    expect(Object.keys(unreachable).filter((code) => given.has(code))).toEqual([]);
  });

  test("every reason of a decision is that of two vectors (SPEC DEC-1..DEC-17)", () => {
    const refused = every.filter(({ file, valid }) => file === "decisions.json" && !valid);
    const counts = reasons.map(({ name }) => [name, refused.filter(({ reason }) => reason === name).length >= 2]);
    expect(counts).toEqual(reasons.map(({ name }) => [name, true]));
  });

  test("every verdict of a time-answer is that of a vector (SPEC TIM-3..TIM-7)", () => {
    const verdicts = every.filter(({ file }) => file === "time.json").map(({ verdict }) => verdict);
    expect(verdicts).toEqual(
      expect.arrayContaining(["accepted", "stale", "earlier", "conflict", "too-wide", "window", "source"]),
    );
  });
});

describe("manifest.json", () => {
  const manifest = JSON.parse(textOf("manifest.json"));

  test("names every file, and the versions", () => {
    const folder = readdirSync(new URL("../../vectors/", import.meta.url));
    const others = folder.filter((name) => name.endsWith(".json") && name !== "manifest.json");
    expect(manifest.files.map(({ file }: Vector) => file)).toEqual(others.sort());
    expect(manifest).toMatchObject({ format: 1, spec, wire });
  });

  test.each(manifest.files as Vector[])("$file: counts and SHA-256", (entry) => {
    const text = textOf(entry.file);
    const vectors = vectorsOf(entry.file);
    const positive = vectors.filter(({ valid }) => valid).length;
    expect(entry).toMatchObject({
      count: vectors.length,
      positive,
      negative: vectors.length - positive,
      sha256: createHash("sha256").update(text).digest("hex"),
    });
    expect(JSON.parse(text)).toMatchObject({ format: 1, description: expect.any(String) });
  });
});
