// SPEC chapter 16 is a closed list: what stands in no body cannot be learnt. The lists here are read off the schemas.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "#src/cbor/decode.ts";
import { encode } from "#src/cbor/encode.ts";
import type { AnySchema } from "#src/cbor/schema.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { type BodyName, bodySchemas } from "#src/messages/bodies.ts";
import { messageNamed, messagesOf } from "#src/messages/message-table.ts";
import { neededCapability, serveAuthority } from "#src/messages/serve.ts";
import { codeOf } from "../support/code-of.ts";
import { bodyArbitraries } from "./arbitraries.ts";

const labels = Array.from({ length: 48 }, (_, index) => index - 24);

/** The labels that a body can have: those that are drawn, and those that are refused for another reason than being unknown. */
function labelsOf(name: BodyName): readonly number[] {
  const schema = bodySchemas[name] as AnySchema;
  const drawn = fc.sample(bodyArbitraries[name] as fc.Arbitrary<never>, 50);
  const bodies = drawn.map((body) => schema.build(body, name) as ReadonlyMap<number, CborValue>);
  const known = (label: number) =>
    bodies.some((body) => {
      if (body.has(label)) return true;
      const more = encode(new Map([...body, [label, -1]]));
      return codeOf(() => schema.parse(decode(more), name)) !== "schema/unknown-label";
    });
  return labels.filter(known);
}

/** Names of the fields of a body, as a program sees them. */
function fieldsOf(name: BodyName): ReadonlySet<string> {
  return new Set(fc.sample(bodyArbitraries[name] as fc.Arbitrary<object>, 200).flatMap((body) => Object.keys(body)));
}

const count = (most: number) => Array.from({ length: most }, (_, index) => index + 1);

describe("SPEC PRV-1, OPN-2: what a fake lock is told", () => {
  test("hello", () => {
    expect(fieldsOf("open-hello")).toEqual(new Set(["versions", "exchange", "nonce", "battery"]));
    expect(labelsOf("open-hello")).toEqual(count(4));
  });

  test("open and supply: grant or cti, ticket, proof; update: an object", () => {
    expect(fieldsOf("open-request")).toEqual(new Set(["by", "grant", "cti", "ticket", "proof"]));
    expect(labelsOf("open-request")).toEqual(count(4));
    expect([fieldsOf("supply-request"), labelsOf("supply-request")]).toEqual([new Set(["objects"]), [1]]);
    expect([fieldsOf("update-request"), labelsOf("update-request")]).toEqual([new Set(["object"]), [1]]);
  });
});

describe("SPEC PRV-2, DCK-1: what a fake station is told", () => {
  test("the welcome", () => {
    expect(fieldsOf("dock-welcome")).toEqual(
      new Set(["versions", "key", "nonce", "battery", "epoch", "clock", "journal", "segments", "grantDigest", "lists"]),
    );
    expect(labelsOf("dock-welcome")).toEqual(count(10));
  });

  test.each<readonly [BodyName, readonly string[]]>([
    ["empty", []],
    ["chunk-reply", ["received"]],
    ["time-challenge-reply", ["nonce"]],
    ["time-reply", ["verdict", "clock"]],
    ["deliver-reply", ["outcome"]],
    // A DeviceProof over the asker's own nonce: that this kid is here.
    ["check-in-reply", ["proof"]],
    ["check-out-reply", ["outcome"]],
    // A list or certificate, which is for everybody.
    ["fetch-reply", ["object"]],
  ])("and before it has proven itself %s, which adds nothing", (name, fields) => {
    expect([...fieldsOf(name)]).toEqual(fields);
    expect(labelsOf(name)).toEqual(count(fields.length));
  });
});

test("SPEC OPN-4, PRV-7: the challenge, which a gadget gets too", () => {
  expect(fieldsOf("challenge")).toEqual(
    new Set(["versions", "cylinder", "nonce", "epoch", "policyVersion", "lists", "floor", "state", "newestRecord"]),
  );
  expect(labelsOf("challenge")).toEqual(count(9));
});

describe("SPEC SRV-1, SRV-2: what any host may ask of a station", () => {
  const names = messagesOf("serve").map(({ name }) => name);
  const authority: Readonly<Record<string, string>> = serveAuthority;
  const unsigned = names.filter((name) => authority[name] === "any-host");

  test("each message is of one kind, and only command is for a signed HostCommand", () => {
    expect(Object.keys(serveAuthority).sort()).toEqual([...names].sort());
    expect(names.filter((name) => authority[name] === "host-command")).toEqual(["command"]);
    expect(fieldsOf("command-request")).toEqual(new Set(["command", "certificates"]));
  });

  test("no unsigned one is answered with anything from a log, a journal or a key", () => {
    const objects = unsigned.filter((name) => {
      const { reply } = messageNamed("serve", name as "info");
      return ["object", "segment", "journal", "grant", "v", "key"].some((field) => fieldsOf(reply).has(field));
    });
    expect(objects).toEqual([]);
    expect(fieldsOf("command-reply").has("object")).toBe(true);
  });

  test("notifications name a slot and an event, and nobody", () => {
    expect(fieldsOf("dock-event")).toEqual(new Set(["slot", "event"]));
    expect(fieldsOf("cabinet-event")).toEqual(new Set(["slot", "event"]));
    expect([labelsOf("dock-event"), labelsOf("cabinet-event")]).toEqual([count(2), count(2)]);
  });

  test("what depends on a capability is a message of serve", () => {
    expect(Object.keys(neededCapability).filter((name) => !names.includes(name as "info"))).toEqual([]);
  });
});
