/** A device's memory in the world: a write begins, is told, and ends with word to the firmware or with the power. */
import type { OperationRates } from "../../costs/rates.ts";
import type { NvmOperation } from "../../hardware/nvm.ts";
import type { Hands, Tagged } from "../entity.ts";
import type { AnyBody } from "./bodies.ts";
import { beginWrite, type Written } from "./memory-driver.ts";
import type { Wiring } from "./wiring.ts";

/** `powerGoes`: what happens to the device where a planned cut strikes. */
export function startWrite(
  world: Hands,
  body: AnyBody,
  operations: readonly NvmOperation[],
  at: number,
  rates: OperationRates,
  powerGoes: Tagged,
): Written {
  const plan = body.plannedCut === "none" ? undefined : body.plannedCut;
  const written = beginWrite(body.nvm, operations, at, rates, world.stream(`memory ${body.id}`), plan);
  body.writing = written.write;
  if (written.cutAt === undefined) world.arm("written", written.write.endsAt - world.now, { kind: "written" });
  else {
    body.plannedCut = "none";
    world.send({ id: body.id }, powerGoes, written.cutAt - world.now);
  }
  return written;
}

export function tellWrite(wiring: Wiring, world: Hands, device: string, { write }: Written): void {
  for (const operation of write.operations) {
    wiring.happen(world, { kind: "memory", device, operation, outcome: write.outcome });
  }
}
