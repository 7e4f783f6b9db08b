/**
 * CRC-32 of a frame (SPEC FRM-3), the one of ISO 3309, Ethernet and zlib. It finds transmission errors; it proves nothing
 * about who sent the bytes.
 */

const REFLECTED_POLYNOMIAL = 0xedb88320;
const TABLE = crcTable();

/** CRC-32 of `bytes[start..end)` as an unsigned 32-bit integer: reflected, init and xorout 0xFFFFFFFF. */
export function crc32(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let crc = 0xffffffff;
  for (let index = start; index < end; index++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function crcTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ REFLECTED_POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  return table;
}
