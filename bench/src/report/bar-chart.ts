/** A bar chart as SVG, readable without styles from elsewhere, in light and in dark. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly text: string;
  /** Ours stand out. */
  readonly kind: "own" | "other" | "floor";
  /** Spread, drawn as a line. */
  readonly low?: number;
  readonly high?: number;
}

const WIDTH = 900;
const LABELS = 330;
const ROW = 26;
const TOP = 54;
const COLOURS: Readonly<Record<Bar["kind"], string>> = { own: "#2a6f97", other: "#9aa5b1", floor: "#d4a373" };

export function barChart(title: string, subtitle: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value, high = value }) => Math.max(value, high)));
  const space = WIDTH - LABELS - 150;
  const x = (value: number): number => LABELS + (value / most) * space;
  const rows = bars.map(({ label, value, text, kind, low, high }, index) => {
    const y = TOP + index * ROW;
    const line =
      low === undefined || high === undefined
        ? ""
        : `<path d="M${x(low).toFixed(1)} ${y + 9}H${x(high).toFixed(1)}" stroke="#343a40" stroke-width="2"/>`;
    return (
      `<text x="${LABELS - 8}" y="${y + 14}" text-anchor="end">${escaped(label)}</text>` +
      `<rect x="${LABELS}" y="${y}" width="${Math.max(1, x(value) - LABELS).toFixed(1)}" height="18" rx="2" fill="${COLOURS[kind]}"/>` +
      `${line}<text x="${(x(Math.max(value, high ?? 0)) + 8).toFixed(1)}" y="${y + 14}">${escaped(text)}</text>`
    );
  });
  const height = TOP + bars.length * ROW + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="13" fill="#212529">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="16" y="24" font-size="16" font-weight="600">${escaped(title)}</text>`,
    `<text x="16" y="42" fill="#495057">${escaped(subtitle)}</text>`,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
