/** What `npm run bench` measured, as Markdown, with its charts. */

import type { AuthorizationReport } from "../authorization/authorization.ts";
import { TRICKS, type TrickName } from "../authorization/tricks.ts";
import { CODEC_NAMES, type CodecRow, overall } from "../codec/codec.ts";
import type { FramesResult } from "../codec/frames.ts";
import { type BatteryRow, type DeviceRow, PUBLISHED } from "../device/device.ts";
import { type IngestRow, SEGMENT_RECORDS } from "../ingest/ingest.ts";
import type { Machine } from "../machine.ts";
import type { WorldReport } from "../world/world.ts";
import { barChart } from "./bar-chart.ts";
import { count, ratio, spread, table } from "./markdown.ts";

export interface BenchReport {
  readonly machine: Machine;
  readonly date: string;
  readonly command: string;
  readonly authorization?: AuthorizationReport;
  readonly codec?: { readonly rows: readonly CodecRow[]; readonly frames: readonly FramesResult[] };
  readonly world?: WorldReport;
  readonly device?: { readonly openings: readonly DeviceRow[]; readonly batteries: readonly BatteryRow[] };
  readonly ingest?: readonly IngestRow[];
}

export interface Charts {
  readonly [file: string]: string;
}

export function markdownOf(report: BenchReport): string {
  const { machine } = report;
  return [
    "# Measured",
    "",
    `\`${report.command}\`, ${report.date}: Node ${machine.node} (OpenSSL ${machine.openssl}), ${machine.cores} × ${machine.cpu}, ${machine.gibibytes} GiB, shared with others. ` +
      "Cases of one table ran in interleaved rounds; a ratio is the median of the ratios of each round, with its quartiles. Absolute rates move by a third with the machine's load.",
    "",
    ...(report.authorization === undefined ? [] : authorizationSection(report.authorization)),
    ...(report.codec === undefined ? [] : codecSection(report.codec)),
    ...(report.world === undefined ? [] : worldSection(report.world)),
    ...(report.device === undefined ? [] : deviceSection(report.device)),
    ...(report.ingest === undefined ? [] : ingestSection(report.ingest)),
  ].join("\n");
}

function authorizationSection({ rows, floors, absent, aims, control, rounds }: AuthorizationReport): string[] {
  const names = Object.keys(TRICKS) as TrickName[];
  return [
    "## Authorization",
    "",
    "One credential of equal content in each format: issuer, subject, three times, an identifier, the holder's Ed25519 key, one group. *Verify*: from bytes to claims whose signature holds. *Gate*: that, the holder's signature over a fresh nonce, the door's groups, and four lists of 48. " +
      `${rounds} rounds; 2,048 holders in turn, so that no key is known from the opening before. Ratios are to one bare verification by node:crypto of the same to-be-signed bytes.`,
    "",
    table(
      ["library", "version", "bytes", "verify/s", "ratio", "gate/s", "ratio", "seen/s", "ratio"],
      rows.map(({ name, version, wireBytes, verify, gate, gateSeen }) => [
        ...[name, version, wireBytes, count(verify.operationsPerSecond), ratio(verify.ratio)],
        ...[count(gate.operationsPerSecond), ratio(gate.ratio)],
        ...(gateSeen === undefined ? ["–", "–"] : [count(gateSeen.operationsPerSecond), ratio(gateSeen.ratio)]),
      ]),
    ),
    "",
    "![Gate decisions](charts/gate.svg)",
    "",
    ...absent.map(({ name, why }) => `- ${name} did not run: ${why}`),
    table(
      ["the floor", "verify/s", "ratio", "quartiles"],
      [...floors, control].map((one) => [one.name, count(one.operationsPerSecond), ratio(one.ratio), spread(one)]),
    ),
    "",
    table(
      ["aim", "asked", "measured", "quartiles", "bound"],
      aims.map(({ what, aim, measured, low, high, bound }) => [
        what,
        ratio(aim),
        `${ratio(measured)}${measured >= aim ? "" : " (missed)"}`,
        `${ratio(low)} .. ${ratio(high)}`,
        ratio(bound),
      ]),
    ),
    "",
    "Bound: what the ratio would be if the bare signature checks were all that is done; nothing can be above it but by measuring noise.",
    "",
    "What each takes that no door should, with the calls of its own first example (A: accepted, r: refused, –: the format has no place for it, ?: not tried):",
    "",
    table(
      [
        "trick",
        ...rows
          .filter(({ name }) => !name.endsWith("noble") && !name.endsWith("native"))
          .map(({ name }) => name.replace(", node:crypto", "")),
      ],
      names.map((trick) => [
        TRICKS[trick],
        ...rows
          .filter(({ name }) => !name.endsWith("noble") && !name.endsWith("native"))
          .map(({ tricks }) => ({ accepts: "A", refuses: "r", "not writable": "–", "not tried": "?" })[tricks[trick]]),
      ]),
    ),
    "",
  ];
}

