/** base64url without padding (RFC 4648 §5): a Grant's sub, and the keys of a JWK. */

/** By value. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export function encodeBase64url(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const group = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    const digits = bytes.length - index < 3 ? bytes.length - index + 1 : 4;
    for (let digit = 0; digit < digits; digit++) text += DIGITS[(group >> (18 - 6 * digit)) & 0x3f];
  }
  return text;
}

const NO_DIGIT = 0xff;
const VALUES: Uint8Array = new Uint8Array(256).fill(NO_DIGIT);
for (let value = 0; value < DIGITS.length; value++) VALUES[DIGITS.charCodeAt(value)] = value;

/** The value of the digit with this character code; above 63 where it is none. */
export function base64urlValue(code: number): number {
  return VALUES[code] ?? NO_DIGIT;
}
