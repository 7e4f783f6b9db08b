/** `--at` and `--zone`, as all commands have them. */
import { type Invocation, optionValue } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import type { Terminal } from "../program/terminal.ts";
import { isZone, parseTime } from "./zoned-time.ts";

export function readZoneOption(invocation: Invocation, terminal: Terminal): string {
  const zone = optionValue(invocation, "zone") ?? terminal.zone;
  if (!isZone(zone)) {
    throw new Failure("cli/usage", `--zone ${zone} is no time zone`, {
      remedy: "Write an IANA name such as Europe/Stockholm.",
    });
  }
  return zone;
}

/** Unix seconds; the present where the option is absent. */
export function readTimeOption(invocation: Invocation, terminal: Terminal, zone: string): number {
  const written = optionValue(invocation, "at");
  if (written === undefined) return terminal.now();
  const parsed = parseTime(written, { zone });
  if (parsed.kind === "time") return parsed.seconds;
  const usage = (message: string, remedy: string): Failure => new Failure("cli/usage", message, { remedy });
  switch (parsed.kind) {
    case "skipped":
      throw usage(`--at ${written} does not exist in ${zone}`, `The next moment that exists is ${parsed.until}.`);
    case "twice":
      throw usage(`--at ${written} comes twice in ${zone}`, `Write "${parsed.first}" or "${parsed.second}".`);
    case "malformed":
      throw usage(
        `--at ${written} is no time`,
        "Write 2026-11-23 07:00, 2026-11-23T06:00Z or @1795413600 (Unix seconds).",
      );
  }
}
