// Certificates of the city as plain labels, so that a case can have any of them differ; and the trust that devices store.
import { toHex } from "#src/bytes.ts";
import { DAY, EPOCH, fleetId, issuers, NOW, type Party, root, trust } from "../../support/city.ts";
import { type Labels, type Made, make } from "../build.ts";

export const ISSUER_WINDOW = { nbf: NOW - 30 * DAY, exp: NOW + 770 * DAY } as const;
/** 14 days, as long as a source of time may have. */
export const DEVICE_WINDOW = { nbf: NOW - 3 * DAY, exp: NOW + 11 * DAY } as const;

export const windowOf = (nbf: number, exp: number): Labels => ({ 3: nbf, 4: exp });

/** Of an issuer with one role bit, by the root. */
export function issuerCertificate(
  role: number,
  of: Party,
  differs: Labels = {},
  by: Party = root,
  fleet = fleetId,
): Made {
  const usual: Labels = { 1: role, 2: of.publicKey, ...windowOf(ISSUER_WINDOW.nbf, ISSUER_WINDOW.exp), 5: EPOCH };
  return make("certificate", { ...usual, ...differs }, { by, fleet });
}

/** Of a device, by the device issuer. */
export function deviceCertificate(roles: number, of: Party, differs: Labels = {}, by: Party = issuers.device): Made {
  const usual: Labels = { 1: roles, 2: of.publicKey, ...windowOf(DEVICE_WINDOW.nbf, DEVICE_WINDOW.exp), 5: EPOCH };
  return make("certificate", { ...usual, ...differs }, { by });
}

export const deviceIssuer: Made = issuerCertificate(32, issuers.device);

export const hexOf = (...made: readonly Made[]): readonly string[] => made.map(({ bytes }) => toHex(bytes));

/** What a device of the city stores (SPEC TRU-1). */
export const storedTrust = {
  rootPublicKey: toHex(root.publicKey),
  successorThumbprint: toHex(trust.successorThumbprint),
  fleetId: toHex(fleetId),
  epoch: EPOCH,
} as const;
