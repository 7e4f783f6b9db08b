import { expect, test } from "vitest";
import { decodeReply, decodeRequest, encodeReply, encodeRequest } from "#src/messages/message-table.ts";
import { enrolmentObject, noFleet, verifyEnrolment } from "#src/objects/enrolment.ts";
import { issueObject, parseObject } from "#src/objects/signed-object.ts";
import { cylinder, fixedBytes, provider, signerOf } from "../support/city.ts";
import { codeOf } from "../support/code-of.ts";

test("SPEC SVC-2: enrol is answered with an Enrolment over the host's nonce, and no other nonce", () => {
  const nonce = fixedBytes("nonce of the host", 16);
  const request = decodeRequest("service", 36, encodeRequest("service", "enrol", { nonce }));
  if (request.name !== "enrol") throw new Error(`36 is ${request.name}`);
  const enrolment = issueObject(
    enrolmentObject,
    {
      publicKey: cylinder.publicKey,
      serialNumber: "DUO-0042",
      deviceKind: "cylinder",
      firmware: [1, 0, 0],
      nonce: request.body.nonce,
    },
    { ...signerOf(cylinder), fleetId: noFleet() },
  );
  const reply = decodeReply("service", "enrol", encodeReply("service", "enrol", { enrolment: enrolment.bytes }));
  const verdict = (asked: Uint8Array) =>
    codeOf(() =>
      verifyEnrolment(parseObject(enrolmentObject, reply.enrolment), { provider, nonce: asked, isTaken: () => false }),
    );
  expect(verdict(nonce)).toBe("accepted");
  expect(verdict(fixedBytes("another nonce", 16))).toBe("objects/nonce");
});
