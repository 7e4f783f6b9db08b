/** Does a revocation list void what a key presents (SPEC OBJ-9, DEC-14)? */
import { equalBytes } from "../bytes.ts";
import { keyId } from "../cose/cose-key.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { Grant } from "../objects/grant.ts";
import type { RevocationEntry, RevocationList } from "../objects/revocation-list.ts";
import type { CertifiedKey } from "../objects/trust.ts";
import type { Seconds } from "../time/clock.ts";

/** Everything about a presented grant that an entry can name. */
export interface Revocable {
  readonly grant: Grant;
  /** Makes the kid of the grant's cnf, which only an entry of kind `key` asks for. */
  readonly provider: CryptoProvider;
  /** Pseudonym of the grant's sub, 8 bytes. */
  readonly holder: Uint8Array;
  /** The keys whose certificates stand behind grant and ticket: the grant's issuer, a ticket's box and its issuer. */
  readonly certified: readonly CertifiedKey[];
}

/** Does any entry of a list void it? */
export function voidedBy(list: RevocationList, presented: Revocable): boolean {
  return list.entries.some((entry) => voids(entry, presented));
}

function voids(entry: RevocationEntry, { grant, provider, holder, certified }: Revocable): boolean {
  const atOrBefore = (moment: Seconds): boolean => moment <= entry.until;
  switch (entry.kind) {
    case "grant":
      return equalBytes(entry.id, grant.cti) && atOrBefore(grant.iat);
    case "key":
      return equalBytes(entry.id, keyId(provider, grant.cnf.key.x)) && atOrBefore(grant.iat);
    case "holder":
      return equalBytes(entry.id, holder) && atOrBefore(grant.iat);
    case "group":
      return grant.scope.some(([object]) => object === entry.id) && atOrBefore(grant.iat);
    case "device":
    case "issuer":
      // Either kind voids every certificate of this kid: a kid is one key's alone (SPEC COS-11), whatever certified it.
      return certified.some(({ kid, certificate }) => equalBytes(kid, entry.id) && atOrBefore(certificate.value.nbf));
  }
}
