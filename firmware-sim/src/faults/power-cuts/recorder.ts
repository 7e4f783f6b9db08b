/** Notes what is sent on lines and when contacts are made, while somebody wants to know. */
import type { Breach, Checker, Watch } from "../../checkers/checker.ts";
import type { HappeningOf } from "../../world/happenings.ts";

export type Transmission = HappeningOf<"transmitted">;
export interface ContactChange {
  readonly key: string;
  readonly contact: "made" | "open";
  readonly at: number;
}
export interface Tape {
  readonly transmissions: Transmission[];
  readonly contacts: ContactChange[];
}

/** Where a recorder writes; shared by a world and its forks, of which one runs at a time. */
export class Recorder implements Checker {
  readonly property = "P14";
  readonly says = "nothing: it notes";
  readonly breaches: readonly Breach[] = [];
  readonly watch: Watch;
  readonly #desk: { tape: Tape | "off" };

  constructor(desk: { tape: Tape | "off" } = { tape: "off" }) {
    this.#desk = desk;
    this.watch = {
      transmitted: (happening) => {
        if (desk.tape !== "off") desk.tape.transmissions.push(happening);
      },
      contact: ({ key, contact }, { now: at }) => {
        if (desk.tape !== "off") desk.tape.contacts.push({ key, contact, at });
      },
    };
  }

  copy(): Recorder {
    return new Recorder(this.#desk);
  }

  /** All that happens while `act` runs. */
  record(act: () => void): Tape {
    const tape: Tape = { transmissions: [], contacts: [] };
    this.#desk.tape = tape;
    try {
      act();
    } finally {
      this.#desk.tape = "off";
    }
    return tape;
  }
}
