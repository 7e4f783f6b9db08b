/** Does a revocation list void what a key presents (SPEC OBJ-9, DEC-14)? */
import { equalBytes } from "../bytes.ts";
import { keyId } from "../cose/cose-key.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import type { Grant } from "../objects/grant.ts";
import type { RevocationList } from "../objects/revocation-list.ts";
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

/** Does any entry of a list void it? Walked without a closure, and in any order: an index would trust that no list ever changes. */
export function voidedBy({ entries }: RevocationList, { grant, provider, holder, certified }: Revocable): boolean {
  const { iat, cti, scope } = grant;
  let holderKid: Uint8Array | undefined;
  for (const entry of entries) {
    const { until } = entry;
    switch (entry.kind) {
      case "grant":
        if (iat <= until && isSameId(entry.id, cti)) return true;
        break;
      case "key":
        if (iat > until) break;
        holderKid ??= keyId(provider, grant.cnf.key.x);
        if (isSameId(entry.id, holderKid)) return true;
        break;
      case "holder":
        if (iat <= until && isSameId(entry.id, holder)) return true;
        break;
      case "group":
        if (iat <= until && scope.some(([object]) => object === entry.id)) return true;
        break;
      case "device":
      case "issuer":
        // Either kind voids every certificate of this kid: a kid is one key's alone (SPEC COS-11), whatever certified it.
        for (const key of certified) if (isNamed(entry, key)) return true;
        break;
    }
  }
  return false;
}

/** Does a list void a key's certificate, or the one above it (SPEC OBJ-9, TRU-16)? */
export function voidsCertificate({ entries }: RevocationList, key: CertifiedKey): boolean {
  return entries.some(
    (entry) =>
      (entry.kind === "device" || entry.kind === "issuer") &&
      (isNamed(entry, key) || (key.level === "device" && isNamed(entry, key.issuer))),
  );
}

function isNamed(
  { id, until }: { readonly id: Uint8Array; readonly until: Seconds },
  { kid, certificate }: CertifiedKey,
): boolean {
  return isSameId(id, kid) && certificate.value.nbf <= until;
}

/** Nearly all ids that differ do so in their first byte; a call for every one of them costs more than all else here. */
function isSameId(one: Uint8Array, other: Uint8Array): boolean {
  return one[0] === other[0] && equalBytes(one, other);
}
