/** The TypeScript blocks of a README, made runnable: what they print is compared with their `// → …` comments. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

export interface Block {
  /** Line of the README on which the code begins. */
  readonly line: number;
  readonly code: string;
  /** What the comments promise, in order. */
  readonly promised: readonly string[];
}

/** Every block fenced as `ts`. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const match of markdown.matchAll(/^```ts\n([\s\S]*?)^```/gm)) {
    const code = match[1] ?? "";
    blocks.push({
      line: markdown.slice(0, match.index).split("\n").length + 1,
      code,
      promised: [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text = ""]) => text),
    });
  }
  return blocks;
}

export function readmeBlocks(readme: URL): readonly Block[] {
  return blocksOf(readFileSync(readme, "utf8"));
}

/** Runs a block as a module; gives what it printed, a line for each call of console.log. */
export async function run(block: Block, name: string): Promise<readonly string[]> {
  const folder = new URL("../.readme/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const file = new URL(`${name}.ts`, folder);
  writeFileSync(file, `${block.code}\nexport {};\n`);
  const printed: string[] = [];
  const log = console.log;
  console.log = (...items: unknown[]) => printed.push(items.map(String).join(" "));
  try {
    await import(/* @vite-ignore */ file.href);
  } finally {
    console.log = log;
  }
  return printed;
}
