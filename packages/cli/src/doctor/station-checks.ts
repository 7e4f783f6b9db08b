/** What a station that answers says of itself, judged: versions, line, trust, clock. */
import {
  defaultProvider,
  equalBytes,
  type InfoReply,
  keyId,
  type ServeWelcome,
  SPOKEN_VERSIONS,
  toHex,
} from "@nyckelfri/protocol";
import type { CounterName } from "@nyckelfri/station-client";
import { clockText } from "../station/info.ts";
import { lengthText, localTime } from "../times/zoned-time.ts";
import type { TrustFile } from "../trust/trust-file.ts";
import { type Check, failure, ok, warning } from "./findings.ts";

/** A renewal takes its time: a fortnight is what a time certificate lasts (SPEC TRU-7). */
const SOON_SECONDS = 7 * 86_400;
/** More than the clocks of two machines that are both right can differ. */
const APART_SECONDS = 5;

export interface Present {
  /** Unix seconds: this computer's clock, or what was named in its place. */
  readonly now: number;
  readonly zone: string;
}

export function versionCheck({ versions, firmware, kind, device }: ServeWelcome): Check {
  const span = `${versions.oldest} to ${versions.newest}`;
  const says = `${kind} ${toHex(device)}, firmware ${firmware.join(".")}, wire versions ${span}`;
  return versions.newest > SPOKEN_VERSIONS.newest
    ? warning("versions", says, "The station speaks a newer version too: update nyckelfri when you can.")
    : ok("versions", says);
}

/** What the station had to discard of what it heard. */
export function lineCheck(counters: Readonly<Partial<Record<CounterName, number>>>): Check {
  const { bytesReceived = 0, bytesDiscarded = 0, discardedCrc = 0 } = counters;
  // It has just answered: zeros are not what it counted.
  if (bytesReceived === 0)
    return ok("line", "the station does not count what its line brings, so nothing is said of it");
  const says = `of ${bytesReceived} bytes from hosts the station has discarded ${bytesDiscarded}, ${discardedCrc} frames by their checksum`;
  // Stale bytes at the beginning of a session are everyday; damage inside frames is not.
  return discardedCrc > 0 && bytesDiscarded * 100 > bytesReceived
    ? warning("line", says, "Take a shorter or better cable, and no adapter between.")
    : ok("line", says);
}

export function trustChecks(
  { fleetId }: ServeWelcome,
  { epoch, certificates, clock }: InfoReply,
  file: TrustFile | undefined,
  { now, zone }: Present,
): readonly Check[] {
  if (fleetId.every((byte) => byte === 0)) {
    return [warning("trust", "it belongs to no fleet yet", "Commission it.")];
  }
  const checks: Check[] = [];
  if (file === undefined)
    checks.push(ok("trust", `fleet ${toHex(fleetId)}, epoch ${epoch}; name --trust to have that judged`));
  else checks.push(fleetCheck(fleetId, epoch, file));
  // What the station takes it judges by its own clock, which an issuer has told it; what this computer's says is a doubt (clockCheck).
  const stationNow = clock.quality === "running" ? clock.lo : now;
  for (const [kid, exp] of certificates) {
    const what = `the certificate of ${nameOf(kid, file)}`;
    const renew = "Have its issuer sign a new one, and bring it: `nyckelfri station sync <uri> <file>`.";
    const ends = localTime(exp, zone);
    if (stationNow >= exp) checks.push(failure("trust", "trust", `${what} has ended at ${ends}`, renew));
    else if (now >= exp) {
      checks.push(
        warning("trust", `${what} has ended at ${ends} by this computer's clock, and not by the station's`, renew),
      );
    } else if (exp - stationNow < SOON_SECONDS) {
      checks.push(warning("trust", `${what} ends in ${lengthText(exp - stationNow)}`, renew));
    }
  }
  if (checks.every(({ verdict }) => verdict === "ok")) {
    checks.push(
      ok("trust", `${certificates.length} certificates, none of them ends within ${lengthText(SOON_SECONDS)}`),
    );
  }
  return checks;
}

function fleetCheck(fleetId: Uint8Array, epoch: number, { trust }: TrustFile): Check {
  if (!equalBytes(fleetId, trust.fleetId)) {
    return failure(
      "trust",
      "trust",
      `it belongs to fleet ${toHex(fleetId)}, and the trust file is of ${toHex(trust.fleetId)}`,
      "Take the trust file of its fleet; to have the station move, its fleet's root signs a transfer.",
    );
  }
  if (epoch === trust.epoch) return ok("trust", `it is of the trust file's fleet, epoch ${epoch}`);
  const says = `it is in epoch ${epoch}, and the trust file in ${trust.epoch}`;
  return epoch < trust.epoch
    ? warning("trust", says, "Bring it certificates of the present epoch: `nyckelfri station sync <uri> <folder>`.")
    : warning("trust", says, "Take a newer trust file.");
}

function nameOf(kid: Uint8Array, file: TrustFile | undefined): string {
  const isRoot = file !== undefined && equalBytes(kid, keyId(defaultProvider, file.trust.rootPublicKey));
  return isRoot ? "the root" : toHex(kid);
}

/** Against this computer's clock, which may be the wrong one of the two. */
export function clockCheck({ clock }: InfoReply, { now, zone }: Present): Check {
  const give = "Give it the time: `nyckelfri station sync <uri> --time-key <file> --trust <file>`.";
  if (clock.quality !== "running") return warning("clock", clockText(clock, zone), give);
  const { lo, widthSeconds } = clock;
  const apart = now < lo ? lo - now : now > lo + widthSeconds ? now - lo - widthSeconds : 0;
  if (apart <= APART_SECONDS) return ok("clock", clockText(clock, zone));
  return warning(
    "clock",
    `${clockText(clock, zone)}, and this computer's shows ${localTime(now, zone)}: ${lengthText(apart)} apart`,
    `Check this computer's clock first; a simulated station counts time of its own: name it with --at. ${give}`,
  );
}