function codecSection({ rows, frames }: NonNullable<BenchReport["codec"]>): string[] {
  const own = rows.filter(({ codec }) => codec === CODEC_NAMES[0]);
  const others = CODEC_NAMES.slice(1);
  const rowOf = (object: string, codec: string): CodecRow =>
    rows.find((row) => row.object === object && row.codec === codec) as CodecRow;
  return [
    "## Codec",
    "",
    "Payloads of one usual object of each kind. Ours: bytes to a named value of which every field was checked, and back; the others: bytes to maps and arrays, and back. Ratios to ours, decode and encode.",
    "",
    table(
      ["object", "bytes", "decode/s", "encode/s", ...others.flatMap((name) => [`${name}: decode`, "encode"])],
      own.map(({ object, bytes, decode, encode }) => [
        ...[object, bytes, count(decode.operationsPerSecond), count(encode.operationsPerSecond)],
        ...others.flatMap((name) => [ratio(rowOf(object, name).decode.ratio), ratio(rowOf(object, name).encode.ratio)]),
      ]),
    ),
    "",
    `Over all objects (geometric mean): ${others.map((name) => `${name} ${ratio(overall(rows, name, "decode"))} and ${ratio(overall(rows, name, "encode"))}`).join("; ")}.`,
    "",
    table(
      ["frames in chunks of 64 bytes", "read of sent", "frames/s", "MB/s"],
      frames.map(({ noiseShare, framesSent, framesRead, framesPerSecond, megabytesPerSecond }) => [
        noiseShare === 0 ? "clean line" : `${noiseShare * 100} % of the bytes overwritten`,
        `${count(framesRead)} of ${count(framesSent)}`,
        count(framesPerSecond),
        megabytesPerSecond.toFixed(1),
      ]),
    ),
    "",
  ];
}

function worldSection({ heaps, day, one, two, growth }: WorldReport): string[] {
  const perSecond = one.openings / one.seconds;
  return [
    "## World",
    "",
    ...heaps.map(
      ({ pending, eventsPerSecond }) =>
        `- Heap with ${count(pending)} events pending: ${count(eventsPerSecond)} events a second.`,
    ),
    `- A district's day (${day.clients} clients, ${day.staff} staff, ${count(day.openings)} openings, node:crypto, profiled): ${day.seconds.toFixed(1)} s, ${(day.signatureShare * 100).toFixed(0)} % of it in ${count(day.verifications)} verifications and ${count(day.signatures)} signatures.`,
    `- Openings a second on one core, sodium-native, all that belongs to a day included: ${perSecond.toFixed(0)}; the same signatures alone take ${((100 * one.signatureFloorSeconds) / one.seconds).toFixed(0)} % of that time (aim: 75 %).`,
    `- Of ${count(one.verifications + one.recalled)} verifications ${count(one.recalled)} were recalled and not computed, because the same bytes had been verified under the same key before; computing them would take ${((100 * one.recalledSeconds) / one.seconds).toFixed(1)} % of that time more.`,
    `- Two workers against one, the same city: ${ratio(one.seconds / two.seconds)}; bare signatures on two threads against one: ${ratio(two.signatureSpeedup)}.`,
    "",
    table(
      ["city", "locks", "openings", "s, 2 workers", "openings/s", "MB at most", "KiB a lock"],
      growth.map((city) => [
        `${city.clients} clients, ${city.staff} staff`,
        count(city.doors),
        count(city.openings),
        city.seconds.toFixed(1),
        count(city.openings / city.seconds),
        city.peakMegabytes.toFixed(0),
        (city.bytesPerDoor / 1024).toFixed(1),
      ]),
    ),
    "",
    "Where a day's time goes, signatures among it (`run` and `SignJob` are node:crypto's), by file:",
    "",
    table(
      ["file", "share"],
      day.profile.map(([where, share]) => [where, `${(share * 100).toFixed(1)} %`]),
    ),
    "",
  ];
}

