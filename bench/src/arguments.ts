/** What a program of this folder is asked for. It ends with its usage where somebody asks for help (0), or for what there is not (2). */
export function readArguments<T>(usage: string, read: () => T | "help"): T {
  try {
    const asked = read();
    if (asked !== "help") return asked;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
  console.log(usage);
  process.exit(0);
}

/** Throws where the text is no whole number from 1 to `most`. */
export function countOf(option: string, text: string, most: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw new RangeError(`--${option} ${text} is no whole number from 1 to ${most}`);
}
