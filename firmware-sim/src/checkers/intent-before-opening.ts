/** P7 (SPEC OPN-13, LOG-3): what a power cut in this very moment would leave is booted, and must know of the opening. */
import { equalBytes } from "@nyckelfri/protocol";
import { cylinderDevice, DARK } from "../devices/cylinder/cylinder.ts";
import type { Nvm } from "../hardware/nvm.ts";
import type { Checker } from "./checker.ts";
import { asCylinder } from "./observed.ts";
import { checkerOf } from "./watching.ts";

interface Memory {
  /** By cylinder: the record of its last engagement. */
  readonly records: Map<string, number>;
  /** Each boots its own cylinder: a device remembers what it has read of pages that have not changed since. */
  readonly devices: Map<string, ReturnType<typeof cylinderDevice>>;
}

/** What words that were hurt show differs from boot to boot; where none is, one boot is like every other. */
const NOISES: readonly number[] = [0, 0x9e37_79b1, 0x5bd1_e995];

export function intentBeforeOpening(): Checker {
  return checkerOf<Memory>({
    property: "P7",
    says: "an opening has a confirmed intent record before actuation energy is spent",
    begin: () => ({ records: new Map(), devices: new Map() }),
    watch: {
      engaged: ({ cylinder, cti, record }, { memory, truth, breach }) => {
        const before = memory.records.get(cylinder) ?? 0;
        memory.records.set(cylinder, record);
        if (record <= before) breach(cylinder, `opened with record ${record}, and the opening before had ${before}`);
        const nvm = truth.memory(cylinder);
        const { provider } = truth;
        const device = memory.devices.get(cylinder) ?? cylinderDevice({ provider, profile: nvm.profile });
        memory.devices.set(cylinder, device);
        for (const noise of noisesFor(nvm)) {
          const booted = asCylinder(device.step(DARK, { kind: "power-on", nvm, noise, tickMs: 0 }).state);
          const last = booted?.stores.openings.last;
          const isTold = last?.number === record && last.record.kind === "intent" && equalBytes(last.record.cti, cti);
          if (isTold) continue;
          return breach(
            cylinder,
            `opened, and its memory ends with record ${last?.number ?? "none"} (${last?.record.kind ?? "-"})`,
          );
        }
      },
    },
  });
}

function noisesFor({ pages }: Nvm): readonly number[] {
  return pages.held.some(({ damage }) => damage.size > 0) ? NOISES : NOISES.slice(0, 1);
}
