/** Certificate: a root or a device issuer says what a key may sign, and when (SPEC OBJ-2, TRU-3, TRU-6, TRU-7). */
import { array, bytes, map, optional, required, type Schema, uint } from "../cbor/schema.ts";
import { limits, roles, times } from "../registry.ts";
import type { Seconds } from "../time/clock.ts";
import { ascending, byNumber, nonEmptyWindow } from "./rules.ts";
import type { ObjectKind, Violation } from "./signed-object.ts";

/** Names of registry.json, `roles`. */
export type Role = keyof typeof roles;

export interface Certificate {
  /** Sum of the role bits. */
  readonly roles: number;
  readonly publicKey: Uint8Array;
  readonly nbf: Seconds;
  /** Exclusive. */
  readonly exp: Seconds;
  readonly epoch: number;
  /** The only groups that a grant issuer grants, or lists that a list issuer writes, ascending; absent means any (SPEC TRU-6). */
  readonly groups?: readonly number[];
}

/** Roles that the root certifies, one to a certificate. */
export const ISSUER_ROLES: number = roles.grant | roles.policy | roles.list | roles.receipt | roles.time | roles.device;
/** Roles that an issuer with role `device` certifies. */
export const DEVICE_ROLES: number = roles["time-source"] | roles.ticket | roles.host | roles.collector;

const schema: Schema<Certificate> = map({
  roles: required(1, uint({ min: 1, max: ISSUER_ROLES | DEVICE_ROLES })),
  publicKey: required(2, bytes(32)),
  nbf: required(3, uint()),
  exp: required(4, uint()),
  epoch: required(5, uint()),
  groups: optional(6, array(uint(), { min: 1, max: limits.policyGroups })),
});

export const certificateObject: ObjectKind<Certificate> = {
  name: "certificate",
  kid: "sent",
  schema,
  violation: (certificate) =>
    roleViolation(certificate.roles) ??
    nonEmptyWindow(certificate.nbf, certificate.exp) ??
    lifetimeViolation(certificate) ??
    groupsViolation(certificate),
  trusts: ({ publicKey }) => publicKey,
};

/** Does a certificate carry a role? */
export function hasRole(certificate: Certificate, role: Role): boolean {
  return (certificate.roles & roles[role]) !== 0;
}

/** SPEC TRU-3: exactly one issuer role, or device roles only. */
function roleViolation(bits: number): Violation | undefined {
  const issuer = bits & ISSUER_ROLES;
  const sound = issuer === 0 ? bits !== 0 : bits === issuer && (issuer & (issuer - 1)) === 0;
  return sound ? undefined : { code: "objects/roles", details: { roles: bits } };
}

/** SPEC TRU-7. */
function lifetimeViolation(certificate: Certificate): Violation | undefined {
  const longest =
    (certificate.roles & ISSUER_ROLES) !== 0
      ? times.issuerCertificateSeconds
      : hasRole(certificate, "time-source")
        ? times.timeCertificateSeconds
        : times.deviceCertificateSeconds;
  const lifetime = certificate.exp - certificate.nbf;
  return lifetime <= longest ? undefined : { code: "objects/lifetime", details: { lifetime, longest } };
}

/** SPEC OBJ-2: bounds stand ascending, and only beside role grant or list. */
function groupsViolation(certificate: Certificate): Violation | undefined {
  if (certificate.groups === undefined) return undefined;
  if (!hasRole(certificate, "grant") && !hasRole(certificate, "list"))
    return { code: "objects/roles", details: { roles: certificate.roles } };
  return ascending(certificate.groups, byNumber, "groups");
}
