/** Trust files: a root's public key, what came of it, and the certificates that stand under it; JSON or YAML, nothing secret. */
import { renameSync } from "node:fs";
import {
  acceptRootTransition,
  certificateObject,
  defaultProvider,
  equalBytes,
  parseObject,
  rootTransitionObject,
  type Trust,
  toHex,
} from "@nyckelfri/protocol";
import { choice, type Field, hexBytes, integer, list, optional, record, required } from "../documents/fields.ts";
import { Findings } from "../documents/node.ts";
import { readYaml } from "../documents/yaml.ts";
import { readFile, readText, writeNewFile } from "../files/read-file.ts";
import { fromText } from "../inspect/input.ts";
import { Failure } from "../program/failure.ts";

export interface TrustFile {
  readonly trust: Trust;
  /** Encoded certificates, issuers' and devices'. */
  readonly certificates: readonly Uint8Array[];
  /** Public keys of devices, for what they sign with their own key. */
  readonly devices: readonly Uint8Array[];
}

interface Fields {
  readonly nyckelfri: "trust";
  readonly root: Uint8Array;
  readonly successor: Uint8Array;
  readonly fleet: Uint8Array;
  readonly epoch: number;
  readonly certificates: readonly Uint8Array[] | undefined;
  readonly devices: readonly Uint8Array[] | undefined;
}

const read = record<Fields>({
  nyckelfri: required(choice("trust")) as Field<"trust", "required">,
  root: required(hexBytes(32)),
  successor: required(hexBytes(32)),
  fleet: required(hexBytes(32)),
  epoch: required(integer(0, 0xffff_ffff)),
  certificates: optional(list(hexBytes())),
  devices: optional(list(hexBytes(32))),
});

/** Throws a `Failure` `cli/file-…`, or `cli/document` with the places that are wrong. */
export function readTrustFile(path: string): TrustFile {
  const findings = new Findings();
  const node = readYaml(readText(path), findings);
  const fields = node === undefined ? undefined : read(node, findings);
  if (fields === undefined) {
    throw new Failure("cli/document", `${path} is no trust file`, { findings: findings.sorted, path });
  }
  const { root, successor, fleet, epoch, certificates = [], devices = [] } = fields;
  const trust = { rootPublicKey: root, successorThumbprint: successor, fleetId: fleet, epoch };
  return { trust, certificates, devices };
}

export function trustFileText({ trust, certificates, devices }: TrustFile): string {
  const fields = {
    nyckelfri: "trust",
    root: toHex(trust.rootPublicKey),
    successor: toHex(trust.successorThumbprint),
    fleet: toHex(trust.fleetId),
    epoch: String(trust.epoch),
    certificates: certificates.map(toHex),
    devices: devices.map(toHex),
  };
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}

/** A certificate from a file: raw bytes, hex or base64. */
export function readCertificateFile(path: string): Uint8Array {
  const raw = readFile(path);
  const bytes = raw[0] === 0x84 ? raw : (fromText(new TextDecoder().decode(raw))?.bytes ?? raw);
  parseObject(certificateObject, bytes);
  return bytes;
}

/**
 * A certificate goes to the others, once. A root transition makes its signer the root: certificates of the old root end with it, and
 * devices stay. A crash leaves the old file or the new one, never half of either.
 */
export function addToTrustFile(
  path: string,
  kind: typeof certificateObject | typeof rootTransitionObject,
  bytes: Uint8Array,
): void {
  const file = readTrustFile(path);
  const next = `${path}.new`;
  writeNewFile(next, trustFileText(kind === rootTransitionObject ? followed(file, bytes) : extended(file, bytes)));
  renameSync(next, path);
}

function extended(file: TrustFile, certificate: Uint8Array): TrustFile {
  const isHeld = file.certificates.some((held) => equalBytes(held, certificate));
  return isHeld ? file : { ...file, certificates: [...file.certificates, certificate] };
}

function followed(file: TrustFile, transition: Uint8Array): TrustFile {
  const state = { trust: file.trust, floor: { epoch: file.trust.epoch, value: 0 } };
  const { trust } = acceptRootTransition(parseObject(rootTransitionObject, transition), state, defaultProvider);
  return { trust, certificates: [], devices: file.devices };
}
