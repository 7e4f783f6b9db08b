import { expect, test } from "vitest";
import { startPeers } from "../dist/authorization/peer-roster.js";

/** A: accepted, r: refused, -: not writable, ?: not tried; in the order of TRICKS. */
const LETTERS = { accepts: "A", refuses: "r", "not writable": "-", "not tried": "?" } as const;

test("every peer loads, verifies, decides, and takes what the report says that it takes", async () => {
  const { running, absent } = await startPeers(4);
  try {
    expect(absent).toEqual([]);
    const tricks = Object.fromEntries(
      running.map(({ name, tricks: taken }) => [
        name,
        Object.values(taken)
          .map((one) => LETTERS[one])
          .join(""),
      ]),
    );
    // Of small-order keys Node's own verdict differs: 20 and 22 accept what 24 refuses (SPEC CRY-6).
    const small = Number(process.versions.node.split(".")[0]) >= 24 ? "r" : "A";
    expect(tricks).toEqual({
      jose: `${small}-rAA-Arrr`,
      "fast-jwt": `${small}-rAA-Arrr`,
      "@auth0/cose": `${small}AAAAAAArr`,
      "@owf/cose": `${small}rArAAAArr`,
      paseto: `${small}--Ar-Arrr`,
      "@biscuit-auth/biscuit-wasm": "?--A?AAAr?",
    });
    for (const peer of running) {
      for (const what of ["verify", "gate"] as const) expect(await peer.caseOf(what).seconds(5)).toBeGreaterThan(0);
    }
  } finally {
    await Promise.all(running.map((peer) => peer.stop()));
  }
});
