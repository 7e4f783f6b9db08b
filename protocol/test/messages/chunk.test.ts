import { describe, expect, test } from "vitest";
import { encode } from "#src/cbor/encode.ts";
import { NO_TRANSFER, splitIntoChunks, stepTransfer } from "#src/framing/chunks.ts";
import { BODY_BYTES } from "#src/framing/frame.ts";
import { chunkedDigest, encodeChunkedBody, type Transferred } from "#src/messages/chunk.ts";
import {
  decodeLargeRequest,
  decodeRequest,
  encodeLargeRequest,
  encodeRequest,
  messageNamed,
  messagesOf,
} from "#src/messages/message-table.ts";
import type { ExchangeName } from "#src/objects/device-proof.ts";
import { exchanges, limits } from "#src/registry.ts";
import { fixedBytes, provider } from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";
import { biggestBodies } from "./biggest.ts";

const { sha256 } = provider;
const commission = biggestBodies["commission-request"] ?? expect.fail("there is none");
const commissionNumber = messageNamed("service", "commission").number;

/** What the other side has after the chunks, each sent as a request of its own. */
function transfer(bytes: Uint8Array): Transferred {
  const digest = sha256(bytes);
  let state = NO_TRANSFER;
  for (const chunk of splitIntoChunks(bytes, digest)) {
    const request = decodeRequest("service", 3, encodeRequest("service", "chunk", chunk));
    const step = stepTransfer(state, request.body as typeof chunk, sha256);
    if (step.outcome.kind === "complete") return { digest, bytes: step.outcome.bytes };
    state = step.state;
  }
  return expect.fail("the transfer did not end");
}

describe("SPEC FRM-9: a request that no frame holds", () => {
  const large = encodeLargeRequest("service", "commission", commission, sha256);
  if (large.kind !== "chunked") throw new Error("it fits a frame");

  test("is transferred first, and then named by its digest", () => {
    expect(large.transfer.length).toBeGreaterThan(BODY_BYTES);
    expect(large.body).toEqual(encode(new Map([[0, large.digest]])));
    const request = decodeLargeRequest("service", commissionNumber, large.body, transfer(large.transfer));
    expect(request).toEqual({ name: "commission", body: commission });
    expect(codeOf(() => encodeRequest("service", "commission", commission))).toBe("cbor/not-encodable");
  });

  test("is refused where another object was transferred, or none", () => {
    const other = transfer(Uint8Array.from([...large.transfer.slice(0, -1), 0]));
    const judged = [undefined, other].map((transferred) =>
      codeOf(() => decodeLargeRequest("service", commissionNumber, large.body, transferred)),
    );
    expect(judged).toEqual(["messages/inconsistent", "messages/inconsistent"]);
  });

  test("is as strict as one in a frame", () => {
    const nonsense = transfer(new Uint8Array(BODY_BYTES + 1));
    const codes = [nonsense, transfer(encode(new Map([[7, 1]])))].map((transferred) =>
      codeOf(() => decodeLargeRequest("service", commissionNumber, encodeChunkedBody(transferred.digest), transferred)),
    );
    expect(codes).toEqual(["cbor/trailing-bytes", "schema/missing-label"]);
  });

  test("may have limits.transferBytes and not one more", () => {
    const judge = (length: number) => {
      const bytes = new Uint8Array(length);
      const transferred = { digest: sha256(bytes), bytes };
      const body = encodeChunkedBody(transferred.digest);
      return codeOf(() => decodeLargeRequest("service", commissionNumber, body, transferred));
    };
    expect([judge(limits.transferBytes), judge(limits.transferBytes + 1)]).toEqual([
      "cbor/trailing-bytes",
      "cbor/too-large",
    ]);
  });

  test("what fits a frame goes in one", () => {
    const nonce = fixedBytes("nonce", 16);
    const small = encodeLargeRequest("service", "enrol", { nonce }, sha256);
    expect(small).toEqual({ kind: "whole", body: encodeRequest("service", "enrol", { nonce }) });
    expect(decodeLargeRequest("service", 36, small.body, undefined)).toEqual({ name: "enrol", body: { nonce } });
  });

  test("never at an opening, for hello or for a chunk itself", () => {
    const body = encodeChunkedBody(large.digest);
    const transferred = { digest: large.digest, bytes: large.transfer };
    const takers = (Object.keys(exchanges) as ExchangeName[]).flatMap((exchange) =>
      messagesOf(exchange)
        .filter(({ number }) => {
          const code = codeOf(() => decodeLargeRequest(exchange, number, body, { ...transferred, digest: body }));
          return code === "messages/inconsistent";
        })
        .map(({ name }) => `${exchange} ${name}`),
    );
    const all = (Object.keys(exchanges) as ExchangeName[]).flatMap((exchange) =>
      messagesOf(exchange).map(({ name }) => `${exchange} ${name}`),
    );
    expect(all.filter((one) => !takers.includes(one) && !/ (hello|chunk)$/.test(one))).toEqual(
      messagesOf("open")
        .filter(({ number }) => number !== 0)
        .map(({ name }) => `open ${name}`),
    );
    expect(takers.filter((one) => /^open | (hello|chunk)$/.test(one))).toEqual([]);
    const objects = [new Uint8Array(700), new Uint8Array(700)];
    expect(codeOf(() => encodeLargeRequest("open", "supply", { objects }, sha256))).toBe("cbor/not-encodable");
  });
});

describe("which bodies are chunked", () => {
  const digest = fixedBytes("digest", 32);

  test.each<readonly [string, Uint8Array]>([
    ["another label", encode(new Map([[1, digest]]))],
    ["a digest of 31 bytes and one byte more", Uint8Array.of(...encode(new Map([[0, digest.slice(1)]])), 0)],
    [
      "two fields",
      encode(
        new Map<number, Uint8Array>([
          [0, digest.slice(3)],
          [1, new Uint8Array(0)],
        ]),
      ),
    ],
    ["text", encode(new Map([[0, "x".repeat(32)]]))],
    ["an array", encode([digest])],
    ["nothing", new Uint8Array(0)],
    ["no CBOR", new Uint8Array(36).fill(0xff)],
  ])("%s is none", (_, body) => {
    expect(chunkedDigest(body)).toBeUndefined();
  });

  test("{0: digest} is one", () => {
    expect(chunkedDigest(encodeChunkedBody(digest))).toEqual(digest);
    expect(codeOf(() => encodeChunkedBody(digest.slice(1)))).toBe("schema/not-buildable");
  });
});
