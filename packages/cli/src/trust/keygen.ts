/** `nyckelfri keygen`: a key pair for a device or an issuer, or a root with its successor and the trust file of a new fleet. */
import { defaultProvider, thumbprint, toHex } from "@nyckelfri/protocol";
import { requireAbsent, writeNewFile } from "../files/read-file.ts";
import type { Invocation, Report } from "../program/command.ts";
import type { Terminal } from "../program/terminal.ts";
import { keyFromSeed, writeKeyFiles } from "./key-file.ts";
import { trustFileText } from "./trust-file.ts";

export function run({ operands, switches }: Invocation, terminal: Terminal): Report {
  const [base = ""] = operands;
  const key = keyFromSeed(terminal.random(32));
  const made = { name: base, kid: toHex(key.kid), publicKey: toHex(key.publicKey) };
  if (!switches.has("root")) {
    const files = writeKeyFiles(base, key);
    const data = { ...made, files };
    return {
      exit: "ok",
      data,
      text: `kid ${data.kid}\npublic key ${data.publicKey}\nwritten: ${files.key} (only for you), ${files.pub}`,
    };
  }
  // SPEC TRU-1: devices store the successor's thumbprint from the first day, so it is made on the first day.
  const successor = keyFromSeed(terminal.random(32));
  const trust = {
    rootPublicKey: key.publicKey,
    successorThumbprint: thumbprint(defaultProvider, successor.publicKey),
    fleetId: thumbprint(defaultProvider, key.publicKey),
    epoch: 1,
  };
  const trustFile = `${base}.trust.json`;
  requireAbsent(trustFile, ...[base, `${base}-successor`].flatMap((name) => [`${name}.key`, `${name}.pub`]));
  writeNewFile(trustFile, trustFileText({ trust, certificates: [], devices: [] }));
  const files = { ...writeKeyFiles(base, key), trust: trustFile };
  const next = writeKeyFiles(`${base}-successor`, successor);
  const data = {
    ...made,
    fleet: toHex(trust.fleetId),
    files: { ...files, successorKey: next.key, successorPub: next.pub },
  };
  const lines = [
    `kid ${data.kid}`,
    `public key ${data.publicKey}`,
    `fleet ${data.fleet}`,
    `written: ${files.key} and ${next.key} (only for you: keep them offline, apart from each other), ${files.pub}, ${next.pub}, ${trustFile}`,
  ];
  return { exit: "ok", data, text: lines.join("\n") };
}
