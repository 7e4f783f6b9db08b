import { expect, test } from "vitest";
import { examine } from "#src/authorize/examine.ts";
import { box, EPOCH, fleetId, issueList, issuePolicy, issuers, provider, SHIFT, visit } from "../support/city.ts";

test("the usual visit opens", () => {
  const t0 = performance.now();
  const v = visit();
  const d = examine({ lifecycle: "active", epoch: EPOCH, floor: SHIFT.iat, policy: issuePolicy().value, policyVersion: { epoch: EPOCH, value: 5 }, lists: [issueList().value] }, v, { provider, fleetId, issuerOf: () => issuers.grant.certified, boxOf: () => box.certified, energy: "enough" });
  expect(d.decision.verdict).toBe("permit");
});
