/** The `sh` blocks of a README: each line behind `$ ` is run, and what follows it is what it prints. */
export interface Call {
  /** Line of the README. */
  readonly line: number;
  readonly command: string;
  /** As it stands there; `…` alone in a line stands for any lines. */
  readonly printed: string;
}

/** Blocks belong to one session: files that one call writes are there for the next. */
export function callsOf(markdown: string): readonly Call[] {
  const calls: Call[] = [];
  for (const match of markdown.matchAll(/^```sh\n([\s\S]*?)^```/gm)) {
    const first = markdown.slice(0, match.index).split("\n").length + 1;
    let current: { line: number; command: string; printed: string[] } | undefined;
    const finish = () => {
      if (current !== undefined) calls.push({ ...current, printed: current.printed.join("\n") });
    };
    for (const [index, text] of (match[1] ?? "").trimEnd().split("\n").entries()) {
      if (text.startsWith("$ ")) {
        finish();
        current = { line: first + index, command: text.slice(2), printed: [] };
      } else current?.printed.push(text);
    }
    finish();
  }
  return calls;
}

/** Whether text is what was promised, with `…` lines as gaps. */
export function matches(promised: string, text: string): boolean {
  const parts = promised.split(/^…$/m).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[\\s\\S]*?")}$`).test(text.trimEnd());
}
