/** What makes one cylinder this cylinder: written once, before it leaves the factory (SPEC PER-1, CRY-9). */
import { type CryptoProvider, keyId } from "@nyckelfri/protocol";
import { applyNvm, erasedNvm, type Nvm, type NvmProfile } from "../../hardware/nvm.ts";
import { type CylinderLayout, layoutOf } from "./layout.ts";
import { type Memory, programs, readSpan, wordsFor } from "./memory.ts";
import { CRC_BYTES, Packer, sealed, Unpacker, unsealed } from "./packing.ts";
import type { StoreContext } from "./stores.ts";

export interface CylinderMake {
  /** The private key (32 bytes), made by the device. */
  readonly seed: Uint8Array;
  /** 32 bytes from which its nonces follow (SPEC OPN-3); it never leaves. */
  readonly deviceSecret: Uint8Array;
  /** As printed on it, 1 to 24 ASCII characters. */
  readonly serialNumber: string;
  readonly firmware: readonly [major: number, minor: number, patch: number];
}

export interface CylinderIdentity extends CylinderMake {
  readonly publicKey: Uint8Array;
  readonly kid: Uint8Array;
}

const KEY_BYTES = 32;
const SERIAL_BYTES = 24;
const LENGTH = 3 * KEY_BYTES + 3 + 1 + SERIAL_BYTES;

/** A memory as the factory fills it. Throws `caller/argument` for a profile without room. */
export function provisionCylinder(provider: CryptoProvider, profile: NvmProfile, make: CylinderMake): Nvm {
  const serial = new Uint8Array(SERIAL_BYTES);
  const { length } = make.serialNumber;
  for (let index = 0; index < length; index++) serial[index] = make.serialNumber.charCodeAt(index);
  const packed = new Packer().bytes(make.seed).bytes(provider.publicKeyOf(make.seed)).bytes(make.deviceSecret);
  for (const part of make.firmware) packed.u8(part);
  const bytes = sealed(packed.u8(length).bytes(serial).done());
  let nvm = erasedNvm(profile);
  // Nothing is cut in the factory, and no word is marginal: nothing is drawn.
  const draws = { below: () => 0 };
  for (const operation of programs(profile, layoutOf(profile).identity.page, 0, bytes)) {
    nvm = applyNvm(nvm, operation, draws).nvm;
  }
  return nvm;
}

/** Undefined where the memory was never provisioned, or has lost it. */
export function readIdentity(
  { findings, layout, provider }: StoreContext,
  memory: Memory,
): CylinderIdentity | undefined {
  const { page, pages } = layout.identity;
  return findings.identity.of(memory.nvm, page, pages, () => identityAt(memory, layout, provider));
}

function identityAt(
  memory: Memory,
  { identity }: CylinderLayout,
  provider: CryptoProvider,
): CylinderIdentity | undefined {
  const words = wordsFor(memory.nvm.profile, LENGTH + CRC_BYTES);
  const bytes = unsealed(readSpan(memory, { page: identity.page, word: 0, words }), LENGTH);
  if (bytes === undefined) return undefined;
  const packed = new Unpacker(bytes);
  const seed = packed.bytes(KEY_BYTES);
  const publicKey = packed.bytes(KEY_BYTES);
  const deviceSecret = packed.bytes(KEY_BYTES);
  const firmware = [packed.u8(), packed.u8(), packed.u8()] as const;
  const serialNumber = String.fromCharCode(...packed.bytes(packed.u8()));
  return { seed, deviceSecret, firmware, serialNumber, publicKey, kid: keyId(provider, publicKey) };
}
