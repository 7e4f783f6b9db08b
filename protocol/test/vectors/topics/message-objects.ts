// Certificates as they travel in messages.
import { DAY, EPOCH, issuers, NOW, type Party, root, station } from "../../support/city.ts";
import { type Labels, make } from "../build.ts";

const certificate = (labels: Labels, by: Party): Uint8Array => make("certificate", labels, { by }).bytes;
const issued = (role: number, of: Party): Uint8Array =>
  certificate({ 1: role, 2: of.publicKey, 3: NOW - 30 * DAY, 4: NOW + 770 * DAY, 5: EPOCH }, root);

export const chainBytes = {
  grant: issued(1, issuers.grant),
  policy: issued(2, issuers.policy),
  device: issued(32, issuers.device),
} as const;

/** A station's certificate and its issuer's. */
export const deviceChain: readonly Uint8Array[] = [
  certificate({ 1: 64 | 512, 2: station.publicKey, 3: NOW - 3 * DAY, 4: NOW + 11 * DAY, 5: EPOCH }, issuers.device),
  chainBytes.device,
];
