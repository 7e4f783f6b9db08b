// The sixteen kinds of signed objects by their names in registry.json.
import { activationTicketObject } from "#src/objects/activation-ticket.ts";
import { certificateObject } from "#src/objects/certificate.ts";
import { deviceProofObject } from "#src/objects/device-proof.ts";
import { deviceTransferObject } from "#src/objects/device-transfer.ts";
import { doorPolicyObject } from "#src/objects/door-policy.ts";
import { enrolmentObject } from "#src/objects/enrolment.ts";
import { grantObject } from "#src/objects/grant.ts";
import { hostCommandObject } from "#src/objects/host-command.ts";
import { keyJournalObject } from "#src/objects/key-journal.ts";
import { logSegmentObject } from "#src/objects/log-segment.ts";
import { openProofObject } from "#src/objects/open-proof.ts";
import { pinVerifierObject } from "#src/objects/pin-verifier.ts";
import { revocationListObject } from "#src/objects/revocation-list.ts";
import { rootTransitionObject } from "#src/objects/root-transition.ts";
import type { ObjectKind } from "#src/objects/signed-object.ts";
import { timeStatementObject } from "#src/objects/time-statement.ts";
import { uploadReceiptObject } from "#src/objects/upload-receipt.ts";

const kinds = [
  activationTicketObject,
  certificateObject,
  deviceProofObject,
  deviceTransferObject,
  doorPolicyObject,
  enrolmentObject,
  grantObject,
  hostCommandObject,
  keyJournalObject,
  logSegmentObject,
  openProofObject,
  pinVerifierObject,
  revocationListObject,
  rootTransitionObject,
  timeStatementObject,
  uploadReceiptObject,
] as readonly unknown[] as readonly ObjectKind<unknown>[];

export function kindNamed(name: string): ObjectKind<unknown> {
  const kind = kinds.find((candidate) => candidate.name === name);
  if (kind === undefined) throw new RangeError(`no kind ${name}`);
  return kind;
}
