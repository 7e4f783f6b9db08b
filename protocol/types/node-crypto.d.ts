// The part of node:crypto that the Node provider uses: the package is compiled with `"types": []`, and its consumers need
// no Node types because none of this appears in its declarations.
declare module "node:crypto" {
  export interface KeyObject {
    readonly type: "public" | "private" | "secret";
  }
  export interface JsonWebKeyInput {
    readonly key: { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string; readonly d?: string };
    readonly format: "jwk";
  }
  export interface Hmac {
    update(data: Uint8Array): this;
    digest(): Uint8Array;
  }
  export function createPublicKey(input: JsonWebKeyInput): KeyObject;
  export function createPrivateKey(input: JsonWebKeyInput): KeyObject;
  export function verify(algorithm: null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean;
  export function sign(algorithm: null, data: Uint8Array, key: KeyObject): Uint8Array;
  export function hash(algorithm: "sha256", data: Uint8Array, outputEncoding: "buffer"): Uint8Array;
  export function createHmac(algorithm: "sha256", key: Uint8Array): Hmac;
}
