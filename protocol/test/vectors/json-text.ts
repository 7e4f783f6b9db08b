// JSON as the repository's formatter leaves it: what fits a line stands on one, lists of numbers are filled up. A file's
// vectors and their fields have lines of their own.
const WIDTH = 120;
const VECTOR_DEPTH = 2;

export function jsonText(value: unknown): string {
  return `${item(value, 0, 0)}\n`;
}

/** `used` is what stands on the line already, with a comma to come. */
function item(value: unknown, depth: number, used: number): string {
  const line = onOneLine(value);
  if (typeof value !== "object" || value === null) return line;
  if (depth > VECTOR_DEPTH && used + line.length + 1 <= WIDTH) return line;
  const indent = "  ".repeat(depth + 1);
  const close = "  ".repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return line;
    const items = value.every((one) => typeof one === "number")
      ? filled(value.map(String), indent)
      : value.map((one) => indent + item(one, depth + 1, indent.length)).join(",\n");
    return `[\n${items}\n${close}]`;
  }
  const members = Object.entries(value).map(([name, member]) => {
    const head = `${indent}${JSON.stringify(name)}: `;
    return head + item(member, depth + 1, head.length);
  });
  return `{\n${members.join(",\n")}\n${close}}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${onOneLine(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

function filled(numbers: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = indent;
  numbers.forEach((number, index) => {
    const text = index === numbers.length - 1 ? number : `${number},`;
    if (line !== indent && line.length + 1 + text.length > WIDTH) {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? text : ` ${text}`;
  });
  return [...lines, line].join("\n");
}
