/** What `nyckelfri issue` can sign; apart from how, so that help and completion load no cryptography. */
export const ISSUABLE = [
  "certificate",
  "grant",
  "door-policy",
  "revocation-list",
  "upload-receipt",
  "root-transition",
] as const;
export type Issuable = (typeof ISSUABLE)[number];
