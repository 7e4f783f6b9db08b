/** What a command is. The table of all of them is commands.ts; arguments, help, completion and the README go by it. */
import type { ExitName } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

export interface Option {
  /** Without the hyphens. */
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help; absent for a switch. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** May be given more than once. */
  readonly many?: true;
  readonly summary: string;
}

export interface Operand {
  readonly name: string;
  /** `many`: one or more; `any`: none or more. */
  readonly presence: "required" | "optional" | "many" | "any";
  readonly summary: string;
  readonly choices?: readonly string[];
}

export interface Example {
  readonly line: string;
  readonly says: string;
}

export interface Command {
  /** One word, or two where commands belong together: `station info`. */
  readonly name: string;
  readonly summary: string;
  readonly operands: readonly Operand[];
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
  /** What it can end with besides ok, usage and internal. */
  readonly exits: readonly ExitName[];
  /** Loaded when it is run, so that help and completion load nothing. */
  readonly load: () => Promise<{ readonly run: Run }>;
}

export type Run = (invocation: Invocation, terminal: Terminal) => Report | Promise<Report>;

/** A command line that was understood. */
export interface Invocation {
  readonly operands: readonly string[];
  /** By name; a switch is in `switches`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly switches: ReadonlySet<string>;
  /** Data is wanted instead of text. */
  readonly json: boolean;
}

/** What a command has to say. Commands that speak while they run print by themselves and leave `data` out. */
export interface Report {
  readonly exit: ExitName;
  /** For `--json`; bytes as hex, times as Unix seconds. */
  readonly data?: unknown;
  /** For people; ends without a line break. */
  readonly text?: string;
}

/** Options that every command has. */
export const COMMON_OPTIONS: readonly Option[] = [
  { name: "help", short: "h", summary: "show this help" },
  { name: "json", summary: "print data instead of text, errors too" },
];

export function optionValue({ values }: Invocation, option: string): string | undefined {
  return values.get(option)?.at(-1);
}

export function optionValues({ values }: Invocation, option: string): readonly string[] {
  return values.get(option) ?? [];
}
