/**
 * A PIN that a host enrols with a docked key (SPEC DCK-8, SRV-2): the host's command is answered when the key has answered, and hears
 * BUSY until then (SPEC SRV-6). PIN and v stay in the working memory, and there no longer than this takes (SPEC PRV-5).
 */
import { type Command, type CommandReply, decodeReply, encodeReply, encodeRequest } from "@nyckelfri/protocol";
import type { At, Handled, HostAt, ProgramStep, SlotPhase, Taken, Turn } from "../mains/state.ts";
import { still, withTodo } from "../mains/turns.ts";
import type { PinEnrolment, StationOn, StationX } from "./types.ts";

/** The key in the slot is spoken to as soon as it is at rest, or reaches the step if it has just come. */
export function enrolPin(
  { on, asked }: HostAt<StationX>,
  { slot, pin }: Extract<Command, { kind: "enrol-pin" }>,
): Handled<StationX, CommandReply | "later"> {
  const phase = on.slots[slot]?.phase ?? "empty";
  if (phase === "empty" || phase === "fault") return { reply: { outcome: "refused" } };
  // One that waited before was of a session that is over: a host asks one thing at a time.
  const waiting = withEnrolment(on, { phase: "waiting", slot, pin, asked });
  return { reply: "later", on: waiting, todo: phase === "resting" ? [{ kind: "slot-begins", slot }] : [] };
}

export const enrollingPin: ProgramStep<StationX> = {
  ask: ({ on, slot }) => {
    const { enrolment } = on.work;
    if (enrolment === "none" || enrolment.phase !== "waiting" || enrolment.slot !== slot) {
      return { kind: "go", to: "asking-nonce" };
    }
    const body = encodeRequest("dock", "pin-enrol", { pin: enrolment.pin });
    const { asked } = enrolment;
    return { kind: "ask", message: "pin-enrol", body, on: withEnrolment(on, { phase: "with-key", slot, asked }) };
  },
  take: (at, { outcome, body }): Taken<StationX> => {
    const reply: CommandReply =
      outcome === "reply" ? { outcome: "done", v: decodeReply("dock", "pin-enrol", body).v } : { outcome: "refused" };
    return { to: "asking-nonce", on: answered(at.on, at.slot, ["with-key"], reply) };
  },
};

/** A key that has gone, or cannot be spoken to, enrols nothing; one that has come to rest is spoken to again. */
export function enrolmentAfter({ on }: At<StationX>, slot: number, now: SlotPhase): Turn<StationX> {
  const refused: CommandReply = { outcome: "refused" };
  switch (now) {
    case "empty":
    case "fault":
      return still(answered(on, slot, ["waiting", "with-key"], refused));
    // The PIN is not asked twice.
    case "pausing":
      return still(answered(on, slot, ["with-key"], refused));
    case "resting": {
      const { enrolment } = on.work;
      const isDue = enrolment !== "none" && enrolment.slot === slot;
      return still(isDue ? withTodo(on, { kind: "slot-begins", slot }) : on);
    }
    case "talking":
      return still(on);
  }
}

/** The command's answer, if it waits for this slot in one of these phases. */
function answered(
  on: StationOn,
  slot: number,
  phases: readonly PinEnrolment["phase"][],
  reply: CommandReply,
): StationOn {
  const { enrolment } = on.work;
  if (enrolment === "none" || enrolment.slot !== slot || !phases.includes(enrolment.phase)) return on;
  const answer = { ...enrolment.asked, body: encodeReply("serve", "command", reply) };
  return withTodo(withEnrolment(on, "none"), { kind: "answer-host", answer });
}

function withEnrolment(on: StationOn, enrolment: PinEnrolment | "none"): StationOn {
  return { ...on, work: { ...on.work, enrolment } };
}
