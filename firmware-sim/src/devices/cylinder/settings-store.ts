/**
 * The settings in a ring of banks (SPEC PER-4): the one that holds, the one before it, and further ones, which are erased
 * ahead (upkeep.ts). The next one is written, marked, read back and marked again.
 * Everything that belongs together, such as an object and the floor that it raises, changes in this one commit.
 *
 * A bank exists when its bytes are whole and a mark was begun; of two the higher sequence holds. So a commit that was cut
 * short either never was or holds for good, and in both cases nothing that was shown before is taken back. A bank that does not
 * take a commit is passed over, and never for the one that holds.
 */
import { concatBytes } from "@nyckelfri/protocol";
import { erasedWords, type NvmProfile } from "../../hardware/nvm.ts";
import { erases, mark, type Stage, stageOf } from "./commit.ts";
import type { FoundBank } from "./findings.ts";
import { type PartedRegion, SETTINGS_BYTES } from "./layout.ts";
import { isBlank, type Memory, readSpan, readsBack, type Span, wordAt, wordsFor } from "./memory.ts";
import { CRC_BYTES, Packer, sealed, Unpacker, unsealed } from "./packing.ts";
import { packSettings, type Settings, unpackSettings } from "./settings.ts";
import type { StoreContext } from "./stores.ts";

export interface SettingsBank {
  readonly settings: Settings;
  /** 0 as it left the factory. */
  readonly sequence: number;
  readonly bank: number;
  /** The one that held before it in this power-up; itself, as long as nothing was committed. */
  readonly before: number;
  /** Banks after it that did not take a commit in this power-up. */
  readonly givenUp: number;
}

const HEAD_LENGTH = 6;
const MARKS = 2;

/** `repair`: mark 2 of the bank that holds is still to be made. */
export function openSettings(
  { findings, layout: { settings: region } }: StoreContext,
  memory: Memory,
  factory: Settings,
): { readonly held: SettingsBank; readonly repair: "none" | "mark" } {
  const last = region.parts - 1;
  let held: SettingsBank = { settings: factory, sequence: 0, bank: last, before: last, givenUp: 0 };
  for (let bank = 0; bank < region.parts; bank++) {
    const { pagesPerPart } = region;
    const page = region.page + bank * pagesPerPart;
    const found = findings.bank.of(memory.nvm, page, pagesPerPart, () => bankAt(memory, region, bank));
    if (found !== undefined && found.sequence > held.sequence) held = { ...found, bank, before: bank, givenUp: 0 };
  }
  if (held.sequence === 0) return { held, repair: "none" };
  const [, mark2] = marksOf(memory.nvm.profile, region, held.bank);
  return { held, repair: isBlank(memory, mark2) ? "mark" : "none" };
}

export function planSettings(
  { profile, findings, layout: { settings: region } }: StoreContext,
  memory: Memory,
  held: SettingsBank,
  settings: Settings,
): readonly [Stage, Stage] {
  const { bank, sequence } = nextCommit(region, held);
  const page = region.page + bank * region.pagesPerPart;
  const packed = packSettings(settings);
  const head = new Packer().u32(sequence).u16(packed.length).done();
  const [mark1] = marksOf(profile, region, bank);
  const bytes = sealed(concatBytes(head, packed));
  const written = [
    { page, word: 0, bytes },
    { ...mark1, bytes: mark(profile) },
  ];
  const stage = stageOf(profile, erases(findings, memory, page, region.pagesPerPart), written);
  // What earlier settings named must not outlive, behind these, an erase that did nothing (SPEC PRV-4).
  const used = wordsFor(profile, bytes.length);
  const rest = region.pagesPerPart * profile.wordsPerPage - MARKS - used;
  const blank = { ...wordAt(profile, page, used), bytes: erasedWords(profile, rest) };
  const first = settings.erasure === "due" ? { ...stage, expected: [...written, blank] } : stage;
  return [first, planMark(profile, region, bank)];
}

/** Mark 2 alone. */
export function planMark(profile: NvmProfile, region: PartedRegion, bank: number): Stage {
  const [, mark2] = marksOf(profile, region, bank);
  return stageOf(profile, [], [{ ...mark2, bytes: mark(profile) }]);
}

export function afterSettings(region: PartedRegion, held: SettingsBank, settings: Settings): SettingsBank {
  return { settings, ...nextCommit(region, held), before: held.bank, givenUp: 0 };
}

/** The bank is given up, and the next one takes the commit. */
export function afterFailedSettings(held: SettingsBank): SettingsBank {
  return { ...held, givenUp: held.givenUp + 1 };
}

/** The bank that the next commit takes, or one so many commits later; never the one that holds. */
export function nextBank({ parts }: PartedRegion, { bank }: Pick<SettingsBank, "bank">, later: number): number {
  return (bank + 1 + (later % (parts - 1))) % parts;
}

/** No two commits claim the same sequence: what was given up may read well at another boot. */
function nextCommit(region: PartedRegion, held: SettingsBank): Pick<SettingsBank, "bank" | "sequence"> {
  return { bank: nextBank(region, held, held.givenUp), sequence: held.sequence + 1 + held.givenUp };
}

function bankAt(memory: Memory, region: PartedRegion, bank: number): FoundBank | undefined {
  const { profile } = memory.nvm;
  const page = region.page + bank * region.pagesPerPart;
  const head = readSpan(memory, { page, word: 0, words: wordsFor(profile, HEAD_LENGTH) });
  if (head === "trap") return undefined;
  const packed = new Unpacker(head);
  const sequence = packed.u32();
  const length = HEAD_LENGTH + packed.u16();
  if (length + CRC_BYTES > SETTINGS_BYTES) return undefined;
  const whole = unsealed(readSpan(memory, { page, word: 0, words: wordsFor(profile, length + CRC_BYTES) }), length);
  if (whole === undefined || !readsBack(memory, { page, word: 0, bytes: sealed(whole) })) return undefined;
  if (marksOf(profile, region, bank).every((span) => isBlank(memory, span))) return undefined;
  return { settings: unpackSettings(whole.slice(HEAD_LENGTH)), sequence };
}

/** At the end of a bank, so that they stand where they are whatever it holds. */
function marksOf({ wordsPerPage }: NvmProfile, region: PartedRegion, bank: number): [Span, Span] {
  const last = region.page + (bank + 1) * region.pagesPerPart;
  const words = region.pagesPerPart * wordsPerPage;
  return [2, 1].map((fromEnd) => {
    const word = words - fromEnd;
    const page = last - region.pagesPerPart + Math.floor(word / wordsPerPage);
    return { page, word: word % wordsPerPage, words: 1 };
  }) as [Span, Span];
}
