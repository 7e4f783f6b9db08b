/** What can be seen of a port before it is opened: is it there, may it be opened, who has it. */
import { accessSync, constants, lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import type { LinkUri } from "@nyckelfri/links";
import { type Check, failure, ok, warning } from "./findings.ts";
import { type Holders, portHolders } from "./port-holders.ts";

const JOIN_GROUP =
  "Join the group that owns the port (`sudo usermod -aG dialout $USER`; on Arch uucp), log out and log in again.";

/** Only serial ports have a path; of other links the opening tells. `holdersOf` is asked who else has the port. */
export function portChecks(
  link: LinkUri,
  holdersOf: (path: string) => Holders = (path) => portHolders(path),
): readonly Check[] {
  if (link.kind !== "serial" || process.platform === "win32") return [];
  const { path } = link;
  const there = presence(path);
  if (there.verdict === "failure") return [there];
  return [there, rights(path), programs(path, holdersOf(path))];
}

function presence(path: string): Check {
  const absent = (says: string): Check =>
    failure(
      "port",
      "unknown-port",
      says,
      "Plug the station in, look at the cable, and see `nyckelfri ports`: on another port it has another path.",
    );
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch {
    const isDangling = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    return absent(isDangling ? `${path} leads to a port that is gone` : `there is no ${path}`);
  }
  if (!stats.isCharacterDevice()) {
    return failure(
      "port",
      "unknown-port",
      `${path} is no serial port`,
      "Name another path, as `nyckelfri ports` shows it.",
    );
  }
  const target = realpathSync(path);
  return ok("port", target === path ? `${path} is there` : `${path} is there, as ${target}`);
}

function rights(path: string): Check {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return ok("rights", "this user may read and write it");
  } catch {
    const { gid, mode } = statSync(path);
    const says = `this user may not open ${path} (group ${gid}, permissions ${(mode & 0o777).toString(8)})`;
    return failure("rights", "port-rights", says, JOIN_GROUP);
  }
}

function programs(path: string, { holders, seen }: Holders): Check {
  if (holders.length > 0) {
    const names = holders
      .map(({ pid, program }) => `${program === "" ? "a program" : program} (process ${pid})`)
      .join(", ");
    return warning(
      "programs",
      `${names} has ${path} open too`,
      "End it: two programs on one port take each other's bytes.",
    );
  }
  switch (seen) {
    case "all":
      return ok("programs", "no other program has it open");
    case "some":
      return ok("programs", "no program of this user has it open; those of others cannot be seen");
    case "none":
      return ok("programs", "this system does not tell who has it open");
  }
}
