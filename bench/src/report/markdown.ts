/** Tables of the report: the same text on a terminal and in the committed file. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(cells[0] as string[]), rule, ...cells.slice(1).map(line)].join("\n");
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** Three digits that say something. */
export function ratio(value: number): string {
  return value >= 100
    ? value.toFixed(0)
    : value >= 10
      ? value.toFixed(1)
      : value >= 0.1
        ? value.toFixed(2)
        : value.toFixed(3);
}

export function spread({ ratioLow, ratioHigh }: { readonly ratioLow: number; readonly ratioHigh: number }): string {
  return `${ratio(ratioLow)} .. ${ratio(ratioHigh)}`;
}
