/** Two ends in one process. Nothing is lost between them, and nothing stalls: the other side's listeners are called at once. */
import type { Link, LinkClosed } from "@nyckelfri/protocol";
import type { AbortSignalLike } from "./abort-signal.ts";
import { CarriedLink } from "./carried-link.ts";

const PIECE_BYTES = 65_536;

/** Two links that are each other's other side, both open. */
export function memoryPair(name: string): [Link, Link] {
  const uri = `memory:${name}`;
  const ends: [CarriedLink, CarriedLink] = [end(uri, () => ends[1]), end(uri, () => ends[0])];
  return ends;
}

function end(uri: string, other: () => CarriedLink): CarriedLink {
  return new CarriedLink({
    uri,
    pieceBytes: PIECE_BYTES,
    stallMs: "carrier",
    carrier: {
      // In a later turn, so that no listener runs before the call that caused it has returned.
      take: async (piece) => {
        await Promise.resolve();
        other().received(piece);
      },
      release: async ({ reason }: LinkClosed) => {
        await Promise.resolve();
        if (reason === "closed-here") other().ended({ reason: "hang-up" });
      },
    },
  });
}

type Waiting = (link: Link) => void;

/** Openers that wait for the second of their name. */
const waiting = new Map<string, Waiting>();

/** The first opener of a name waits for the second, because a link is open when it is handed over. */
export function openMemory(name: string, signal: AbortSignalLike): Promise<Link> {
  const first = waiting.get(name);
  if (first !== undefined) {
    waiting.delete(name);
    const [mine, theirs] = memoryPair(name);
    first(theirs);
    return Promise.resolve(mine);
  }
  return new Promise((resolve, reject) => {
    const stopWaiting = (): void => {
      if (waiting.get(name) === resolve) waiting.delete(name);
      reject(signal.reason);
    };
    waiting.set(name, resolve);
    signal.addEventListener("abort", stopWaiting);
  });
}
