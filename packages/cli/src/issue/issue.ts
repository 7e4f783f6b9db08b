/** `nyckelfri issue`: signs what a city signs ahead of time (issuable.ts), and hands over only what doors will accept. */
import {
  certificateObject,
  defaultProvider,
  issueObject,
  parseObject,
  rootTransitionObject,
  toHex,
} from "@nyckelfri/protocol";
import { type Entry, Findings, type Node } from "../documents/node.ts";
import { readYaml } from "../documents/yaml.ts";
import { readText, writeNewFile } from "../files/read-file.ts";
import { openBook } from "../inspect/inspect.ts";
import { rowsOf } from "../inspect/present.ts";
import { type Invocation, optionValue, optionValues, type Report } from "../program/command.ts";
import { Failure } from "../program/failure.ts";
import { styleFor, type Terminal } from "../program/terminal.ts";
import { readTimeOption, readZoneOption } from "../times/time-options.ts";
import { readPrivateKey } from "../trust/key-file.ts";
import { addToTrustFile } from "../trust/trust-file.ts";
import { requireVerified } from "../trust/verdict.ts";
import type { Issuable } from "./issuable.ts";
import { readDraft } from "./written.ts";

export function run(invocation: Invocation, terminal: Terminal): Report {
  const [kindName = "", path] = invocation.operands;
  const book = openBook(invocation);
  const by = optionValue(invocation, "by");
  const trustPath = optionValue(invocation, "trust");
  if (book === undefined || by === undefined || trustPath === undefined) {
    throw new Failure("cli/usage", "issue needs --by and --trust", {
      remedy: "Name the signer's key file and the trust file of the fleet.",
    });
  }
  const adds = invocation.switches.has("add-to-trust");
  if (adds && kindName !== "certificate" && kindName !== "root-transition") {
    throw new Failure("cli/usage", "--add-to-trust is for certificates and root transitions");
  }
  const { trust } = book.file;
  const zone = readZoneOption(invocation, terminal);
  const now = readTimeOption(invocation, terminal, zone);
  const findings = new Findings();
  const node = documentOf(path, optionValues(invocation, "set"), findings);
  const { seed, kid, publicKey } = readPrivateKey(by);
  const defaults = { zone, now, epoch: trust.epoch, signer: publicKey, random: terminal.random };
  const draft = node === undefined ? undefined : readDraft(kindName as Issuable, node, defaults, findings);
  if (draft === undefined || findings.hasErrors) {
    throw new Failure("cli/document", `this ${kindName} cannot be issued`, {
      findings: findings.sorted,
      path: path ?? "--set",
    });
  }
  const { bytes } = issueObject(draft.kind, draft.value, {
    provider: defaultProvider,
    seed,
    kid,
    fleetId: trust.fleetId,
  });
  // A door refuses what its issuer may not say: it is better told here than there.
  requireVerified(parseObject(draft.kind, bytes), book);

  const out = optionValue(invocation, "out");
  if (out !== undefined) writeNewFile(out, bytes);
  if (adds) addToTrustFile(trustPath, kindName === "certificate" ? certificateObject : rootTransitionObject, bytes);
  const style = styleFor(terminal, "output");
  const data = {
    object: kindName,
    bytes: bytes.length,
    hex: toHex(bytes),
    kid: toHex(kid),
    ...(out === undefined ? {} : { out }),
  };
  const summary = [
    style("heading", `${kindName}, ${bytes.length} bytes, signed by ${data.kid}`),
    ...rowsOf(draft.value, zone).map(({ path: field, text }) => `  ${field}: ${text}`),
    `written: ${out ?? ""}`,
  ];
  return { exit: "ok", data, text: out === undefined ? data.hex : summary.join("\n") };
}

/** The file's fields, with those of `--set` in their place. */
function documentOf(path: string | undefined, settings: readonly string[], findings: Findings): Node | undefined {
  const start = { line: 1, column: 1 };
  const file = path === undefined ? undefined : readYaml(readText(path), findings);
  if (findings.hasErrors) return undefined;
  if (file !== undefined && file.kind !== "map") {
    return findings.error(file.at, "document/type", "fields belong here", "write `name: value` lines");
  }
  const set = settings.map((setting): Entry | undefined => {
    const [, name = "", written = ""] = /^([\w-]+)=(.*)$/s.exec(setting) ?? [];
    if (name === "") throw new Failure("cli/usage", `--set ${setting} is not name=value`);
    const value = readYaml(written, findings);
    return value === undefined ? undefined : { name, nameAt: start, value };
  });
  const entries = set.filter((entry) => entry !== undefined);
  const kept = (file?.entries ?? []).filter(({ name }) => !entries.some((entry) => entry.name === name));
  return { kind: "map", entries: [...kept, ...entries], at: file?.at ?? start };
}
