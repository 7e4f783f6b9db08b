// The part of cbor-x that protocol uses. Its own types need Node's (`Buffer`, `stream`), which this package must not see.
export interface CodecOptions {
  useRecords?: boolean;
  mapsAsObjects?: boolean;
  variableMapSize?: boolean;
  tagUint8Array?: boolean;
}
export class Encoder {
  constructor(options?: CodecOptions);
  encode(value: unknown): Uint8Array;
}
export class Decoder {
  constructor(options?: CodecOptions);
  decode(bytes: Uint8Array): unknown;
}
