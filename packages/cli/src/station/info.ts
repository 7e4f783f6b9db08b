/** `nyckelfri station info`: who answers, what it can do, its clock, counters and docks. */
import { type InfoReply, type ServeWelcome, type SlotState, toHex } from "@nyckelfri/protocol";
import { timeText } from "../inspect/present.ts";
import type { Invocation, Report } from "../program/command.ts";
import { styleFor, type Terminal } from "../program/terminal.ts";
import { readZoneOption } from "../times/time-options.ts";
import { localTime } from "../times/zoned-time.ts";
import { atStation } from "./reach.ts";

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const [uri = ""] = invocation.operands;
  const zone = readZoneOption(invocation, terminal);
  const style = styleFor(terminal, "output");
  return atStation(uri, terminal, {}, async (client, welcome) => {
    const info = await client.info();
    const counters = await client.counters();
    const docks = await client.docks();
    const data = {
      ...welcomeData(welcome),
      serial: info.serial,
      epoch: info.epoch,
      clock: info.clock,
      floor: info.floor,
      certificates: info.certificates.map(([kid, exp]) => ({ kid: toHex(kid), exp })),
      bundles: info.bundles,
      bundleRoom: info.bundleRoom,
      docks: Object.fromEntries(docks),
      counters,
    };
    const text = [
      style("heading", `${welcome.kind} ${data.device}, serial ${info.serial}`),
      `  firmware ${data.firmware}, wire versions ${welcome.versions.oldest} to ${welcome.versions.newest}`,
      `  fleet ${data.fleet ?? "none: not commissioned"}, epoch ${info.epoch}`,
      `  can: ${welcome.capabilities.join(", ") || "nothing yet"}`,
      `  clock: ${clockText(info.clock, zone)}`,
      `  bundles: ${info.bundles}, room for ${info.bundleRoom} more`,
      ...info.certificates.map(([kid, exp]) => `  certificate ${toHex(kid)} until ${timeText(exp, zone)}`),
      ...docksText(docks),
      `  counters: ${Object.entries(counters)
        .filter(([, count]) => count > 0)
        .map(([name, count]) => `${name} ${count}`)
        .join(", ")}`,
    ];
    return { exit: "ok", data, text: text.join("\n") };
  });
}

export interface WelcomeData {
  readonly kind: string;
  readonly device: string;
  /** Undefined for a device that belongs to nobody yet. */
  readonly fleet: string | undefined;
  readonly firmware: string;
  readonly versions: ServeWelcome["versions"];
  readonly capabilities: readonly string[];
  readonly slots: number;
}

export function welcomeData({
  kind,
  device,
  fleetId,
  firmware,
  versions,
  capabilities,
  slots,
}: ServeWelcome): WelcomeData {
  const fleet = fleetId.every((byte) => byte === 0) ? undefined : toHex(fleetId);
  return { kind, device: toHex(device), fleet, firmware: firmware.join("."), versions, capabilities, slots };
}

/** SPEC TIM-1: a clock is an interval, or nothing. */
export function clockText(clock: InfoReply["clock"], zone: string): string {
  switch (clock.quality) {
    case "lost":
      return "lost: it needs the time";
    case "conflict":
      return "in conflict: its sources contradict each other";
    case "running":
      return `${localTime(clock.lo, zone)}, within ${clock.widthSeconds} s`;
    default:
      return clock satisfies never;
  }
}

function docksText(docks: ReadonlyMap<number, SlotState>): readonly string[] {
  return [...docks].map(([slot, state]) => `  slot ${slot}: ${state}`);
}
