/**
 * Memories of devices without power, of which a city has thousands: pages as short as what stands in them, and equal pages once. The doors of
 * a round hold the same grants, certificates and lists in the same slots, and what the bench has written is the same in all of them.
 * The memory is the same value as before.
 */
import { equalBytes } from "@nyckelfri/protocol";
import type { Nvm } from "./nvm.ts";
import { ERASED, type NvmPage } from "./nvm-pages.ts";

/** A power of two: a place for each, given by its contents, and a newer page takes the place of an older one. */
const PLACES = 1 << 12;
/** Of all memories. */
const known: (NvmPage | undefined)[] = new Array<NvmPage | undefined>(PLACES).fill(undefined);

export function atRest(nvm: Nvm): Nvm {
  const { wordBytes } = nvm.profile;
  const pages = nvm.pages.map((page) => shared(tight(page, wordBytes)));
  return pages === nvm.pages ? nvm : { ...nvm, pages };
}

function shared(page: NvmPage): NvmPage {
  const place = hashOf(page) & (PLACES - 1);
  const before = known[place];
  if (before !== undefined && isSame(before, page)) return before;
  known[place] = page;
  return page;
}

/** The same page without erased words at its end: it reaches as far as anything is written, or hurt. */
export function tight(page: NvmPage, wordBytes: number): NvmPage {
  const { bytes, damage } = page;
  const least = (damage.last + 1) * wordBytes;
  let end = bytes.length;
  while (end > least && bytes[end - 1] === ERASED) end -= 1;
  const length = Math.ceil(end / wordBytes) * wordBytes;
  // Bytes of its own: a part of them would keep them all.
  return length === bytes.length ? page : { ...page, bytes: bytes.slice(0, length) };
}

function isSame(one: NvmPage, other: NvmPage): boolean {
  if (one === other) return true;
  return one.cycles === other.cycles && equalBytes(one.bytes, other.bytes) && one.damage.isSame(other.damage);
}

/** FNV-1a; what is left out of it tells pages apart in `isSame`. */
function hashOf({ cycles, bytes }: NvmPage): number {
  let hash = 0x811c_9dc5 ^ cycles;
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ (bytes[index] as number), 0x0100_0193);
  return hash ^ (hash >>> 15);
}
