/** What goes wrong from now on. A part of the world, so that a fork has its own, and faults can end. */
import { NO_UART_FAULTS, type UartFaults } from "../hardware/uart.ts";
import type { Copyable } from "./entity.ts";
import type { OptionName, Options } from "./options.ts";

/** The options that a world carries out by itself; the others are for whoever plans what people and the city do in it. */
export const WORLD_FAULTS = [
  "contactBouncePerMillion",
  "contactBounceMs",
  "earlyRemovalPerMillion",
  "linkBitErrorPerMillion",
  "linkByteLossPerMillion",
  "linkDuplicatePerMillion",
  "linkDelayMs",
  "clockDriftPpm",
] as const;
WORLD_FAULTS satisfies readonly OptionName[];

export type WorldFaults = Partial<Pick<Options, (typeof WORLD_FAULTS)[number]>>;

export class Conditions implements Copyable<Conditions> {
  #options: Options;
  #lines: UartFaults;

  constructor(options: Options) {
    this.#options = options;
    this.#lines = lineFaults(options);
  }

  get options(): Options {
    return this.#options;
  }

  /** Of every line that is opened from now on. */
  get lines(): UartFaults {
    return this.#lines;
  }

  change(options: Options): void {
    this.#options = options;
    this.#lines = lineFaults(options);
  }

  copy(): Conditions {
    return new Conditions(this.#options);
  }
}

function lineFaults(options: Options): UartFaults {
  const { linkBitErrorPerMillion, linkByteLossPerMillion, linkDuplicatePerMillion, linkDelayMs } = options;
  if (linkBitErrorPerMillion + linkByteLossPerMillion + linkDuplicatePerMillion + linkDelayMs === 0)
    return NO_UART_FAULTS;
  return {
    ...NO_UART_FAULTS,
    bitErrorPerMillion: linkBitErrorPerMillion,
    byteLossPerMillion: linkByteLossPerMillion,
    duplicatePerMillion: linkDuplicatePerMillion,
    delayPerMillion: linkDelayMs === 0 ? 0 : 10_000,
    longestDelayMicroseconds: linkDelayMs * 1_000,
  };
}
