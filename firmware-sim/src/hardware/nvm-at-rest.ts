/**
 * Memories of devices without power, of which a city has thousands: pages as short as what stands in them, and equal pages once. The doors of
 * a round hold the same grants, certificates and lists in the same slots, and what the bench has written is the same in all of them.
 * The memory is the same value as before.
 */
import { equalBytes } from "@nyckelfri/protocol";
import { EqualOnce, hashOf } from "./equal-once.ts";
import type { Nvm } from "./nvm.ts";
import { ERASED, type NvmPage } from "./nvm-pages.ts";

/** Of all memories. */
const pages = new EqualOnce<NvmPage>(1 << 12);

export function atRest(nvm: Nvm): Nvm {
  const { wordBytes } = nvm.profile;
  const rested = nvm.pages.map((page) => shared(tight(page, wordBytes)));
  return rested === nvm.pages ? nvm : { ...nvm, pages: rested };
}

/** What the hash leaves out tells pages apart in `isSame`. */
function shared(page: NvmPage): NvmPage {
  return pages.of(
    hashOf(page.bytes, page.cycles),
    (known) => isSame(known, page),
    () => page,
  );
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
