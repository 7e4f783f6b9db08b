/**
 * Wire versions (SPEC VER-1, MSG-3). Of the three version numbers of this project only the wire version is ever negotiated:
 * the specification's and the package's are for people.
 *
 * Nothing here guards the spans. Both hello bodies are inside what the proofs of the session sign (SPEC MSG-4): whoever
 * makes two sides meet on an older version than they have in common makes every proof fail.
 */
import { PeerError } from "../errors.ts";
import { SPOKEN_VERSIONS, type VersionRange } from "../framing/frame.ts";

/** The highest wire version that both sides speak. Throws `messages/version` where there is none (SPEC MSG-3). */
export function chooseVersion(theirs: VersionRange, ours: VersionRange = SPOKEN_VERSIONS): number {
  const newest = Math.min(ours.newest, theirs.newest);
  if (newest < Math.max(ours.oldest, theirs.oldest)) {
    throw new PeerError("messages/version", { oldest: theirs.oldest, newest: theirs.newest });
  }
  return newest;
}
