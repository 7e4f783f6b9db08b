import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode } from "#src/cbor/decode.ts";
import { encode } from "#src/cbor/encode.ts";
import type { CborValue } from "#src/cbor/value.ts";
import { SPOKEN_VERSIONS } from "#src/framing/frame.ts";
import { decodeReply, decodeRequest, encodeReply, encodeRequest, messagesOf } from "#src/messages/message-table.ts";
import { chooseVersion } from "#src/messages/negotiation.ts";
import { sessionTranscript } from "#src/objects/derivations.ts";
import { deviceProofObject, type ExchangeName, verifyDeviceProof } from "#src/objects/device-proof.ts";
import { hostCommandObject, verifyHostCommand } from "#src/objects/host-command.ts";
import { openProofObject } from "#src/objects/open-proof.ts";
import { parseObject, verifyObject } from "#src/objects/signed-object.ts";
import { exchanges, spec, wire } from "#src/registry.ts";
import * as city from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";

const { provider, fleetId } = city;

const span = fc
  .tuple(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 1, max: 255 }))
  .map(([a, b]) => ({ oldest: Math.min(a, b), newest: Math.max(a, b) }));

describe("SPEC MSG-3: the highest version that both have", () => {
  test.each([
    [1, 1, 1, 1, 1],
    [1, 2, 1, 1, 1],
    [1, 2, 2, 3, 2],
    [1, 3, 2, 3, 3],
    [2, 3, 1, 2, 2],
    [1, 255, 254, 255, 255],
    [1, 1, 2, 3, "messages/version"],
    [3, 4, 1, 2, "messages/version"],
  ] as const)("%i..%i and %i..%i: %s", (aOldest, aNewest, bOldest, bNewest, expected) => {
    const a = { oldest: aOldest, newest: aNewest };
    const b = { oldest: bOldest, newest: bNewest };
    if (expected === "messages/version") expect(codeOf(() => chooseVersion(a, b))).toBe(expected);
    else expect(chooseVersion(a, b)).toBe(expected);
  });

  test("both sides take the same, it is in both spans, and nothing higher is", () => {
    fc.assert(
      fc.property(span, span, (ours, theirs) => {
        const common = Array.from({ length: 255 }, (_, index) => index + 1).filter((version) =>
          [ours, theirs].every(({ oldest, newest }) => oldest <= version && version <= newest),
        );
        const chosen = (a: typeof ours, b: typeof ours) => {
          try {
            return chooseVersion(a, b);
          } catch {
            return undefined;
          }
        };
        expect(chosen(theirs, ours)).toBe(common.at(-1));
        expect(chosen(ours, theirs)).toBe(common.at(-1));
      }),
    );
  });

  test("every hello and every answer to one carries a span", () => {
    const spans = (Object.keys(exchanges) as ExchangeName[]).flatMap((exchange) => {
      const [hello] = messagesOf(exchange).filter(({ number }) => number === 0);
      return [hello?.request, hello?.reply];
    });
    const cddl = readFileSync(new URL("../../nyckelfri.cddl", import.meta.url), "utf8");
    const without = spans.filter((rule) => !new RegExp(`^${rule} = \\{\\s*1: versions,`, "m").test(cddl));
    expect(without).toEqual([]);
  });
});

describe("SPEC VER-1, VER-2: which numbers there are", () => {
  test("specification, wire and package each have their own, and only the wire's is in a span", () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect([spec, version].every((semantic) => /^\d+\.\d+(\.\d+)?$/.test(semantic))).toBe(true);
    expect(SPOKEN_VERSIONS).toEqual({ oldest: wire.oldest, newest: wire.version });
  });

  test("this library speaks its newest wire version and the one before", () => {
    const { oldest, newest } = SPOKEN_VERSIONS;
    expect(oldest).toBeLessThanOrEqual(Math.max(1, newest - 1));
  });

  test("neighbours always meet", () => {
    const keeping = fc.integer({ min: 1, max: 254 }).map((newest) => ({ oldest: Math.max(1, newest - 1), newest }));
    fc.assert(
      fc.property(keeping, (older) => {
        const newer = { oldest: older.newest, newest: older.newest + 1 };
        expect(chooseVersion(older, newer)).toBe(older.newest);
      }),
    );
  });
});

/** Two peers that both have versions 1 and 2. */
const both = { oldest: 1, newest: 2 };
/** What somebody between them makes of a body. */
type Tampering = (body: Uint8Array) => Uint8Array;
const untouched: Tampering = (body) => body;

function withField(label: number, value: CborValue): Tampering {
  return (body) => encode(new Map([...(decode(body) as ReadonlyMap<number, CborValue>), [label, value]]));
}
const talkedDown = withField(1, [1, 1]);

/** Tamperings of hello and of its answer, and what the proof is then worth. */
const attacks: readonly (readonly [string, Tampering, Tampering, "accepted" | "cose/signature-invalid"])[] = [
  ["nobody in between", untouched, untouched, "accepted"],
  ["hello's span talked down", talkedDown, untouched, "cose/signature-invalid"],
  ["the answer's span talked down", untouched, talkedDown, "cose/signature-invalid"],
  ["both spans talked down", talkedDown, talkedDown, "cose/signature-invalid"],
];

