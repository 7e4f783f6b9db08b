/** A device's memory in the world: a write begins, is told, and ends with word to the firmware or with the power. */
import type { OperationRates } from "../../costs/rates.ts";
import { between, oneOf } from "../../hardware/draws.ts";
import {
  fadeNvm,
  type Nvm,
  type NvmCut,
  type NvmCutStage,
  type NvmOperation,
  type NvmOutcome,
} from "../../hardware/nvm.ts";
import type { Conditions } from "../conditions.ts";
import type { Hands, Tagged } from "../entity.ts";
import type { Stream } from "../streams.ts";
import type { AnyBody } from "./bodies.ts";
import { beginWrite, cutWrite, operationsIn, type Written } from "./memory-driver.ts";
import type { Wiring } from "./wiring.ts";

/** What happens to the device where a cut strikes; and what brings its power back, where it is not somebody's plan that it stays dark. */
export interface PowerEvents {
  readonly goes: Tagged;
  readonly returns?: Tagged;
}

const DARK_MICROSECONDS = [50_000, 4_000_000] as const;

export function startWrite(
  wiring: Wiring,
  world: Hands,
  body: AnyBody,
  operations: readonly NvmOperation[],
  at: number,
  rates: OperationRates,
  power: PowerEvents,
): Written {
  const conditions = world.part(wiring.conditions);
  const draws = world.stream(`memory ${body.id}`);
  const chance = mayBeCut(wiring, world, body.id) ? drawnCut(conditions, body, operations, draws) : undefined;
  const plan = body.plannedCut === "none" ? chance : body.plannedCut;
  const skipped = silentIn(conditions, body.id, operations, draws);
  const written = beginWrite(faded(conditions, body, draws), operations, at, rates, draws, { plan, skipped });
  body.writing = written.write;
  if (written.cutAt === undefined) world.arm("written", written.write.endsAt - world.now, { kind: "written" });
  else {
    const isPlanned = body.plannedCut !== "none";
    if (!isPlanned) noteCut(wiring, world, body.id);
    body.plannedCut = "none";
    world.send({ id: body.id }, power.goes, written.cutAt - world.now);
    if (!isPlanned && power.returns !== undefined) {
      world.send({ id: body.id }, power.returns, written.cutAt - world.now + between(draws, ...DARK_MICROSECONDS));
    }
  }
  return written;
}

/** Its end: what the firmware is told, or nothing where the power has broken the write off meanwhile. */
export function endWrite(
  body: AnyBody,
  tickMs: number,
): { readonly kind: "nvm-done"; readonly nvm: Nvm; readonly outcome: NvmOutcome; readonly tickMs: number } | "lost" {
  const { writing } = body;
  if (writing === "idle") return "lost";
  body.nvm = writing.after;
  body.writing = "idle";
  return { kind: "nvm-done", nvm: body.nvm, outcome: writing.outcome, tickMs };
}

/** Power goes while the memory is written, and nobody has planned at which operation. */
export function breakWrite(wiring: Wiring, world: Hands, body: AnyBody, rates: OperationRates): void {
  if (body.writing === "idle") return;
  const conditions = world.part(wiring.conditions);
  const draws = world.stream(`memory ${body.id}`);
  const stageFor = drawsStages(conditions)
    ? (operation: NvmOperation) => drawnStage(conditions, body.id, operation, draws)
    : undefined;
  body.nvm = cutWrite(body.writing, world.now, rates, draws, stageFor);
  body.writing = "idle";
  conditions.strikesSoFar.feel(body.id);
}

export function tellWrite(wiring: Wiring, world: Hands, device: string, { write }: Written): void {
  for (const operation of write.operations) {
    wiring.happen(world, { kind: "memory", device, operation, outcome: write.outcome });
  }
}

/** A loose contact cuts again while the device repairs what the first cut has left, and not for ever: nothing survives that. */
const CUTS_IN_A_ROW = 3;
const ROW_MICROSECONDS = 600_000_000;

function mayBeCut({ conditions, bodies }: Wiring, world: Hands, device: string): boolean {
  if (world.part(conditions).options.powerCutPerMillion === 0) return false;
  const [first = -ROW_MICROSECONDS] = world.part(bodies).chanceCuts.get(device)?.slice(-CUTS_IN_A_ROW) ?? [];
  return (
    (world.part(bodies).chanceCuts.get(device)?.length ?? 0) < CUTS_IN_A_ROW || world.now - first > ROW_MICROSECONDS
  );
}

function noteCut({ bodies }: Wiring, world: Hands, device: string): void {
  const { chanceCuts } = world.part(bodies);
  chanceCuts.set(device, [...(chanceCuts.get(device) ?? []), world.now].slice(-CUTS_IN_A_ROW));
}

function drawsStages({ options }: Conditions): boolean {
  return options.tornWordPerMillion + options.marginalWordPerMillion + options.incompleteErasePerMillion > 0;
}

function drawnCut(
  conditions: Conditions,
  { id, nvm }: AnyBody,
  operations: readonly NvmOperation[],
  draws: Stream,
): NvmCut | undefined {
  const places = operationsIn(nvm, operations);
  if (places.length === 0 || !conditions.strikes("powerCutPerMillion", id, draws, places.length)) return undefined;
  const place = draws.below(places.length);
  const operation = places[place];
  if (operation === undefined) return undefined;
  return { operation: nvm.operations + place, stage: drawnStage(conditions, id, operation, draws) };
}

function drawnStage(conditions: Conditions, id: string, operation: NvmOperation, draws: Stream): NvmCutStage {
  if (operation.kind === "erase") {
    if (conditions.strikes("incompleteErasePerMillion", id, draws)) return "torn";
  } else if (conditions.strikes("tornWordPerMillion", id, draws)) return "torn";
  if (conditions.strikes("marginalWordPerMillion", id, draws)) return "marginal";
  return oneOf(draws, ["before", "after"]);
}

const NOTHING_SKIPPED: ReadonlySet<number> = new Set();

/** Operations that say that they are done, and change nothing. */
function silentIn(
  conditions: Conditions,
  id: string,
  operations: readonly NvmOperation[],
  draws: Stream,
): ReadonlySet<number> {
  const { silentWritePerMillion, stuckPagePerMillion } = conditions.options;
  if (silentWritePerMillion + stuckPagePerMillion === 0) return NOTHING_SKIPPED;
  const skipped = new Set<number>();
  operations.forEach(({ kind }, index) => {
    const fault = kind === "erase" ? "stuckPagePerMillion" : "silentWritePerMillion";
    if (kind !== "read" && conditions.strikes(fault, id, draws)) skipped.add(index);
  });
  return skipped;
}

/**
 * A word somewhere loses a bit. Only in parts with ECC: a part without promises to keep what it holds, and the devices build on that as
 * they build on the processor.
 */
function faded(conditions: Conditions, { id, nvm }: AnyBody, draws: Stream): Nvm {
  const { profile, pages } = nvm;
  if (profile.cells !== "ecc-once" || !conditions.strikes("bitRotPerMillion", id, draws)) return nvm;
  if (pages.numbers.length === 0) return nvm;
  const mask = new Uint8Array(profile.wordBytes);
  mask[draws.below(mask.length)] = 1 << draws.below(8);
  return fadeNvm(nvm, draws.pick(pages.numbers), draws.below(profile.wordsPerPage), mask);
}
