/**
 * The capacitor that holds a key's oscillator while its battery is out (SPEC TIM-9: at least 5 min when full). It is
 * counted in the time that it can hold; charging takes its time too, so two quick changes hold shorter than one.
 */

/** Figures come from a cost profile. */
export interface BackupCapacitorProfile {
  /** Full. */
  readonly holdMicroseconds: number;
  /** From empty to full. */
  readonly chargeMicroseconds: number;
}

export interface BackupCapacitor {
  readonly state: "charging" | "holding";
  /** What it could hold at `sinceMicroseconds`. */
  readonly heldMicroseconds: number;
  readonly sinceMicroseconds: number;
}

/** Empty, at the moment when its device gets a battery. */
export function emptyCapacitor(atMicroseconds: number): BackupCapacitor {
  return { state: "charging", heldMicroseconds: 0, sinceMicroseconds: atMicroseconds };
}

/** How long it can hold from now on. */
export function capacitorHold(
  capacitor: BackupCapacitor,
  profile: BackupCapacitorProfile,
  atMicroseconds: number,
): number {
  const elapsed = atMicroseconds - capacitor.sinceMicroseconds;
  if (capacitor.state === "holding") return Math.max(0, capacitor.heldMicroseconds - elapsed);
  if (elapsed >= profile.chargeMicroseconds) return profile.holdMicroseconds;
  const gained = Math.floor((elapsed * profile.holdMicroseconds) / profile.chargeMicroseconds);
  return Math.min(profile.holdMicroseconds, capacitor.heldMicroseconds + gained);
}

/** Supply comes (`charging`) or goes (`holding`). */
export function switchCapacitor(
  capacitor: BackupCapacitor,
  profile: BackupCapacitorProfile,
  atMicroseconds: number,
  state: BackupCapacitor["state"],
): BackupCapacitor {
  const heldMicroseconds = capacitorHold(capacitor, profile, atMicroseconds);
  return { state, heldMicroseconds, sinceMicroseconds: atMicroseconds };
}