describe("SPEC MSG-4: an opening cannot be talked down", () => {
  const hello = encodeRequest("open", "hello", {
    versions: both,
    exchange: "open",
    nonce: city.fixedBytes("nonce of the key", 8),
    battery: "ok",
  });
  const challenge = encodeReply("open", "hello", {
    versions: both,
    cylinder: city.cylinder.kid,
    nonce: city.fixedBytes("nonce of the door", 16),
    epoch: city.EPOCH,
    policyVersion: 5,
    lists: [[city.LIST, 9]],
    floor: city.SHIFT.iat,
    state: "active",
    newestRecord: 43,
  });

  /** The key signs what it sent and got; the cylinder checks by what it got and sent. */
  function verdict(onHello: Tampering, onChallenge: Tampering): string {
    const helloAtCylinder = onHello(hello);
    const challengeAtKey = onChallenge(challenge);
    decodeRequest("open", 0, helloAtCylinder);
    decodeReply("open", "hello", challengeAtKey);
    const grant = city.issueGrant().bytes;
    const context = { grant, ticket: undefined };
    const proof = city.issueProof({ ...context, transcript: { hello, challenge: challengeAtKey, updates: [] } });
    const extra = city.proofExtra({ ...context, transcript: { hello: helloAtCylinder, challenge, updates: [] } });
    return codeOf(() =>
      verifyObject(parseObject(openProofObject, proof.bytes), {
        provider,
        fleetId,
        publicKey: city.key.publicKey,
        extra,
      }),
    );
  }

  test.each(attacks)("%s", (_, onHello, onChallenge, expected) => {
    expect(verdict(onHello, onChallenge)).toBe(expected);
  });

  test("SPEC MSG-5: nor is a proof good for other nonces, in either direction", () => {
    const other = city.fixedBytes("another nonce", 16);
    expect(verdict(withField(3, other.slice(0, 8)), untouched)).toBe("cose/signature-invalid");
    expect(verdict(untouched, withField(3, other))).toBe("cose/signature-invalid");
  });
});

describe("SPEC MSG-4, MSG-6: nor any other session", () => {
  const nonceOfStation = city.fixedBytes("nonce of the station", 16);
  const nonceOfPeer = city.fixedBytes("nonce of the peer", 16);

  const dockHello = encodeRequest("dock", "hello", {
    versions: both,
    exchange: "dock",
    nonce: nonceOfStation,
    device: city.station.kid,
  });
  const dockWelcome = encodeReply("dock", "hello", {
    versions: both,
    key: city.key.kid,
    nonce: nonceOfPeer,
    battery: "ok",
    epoch: city.EPOCH,
    clock: { quality: "lost" },
    journal: { newest: 0, head: new Uint8Array(16) },
    segments: 0,
    lists: [],
  });
  const serveHello = encodeRequest("serve", "hello", { versions: both, exchange: "serve", nonce: nonceOfPeer });
  const serveWelcome = encodeReply("serve", "hello", {
    versions: both,
    device: city.station.kid,
    nonce: nonceOfStation,
    fleetId,
    kind: "station",
    firmware: [1, 0, 0],
    capabilities: ["time", "log"],
    slots: 4,
  });

  /** The station signs what it sent and got, the key checks by what it got and sent. */
  function docked(onHello: Tampering, onWelcome: Tampering): string {
    const signed = sessionTranscript(provider, dockHello, onWelcome(dockWelcome));
    const checked = sessionTranscript(provider, onHello(dockHello), dockWelcome);
    const value = { nonce: nonceOfPeer, exchange: "dock" } as const;
    const proof = city.issue(deviceProofObject, value, city.station, [signed]);
    const session = { nonce: nonceOfPeer, exchange: "dock", transcript: checked } as const;
    const verifier = { provider, fleetId, publicKey: city.station.publicKey };
    return codeOf(() => verifyDeviceProof(city.reparse(proof), verifier, session));
  }

  /** The host signs what it sent and got, the station checks by what it got and sent. */
  function commanded(onHello: Tampering, onWelcome: Tampering): string {
    const signed = sessionTranscript(provider, serveHello, onWelcome(serveWelcome));
    const checked = sessionTranscript(provider, onHello(serveHello), serveWelcome);
    const value = {
      device: city.station.kid,
      nonce: nonceOfStation,
      sequence: 1,
      command: { kind: "read-log", cursor: 0 },
    } as const;
    const command = city.issue(hostCommandObject, value, city.host, [signed]);
    const session = { ...value, lastSequence: "none", transcript: checked, knownLower: 0 } as const;
    const authority = { provider, trust: city.trust, signer: city.host.certified };
    return codeOf(() => verifyHostCommand(city.reparse(command), authority as never, session));
  }

  test.each(attacks)("dock: %s", (_, onHello, onWelcome, expected) => {
    expect(docked(onHello, onWelcome)).toBe(expected);
  });

  test.each(attacks)("serve: %s", (_, onHello, onWelcome, expected) => {
    expect(commanded(onHello, onWelcome)).toBe(expected);
  });

  test("capabilities neither", () => {
    expect(commanded(untouched, withField(7, [1]))).toBe("cose/signature-invalid");
    expect(commanded(untouched, withField(7, [1, 3, 2]))).toBe("cose/signature-invalid");
  });
});
