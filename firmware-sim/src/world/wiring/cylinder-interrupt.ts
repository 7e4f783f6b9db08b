/** A cylinder that computes or writes hears whole frames by interrupt, and tells who repeats the request in work that it is busy (SPEC FRM-7). */
import type { CylinderState } from "../../devices/cylinder/cylinder-state.ts";
import { whileComputing } from "../../devices/cylinder/while-computing.ts";
import { uartMicroseconds } from "../../hardware/uart.ts";
import type { EntityRef, Hands } from "../entity.ts";
import type { CylinderBody } from "./bodies.ts";
import { countBytes } from "./cylinder-visit.ts";
import { wholeFrame, withWireFree } from "./line.ts";
import { spendIn } from "./visit-meter.ts";
import { type BytesEvent, sendOn, type Wiring } from "./wiring.ts";

/** `taken`: the firmware has no more to do with it. */
export function interrupt(
  wiring: Wiring,
  ref: EntityRef<CylinderState, never>,
  body: CylinderBody,
  event: BytesEvent,
  world: Hands,
): "taken" | "waits" {
  // What has waited once was not for the interrupt.
  if (event.life !== undefined || body.visitor === "none" || body.visitor.line !== event.line) return "waits";
  const line = world.part(wiring.bodies).line(event.line);
  const frame = line && wholeFrame(line, ref.id, event);
  if (line === undefined || frame === undefined) return "waits";
  const isToCome = world.now < body.answersAt;
  const said = whileComputing(world.state(ref), frame, isToCome ? "to-come" : "has-left");
  if (said === "later") return "waits";
  const { rates } = wiring.hardware.cylinder;
  const bytes = said === "silence" ? NOTHING : said;
  const at = world.now + Math.ceil((bytes.length * rates.framedByte.nanoseconds) / 1_000);
  // The answer itself, where it leaves before this were said.
  const isInTime = !isToCome || at + uartMicroseconds(line.uart.profile, bytes.length) <= body.answersAt;
  const sent = isInTime ? bytes.length : 0;
  if (body.visit !== "none") {
    countBytes(body.visit, event.bytes.length, 1);
    countBytes(body.visit, sent, 0);
    const framed = (event.bytes.length + sent) * rates.framedByte.picojoules;
    spendIn(body.visit, "cylinder", framed + sent * rates.linePicojoulesPerByte);
  }
  if (sent === 0) return "taken";
  const say = (): void => void sendOn(wiring, world, line, ref.id, bytes, at);
  if (isToCome) withWireFree(line, ref.id, world.now, say);
  else say();
  world.record("interrupt", { sequence: frame.sequence });
  return "taken";
}

const NOTHING = new Uint8Array(0);