function deviceSection({ openings, batteries }: NonNullable<BenchReport["device"]>): string[] {
  const phases = Object.keys(openings[0]?.phaseMilliseconds ?? {}) as (keyof DeviceRow["phaseMilliseconds"])[];
  return [
    "## Device",
    "",
    "The cost model's answers (`firmware-sim/src/costs`, where every figure has a source or says that it is estimated): cylinder by processor, the same usual key. Milliseconds from contact to result, and of each phase in the whole visit; millijoules from the key's battery.",
    "",
    table(
      ["cylinder's processor", "visit", "ms", ...phases, "mJ", "verifications", "bytes"],
      openings.map(({ processor, visit, milliseconds, phaseMilliseconds, millijoules, verifications, bytes }) => [
        ...[processor, visit, milliseconds.toFixed(0)],
        ...phases.map((phase) => phaseMilliseconds[phase].toFixed(0)),
        ...[millijoules.toFixed(1), verifications, bytes],
      ]),
    ),
    "",
    table(
      ["cylinder's processor", "openings on one CR2 in the key", "days at 20 a day, five days a week"],
      batteries.map(({ processor, openings: held, days }) => [processor, count(held), count(days)]),
    ),
    "",
    "![Contact to result](charts/device.svg)",
    "",
    "Published figures beside these (of keys that carry the power, none was found):",
    "",
    ...PUBLISHED.map(({ what, figure, source }) => `- ${what}: ${figure} (${source})`),
    "",
  ];
}

function ingestSection(rows: readonly IngestRow[]): string[] {
  return [
    "## Ingest",
    "",
    `Log segments of ${SEGMENT_RECORDS} records from bytes to verified, chained and stored once. Ratio to the bare verification of a message of that size by the same library.`,
    "",
    table(
      ["provider", "segments/s", "records/s", "ratio", "quartiles"],
      rows.map(({ segments, recordsPerSecond }) => [
        segments.name.replace("ingest, ", ""),
        count(segments.operationsPerSecond),
        count(recordsPerSecond),
        ratio(segments.ratio),
        spread(segments),
      ]),
    ),
    "",
  ];
}

export function chartsOf({ authorization, device }: BenchReport): Charts {
  const charts: Record<string, string> = {};
  if (authorization !== undefined) {
    const rows = [...authorization.rows].sort((one, other) => other.gate.ratio - one.gate.ratio);
    charts["gate.svg"] = barChart(
      "Gate decisions, to one bare Ed25519 verification by node:crypto",
      "credential, holder's proof over a fresh nonce, groups, four lists of 48; line: quartiles",
      rows.map(({ name, gate }) => ({
        ...{ label: name, value: gate.ratio, low: gate.ratioLow, high: gate.ratioHigh },
        text: `${ratio(gate.ratio)}  (${count(gate.operationsPerSecond)}/s)`,
        kind: name.startsWith("Nyckelfri") ? "own" : "other",
      })),
    );
  }
  if (device !== undefined) {
    charts["device.svg"] = barChart(
      "Contact to result, in milliseconds",
      "cylinder by processor; a first visit with three verifications, and a repeated one",
      device.openings
        .filter(({ visit }) => !visit.includes("log"))
        .map(({ processor, visit, milliseconds }) => ({
          ...{ label: `${processor}, ${visit}`, value: milliseconds, text: `${milliseconds.toFixed(0)} ms` },
          kind: visit.startsWith("first") ? "other" : "own",
        })),
    );
  }
  return charts;
}
