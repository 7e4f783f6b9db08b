// Chunks (SPEC FRM-9), cut here by hand, and the request that takes what they brought.
import { concatBytes, toHex } from "#src/bytes.ts";
import { encode } from "#src/cbor/encode.ts";
import { thumbprint } from "#src/cose/cose-key.ts";
import { fixedBytes, fleetId, issuers, provider, root, successor } from "../../support/city.ts";
import {
  accepted,
  bytesOf,
  type Fields,
  flipped,
  make,
  mapOf,
  refused,
  times,
  type Vector,
  type VectorFile,
} from "../build.ts";
import * as u from "../usual.ts";
import { issuerCertificate } from "./certificates.ts";

const CHUNK = 3;
const COMMISSION = 37;
/** The longest that groups and lists may be. */
const many = times(16, (index) => 0x1000_0000 + index);
const policy = make("door-policy", { ...u.usual["door-policy"].payload, 7: many }, { by: issuers.policy }).bytes;
/** Four issuers and a first policy: more than a frame holds. */
const commission = encode(
  mapOf({
    1: root.publicKey,
    2: thumbprint(provider, successor.publicKey),
    3: fleetId,
    4: [
      issuerCertificate(1, issuers.grant, { 6: many }).bytes,
      issuerCertificate(2, issuers.policy).bytes,
      issuerCertificate(4, issuers.list, { 6: many }).bytes,
      issuerCertificate(8, issuers.receipt).bytes,
    ],
    5: policy,
  }),
  { maxBytes: 1 << 16 },
);
if (commission.length <= 1013) throw new RangeError("it fits a frame");
const digest = provider.sha256(commission);
const total = commission.length;
const other = concatBytes(...times(30, (index) => fixedBytes(`part ${index} of another object`, 32)));

type Step = Readonly<{ message: number; body: string } & Fields>;
interface Cut {
  readonly digest?: Uint8Array;
  readonly total?: number;
  readonly data?: Uint8Array;
}
const bodyOf = (from: number, to: number, differs: Cut = {}): string =>
  toHex(bytesOf({ 1: digest, 2: from, 3: total, 4: commission.slice(from, to), ...labelsOf(differs) }));
const labelsOf = (differs: Cut) => ({
  ...(differs.digest === undefined ? {} : { 1: differs.digest }),
  ...(differs.total === undefined ? {} : { 3: differs.total }),
  ...(differs.data === undefined ? {} : { 4: differs.data }),
});
/** Bytes from `from` to `to`; `received` is what the answer says. */
const chunk = (from: number, to: number, received = Math.min(to, total), differs: Cut = {}): Step => ({
  message: CHUNK,
  body: bodyOf(from, to, differs),
  reply: toHex(bytesOf({ 1: received })),
});
const bad = (from: number, to: number, error: string, differs: Cut = {}): Step => ({
  message: CHUNK,
  body: bodyOf(from, to, differs),
  error,
});
const takes = (taken: Uint8Array, of = digest): Step => ({
  message: COMMISSION,
  body: toHex(bytesOf({ 0: of })),
  taken: toHex(taken),
});
const takesNothing = (of = digest): Step => ({
  message: COMMISSION,
  body: toHex(bytesOf({ 0: of })),
  error: "messages/inconsistent",
});

const good = (name: string, clauses: string, ...steps: readonly Step[]): Vector =>
  accepted(name, clauses, { exchange: "service", steps });
function faulty(name: string, clauses: string, ...steps: readonly Step[]): Vector {
  return refused(name, clauses, String(steps.at(-1)?.["error"]), { exchange: "service", steps });
}

const whole: readonly Step[] = [chunk(0, 500), chunk(500, total)];

export const transfers: VectorFile = {
  description:
    "Transfers of what does not fit a frame. `steps` are requests of one session after its hello: `message` is the number (3 chunk, 37 commission), `body` the request's body in hex. A step has one of: `reply`, the body of the reply to a chunk; `taken`, the body that a request with {0: digest} stands for; `error`, the code of the error that answers. Only the last step is answered by an error, unless the vector goes on to show what it left; `valid` and `reason` are about the last step.",
  vectors: [
    good("two chunks, and the request that takes them", "FRM-9", ...whole, takes(commission)),
    good("chunks of one byte up to 900", "FRM-9", chunk(0, 1), chunk(1, 901), chunk(901, total), takes(commission)),
    good("a chunk again", "FRM-9", chunk(0, 500), chunk(0, 500), chunk(500, total), takes(commission)),
    good(
      "an earlier chunk again",
      "FRM-9",
      chunk(0, 300),
      chunk(300, 500),
      chunk(0, 300, 500),
      chunk(500, total),
      takes(commission),
    ),
    good("the first chunk answers how many bytes are there", "FRM-9", chunk(0, 500)),
    good(
      "begun again after a chunk that differed",
      "FRM-9",
      chunk(0, 500),
      bad(0, 500, "framing/transfer-differs", { data: flipped(commission.slice(0, 500), 7) }),
      ...whole,
      takes(commission),
    ),
    faulty(
      "a chunk again with other bytes",
      "FRM-9",
      chunk(0, 500),
      bad(0, 500, "framing/transfer-differs", { data: flipped(commission.slice(0, 500), 7) }),
    ),
    faulty(
      "going on after a chunk that differed",
      "FRM-9",
      chunk(0, 500),
      bad(0, 500, "framing/transfer-differs", { data: flipped(commission.slice(0, 500), 7) }),
      bad(500, total, "framing/transfer-order"),
    ),
    faulty(
      "a second chunk with another total",
      "FRM-9",
      chunk(0, 500),
      bad(500, total - 1, "framing/transfer-differs", { total: total - 1 }),
    ),
    faulty(
      "a last chunk that reaches past the total",
      "FRM-9",
      chunk(0, 500),
      bad(500, total, "framing/transfer-chunk", { data: concatBytes(commission.slice(500), Uint8Array.of(0)) }),
    ),
    faulty("a first chunk that reaches past the total", "FRM-9", bad(0, 500, "framing/transfer-chunk", { total: 499 })),
    faulty("a chunk left out", "FRM-9", chunk(0, 300), bad(500, 800, "framing/transfer-order")),
    faulty("the first chunk left out", "FRM-9", bad(300, 500, "framing/transfer-order")),
    faulty("65,537 bytes", "FRM-9", bad(0, 500, "framing/transfer-too-large", { total: 65_537 })),
    good("65,536 bytes begin", "FRM-9", chunk(0, 500, 500, { total: 65_536 })),
    faulty("a chunk without data", "FRM-9", bad(0, 0, "schema/length")),
    faulty(
      "another digest than the bytes have",
      "FRM-9",
      chunk(0, 500, 500, { digest: provider.sha256(other) }),
      bad(500, total, "framing/transfer-digest", { digest: provider.sha256(other) }),
    ),
    faulty(
      "the request after a digest that failed",
      "FRM-9",
      chunk(0, 500, 500, { digest: provider.sha256(other) }),
      bad(500, total, "framing/transfer-digest", { digest: provider.sha256(other) }),
      takesNothing(provider.sha256(other)),
    ),
    faulty("a request for what was never transferred", "FRM-9 MSG-9", takesNothing()),
    faulty("a request before the last chunk", "FRM-9 MSG-9", chunk(0, 500), takesNothing()),
    faulty("a request for another digest", "FRM-9 MSG-9", ...whole, takesNothing(provider.sha256(other))),
    faulty("a second request for one transfer", "FRM-9 MSG-9", ...whole, takes(commission), takesNothing()),
  ],
};
