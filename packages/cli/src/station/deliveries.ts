/** Files with signed objects, sorted by whom they are for: the station and all keys, or one key. */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { defaultProvider, type Grant, keyId, NyckelfriError, toHex } from "@nyckelfri/protocol";
import { readFile } from "../files/read-file.ts";
import { fromText } from "../inspect/input.ts";
import { readObject } from "../inspect/read.ts";
import { Failure } from "../program/failure.ts";

export interface Delivery {
  readonly path: string;
  readonly object: string;
  readonly bytes: Uint8Array;
  /** kid of the one key that it is for, in hex; or the station and every key. */
  readonly to: string | "all";
}

/** Who is believed comes before what they say. */
const FOR_ALL = ["root-transition", "certificate", "revocation-list", "upload-receipt"] as const;

/**
 * Objects for the station and all keys first, in the order in which they build on each other. A folder whose name is a key's kid
 * holds that key's bundle; a grant says by itself whose it is. Throws `cli/file-…`, `cli/wrong-file`.
 */
export function readDeliveries(paths: readonly string[]): readonly Delivery[] {
  const all = paths.flatMap((path) => filesIn(path, undefined)).map(readDelivery);
  const rank = ({ object, to }: Delivery): number => {
    const at = (FOR_ALL as readonly string[]).indexOf(object);
    return to === "all" ? at : FOR_ALL.length;
  };
  return all.toSorted((a, b) => rank(a) - rank(b));
}

interface Found {
  readonly path: string;
  /** kid of the key whose folder it is in. */
  readonly folder: string | undefined;
}

function filesIn(path: string, folder: string | undefined): readonly Found[] {
  let kind: "folder" | "file" = "file";
  try {
    if (statSync(path).isDirectory()) kind = "folder";
  } catch {
    // Reading it says what is wrong.
  }
  if (kind === "file") return [{ path, folder }];
  const name = basename(path).toLowerCase();
  const inside = /^[0-9a-f]{16}$/.test(name) ? name : folder;
  const names = readdirSync(path).filter((one) => !one.startsWith("."));
  return names.sort().flatMap((one) => filesIn(join(path, one), inside));
}

function readDelivery({ path, folder }: Found): Delivery {
  const raw = readFile(path);
  const bytes = raw[0] === 0x84 ? raw : (fromText(new TextDecoder().decode(raw))?.bytes ?? raw);
  const object = objectIn(path, bytes);
  const { name } = object.kind;
  const isForAll = FOR_ALL.some((one) => one === name);
  const to = folder ?? (name === "grant" ? holderOf(object.value as Grant) : isForAll ? "all" : undefined);
  if (to === undefined) {
    throw new Failure("cli/wrong-file", `${path} is a ${name}, which goes to one key, and it is not said which`, {
      remedy: "Put it into a folder whose name is the kid of the key (16 hex digits), and hand over that folder.",
    });
  }
  return { path, object: name, bytes, to };
}

function objectIn(path: string, bytes: Uint8Array): ReturnType<typeof readObject> {
  try {
    return readObject(bytes);
  } catch (error) {
    if (!(error instanceof NyckelfriError)) throw error;
    throw new Failure("cli/wrong-file", `${path} holds no signed object: ${error.code}`, {
      remedy: "Hand over files with one signed object each, raw, in hex or in base64, and folders of nothing else.",
    });
  }
}

function holderOf({ cnf }: Grant): string {
  return toHex(keyId(defaultProvider, cnf.key.x));
}
