/** P19 (SPEC OBJ-14, DCK-6, SVC-5): who and where of a record, as they were when the door opened, and as the city reads them. */
import { equalBytes, toHex } from "@nyckelfri/protocol";
import type { Checker, Truth } from "./checker.ts";
import { checkerOf, type Scene } from "./watching.ts";

/** What was true when the clutch engaged. */
interface Opening {
  readonly cylinder: string;
  readonly record: number;
  readonly cti: Uint8Array;
  readonly holder: Uint8Array;
  readonly door: Uint8Array;
  readonly mount: number;
}
interface Memory {
  /** By cylinder and record. */
  readonly openings: Map<string, Opening>;
}

export function pastRecordsStay(): Checker {
  return checkerOf<Memory>({
    property: "P19",
    says: "re-assigning a key or re-mounting a lock changes no past record's who or where",
    begin: () => ({ openings: new Map() }),
    watch: {
      engaged: ({ cylinder, record, cti, holds: { mount } }, { memory, truth }) => {
        const holder = truth.ledger.grantOf(cti)?.holder.pseudonym;
        const door = truth.doorOf(cylinder)?.id;
        if (holder === undefined || door === undefined) return;
        memory.openings.set(`${cylinder} ${record}`, { cylinder, record, cti, holder, door, mount });
      },
      collected: ({ cylinder, store, counter, mount, record }, scene) => {
        const opening = store === "openings" ? scene.memory.openings.get(`${cylinder} ${counter}`) : undefined;
        if (opening === undefined) return;
        if (record.kind !== "intent")
          return scene.breach(cylinder, `record ${counter} of an opening came as ${record.kind}`);
        judge(opening, record.cti, mount, scene);
      },
    },
    finish: (scene) => {
      for (const opening of scene.memory.openings.values()) judge(opening, opening.cti, opening.mount, scene);
    },
  });
}

/** As the city reads a record: by the grant's holder, and by the door of the mount number. */
function judge(opening: Opening, cti: Uint8Array, mount: number, { truth, breach }: Scene<Memory>): void {
  const { cylinder, record } = opening;
  const holder = truth.ledger.grantOf(cti)?.holder.pseudonym;
  if (holder === undefined || !equalBytes(holder, opening.holder)) {
    breach(cylinder, `record ${record} says ${nameOf(holder)} now, and it was ${nameOf(opening.holder)}`);
  }
  const door = doorOfMount(truth, cylinder, mount);
  if (door === undefined || !equalBytes(door, opening.door)) {
    breach(cylinder, `record ${record} says door ${nameOf(door)} now, and it was ${nameOf(opening.door)}`);
  }
}

function doorOfMount(truth: Truth, cylinder: string, mount: number): Uint8Array | undefined {
  const policies = truth.ledger.policiesOf(truth.member(cylinder).party.kid);
  return policies.find(({ object }) => object.value.mount === mount)?.object.value.door;
}

function nameOf(id: Uint8Array | undefined): string {
  return id === undefined ? "nobody" : toHex(id);
}
