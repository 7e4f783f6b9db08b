/** A command line held against the table of commands. Throws a `Failure` `cli/usage` that names what is wrong. */
import { parseArgs } from "node:util";
import { suggestion } from "../documents/fields.ts";
import { COMMON_OPTIONS, type Command, type Invocation } from "./command.ts";
import { Failure } from "./failure.ts";

/** The command that the first words name, and the words behind it. */
export function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { readonly command: Command; readonly rest: readonly string[] } {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  const [first = "", second] = words;
  const group = commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => name.slice(first.length + 1));
  if (group.length > 0) {
    const said = second === undefined ? `${first} needs a second word` : `there is no command ${first} ${second}`;
    throw new Failure("cli/usage", said, { remedy: suggestion(second ?? "", group) });
  }
  const names = [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name))];
  throw new Failure("cli/usage", `there is no command ${first}`, { remedy: suggestion(first, names) });
}

export function parseInvocation(command: Command, words: readonly string[]): Invocation {
  const options = [...command.options, ...COMMON_OPTIONS];
  const usage = (message: string, remedy = `See \`nyckelfri ${command.name} --help\`.`): Failure =>
    new Failure("cli/usage", message, { remedy });
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      options.map(({ name, short, value }) => {
        const type = value === undefined ? ("boolean" as const) : ("string" as const);
        return [name, { type, multiple: true, ...(short === undefined ? {} : { short }) }];
      }),
    ),
  });
  const operands: string[] = [];
  const values = new Map<string, string[]>();
  const switches = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const option = options.find(({ name }) => name === token.name);
    if (option === undefined) {
      const close = suggestion(
        token.name,
        options.map(({ name }) => name),
      );
      throw usage(
        `${command.name} has no option ${token.rawName}`,
        close.replace(/(?<=did you mean |: |, )(?=\w)/g, "--"),
      );
    }
    if (option.value === undefined) {
      if (token.value !== undefined) throw usage(`--${option.name} takes no value`);
      switches.add(option.name);
      continue;
    }
    const { value } = token;
    // `--out --json` is a value that was forgotten, and not a file with a strange name; `--out=--json` is meant.
    if (value === undefined || (token.inlineValue !== true && value.startsWith("--"))) {
      throw usage(`--${option.name} needs a value: ${option.value}`);
    }
    if (value === "") throw usage(`--${option.name} is empty and needs a value: ${option.value}`);
    const before = values.get(option.name) ?? [];
    if (before.length > 0 && option.many !== true) throw usage(`--${option.name} was given twice`);
    if (option.choices !== undefined && !option.choices.includes(value)) {
      throw usage(`--${option.name} ${value} is not known`, suggestion(value, option.choices));
    }
    values.set(option.name, [...before, value]);
  }
  if (!switches.has("help")) requireOperands(command, operands, usage);
  return { operands, values, switches, json: switches.has("json") };
}

function requireOperands(
  { name, operands: wanted }: Command,
  given: readonly string[],
  usage: (message: string, remedy?: string) => Failure,
): void {
  for (const [index, { name: operand, presence, choices }] of wanted.entries()) {
    const word = given[index];
    if (word === undefined && presence !== "optional" && presence !== "any") throw usage(`${name} needs ${operand}`);
    // Of a shell's variable that is not set; it would name a file `.key`, or nothing.
    if (word === "") throw usage(`${operand} is empty`);
    if (word !== undefined && choices !== undefined && !choices.includes(word)) {
      throw usage(`${operand} ${word} is not known`, suggestion(word, choices));
    }
  }
  const last = wanted.at(-1)?.presence;
  const takesMany = last === "many" || last === "any";
  if (!takesMany && given.length > wanted.length) {
    throw usage(`${name} does not know what to do with ${given[wanted.length]}`);
  }
}
