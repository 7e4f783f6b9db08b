/**
 * Local times become seconds once, here, and are local again only for people (SPEC TIM-14). The night on which clocks change
 * has an hour that does not exist or one that comes twice: neither is guessed.
 */
import { Temporal } from "temporal-polyfill";

/** The wire's times end in 2106. */
const LAST_SECOND = 0xffff_ffff;

export type ParsedTime =
  | { readonly kind: "time"; readonly seconds: number }
  /** The clocks are set forward over this local time. */
  | { readonly kind: "skipped"; readonly until: string }
  /** The clocks are set back over it: both readings, with the offsets that tell them apart. */
  | { readonly kind: "twice"; readonly first: string; readonly second: string }
  | { readonly kind: "malformed" };

export interface TimeContext {
  /** IANA name: `Europe/Stockholm`. */
  readonly zone: string;
  /** `2026-11-23`: the day of times that are written without one. */
  readonly date?: string | undefined;
}

const WRITTEN = /^(?:(\d{4}-\d{2}-\d{2})[ T]|(?:\+(\d{1,2})d )?)(\d{2}:\d{2}(?::\d{2})?) ?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * `2026-11-23 07:00` in the zone; `07:00` and `+1d 07:00` on the context's date and the day after it; any of them with an
 * offset (`+01:00`, `Z`) that settles an hour which comes twice; `@1795413600`, Unix seconds.
 */
export function parseTime(text: string, { zone, date }: TimeContext): ParsedTime {
  const malformed: ParsedTime = { kind: "malformed" };
  const unix = /^@(\d{1,10})$/.exec(text)?.[1];
  if (unix !== undefined) return Number(unix) <= LAST_SECOND ? { kind: "time", seconds: Number(unix) } : malformed;
  const [matched, writtenDate, daysLater, time, offset] = WRITTEN.exec(text) ?? [];
  if (matched === undefined || time === undefined) return malformed;
  const day = writtenDate ?? date;
  if (day === undefined) return malformed;
  let local: Temporal.PlainDateTime;
  try {
    const later = { days: Number(daysLater ?? 0) };
    local = Temporal.PlainDate.from(day).add(later).toPlainDateTime(Temporal.PlainTime.from(time));
  } catch {
    return malformed;
  }
  if (offset !== undefined) return inRange(Temporal.Instant.from(`${local.toString()}${offset}`));
  const earlier = local.toZonedDateTime(zone, { disambiguation: "earlier" });
  const later = local.toZonedDateTime(zone, { disambiguation: "later" });
  if (earlier.equals(later)) return inRange(earlier.toInstant());
  if (!earlier.toPlainDateTime().equals(local)) return { kind: "skipped", until: clockText(later) };
  return { kind: "twice", first: clockText(earlier), second: clockText(later) };
}

function inRange(instant: Temporal.Instant): ParsedTime {
  const seconds = Math.trunc(instant.epochMilliseconds / 1000);
  return seconds >= 0 && seconds <= LAST_SECOND ? { kind: "time", seconds } : { kind: "malformed" };
}

/** `2026-11-23 07:00:00 +01:00`. */
export function localTime(seconds: number, zone: string): string {
  const at = Temporal.Instant.fromEpochMilliseconds(seconds * 1000).toZonedDateTimeISO(zone);
  return `${at.toPlainDate()} ${at.toPlainTime().toString({ smallestUnit: "second" })} ${at.offset}`;
}

/** `2026-11-23T06:00:00Z`. */
export function utcTime(seconds: number): string {
  return Temporal.Instant.fromEpochMilliseconds(seconds * 1000).toString({ smallestUnit: "second" });
}

export function isZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

export function isDate(text: string): boolean {
  try {
    return /^\d{4}-\d{2}-\d{2}$/.test(text) && Temporal.PlainDate.from(text).toString() === text;
  } catch {
    return false;
  }
}

/** The zone of this computer. */
export function systemZone(): string {
  return Temporal.Now.timeZoneId();
}

/** `9 h 30 min`, `2 d`, `45 s`: the two largest units. */
export function lengthText(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  const parts: string[] = [];
  let rest = Math.abs(seconds);
  for (const [unit, size] of units) {
    const count = Math.trunc(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

function clockText(at: Temporal.ZonedDateTime): string {
  return `${at.toPlainDate()} ${at.toPlainTime().toString({ smallestUnit: "minute" })} ${at.offset}`;
}
