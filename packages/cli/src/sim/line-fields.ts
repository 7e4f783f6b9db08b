/** The fields of one JSON line, taken out by name and kind. Throws a `Failure` `cli/sim-line` that says which field is wrong. */
import { fromHex } from "@nyckelfri/protocol";
import { Failure } from "../program/failure.ts";

export class LineFields {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value === "string" && value.length > 0) return value;
    throw wrong(name, "a text");
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#fields[name]);
    if (found === undefined) throw wrong(name, choices.join(" or "));
    return found;
  }

  /** A whole number, 0 or more; `otherwise` where the field is absent. */
  number(name: string, otherwise?: number): number {
    const value = this.#fields[name] ?? otherwise;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw wrong(name, "a whole number");
  }

  bytes(name: string): Uint8Array {
    const value = this.#fields[name];
    if (typeof value === "string" && /^(?:[0-9a-f]{2})*$/.test(value)) return fromHex(value);
    throw wrong(name, "bytes in hex");
  }

  texts(name: string): readonly string[] {
    const value = this.#fields[name];
    if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value as readonly string[];
    throw wrong(name, "a list of texts");
  }

  numbers(name: string): readonly number[] {
    const value = this.#fields[name];
    if (Array.isArray(value) && value.every((one) => Number.isSafeInteger(one))) return value as readonly number[];
    throw wrong(name, "a list of numbers");
  }
}

/** One line as fields. Throws a `Failure` `cli/sim-line` for what is no JSON object. */
export function parseLine(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure("cli/sim-line", "the line is no JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Failure("cli/sim-line", "the line is no JSON object");
}

function wrong(name: string, takes: string): Failure {
  return new Failure("cli/sim-line", `${name} takes ${takes}`);
}
