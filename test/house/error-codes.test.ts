import { expect, test } from "vitest";
import { registrySource } from "../../scripts/generate-registry.mjs";
import type { RegisteredError } from "./rules/error-codes.ts";
import { codeFindings, registryFindings } from "./rules/error-codes.ts";
import { listed, parse, readJson, readText, scripts } from "./source.ts";

const PATH = "protocol/registry.json";
const SOUND: RegisteredError = {
  code: "cbor/float",
  number: 256,
  fault: "peer",
  cause: "A float was found.",
  remedy: "Send an integer.",
  retry: "no",
};

const entries = (...errors: RegisteredError[]) => listed(registryFindings(PATH, errors)).join("\n");
const codes = (text: string, ...errors: RegisteredError[]) =>
  listed(codeFindings(PATH, errors, [parse("protocol/src/x.ts", text)])).join("\n");

test("an entry that is not sound is found", () => {
  expect(entries(SOUND, { ...SOUND, code: "cbor/depth", number: 257 })).toBe("");
  expect(entries(SOUND, { ...SOUND, number: 257 })).toContain("cbor/float is taken");
  expect(entries(SOUND, { ...SOUND, code: "cbor/depth" })).toContain("256 is taken");
  expect(entries({ ...SOUND, code: "Cbor.Float" })).toContain("area/what-is-wrong");
  expect(entries({ ...SOUND, number: 0x1_0000 })).toContain("1 to 65535");
  expect(entries({ ...SOUND, fault: "nobody" })).toContain("fault is not one of");
  expect(entries({ ...SOUND, retry: "maybe" })).toContain("retry is not one of");
  expect(entries({ ...SOUND, cause: "A float" })).toContain("cause is one sentence");
  expect(entries({ ...SOUND, remedy: "" })).toContain("remedy is one sentence");
});

test("a code that is thrown must be registered, and the other way round", () => {
  expect(codes("throw new PeerError('cbor/float');", SOUND)).toBe("");
  expect(codes("throw new PeerError(deep ? 'cbor/float' : 'cbor/depth');", SOUND)).toContain("cbor/depth is not in");
  expect(codes("throw new CallerError('cbor/float');", SOUND)).toContain("the fault of the peer");
  expect(codes("throw new EnvironmentError('cbor/float');", SOUND)).toContain("the fault of the peer");
  expect(codes("export {};", SOUND)).toContain("cbor/float is never used");
  expect(codes("const table = { float: 'cbor/float' }; throw new PeerError(table.float);", SOUND)).toBe("");
});

test("the registry is sound, and registry.ts is what the generator writes", () => {
  const registry = readJson<{ errors: RegisteredError[] }>(PATH);
  expect(listed(registryFindings(PATH, registry.errors))).toEqual([]);
  expect(readText("protocol/src/registry.ts"), "run node scripts/generate-registry.mjs").toBe(registrySource(registry));
});

test("every error code is registered, thrown by the right class, and used", () => {
  const { errors } = readJson<{ errors: RegisteredError[] }>(PATH);
  const sources = scripts().filter(
    ({ path }) => /^(protocol|packages\/[\w-]+)\/src\//.test(path) && path !== "protocol/src/registry.ts",
  );
  expect(listed(codeFindings(PATH, errors, sources))).toEqual([]);
});
