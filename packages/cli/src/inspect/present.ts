/** Values of the protocol for people: every field on a line of its own, with its unit, names instead of bits. */
import { defaultProvider, keyId, pseudonymOf, type roles as Roles, rights, roles, toHex } from "@nyckelfri/protocol";
import { lengthText, localTime, utcTime } from "../times/zoned-time.ts";

export interface Row {
  /** `cnf.key.x`, `scope[0]`. */
  readonly path: string;
  readonly text: string;
}

/** Fields whose numbers are Unix seconds, in every object and message. */
const TIMES = new Set(["iat", "nbf", "exp", "from", "until", "t", "lo", "floor"]);

/** The leaves of a value. `zone` is where local times are shown. */
export function rowsOf(value: unknown, zone: string, path = ""): readonly Row[] {
  const name = /(\w+)(\[\d+\])?$/.exec(path)?.[1] ?? "";
  if (value instanceof Uint8Array) return [{ path, text: bytesText(value, name) }];
  // SPEC OBJ-3: a grant's sub is base64url of the pseudonym, which everything else shows in hex.
  if (name === "sub" && typeof value === "string") {
    return [{ path, text: `${value} (pseudonym ${toHex(pseudonymOf(value))})` }];
  }
  if (Array.isArray(value)) {
    if (/\bscope\[\d+\]$/.test(path)) return [{ path, text: scopeText(value) }];
    if (value.length === 0) return [{ path, text: "(none)" }];
    if (value.every((item) => typeof item === "number")) return [{ path, text: value.join(", ") }];
    return value.flatMap((item, index) => rowsOf(item, zone, `${path}[${index}]`));
  }
  if (value instanceof Map) return [...value].flatMap(([key, item]) => rowsOf(item, zone, `${path}.${String(key)}`));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, item]) =>
      item === undefined ? [] : rowsOf(item, zone, path === "" ? key : `${path}.${key}`),
    );
  }
  return [{ path, text: typeof value === "number" ? numberText(value, name, zone) : String(value) }];
}

/** Public keys are known by their kids. */
function bytesText(value: Uint8Array, name: string): string {
  if (value.length === 0) return "(empty)";
  const isKey = value.length === 32 && (name === "x" || /[pP]ublicKey$/.test(name));
  return isKey ? `${toHex(value)} (kid ${toHex(keyId(defaultProvider, value))})` : toHex(value);
}

function numberText(value: number, name: string, zone: string): string {
  if (TIMES.has(name)) return timeText(value, zone);
  if (name === "roles") return `${value} (${bitNames(value, roles)})`;
  if (name.endsWith("Seconds")) return `${value} s (${lengthText(value)})`;
  if (name.endsWith("Ms")) return `${value} ms`;
  return String(value);
}

/** `2026-11-23T06:00:00Z = 2026-11-23 07:00:00 +01:00 (1795413600)`. */
export function timeText(seconds: number, zone: string): string {
  return `${utcTime(seconds)} = ${localTime(seconds, zone)} (${seconds})`;
}

function scopeText([object, granted]: readonly unknown[]): string {
  const where = object instanceof Uint8Array ? `door ${toHex(object)}` : `group ${String(object)}`;
  return `${where}: ${granted === 0 ? "excluded" : bitNames(Number(granted), rights)}`;
}

export function bitNames(bits: number, names: typeof Roles | typeof rights): string {
  const set = Object.entries(names).filter(([, bit]) => (bits & bit) !== 0);
  return set.map(([name]) => name).join(", ");
}

/** For `--json`: bytes as hex, everything else as it is. */
export function dataOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(dataOf);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), dataOf(item)]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, dataOf(item)]));
}
