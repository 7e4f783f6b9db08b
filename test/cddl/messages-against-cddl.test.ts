/**
 * The library and nyckelfri.cddl say the same of every message: what the grammar gives is read and written back as it was,
 * and of a changed message both say that it is right or both that it is wrong.
 */
import { readFileSync } from "node:fs";
import {
  type CborValue,
  chunkedDigest,
  decodeNotification,
  decodeReply,
  decodeRequest,
  type ExchangeName,
  encode,
  encodeChunkedBody,
  encodeNotification,
  encodeReply,
  encodeRequest,
  messagesOf,
  NyckelfriError,
  PeerError,
} from "@nyckelfri/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePlain } from "./decode-plain.ts";
import { type Change, change, changes, draw, type Instead, type Tree, written } from "./draw.ts";
import type { Node } from "./node.ts";
import { readSchema } from "./schema.ts";
import { validateBytes } from "./validate.ts";

const SOURCE = readFileSync(new URL("../../protocol/nyckelfri.cddl", import.meta.url), "utf8");
const SCHEMA = readSchema(SOURCE);
const exchanges: readonly ExchangeName[] = ["open", "dock", "activate", "store", "serve", "service"];

/** Decodes a body and encodes what came out. */
type Pass = (bytes: Uint8Array) => Uint8Array;

/** For each rule that a message names the passes of the exchanges that have it. */
const passes = new Map<string, Pass>();
for (const exchange of exchanges) {
  for (const { name, number, request, reply } of messagesOf(exchange)) {
    const asked: Pass = (bytes) => {
      const { body } = decodeRequest(exchange, number, bytes);
      return encodeRequest(exchange, name as never, body as never);
    };
    const answered: Pass = (bytes) =>
      encodeReply(exchange, name as never, decodeReply(exchange, name as never, bytes) as never);
    passes.set(request, passes.get(request) ?? asked);
    passes.set(reply, passes.get(reply) ?? answered);
  }
}
for (const [number, name] of [
  [32, "dock-event"],
  [33, "cabinet-event"],
] as const) {
  passes.set(name, (bytes) => {
    const { body } = decodeNotification("serve", number, bytes);
    return encodeNotification(name as "dock-event", body as never).body;
  });
}

// In place of some request's body, and of the same form for all.
passes.set("chunked-body", (bytes) => {
  const digest = chunkedDigest(bytes);
  // Anything else is read as the request's own body, which has no such label.
  if (digest === undefined) throw new PeerError("schema/unknown-label");
  return encodeChunkedBody(digest);
});

type Verdict = "accepted" | "refused" | "stricter";

/** `stricter`: right in form, and refused for what SPEC.md's prose or the running exchange asks for besides. */
function verdictOfLibrary(rule: string, bytes: Uint8Array): Verdict {
  try {
    expect(passes.get(rule)?.(bytes)).toEqual(bytes);
    return "accepted";
  } catch (error) {
    if (!(error instanceof NyckelfriError)) throw error;
    // A span that ends before it begins, a need twice, and a hello of another exchange of its form.
    const isBeyondGrammar = /\.(versions|needs|exchange)$/.test(String(error.details["path"]));
    return error.code === "messages/inconsistent" && isBeyondGrammar ? "stricter" : "refused";
  }
}

/** Drawn so that the prose is content too: else the library would seldom come to say what it thinks of the rest. */
const u8 = fc.integer({ min: 1, max: 255 });
const LIKELY: Instead = {
  object: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  versions: fc.tuple(u8, u8).map(([a, b]): Tree => [Math.min(a, b), Math.max(a, b)]),
};
const encoded = (tree: Tree): Uint8Array =>
  encode(written(tree, (value) => encode(value as CborValue)) as CborValue, { maxBytes: 100_000 });
const drawn = (rule: string): fc.Arbitrary<Tree> => draw(SCHEMA.types.get(rule) as Node, LIKELY);

/** What is tried at every place of a message, besides what is tried by chance. */
const tries: readonly Change["how"][] = [
  ...[0, 1, 9, 255, 256, 65_536, 2 ** 32, -1, true, null, "", new Uint8Array(0), [], new Map<number, Tree>()].map(
    (by) => ({ kind: "replace", by }) as const,
  ),
  ...[-1, 1].map((by) => ({ kind: "nudge", by }) as const),
  ...[0, 1, 2, 3].map((at) => ({ kind: "drop", at }) as const),
  ...[0, 1, 3, 12].map((label) => ({ kind: "add", label, item: 1 }) as const),
];
const PLACES = 30;

/** Undefined where the library is stricter than the grammar. */
function agree(rule: string, tree: Tree): boolean | undefined {
  const bytes = encoded(tree);
  const verdict = verdictOfLibrary(rule, bytes);
  if (verdict === "stricter") return undefined;
  return validateBytes(SCHEMA, rule, bytes, decodePlain).ok === (verdict === "accepted");
}

describe.each([...passes.keys()].sort())("%s", (rule) => {
  it("is read and written as the grammar gives it", () => {
    let accepted = 0;
    fc.assert(
      fc.property(drawn(rule), (value) => {
        const bytes = encoded(value);
        expect(validateBytes(SCHEMA, rule, bytes, decodePlain)).toEqual({ ok: true });
        const verdict = verdictOfLibrary(rule, bytes);
        expect(verdict).not.toBe("refused");
        if (verdict === "accepted") accepted += 1;
      }),
      { numRuns: 60 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it("changed by chance, is right for both or wrong for both", () => {
    fc.assert(
      fc.property(drawn(rule), changes, (tree, one) => {
        expect(agree(rule, change(tree, one))).not.toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it("changed at any place, is right for both or wrong for both", () => {
    fc.assert(
      fc.property(drawn(rule), (tree) => {
        const wrong = tries.flatMap((how) =>
          Array.from({ length: PLACES }, (_, place) => ({ place, how })).filter(
            (one) => agree(rule, change(tree, one)) === false,
          ),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 2 },
    );
  });
});

it("every rule about messages is held to, but for the answers of framing", () => {
  const [, messages = ""] = SOURCE.split("; ---- messages");
  const rules = [...messages.matchAll(/^([a-z0-9-]+) =/gm)].map(([, rule]) => rule ?? "");
  const roots = rules.filter((rule) => rules.every((other) => other === rule || !SCHEMA.uses.get(other)?.has(rule)));
  expect(roots.filter((rule) => !passes.has(rule))).toEqual(["error-reply", "busy-reply"]);
});
