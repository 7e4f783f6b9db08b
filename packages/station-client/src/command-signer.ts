/** A signer over a private key in memory, for hosts that have no better place for it (SPEC SRV-2, OBJ-19). */
import { hostCommandObject, issueObject, type Signer } from "@nyckelfri/protocol";
import type { CommandSigner } from "./surroundings.ts";

/** `certificates`: the host's, with role host, and its issuer's, in this order. */
export function commandSigner(signer: Signer, certificates: readonly Uint8Array[]): CommandSigner {
  return {
    signCommand: (command, transcript) => ({
      command: issueObject(hostCommandObject, command, signer, [transcript]).bytes,
      certificates,
    }),
  };
}
