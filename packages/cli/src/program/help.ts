/** The help of the program and of each command, from the table. */
import { COMMON_OPTIONS, type Command, type Operand, type Option } from "./command.ts";
import { EXIT_CLASSES, type ExitName } from "./exit-codes.ts";
import type { Style } from "./terminal.ts";

const ALWAYS: readonly ExitName[] = ["ok", "usage", "internal"];

export function programHelp(commands: readonly Command[], style: Style): string {
  const example = commands.flatMap(({ examples }) => examples.slice(0, 1));
  return [
    "nyckelfri: explain, check and make what keys, locks and stations of keyless home care say to each other.",
    section("Usage", [["nyckelfri <command> [operands] [options]", ""]], style),
    section(
      "Commands",
      commands.map(({ name, summary }) => [name, summary]),
      style,
    ),
    section("Options", [...COMMON_OPTIONS.map(optionRow), ["    --version", "print the version"]], style),
    section(
      "Examples",
      example.map(({ line, says }) => [line, says]),
      style,
    ),
    section(
      "Exit codes",
      EXIT_CLASSES.map(({ code, meaning }) => [String(code), meaning]),
      style,
    ),
    "`nyckelfri <command> --help` says more about each.",
  ].join("\n\n");
}

/** Of commands that have their first word in common. */
export function groupHelp(first: string, commands: readonly Command[], style: Style): string {
  return [
    section("Usage", [[`nyckelfri ${first} <command> [operands] [options]`, ""]], style),
    section(
      "Commands",
      commands.map(({ name, summary }) => [name, summary]),
      style,
    ),
    section(
      "Examples",
      commands.flatMap(({ examples }) => examples.map(({ line, says }) => [line, says] as const)),
      style,
    ),
    `\`nyckelfri ${first} <command> --help\` says more about each.`,
  ].join("\n\n");
}

export function commandHelp(command: Command, style: Style): string {
  const { name, summary, operands, options, examples, exits } = command;
  const usage = ["nyckelfri", name, ...operands.map(operandText), "[options]"].join(" ");
  const codes = EXIT_CLASSES.filter((one) => ALWAYS.includes(one.name) || exits.includes(one.name));
  return [
    `nyckelfri ${name}: ${summary}`,
    section("Usage", [[usage, ""]], style),
    ...(operands.length === 0
      ? []
      : [
          section(
            "Operands",
            operands.map((one) => [one.name, choicesText(one)]),
            style,
          ),
        ]),
    section("Options", [...options, ...COMMON_OPTIONS].map(optionRow), style),
    section(
      "Examples",
      examples.map(({ line, says }) => [line, says]),
      style,
    ),
    section(
      "Exit codes",
      codes.map(({ code, meaning }) => [String(code), meaning]),
      style,
    ),
  ].join("\n\n");
}

function operandText({ name, presence }: Operand): string {
  const shown = presence === "many" || presence === "any" ? `${name}...` : name;
  return presence === "required" || presence === "many" ? `<${shown}>` : `[${shown}]`;
}

function optionRow(option: Option): readonly [string, string] {
  const { name, short, value, many } = option;
  const left = `${short === undefined ? "   " : `-${short},`} --${name}${value === undefined ? "" : ` ${value}`}`;
  return [left, `${choicesText(option)}${many === true ? " (may be repeated)" : ""}`];
}

function choicesText({ summary, choices }: { readonly summary: string; readonly choices?: readonly string[] }): string {
  return choices === undefined ? summary : `${summary}: ${choices.join(", ")}`;
}

const WIDEST_LEFT = 34;

function section(title: string, rows: readonly (readonly [string, string])[], style: Style): string {
  const width = Math.min(WIDEST_LEFT, Math.max(...rows.map(([left]) => left.length)));
  const lines = rows.map(([left, right]) => {
    if (right === "") return `  ${left}`;
    return left.length > width ? `  ${left}\n  ${" ".repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`;
  });
  return [style("heading", title), ...lines].join("\n");
}
