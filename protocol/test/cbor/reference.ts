// A second reading of SPEC chapter CBR in another style: decode leniently (RFC 8949 Appendix C), encode again in the one
// deterministic form with exact integers, and accept if that gives the same bytes. Slow, and shares nothing with src/.

export type Item =
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "bytes"; readonly value: string }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "array"; readonly value: readonly Item[] }
  | { readonly kind: "map"; readonly value: readonly (readonly [Item, Item])[] }
  | { readonly kind: "simple"; readonly value: 20 | 21 | 22 };

/** The item, or undefined if the profile refuses the bytes. */
export function referenceDecode(bytes: Uint8Array, maxBytes = 4096, maxDepth = 8): Item | undefined {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (bytes.length > maxBytes) return undefined;
  try {
    const [item, rest] = take(hex, maxDepth);
    return rest === "" && form(item) === hex ? item : undefined;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

class Refusal extends Error {}

function cut(hex: string, digits: bigint): [string, string] {
  if (BigInt(hex.length) < digits) throw new Refusal();
  return [hex.slice(0, Number(digits)), hex.slice(Number(digits))];
}

function take(hex: string, depthLeft: number): [Item, string] {
  const [first, afterFirst] = cut(hex, 2n);
  const major = Number.parseInt(first, 16) >> 5;
  const info = Number.parseInt(first, 16) & 31;
  if (info > 27) throw new Refusal();
  const [digits, rest] = info < 24 ? ["", afterFirst] : cut(afterFirst, 2n << BigInt(info - 24));
  const argument = info < 24 ? BigInt(info) : BigInt(`0x${digits}`);
  switch (major) {
    case 0:
      return [{ kind: "int", value: argument }, rest];
    case 1:
      if (argument >= 1n << 63n) throw new Refusal();
      return [{ kind: "int", value: -1n - argument }, rest];
    case 2: {
      const [value, after] = cut(rest, argument * 2n);
      return [{ kind: "bytes", value }, after];
    }
    case 3: {
      const [value, after] = cut(rest, argument * 2n);
      return [{ kind: "text", value: textOf(value) }, after];
    }
    case 4: {
      if (depthLeft === 0) throw new Refusal();
      const items: Item[] = [];
      let left = rest;
      for (let index = 0n; index < argument; index++) {
        const [item, after] = take(left, depthLeft - 1);
        items.push(item);
        left = after;
      }
      return [{ kind: "array", value: items }, left];
    }
    case 5: {
      if (depthLeft === 0) throw new Refusal();
      const entries: [Item, Item][] = [];
      let left = rest;
      for (let index = 0n; index < argument; index++) {
        const [key, afterKey] = take(left, depthLeft - 1);
        const [value, after] = take(afterKey, depthLeft - 1);
        if (key.kind !== "int" || key.value < -24n || key.value > 23n) throw new Refusal();
        entries.push([key, value]);
        left = after;
      }
      return [{ kind: "map", value: entries }, left];
    }
    default:
      if (major === 7 && (info === 20 || info === 21 || info === 22)) return [{ kind: "simple", value: info }, rest];
      throw new Refusal();
  }
}

function textOf(hex: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(hex, "hex"));
    if (text.codePointAt(0) === 0xfeff) throw new Refusal();
    return text;
  } catch {
    throw new Refusal();
  }
}

function form(item: Item): string {
  switch (item.kind) {
    case "int":
      return item.value < 0n ? head(1, -1n - item.value) : head(0, item.value);
    case "bytes":
      return head(2, BigInt(item.value.length / 2)) + item.value;
    case "text": {
      const bytes = Buffer.from(item.value, "utf8");
      return head(3, BigInt(bytes.length)) + bytes.toString("hex");
    }
    case "array":
      return head(4, BigInt(item.value.length)) + item.value.map(form).join("");
    case "map": {
      const byKey = new Map(item.value.map(([key, value]) => [form(key), form(value)]));
      return (
        head(5, BigInt(byKey.size)) +
        [...byKey]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .flat()
          .join("")
      );
    }
    case "simple":
      return (0xe0 + item.value).toString(16);
  }
}

function head(major: number, argument: bigint): string {
  const width = [24n, 1n << 8n, 1n << 16n, 1n << 32n].findIndex((bound) => argument < bound);
  const byte = (info: number) => ((major << 5) + info).toString(16).padStart(2, "0");
  if (width === 0) return byte(Number(argument));
  const exponent = width < 0 ? 3 : width - 1;
  return byte(24 + exponent) + argument.toString(16).padStart(2 << exponent, "0");
}
