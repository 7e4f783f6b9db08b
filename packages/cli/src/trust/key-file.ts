/** Private keys in files that only their owner can read. A seed is never printed, and never in an error. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { defaultProvider, fromHex, keyId, thumbprint, toHex } from "@nyckelfri/protocol";
import { readFile, requireAbsent, writeNewFile } from "../files/read-file.ts";
import { Failure } from "../program/failure.ts";

/** Read and write for the owner, nothing for anybody else. */
export const KEY_FILE_MODE = 0o600;

export interface PublicKey {
  readonly publicKey: Uint8Array;
  readonly kid: Uint8Array;
}

export interface PrivateKey extends PublicKey {
  readonly seed: Uint8Array;
}

export function keyFromSeed(seed: Uint8Array): PrivateKey {
  const publicKey = defaultProvider.publicKeyOf(seed);
  return { seed, publicKey, kid: keyId(defaultProvider, publicKey) };
}

/** Throws a `Failure` `cli/file-exists`: a private key is never overwritten. */
export function writeKeyFiles(
  base: string,
  { seed, publicKey, kid }: PrivateKey,
): { readonly key: string; readonly pub: string } {
  const files = { key: `${base}.key`, pub: `${base}.pub` };
  const open = {
    kid: toHex(kid),
    publicKey: toHex(publicKey),
    thumbprint: toHex(thumbprint(defaultProvider, publicKey)),
  };
  requireAbsent(files.key, files.pub);
  writeNewFile(
    files.key,
    `${JSON.stringify({ nyckelfri: "private-key", ...open, seed: toHex(seed) }, undefined, 2)}\n`,
    KEY_FILE_MODE,
  );
  writeNewFile(files.pub, `${JSON.stringify({ nyckelfri: "public-key", ...open }, undefined, 2)}\n`);
  return files;
}

/** Throws a `Failure` `cli/key-open-to-others` before a byte is read from a file with wider permissions. */
export function readPrivateKey(path: string): PrivateKey {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    readFile(path);
    throw new Failure("cli/file-unreadable", `${path} cannot be opened`);
  }
  try {
    const mode = fstatSync(descriptor).mode & 0o777;
    // Windows has no such bits and reports 0o666 for everything.
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new Failure(
        "cli/key-open-to-others",
        `${path} has permissions ${mode.toString(8)}, and a private key has 600`,
      );
    }
    const { nyckelfri, seed, kid } = fieldsOf(readFileSync(descriptor, "utf8"));
    if (nyckelfri !== "private-key" || seed === undefined || !/^[0-9a-f]{64}$/.test(seed))
      throw wrongKind(path, "private key (made by `nyckelfri keygen`)");
    const key = keyFromSeed(fromHex(seed));
    if (kid !== toHex(key.kid)) throw wrongKind(path, "private key whose parts belong together");
    return key;
  } finally {
    closeSync(descriptor);
  }
}

/** A public key: 64 hex digits, or a file that `keygen` made; of a private key's file the public half is taken. */
export function readPublicKey(word: string): PublicKey {
  const publicKey = /^[0-9a-f]{64}$/i.test(word) ? fromHex(word) : publicKeyIn(word);
  return { publicKey, kid: keyId(defaultProvider, publicKey) };
}

function publicKeyIn(path: string): Uint8Array {
  const { publicKey } = fieldsOf(new TextDecoder().decode(readFile(path)));
  if (publicKey === undefined || !/^[0-9a-f]{64}$/.test(publicKey)) throw wrongKind(path, "public key");
  return fromHex(publicKey);
}

function fieldsOf(text: string): Readonly<Record<string, string | undefined>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, string>) : {};
  } catch {
    return {};
  }
}

function wrongKind(path: string, wanted: string): Failure {
  return new Failure("cli/wrong-file", `${path} holds no ${wanted}`);
}
