/**
 * Reads a Grant's payload in its only layout: the general path costs as much as a tenth of the signature check. It accepts nothing that the
 * schema would not; a property test holds the two to each other.
 */
import { base64urlValue } from "../base64url.ts";
import { LayoutReader } from "../cbor/layout-reader.ts";
import { limits } from "../registry.ts";
import type { Grant, Rights, ScopeEntry } from "./grant.ts";

const SUB_LENGTH = 11;
/** All bits of registry.json, `rights`. */
const ALL_RIGHTS: Rights = 7;
/** `08 a1 01 a3 01 01 20 06 21 58 20`: label cnf, {1: {1: 1, -1: 6, -2: 32 bytes}}. */
const CNF_HEAD: readonly number[] = [0x08, 0xa1, 0x01, 0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20];

/** The grant, or undefined where the payload has any other form. Byte strings are views of `payload`. */
export function readGrant(payload: Uint8Array): Grant | undefined {
  const reader = new LayoutReader(payload);
  reader.expect(0xa7);
  reader.expect(0x02);
  const sub = readSub(reader);
  const exp = reader.labelled(0x04);
  const nbf = reader.labelled(0x05);
  const iat = reader.labelled(0x06);
  reader.expect(0x07);
  reader.expect(0x48);
  const cti = reader.view(8);
  reader.expectAll(CNF_HEAD);
  const x = reader.view(32);
  reader.expect(0x09);
  const scope = readScope(reader);
  return reader.isAtEnd() ? { sub, exp, nbf, iat, cti, cnf: { key: { kty: 1, crv: 6, x } }, scope } : undefined;
}

function readSub(reader: LayoutReader): string {
  reader.expect(0x60 | SUB_LENGTH);
  const digit = (): number => readDigit(reader, 1);
  // In one call: a text put together digit by digit is a chain of eleven, and takes four times as long.
  return String.fromCharCode(
    digit(),
    digit(),
    digit(),
    digit(),
    digit(),
    digit(),
    digit(),
    digit(),
    digit(),
    digit(),
    // The last digit's two low bits are none of the 8 bytes, and are 0.
    readDigit(reader, 4),
  );
}

/** The code of a base64url digit whose value is a multiple of this. */
function readDigit(reader: LayoutReader, of: number): number {
  const code = reader.byte();
  const value = base64urlValue(code);
  if (value > 63 || value % of !== 0) reader.fail();
  return code;
}

/** The embedded AIF list, to the end of the payload. */
function readScope(reader: LayoutReader): readonly ScopeEntry[] {
  // A list is 3 to 177 bytes long.
  reader.expectLeft(reader.accept(0x58) ? reader.small(0, 24, 0xff) : reader.small(0x40, 0, 23));
  const count = reader.small(0x80, 1, limits.scopeEntries);
  const entries: ScopeEntry[] = [];
  for (let index = 0; index < count; index++) {
    reader.expect(0x82);
    const object = reader.accept(0x48) ? reader.view(8) : reader.uint();
    entries.push([object, reader.small(0, 0, ALL_RIGHTS)]);
  }
  return entries;
}
