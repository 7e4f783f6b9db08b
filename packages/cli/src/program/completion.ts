/** Completion for bash, zsh and fish, written from the table of commands: nothing is called while somebody types. */
import { COMMON_OPTIONS, type Command } from "./command.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function completionFor(shell: Shell, commands: readonly Command[]): string {
  return SCRIPTS[shell](commands);
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Command[]) => string>> = { bash, zsh, fish };

/** Words that can follow `nyckelfri`, and the second words of commands that have two. */
function firstWords(commands: readonly Command[]): readonly string[] {
  return [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? name))];
}

function secondWords(commands: readonly Command[], first: string): readonly string[] {
  return commands.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []));
}

function optionWords({ options }: Command): readonly string[] {
  return [...options, ...COMMON_OPTIONS].map(({ name }) => `--${name}`);
}

/** Values of options and the first operand that come from a closed set. */
function choiceCases({ options, operands }: Command): { readonly after: string; readonly words: readonly string[] }[] {
  const [operand] = operands;
  return [
    ...options.flatMap(({ name, choices }) => (choices === undefined ? [] : [{ after: `--${name}`, words: choices }])),
    ...(operand?.choices === undefined ? [] : [{ after: "operand", words: operand.choices }]),
  ];
}

function bash(commands: readonly Command[]): string {
  const groups = firstWords(commands).filter((first) => secondWords(commands, first).length > 0);
  const cases = commands.map((command) => {
    const choices = choiceCases(command);
    const free = command.options.filter(({ value, choices: closed }) => value !== undefined && closed === undefined);
    const values = [
      ...choices
        .filter(({ after }) => after !== "operand")
        .map(
          ({ after, words }) => `      if [[ $previous == ${after} ]]; then words="${words.join(" ")}" files=no; fi`,
        ),
      // A value that is not from a closed set is mostly a file, and never an option.
      ...free.map(({ name }) => `      if [[ $previous == --${name} ]]; then words=""; fi`),
    ];
    const operand = choices.find(({ after }) => after === "operand")?.words ?? [];
    return [
      `    "${command.name}")`,
      `      words="${[...optionWords(command), ...operand].join(" ")}"`,
      ...values,
      "      ;;",
    ].join("\n");
  });
  return `# bash completion for nyckelfri: source <(nyckelfri completion bash)
_nyckelfri() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words="" files=yes
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=( $(compgen -W "${firstWords(commands).join(" ")} help --help --version" -- "$current") )
    return
  fi
  if [[ $command == help ]]; then
    COMPREPLY=( $(compgen -W "${firstWords(commands).join(" ")}" -- "$current") )
    return
  fi
  case $command in
${groups
  .map((first) => {
    const words = secondWords(commands, first).join(" ");
    return `    ${first})
      if (( COMP_CWORD == 2 )); then COMPREPLY=( $(compgen -W "${words}" -- "$current") ); return; fi
      command="$command \${COMP_WORDS[2]}"
      ;;`;
  })
  .concat("    *) ;;")
  .join("\n")}
  esac
  case $command in
${cases.join("\n")}
  esac
  COMPREPLY=( $(compgen -W "$words" -- "$current") )
  [[ $current == -* || $files == no ]] || COMPREPLY+=( $(compgen -f -- "$current") )
}
complete -o filenames -F _nyckelfri nyckelfri
`;
}

function zsh(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const options = [...command.options, ...COMMON_OPTIONS].map(({ name, summary, value, choices, many }) => {
      const action =
        value === undefined ? "" : choices === undefined ? `:${value}:_files` : `:${value}:(${choices.join(" ")})`;
      return `      '${many === true ? "*" : ""}--${name}[${escapeZsh(summary)}]${action}'`;
    });
    const words = command.name.split(" ").length;
    const operands = command.operands[0]?.choices;
    const rest =
      operands === undefined ? "'*:file:_files'" : `'${words + 1}:kind:(${operands.join(" ")})' '*:file:_files'`;
    return `    "${command.name}") _arguments \\\n${options.join(" \\\n")} \\\n      ${rest} ;;`;
  });
  const first = firstWords(commands).map((word) => {
    const summary = commands.find(({ name }) => name === word)?.summary ?? `${secondWords(commands, word).join(", ")}`;
    return `      '${word}:${escapeZsh(summary)}'`;
  });
  const groups = firstWords(commands).flatMap((word) => {
    const second = secondWords(commands, word);
    return second.length === 0
      ? []
      : [
          `    ${word}) if (( CURRENT == 3 )); then compadd -- ${second.join(" ")}; return; fi; command="$command \${words[3]}" ;;`,
        ];
  });
  return `#compdef nyckelfri
# zsh completion for nyckelfri: nyckelfri completion zsh > "\${fpath[1]}/_nyckelfri"
_nyckelfri() {
  local command=\${words[2]}
  if (( CURRENT == 2 )); then
    local -a commands=(
${first.join("\n")}
    )
    _describe command commands
    return
  fi
  case $command in
${groups.concat("    *) ;;").join("\n")}
  esac
  case $command in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_nyckelfri" ]; then _nyckelfri "$@"; else compdef _nyckelfri nyckelfri; fi
`;
}

function escapeZsh(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/[[\]:]/g, "\\$&");
}

function fish(commands: readonly Command[]): string {
  const first = firstWords(commands).map((word) => {
    const summary = commands.find(({ name }) => name === word)?.summary ?? secondWords(commands, word).join(", ");
    return `complete -c nyckelfri -n __fish_use_subcommand -a ${word} -d ${quoteFish(summary)}`;
  });
  const rest = commands.flatMap((command) => {
    const [word = "", second] = command.name.split(" ");
    const seen = `__fish_seen_subcommand_from ${word}`;
    const when = second === undefined ? seen : `${seen}; and __fish_seen_subcommand_from ${second}`;
    const condition = `-n ${quoteFish(when)}`;
    const options = [...command.options, ...COMMON_OPTIONS].map(({ name, summary, value, choices }) => {
      const takes = value === undefined ? "" : choices === undefined ? " -r" : ` -x -a ${quoteFish(choices.join(" "))}`;
      return `complete -c nyckelfri ${condition} -l ${name}${takes} -d ${quoteFish(summary)}`;
    });
    const operands = command.operands[0]?.choices;
    return [
      ...(second === undefined
        ? []
        : [`complete -c nyckelfri -n ${quoteFish(seen)} -a ${second} -d ${quoteFish(command.summary)}`]),
      ...(operands === undefined ? [] : [`complete -c nyckelfri ${condition} -a ${quoteFish(operands.join(" "))}`]),
      ...options,
    ];
  });
  return ["# fish completion for nyckelfri: nyckelfri completion fish | source", ...first, ...rest, ""].join("\n");
}

function quoteFish(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
