// Clocks and sources of time as the cases of time.json write them down.
import { toHex } from "#src/bytes.ts";
import { issuers, type Party, party, station } from "../../support/city.ts";
import type { Fields } from "../build.ts";
import {
  DEVICE_WINDOW,
  deviceCertificate,
  deviceIssuer,
  hexOf,
  ISSUER_WINDOW,
  issuerCertificate,
  windowOf,
} from "./certificates.ts";

export type SourceClass = "issuer" | "station" | "key";

export interface Source {
  readonly party: Party;
  readonly sourceClass: SourceClass;
  readonly window: { readonly nbf: number; readonly exp: number };
}
export interface Bounds {
  readonly loMs: number;
  readonly hiMs: number;
  readonly atTickMs: number;
}

export const atStation: Source = { party: station, sourceClass: "station", window: DEVICE_WINDOW };
export const secondStation: Source = { party: party("second station"), sourceClass: "station", window: DEVICE_WINDOW };
export const thirdStation: Source = { party: party("third station"), sourceClass: "station", window: DEVICE_WINDOW };
export const issuer: Source = {
  party: issuers.time,
  sourceClass: "issuer",
  window: ISSUER_WINDOW,
};

export const sourceOf = ({ party, sourceClass }: Source): Fields => ({ kid: toHex(party.kid), class: sourceClass });

/** The certificates of a source, with the window that it has. */
export function certificatesOf({ party, sourceClass, window: { nbf, exp } }: Source): readonly string[] {
  const window = windowOf(nbf, exp);
  return sourceClass === "issuer"
    ? hexOf(issuerCertificate(16, party, window))
    : hexOf(deviceCertificate(64, party, window), deviceIssuer);
}

/** 200 ppm of a span, rounded up to whole ms (SPEC TIM-2). */
export const drift = (elapsedMs: number): number => Math.ceil((elapsedMs * 200) / 1_000_000);
export const aged = ({ loMs, hiMs, atTickMs }: Bounds, elapsedMs: number): Bounds => ({
  loMs: loMs + elapsedMs - drift(elapsedMs),
  hiMs: hiMs + elapsedMs + drift(elapsedMs),
  atTickMs: atTickMs + elapsedMs,
});

export const lost = (knownLower = 0): Fields => ({ quality: "lost", knownLower });
export const running = (bounds: Bounds, source: Source, knownLower = Math.floor(bounds.loMs / 1000)): Fields => ({
  quality: "running",
  bounds,
  source: sourceOf(source),
  knownLower,
});
export interface Side {
  readonly bounds: Bounds;
  readonly source: Source;
}
export const conflict = (held: Side, claimed: Side, knownLower: number): Fields => ({
  quality: "conflict",
  held: { bounds: held.bounds, source: sourceOf(held.source) },
  claimed: { bounds: claimed.bounds, source: sourceOf(claimed.source) },
  knownLower,
});
