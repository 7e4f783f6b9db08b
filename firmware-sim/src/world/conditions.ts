/** What goes wrong from now on. A part of the world, so that a fork has its own, and faults can end. */
import { type Draws, strikes } from "../hardware/draws.ts";
import { NO_UART_FAULTS, type UartFault, type UartFaults } from "../hardware/uart.ts";
import type { Copyable } from "./entity.ts";
import type { OptionName, Options } from "./options.ts";
import { Strikes } from "./strikes.ts";

/** The options that a world carries out by itself; the others are for whoever plans what people and the city do in it. */
export const WORLD_FAULTS = [
  "contactBouncePerMillion",
  "contactBounceMs",
  "earlyRemovalPerMillion",
  "powerCutPerMillion",
  "brownOutPerMillion",
  "slowRampPerMillion",
  "harvestShortPerMillion",
  "tornWordPerMillion",
  "marginalWordPerMillion",
  "incompleteErasePerMillion",
  "silentWritePerMillion",
  "bitRotPerMillion",
  "stuckPagePerMillion",
  "wornErases",
  "linkBitErrorPerMillion",
  "linkByteLossPerMillion",
  "linkByteInsertPerMillion",
  "linkDuplicatePerMillion",
  "linkReorderPerMillion",
  "linkStallPerMillion",
  "linkStaleBytes",
  "linkReplayPerMillion",
  "linkDelayMs",
  "clockDriftPpm",
  "temperatureSwingCelsius",
  "lostReceiptPerMillion",
  "doubleUploadPerMillion",
] as const;
WORLD_FAULTS satisfies readonly OptionName[];

export type WorldFaults = Partial<Pick<Options, (typeof WORLD_FAULTS)[number]>>;

/** Of the faults that a line has by itself; what several chunks have to do with each other is line-faults.ts. */
export const FAULT_ON_LINE: Readonly<Partial<Record<UartFault, OptionName>>> = {
  bitErrorPerMillion: "linkBitErrorPerMillion",
  byteLossPerMillion: "linkByteLossPerMillion",
  byteDuplicatePerMillion: "linkByteInsertPerMillion",
  duplicatePerMillion: "linkDuplicatePerMillion",
  delayPerMillion: "linkDelayMs",
};

export class Conditions implements Copyable<Conditions> {
  readonly strikesSoFar: Strikes;
  #options: Options;
  #lines: UartFaults;

  constructor(options: Options, strikesSoFar: Strikes = new Strikes()) {
    this.strikesSoFar = strikesSoFar;
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

  /** Whether a fault that is drawn strikes a device; `times` as often as its rate says. Counts it. */
  strikes(name: OptionName, device: string, draws: Draws, times = 1): boolean {
    const hits = strikes(draws, this.#options[name] * times);
    if (hits) this.strikesSoFar.strike(name, device);
    return hits;
  }

  change(options: Options): void {
    this.#options = options;
    this.#lines = lineFaults(options);
  }

  copy(): Conditions {
    return new Conditions(this.#options, this.strikesSoFar.copy());
  }
}

const DELAYED_CHUNKS_PER_MILLION = 10_000;

function lineFaults(options: Options): UartFaults {
  const faults: UartFaults = {
    ...NO_UART_FAULTS,
    bitErrorPerMillion: options.linkBitErrorPerMillion,
    byteLossPerMillion: options.linkByteLossPerMillion,
    byteDuplicatePerMillion: options.linkByteInsertPerMillion,
    duplicatePerMillion: options.linkDuplicatePerMillion,
    delayPerMillion: options.linkDelayMs === 0 ? 0 : DELAYED_CHUNKS_PER_MILLION,
    longestDelayMicroseconds: options.linkDelayMs * 1_000,
  };
  return Object.values(faults).some((value) => value > 0) ? faults : NO_UART_FAULTS;
}
