// What an OpenProof is bound to without carrying it (SPEC OBJ-12, SVC-4).
import { expect, test } from "vitest";
import { concatBytes } from "#src/bytes.ts";
import { openProofExtra } from "#src/objects/open-proof.ts";
import { fixedBytes, provider } from "../support/city.ts";

const [hello, answer, grant, ticket, policy] = ["hello", "answer", "grant", "ticket", "policy"].map((name) =>
  fixedBytes(name, 20),
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const sha = (...parts: readonly Uint8Array[]): Uint8Array => provider.sha256(concatBytes(...parts));

test("SPEC OBJ-12: of an open: hello, challenge and updates; grant; ticket or nothing", () => {
  const updates = [fixedBytes("first", 9), fixedBytes("second", 9)] as const;
  const transcript = { hello, challenge: answer, updates };
  expect(openProofExtra(provider, transcript, grant, ticket)).toEqual([
    sha(hello, answer, ...updates),
    sha(grant),
    sha(ticket),
  ]);
  expect(openProofExtra(provider, { ...transcript, updates: [] }, grant, undefined)).toEqual([
    sha(hello, answer),
    sha(grant),
    new Uint8Array(0),
  ]);
});

test("SPEC SVC-4: of a lifecycle message: hello and welcome; grant; ticket or nothing; the policy", () => {
  const transcript = { hello, welcome: answer, policy };
  expect(openProofExtra(provider, transcript, grant, undefined)).toEqual([
    sha(hello, answer),
    sha(grant),
    new Uint8Array(0),
    sha(policy),
  ]);
});
