/**
 * Whether two worlds at rest are the same to all that can come: what memories hold, bit by bit with their damage, how often each
 * device has had power, where keys are, and what devices have promised. What is in working memory alone is not looked at: a device
 * that was cut has lost it, and nobody else had a reason to hold what it had not stored.
 */
import type { Nvm } from "../../hardware/nvm.ts";
import { tight } from "../../hardware/nvm-at-rest.ts";
import type { NvmPage } from "../../hardware/nvm-pages.ts";
import { flatten, Trace } from "../../world/trace.ts";
import type { World } from "../../world/world.ts";
import { promisesIn } from "./promises.ts";

const known: WeakMap<NvmPage, string> = new WeakMap();

/** 16 hex digits. */
export function stateHash(world: World): string {
  const trace = new Trace("last");
  const tell = (entity: string, kind: string, data: object): void => {
    trace.append({ time: 0, entity, kind, data: flatten(data) });
  };
  for (const body of world.kernel.part(world.build(({ bodies }) => bodies)).all()) {
    const { id, nvm, power, life } = body;
    const clock = body.kind === "cylinder" ? "none" : body.rtc.state;
    tell(id, "body", { power, life, clock, at: body.kind === "key" ? body.place.kind : "fixed" });
    tell(id, "memory", { pages: pagesOf(nvm) });
  }
  tell("city", "log", world.log.totals);
  for (const { device, store, number, record } of promisesIn(world)) tell(device, "promise", { store, number, record });
  return trace.hash();
}

function pagesOf({ pages }: Nvm): readonly string[] {
  return [...pages].map(([number, page]) => `${number} ${pageText(page)}`);
}

function pageText(page: NvmPage): string {
  const before = known.get(page);
  if (before !== undefined) return before;
  const hash = pageHash(page);
  known.set(page, hash);
  return hash;
}

/** Wear is left out: a page more or less erased once is the same page. */
function pageHash(page: NvmPage): string {
  const { bytes, damage } = tight(page, 1);
  const trace = new Trace("last");
  trace.append({ time: 0, entity: "page", kind: "bytes", data: { bytes } });
  for (const [word, one] of [...damage].sort(([a], [b]) => a - b)) {
    trace.append({ time: word, entity: "page", kind: "damage", data: flatten({ ...one, state: one.state }) });
  }
  return trace.hash();
}
