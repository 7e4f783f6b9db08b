/** CBOR, envelopes and each kind of signed object. */
import { bytesOf, vectorsOf } from "../corpus.ts";
import type { Subject } from "../subject.ts";
import { must, type Target, textOf } from "../target.ts";
import { MOST, type Protocol, refusing, same, USUAL } from "./peer-bytes.ts";

type Kind = Protocol["grantObject"];

export function objectTargets(subject: Subject): readonly Target[] {
  return [...cborTargets(subject), ...envelopeTargets(subject), ...signedTargets(subject)];
}

// ---- CBOR --------------------------------------------------------------------------------------

function cborTargets({ protocol, modules }: Subject): readonly Target[] {
  const seeds = bytesOf(vectorsOf("cbor"));
  const { CborCursor } = modules["cursor"] as unknown as { readonly CborCursor: new (bytes: Uint8Array) => Cursor };
  return [
    {
      ...{ ...USUAL, name: "cbor", seeds, work: { each: 120, fixed: 6_000 } },
      run: (bytes) => {
        const outcome = refusing(protocol, () => protocol.decode(bytes));
        if (outcome.kind === "built") {
          same(protocol.encode(outcome.value as never), bytes, "SPEC CBR-11: encode(decode(x)) is not x");
        }
        const walked = refusing(protocol, () => overAll(new CborCursor(bytes), bytes));
        must(
          walked.kind === outcome.kind &&
            (walked.kind !== "refused" || outcome.kind !== "refused" || walked.why === outcome.why),
          `the cursor says ${JSON.stringify(walked)} of what decode says ${outcome.kind === "refused" ? outcome.why : "yes"} to`,
        );
        return outcome;
      },
    },
    {
      ...{ ...USUAL, name: "diagnostic", seeds },
      // An embedded item is decoded again at each layer around it, as deep as arrays may go.
      work: { each: 300, fixed: 6_000 },
      run: (bytes) => refusing(protocol, () => protocol.diagnose(bytes, { embedded: true })),
    },
  ];
}

/** The part of CborCursor that goes over an item of any form. */
interface Cursor {
  readonly offset: number;
  readArrayHeader(): number;
  readMapHeader(): number;
  readKey(): number;
  skip(): void;
  assertEnd(): void;
}

/** Goes over the item as a reader of fixed layouts does, header by header. */
function overAll(cursor: Cursor, bytes: Uint8Array): string {
  const item = (): void => {
    const initial = bytes[cursor.offset] ?? 0;
    if (initial >> 5 === 4) {
      for (let left = cursor.readArrayHeader(); left > 0; left--) item();
    } else if (initial >> 5 === 5) {
      for (let left = cursor.readMapHeader(); left > 0; left--) {
        cursor.readKey();
        item();
      }
    } else cursor.skip();
  };
  item();
  cursor.assertEnd();
  return "whole";
}

// ---- envelopes and objects ---------------------------------------------------------------------

function envelopeTargets({ protocol, modules }: Subject): readonly Target[] {
  const seeds = [...bytesOf(vectorsOf("cose")), ...bytesOf(vectorsOf("objects")).slice(0, 60)];
  const { readLayout } = modules["envelope"] as unknown as {
    readonly readLayout: (bytes: Uint8Array) => object | undefined;
  };
  const detached = new Uint8Array(20).fill(7);
  return [
    {
      ...{ ...USUAL, name: "envelope", seeds },
      run: (bytes) => {
        const whole = refusing(protocol, () => protocol.parseSign1(bytes));
        const parted = refusing(protocol, () => protocol.parseDetached(bytes, detached));
        must(whole.kind === "refused" || parted.kind === "refused", "one envelope is attached and detached");
        // The layout is that of the profile's CBOR, and a short way to it.
        const isCbor = refusing(protocol, () => protocol.decode(bytes)).kind === "built";
        const isEnvelope = whole.kind === "built" || parted.kind === "built";
        must(!isEnvelope || isCbor, "SPEC COS-1: an envelope that is no CBOR of the profile");
        must(
          isEnvelope === (bytes.length <= 1_000 && readLayout(bytes) !== undefined),
          "the layout and the envelope differ",
        );
        for (const read of [whole, parted]) {
          if (read.kind !== "built") continue;
          const { bytes: own, payload, protectedBytes, signature } = read.value as ReturnType<Protocol["parseSign1"]>;
          same(own, bytes, "the envelope keeps other bytes than it read");
          must(
            signature.length === 64 && protectedBytes.length > 0 && payload.length <= bytes.length,
            "parts of a wrong size",
          );
        }
        return { kind: "built", value: [whole, parted] };
      },
    },
    {
      ...{ ...USUAL, name: "cose-key", seeds: bytesOf(vectorsOf("cose-key")) },
      run: (bytes) => {
        const outcome = refusing(protocol, () => protocol.decodeCoseKey(bytes));
        if (outcome.kind === "built")
          same(protocol.encodeCoseKey(outcome.value as Uint8Array), bytes, "another COSE_Key");
        return outcome;
      },
    },
  ];
}

/** Every kind of signed object, by its name in registry.json. */
export function kindsOf(protocol: Protocol): ReadonlyMap<string, Kind> {
  const kinds = Object.values(protocol).filter((value) => isKind(value, protocol));
  return new Map(kinds.map((kind) => [kind.name, kind]));
}

function isKind(value: unknown, { objects }: Protocol): value is Kind {
  const { name, schema } = (typeof value === "object" && value !== null ? value : {}) as Partial<Kind>;
  return schema !== undefined && objects.some((row) => row.name === name);
}

function signedTargets({ protocol }: Subject): readonly Target[] {
  const vectors = [...vectorsOf("objects"), ...vectorsOf("chains"), ...vectorsOf("updates"), ...vectorsOf("log")];
  return [...kindsOf(protocol).values()].map((kind): Target => {
    const own = vectors.filter(({ object }) => object === kind.name);
    return {
      ...{ ...USUAL, name: `object:${kind.name}` },
      seeds: bytesOf(own),
      run: (bytes) => {
        const outcome = refusing(protocol, () => {
          const object = protocol.parseObject(kind, bytes);
          const { value, message } = object;
          same(object.bytes, bytes, "the object keeps other bytes than it read");
          const again = protocol.encodeAs(kind.schema, value, { maxBytes: bytes.length });
          same(again, message.payload, `SPEC CBR-11: ${kind.name} is built otherwise than it was read`);
          return { value, kid: object.kid, bytes: object.bytes, payload: message.payload };
        });
        if (outcome.kind === "built" && kind.read !== undefined) {
          const { payload, value } = outcome.value as { payload: Uint8Array; value: unknown };
          const quick = kind.read(payload);
          const slow = protocol.decodeAs(kind.schema, payload, { maxBytes: MOST });
          must(
            quick === undefined || textOf(quick, 9_999) === textOf(slow, 9_999),
            `the reader of ${kind.name} and its schema differ`,
          );
          must(textOf(value, 9_999) === textOf(slow, 9_999), `a ${kind.name} that its schema does not give`);
        }
        return outcome;
      },
    };
  });
}
