/** P15 (SPEC LOG-3, OPN-13, OPN-15): what early removal, bounces and swaps leave works, and knows every record that it knew. */
import { equalBytes } from "@nyckelfri/protocol";
import { type Nvm, nvmCycles } from "../hardware/nvm.ts";
import type { Checker } from "./checker.ts";
import { asCylinder, asKey, roleOf } from "./observed.ts";
import { checkerOf, type Scene } from "./watching.ts";

interface Position {
  readonly number: number;
  readonly head: Uint8Array;
}
interface Memory {
  /** Devices that are out of order since their last power-on, and how. */
  readonly broken: Map<string, string>;
  /** By device and store: the newest confirmed record. */
  readonly newest: Map<string, Position>;
}

export function carelessHoldersBreakNothing(): Checker {
  return checkerOf<Memory>({
    property: "P15",
    says: "a fast or careless holder loses no record and bricks nothing",
    begin: () => ({ broken: new Map(), newest: new Map() }),
    watch: {
      step: ({ moment: { entity, before, after } }, scene) => {
        if (before === after) return;
        const role = roleOf(entity, scene.truth);
        if (role === "rogue") return;
        if (role === "cylinder") lookAtCylinder(entity, before, after, scene);
        else lookAtOther(entity, before, after, scene);
      },
    },
    finish: ({ memory, truth, breach }) => {
      for (const [device, how] of memory.broken) {
        // Endurance is P22's; here nobody was rough with the memory.
        if (!isWorn(truth.memory(device))) breach(device, `it ended ${how}`);
      }
    },
  });
}

function lookAtCylinder(id: string, before: unknown, after: unknown, scene: Scene<Memory>): void {
  const { broken } = scene.memory;
  if ((after as { readonly power: string }).power === "blank") broken.set(id, "without its identity");
  const on = asCylinder(after);
  if (on === undefined) return;
  const old = asCylinder(before);
  const { phase, stores } = on;
  if (phase !== old?.phase) {
    if (phase.name === "closed" && phase.reason === "memory")
      broken.set(id, "closed, because its memory takes nothing");
    else if (phase.name !== "booting" && phase.name !== "closed") broken.delete(id);
  }
  if (stores === old?.stores) return;
  for (const store of ["openings", "refusals"] as const) note(id, store, stores[store].newest, scene);
}

function lookAtOther(id: string, before: unknown, after: unknown, scene: Scene<Memory>): void {
  const state = after as { readonly power: string; readonly reason?: string };
  if (state.power === "broken") scene.memory.broken.set(id, `broken, ${state.reason ?? "for no reason"}`);
  if (state.power !== "on") return;
  if ((before as { readonly power: string }).power !== "on") scene.memory.broken.delete(id);
  const journal = asKey(after)?.holdings.journal;
  if (journal === undefined || journal === asKey(before)?.holdings.journal) return;
  note(id, "journal", { number: journal.newest, head: journal.head }, scene);
}

function note(id: string, store: string, now: Position, { memory, breach }: Scene<Memory>): void {
  const name = `${id} ${store}`;
  const known = memory.newest.get(name);
  memory.newest.set(name, now);
  if (known === undefined || now.number > known.number) return;
  if (now.number < known.number)
    breach(id, `its ${store} ended with record ${known.number}, and now with ${now.number}`);
  else if (!equalBytes(now.head, known.head)) breach(id, `record ${now.number} of its ${store} is another one now`);
}

function isWorn(nvm: Nvm): boolean {
  const { pages, enduranceCycles } = nvm.profile;
  return Array.from({ length: pages }, (_, page) => nvmCycles(nvm, page)).some((cycles) => cycles > enduranceCycles);
}
