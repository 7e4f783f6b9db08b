/** A private key from a file with the certificates that make its word count (SPEC TRU-3, SRV-2, TIM-6). */
import {
  type Certificate,
  certificateObject,
  defaultProvider,
  equalBytes,
  hasRole,
  type IssuerKey,
  keyId,
  parseObject,
  toHex,
  type Unverified,
  verifyDeviceCertificate,
  verifyIssuerCertificate,
} from "@nyckelfri/protocol";
import { type Invocation, optionValue, optionValues } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import { localTime } from "../times/zoned-time.ts";
import { type PrivateKey, readPrivateKey } from "../trust/key-file.ts";
import { readCertificateFile, readTrustFile, type TrustFile } from "../trust/trust-file.ts";

export interface CertifiedSigner {
  readonly key: PrivateKey;
  /** Its own first, then its issuer's where that is not the root. */
  readonly certificates: readonly Uint8Array[];
}

/** What `--trust` and `--certificate` name. Without a trust file nothing is verified here; the station does it in any case. */
export interface Papers {
  readonly file: TrustFile | undefined;
  readonly certificates: readonly Unverified<Certificate>[];
}

export function readPapers(invocation: Invocation): Papers {
  const path = optionValue(invocation, "trust");
  const file = path === undefined ? undefined : readTrustFile(path);
  const more = optionValues(invocation, "certificate").map(readCertificateFile);
  const certificates = [...(file?.certificates ?? []), ...more].map((bytes) => parseObject(certificateObject, bytes));
  return { file, certificates };
}

/**
 * The key in the file at `path` with the certificates that give it `role` now. What has ended is told here and not by a device that
 * can only say no. Throws `cli/certificate-missing`, `cli/certificate-ended`, `trust/…`, `cli/key-open-to-others`.
 */
export function readSigner(
  path: string,
  role: "host" | "time",
  { file, certificates }: Papers,
  { now, zone }: { readonly now: number; readonly zone: string },
): CertifiedSigner {
  const key = readPrivateKey(path);
  const present = { now, zone, what: `${path} (${toHex(key.kid)})` };
  const own = newest(certificatesOf(key.kid, role, certificates));
  if (own === undefined) {
    throw new Failure("cli/certificate-missing", `no certificate with role ${role} for ${present.what} is at hand`);
  }
  if (role === "time") {
    requirePresent(own, present);
    if (file !== undefined) verifyIssuerCertificate(own, file.trust, defaultProvider);
    return { key, certificates: [own.bytes] };
  }
  const issuer = newest(certificatesOf(own.kid ?? new Uint8Array(8), "device", certificates));
  if (issuer === undefined) {
    const kid = toHex(own.kid ?? new Uint8Array(0));
    throw new Failure(
      "cli/certificate-missing",
      `no certificate with role device for ${kid} is at hand, which certified ${path}`,
    );
  }
  requirePresent(issuer, {
    ...present,
    what: `the issuer that certified ${path} (${toHex(own.kid ?? new Uint8Array(0))})`,
  });
  requirePresent(own, present);
  if (file !== undefined) {
    const verified: IssuerKey = verifyIssuerCertificate(issuer, file.trust, defaultProvider);
    verifyDeviceCertificate(own, verified, file.trust, defaultProvider);
  }
  return { key, certificates: [own.bytes, issuer.bytes] };
}

function certificatesOf(
  kid: Uint8Array,
  role: "host" | "time" | "device",
  certificates: readonly Unverified<Certificate>[],
): readonly Unverified<Certificate>[] {
  return certificates.filter(
    ({ value }) => hasRole(value, role) && equalBytes(keyId(defaultProvider, value.publicKey), kid),
  );
}

/** Renewed certificates stand beside those that they follow. */
function newest(certificates: readonly Unverified<Certificate>[]): Unverified<Certificate> | undefined {
  return certificates.toSorted((a, b) => b.value.epoch - a.value.epoch || b.value.exp - a.value.exp)[0];
}

function requirePresent(
  { value: { nbf, exp } }: Unverified<Certificate>,
  { now, zone, what }: { readonly now: number; readonly zone: string; readonly what: string },
): void {
  if (now >= exp) {
    throw new Failure("cli/certificate-ended", `the certificate of ${what} has ended at ${localTime(exp, zone)}`);
  }
  if (now < nbf) {
    throw new Failure("cli/certificate-ended", `the certificate of ${what} begins at ${localTime(nbf, zone)}`, {
      remedy: "Check this computer's clock; if it is right, wait or have a certificate issued that is valid now.",
    });
  }
}
