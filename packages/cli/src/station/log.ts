/** `nyckelfri station log`: the station's records as JSON lines, each printed before its cursor is kept. */
import {
  defaultProvider,
  journalPositions,
  type KeyJournal,
  keyJournalObject,
  type LogSegment,
  logSegmentObject,
  segmentPositions,
  toHex,
} from "@nyckelfri/protocol";
import { commandSigner, type LogEntry } from "@nyckelfri/station-client";
import { dataOf } from "../inspect/present.ts";
import { type AnyObject, readObject } from "../inspect/read.ts";
import { type Invocation, optionValue, type Report } from "../program/command.ts";
import type { ExitName } from "../program/exit-codes.ts";
import { Failure } from "../program/failure.ts";
import { progressOn, type Terminal } from "../program/terminal.ts";
import { readZoneOption } from "../times/time-options.ts";
import { exitOfVerdict, judge, openTrust, type TrustBook } from "../trust/verdict.ts";
import { cursorFile } from "./cursor-file.ts";
import { atStation } from "./reach.ts";
import { readPapers, readSigner } from "./signer.ts";

/** Nothing is deleted at the station: for that it needs the city's receipts, which `station sync` brings (SPEC SRV-4). */
export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const [uri = ""] = invocation.operands;
  const keyPath = optionValue(invocation, "host-key");
  if (keyPath === undefined) {
    throw new Failure("cli/usage", "station log needs --host-key", {
      remedy: "Name the key file of this host; its certificate has the role host (SPEC SRV-2).",
    });
  }
  const papers = readPapers(invocation);
  const zone = readZoneOption(invocation, terminal);
  const { key, certificates } = readSigner(keyPath, "host", papers, { now: terminal.now(), zone });
  const cursorPath = optionValue(invocation, "cursor");
  const cursors = cursorPath === undefined ? undefined : cursorFile(cursorPath);
  const from = fromOption(invocation);
  const book = papers.file === undefined ? undefined : openTrust(papers.file);

  let fleetId = papers.file?.trust.fleetId;
  const signer = {
    certificates,
    signCommand: (...[command, transcript]: Parameters<ReturnType<typeof commandSigner>["signCommand"]>) => {
      // Without a trust file it is the station's own word: the command holds for this session with this station alone (SPEC OBJ-19).
      const signed = {
        provider: defaultProvider,
        seed: key.seed,
        kid: key.kid,
        fleetId: fleetId ?? new Uint8Array(32),
      };
      return commandSigner(signed, certificates).signCommand(command, transcript);
    },
  };
  const progress = progressOn(terminal);
  const exits: ExitName[] = [];
  await atStation(uri, terminal, { signer, ...(cursors === undefined ? {} : { cursors }) }, async (client, welcome) => {
    fleetId ??= welcome.fleetId;
    for await (const entry of client.readLog(from === undefined ? {} : { from })) {
      const { exit, line } = present(entry, book);
      progress.clear();
      terminal.print(`${JSON.stringify(line)}\n`);
      // The cursor moves behind it: a reader that has gone away must find it again.
      await terminal.printed();
      exits.push(exit);
      progress.show(`${exits.length} entries`);
    }
  });
  progress.clear();
  const worst = exits.find((exit) => exit !== "ok") ?? "ok";
  if (worst !== "ok") {
    const wrong = exits.filter((exit) => exit !== "ok").length;
    terminal.warn(
      `nyckelfri: ${wrong} of ${exits.length} entries do not verify under the trust file: see \`verdict\`\n`,
    );
  }
  return { exit: worst };
}

function present(
  { station, cursor, nextCursor, object: bytes }: LogEntry,
  book: TrustBook | undefined,
): { readonly exit: ExitName; readonly line: object } {
  const object = readObject(bytes);
  const verdict = book === undefined ? undefined : judge(object, book);
  const line = {
    ...{ station, cursor, nextCursor, object: object.kind.name },
    device: object.kid === undefined ? undefined : toHex(object.kid),
    ...(verdict === undefined ? {} : { verdict }),
    ...receiptFields(object),
    value: dataOf(object.value),
    hex: toHex(bytes),
  };
  return { exit: verdict === undefined ? "ok" : exitOfVerdict(verdict, true), line };
}

/** What a receipt for all records up to this object's last would say: the fields of `issue upload-receipt`. */
function receiptFields({ kid, kind, value }: AnyObject): object {
  if (kid === undefined || (kind !== logSegmentObject && kind !== keyJournalObject)) return {};
  const isSegment = kind === logSegmentObject;
  const last = isSegment
    ? segmentPositions(defaultProvider, value as LogSegment).at(-1)
    : journalPositions(defaultProvider, value as KeyJournal).at(-1);
  if (last === undefined) return {};
  const store = isSegment ? (value as LogSegment).store : "journal";
  return { receipt: { device: toHex(kid), store, number: last.number, head: toHex(last.head) } };
}

function fromOption(invocation: Invocation): number | undefined {
  const written = optionValue(invocation, "from");
  if (written === undefined) return undefined;
  if (!/^\d{1,10}$/.test(written))
    throw new Failure("cli/usage", `--from ${written} is no cursor`, { remedy: "Write a number from 0 upwards." });
  return Number(written);
}
