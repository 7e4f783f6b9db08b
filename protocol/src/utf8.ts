/** UTF-8 (RFC 3629) over plain arrays: TextEncoder and TextDecoder differ between runtimes and are missing in some. */

/** Offset of the first byte in [start, end) that breaks UTF-8 (overlong, surrogate, above U+10FFFF, cut off), or -1. */
export function utf8FaultAt(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let offset = start;
  while (offset < end) {
    const lead = bytes[offset] ?? 0;
    if (lead < 0x80) {
      offset += 1;
      continue;
    }
    const length = sequenceLength(lead);
    if (length === 0 || length > end - offset) return offset;
    // The second byte alone tells overlong forms, surrogates and the end of Unicode (RFC 3629 §4).
    const second = bytes[offset + 1] ?? 0;
    if (second < lowestSecond(lead) || second > highestSecond(lead)) return offset;
    for (let index = 2; index < length; index++) if (((bytes[offset + index] ?? 0) & 0xc0) !== 0x80) return offset;
    offset += length;
  }
  return -1;
}

/** Number of UTF-8 bytes of a string, or -1 if it holds a lone surrogate and so has no UTF-8 form. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit < 0xd800 || unit > 0xdfff) length += 3;
    else {
      const next = index + 1 < text.length ? text.charCodeAt(index + 1) : 0;
      if (unit > 0xdbff || next < 0xdc00 || next > 0xdfff) return -1;
      length += 4;
      index += 1;
    }
  }
  return length;
}

/** The UTF-8 bytes of a string, or undefined if it holds a lone surrogate. */
export function encodeUtf8(text: string): Uint8Array | undefined {
  const length = utf8Length(text);
  if (length < 0) return undefined;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes[offset++] = point;
    else if (point < 0x800) {
      bytes[offset++] = 0xc0 | (point >> 6);
      bytes[offset++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      bytes[offset++] = 0xe0 | (point >> 12);
      bytes[offset++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[offset++] = 0x80 | (point & 0x3f);
    } else {
      bytes[offset++] = 0xf0 | (point >> 18);
      bytes[offset++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[offset++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[offset++] = 0x80 | (point & 0x3f);
    }
  }
  return bytes;
}

/** The text of [start, end), or undefined if it is not valid UTF-8. A leading U+FEFF is kept. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string | undefined {
  if (utf8FaultAt(bytes, start, end) !== -1) return undefined;
  let text = "";
  let offset = start;
  while (offset < end) {
    const lead = bytes[offset] ?? 0;
    const length = lead < 0x80 ? 1 : sequenceLength(lead);
    let point = lead < 0x80 ? lead : lead & (0xff >> (length + 1));
    for (let index = 1; index < length; index++) point = (point << 6) | ((bytes[offset + index] ?? 0) & 0x3f);
    text += String.fromCodePoint(point);
    offset += length;
  }
  return text;
}

/** Bytes of the sequence that a lead byte above 7F begins; 0 for a byte that begins none. */
function sequenceLength(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function lowestSecond(lead: number): number {
  if (lead === 0xe0) return 0xa0;
  return lead === 0xf0 ? 0x90 : 0x80;
}

function highestSecond(lead: number): number {
  if (lead === 0xed) return 0x9f;
  return lead === 0xf4 ? 0x8f : 0xbf;
}
