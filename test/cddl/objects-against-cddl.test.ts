/** The grammar of every signed object and the parser of the library agree about what is well-formed (SPEC CBR-14, OBJ-1). */
import { readFileSync } from "node:fs";
import {
  activationTicketObject,
  type CborValue,
  certificateObject,
  decodeAs,
  defaultProvider,
  deviceProofObject,
  deviceTransferObject,
  doorPolicyObject,
  encode,
  enrolmentObject,
  grantObject,
  hostCommandObject,
  issueObject,
  keyJournalObject,
  logSegmentObject,
  NyckelfriError,
  type ObjectKind,
  openProofObject,
  parseObject,
  pinVerifierObject,
  revocationListObject,
  rootTransitionObject,
  timeStatementObject,
  uploadReceiptObject,
} from "@nyckelfri/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePlain } from "./decode-plain.ts";
import { change, changes, draw, type Instead, type Tree, written } from "./draw.ts";
import type { Node } from "./node.ts";
import { readSchema } from "./schema.ts";
import { type Value, validate, validateBytes } from "./validate.ts";

const GRAMMAR = readSchema(readFileSync(new URL("../../protocol/nyckelfri.cddl", import.meta.url), "utf8"));

/** Draws that the rules of the kinds take more often: keys that may be trusted, and times that lie close. */
const LIKELY: Instead = {
  "public-key": fc.constant(defaultProvider.publicKeyOf(new Uint8Array(32))),
  seconds: fc.integer({ min: 0, max: 1000 }),
};

/** What the tests ask of a kind, with the type of its values forgotten. */
interface Kind {
  readonly name: string;
  /** The rule of its payload. */
  readonly rule: string;
  /** The code that refuses a payload, or `accepted`. */
  readonly judge: (payload: Uint8Array) => string;
  /** The payload signed and as it is sent. */
  readonly seal: (payload: Uint8Array) => Uint8Array;
  /** The code that refuses an envelope, or `accepted`. */
  readonly open: (bytes: Uint8Array) => string;
}

const seed = new Uint8Array(32).fill(7);
const signer = { provider: defaultProvider, seed, kid: new Uint8Array(8), fleetId: new Uint8Array(32) };

function kindOf<T>(kind: ObjectKind<T>): Kind {
  const parse = (payload: Uint8Array): T => decodeAs(kind.schema, payload);
  return {
    name: kind.name,
    rule: kind.name === "grant" ? "grant-claims" : `${kind.name}-payload`,
    judge: (payload) => codeOf(() => parse(payload)) ?? kind.violation?.(parse(payload))?.code ?? "accepted",
    seal: (payload) => issueObject<T>(kind, parse(payload), signer).bytes,
    open: (bytes) => codeOf(() => parseObject(kind, bytes)) ?? "accepted",
  };
}

const KINDS: readonly Kind[] = [
  kindOf(certificateObject),
  kindOf(rootTransitionObject),
  kindOf(grantObject),
  kindOf(activationTicketObject),
  kindOf(doorPolicyObject),
  kindOf(revocationListObject),
  kindOf(timeStatementObject),
  kindOf(openProofObject),
  kindOf(logSegmentObject),
  kindOf(uploadReceiptObject),
  kindOf(keyJournalObject),
  kindOf(pinVerifierObject),
  kindOf(enrolmentObject),
  kindOf(hostCommandObject),
  kindOf(deviceProofObject),
  kindOf(deviceTransferObject),
];

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof NyckelfriError) return error.code;
    throw error;
  }
}

const toBytes = (value: Value): Uint8Array => encode(value as CborValue, { maxBytes: 100_000 });
const ruleOf = (name: string): Node => GRAMMAR.types.get(name) ?? expect.fail(`no rule is called ${name}`);

/** What a kind's rules refuse although it is well-formed. The grammar cannot say which bits of base64url are unused. */
function isBeyondGrammar(code: string): boolean {
  return code.startsWith("objects/") || code === "schema/text";
}

/** A payload's verdicts: of the grammar, and of the library. */
function verdicts(kind: Kind, tree: Tree): { readonly matches: boolean; readonly code: string } {
  const value = written(tree, toBytes);
  return { matches: validate(GRAMMAR, kind.rule, value, decodePlain).ok, code: kind.judge(toBytes(value)) };
}

describe.each(KINDS.map((kind) => [kind.name, kind] as const))("%s", (name, kind) => {
  const payloads = draw(ruleOf(kind.rule));

  it("what the grammar gives is well-formed to the library", () => {
    fc.assert(
      fc.property(payloads, (tree) => {
        const { matches, code } = verdicts(kind, tree);
        expect(matches).toBe(true);
        expect(code === "accepted" || isBeyondGrammar(code) ? "well-formed" : code).toBe("well-formed");
      }),
    );
  });

  it("with something changed, both take it or both refuse it", () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(payloads, fc.array(changes, { minLength: 1, maxLength: 2 }), (tree, list) => {
        const { matches, code } = verdicts(kind, list.reduce(change, tree));
        if (matches) {
          seen.taken += 1;
          expect(code === "accepted" || isBeyondGrammar(code) ? "well-formed" : code).toBe("well-formed");
        } else {
          seen.refused += 1;
          expect(code).not.toBe("accepted");
        }
      }),
      { numRuns: 400 },
    );
    expect(seen.taken).toBeGreaterThan(0);
    expect(seen.refused).toBeGreaterThan(0);
  });

  it("as it is sent it matches, and changed envelopes match or are refused", () => {
    const likely = draw(ruleOf(kind.rule), LIKELY);
    const drawn = fc.sample(likely, { seed: 1, numRuns: 5000 }).map((tree) => toBytes(written(tree, toBytes)));
    const payload = drawn.find((bytes) => kind.judge(bytes) === "accepted") ?? expect.fail("none is within the rules");
    const sealed = kind.seal(payload);
    expect(validateBytes(GRAMMAR, name, sealed, decodePlain)).toEqual({ ok: true });
    expect(kind.open(sealed)).toBe("accepted");
    fc.assert(
      fc.property(changes, (one) => {
        const value = written(change(decodePlain(sealed) as Tree, one), toBytes);
        const { ok } = validate(GRAMMAR, name, value, decodePlain);
        if (!ok) expect(kind.open(toBytes(value))).not.toBe("accepted");
        expect(ok || kind.open(toBytes(value)) !== "accepted").toBe(true);
      }),
    );
  });
});
