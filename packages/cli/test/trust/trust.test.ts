import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newFolder } from "../support/folder.ts";
import { Shell } from "../support/terminal.ts";

interface City {
  readonly path: (name: string) => string;
  readonly shell: Shell;
  /** Everything that was printed so far. */
  readonly printed: () => string;
  readonly run: (
    ...words: string[]
  ) => Promise<{ readonly exit: number; readonly output: string; readonly errors: string }>;
}

function newCity(): City {
  const path = newFolder();
  const shell = new Shell();
  let printed = "";
  const run = async (...words: string[]) => {
    const ran = await shell.run(words);
    printed += ran.output + ran.errors;
    return ran;
  };
  return { path, shell, printed: () => printed, run };
}

/** A root, an issuer of grants, a key; gives the words that every issue has. */
async function founded(city: City): Promise<readonly string[]> {
  const { path, run } = city;
  const trust = ["--trust", path("city.trust.json")];
  expect((await run("keygen", path("city"), "--root")).exit).toBe(0);
  for (const name of ["grants", "lists", "vera"]) expect((await run("keygen", path(name))).exit).toBe(0);
  for (const [name, role] of [
    ["grants", "grant"],
    ["lists", "list"],
  ] as const) {
    const words = [
      "--set",
      `key=${path(`${name}.pub`)}`,
      "--set",
      `roles=${role}`,
      "--set",
      "from=2026-11-01 00:00",
      "--set",
      "until=2027-11-01 00:00",
    ];
    expect(
      await run("issue", "certificate", "--by", path("city.key"), ...trust, ...words, "--add-to-trust"),
    ).toMatchObject({ exit: 0 });
  }
  return trust;
}

const SHIFT = `
holder: 0102030405060708
groups: [1100017, 1100031]
excluded: [a0b0c0d0e0f00010]
zone: Europe/Stockholm
from: 2026-11-23 07:00
until: 2026-11-23 16:30
`;

async function granted(city: City): Promise<readonly string[]> {
  const trust = await founded(city);
  writeFileSync(city.path("shift.yaml"), `key: ${city.path("vera.pub")}${SHIFT}`);
  const ran = await city.run(
    "issue",
    "grant",
    city.path("shift.yaml"),
    "--by",
    city.path("grants.key"),
    ...trust,
    "--out",
    city.path("shift.cose"),
  );
  expect(ran.exit).toBe(0);
  return trust;
}

test("private keys are for their owner alone, and are never printed", async () => {
  const city = newCity();
  await granted(city);
  const folder = city.path("");
  const keys = readdirSync(folder).filter((name) => name.endsWith(".key"));
  expect(keys.sort()).toEqual(["city-successor.key", "city.key", "grants.key", "lists.key", "vera.key"]);
  for (const name of keys) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    const { seed } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { seed: string };
    expect(seed).toMatch(/^[0-9a-f]{64}$/);
    expect(city.printed()).not.toContain(seed);
    for (const other of readdirSync(folder).filter((one) => !one.endsWith(".key"))) {
      expect(readFileSync(join(folder, other), "utf8")).not.toContain(seed);
    }
  }
});

test("a key file that others can read is refused", async () => {
  const city = newCity();
  const trust = await founded(city);
  chmodSync(city.path("grants.key"), 0o640);
  const ran = await city.run(
    "issue",
    "grant",
    "--by",
    city.path("grants.key"),
    ...trust,
    "--json",
    "--set",
    "holder=0102030405060708",
    "--set",
    `key=${city.path("vera.pub")}`,
    "--set",
    "from=2026-11-23 07:00",
    "--set",
    "until=2026-11-23 16:00",
    "--set",
    "groups=1",
  );
  expect([ran.exit, ran.output, JSON.parse(ran.errors).error.code]).toEqual([9, "", "cli/key-open-to-others"]);
});

test("a private key is in no data either", async () => {
  const { path, run } = newCity();
  for (const words of [
    ["keygen", path("a"), "--json"],
    ["keygen", path("b"), "--root", "--json"],
  ]) {
    const { exit, output } = await run(...words);
    const { seed } = JSON.parse(readFileSync(`${words[1]}.key`, "utf8")) as { seed: string };
    expect([exit, output.includes(seed)]).toEqual([0, false]);
  }
});

test.each(["a.key", "a.pub", "a.trust.json", "a-successor.key"])("nothing is overwritten: %s", async (name) => {
  const { path, run } = newCity();
  writeFileSync(path(name), "precious");
  expect(await run("keygen", path("a"), "--root")).toMatchObject({ exit: 9 });
  expect(readdirSync(path(""))).toEqual([name]);
  expect(readFileSync(path(name), "utf8")).toBe("precious");
});

test("an object is not written over another file", async () => {
  const city = newCity();
  const trust = await granted(city);
  const before = readFileSync(city.path("shift.cose"));
  const out = ["--out", city.path("shift.cose")];
  const again = ["issue", "grant", city.path("shift.yaml"), "--by", city.path("grants.key"), ...trust, ...out];
  expect(await city.run(...again)).toMatchObject({ exit: 9 });
  expect(readFileSync(city.path("shift.cose"))).toEqual(before);
});

test("a grant verifies during its shift, to the second", async () => {
  const city = newCity();
  const trust = await granted(city);
  const verify = async (at: string) => (await city.run("verify", city.path("shift.cose"), ...trust, "--at", at)).exit;
  expect(await verify("2026-11-23 07:00")).toBe(0);
  expect(await verify("2026-11-23 16:29:59")).toBe(0);
  expect(await verify("2026-11-23 06:59:59")).toBe(1);
  expect(await verify("2026-11-23 16:30")).toBe(1);
  expect((await city.run("verify", city.path("shift.cose"), ...trust)).output).toContain("for another 8 h 30 min");
});

test("inspect says what a grant says, who signed it and that it verifies", async () => {
  const city = newCity();
  const trust = await granted(city);
  const { exit, output } = await city.run("inspect", city.path("shift.cose"), ...trust);
  expect(exit).toBe(0);
  for (const part of [
    "nbf: 2026-11-23T06:00:00Z = 2026-11-23 07:00:00 +01:00",
    "sub: AQIDBAUGBwg (pseudonym 0102030405060708)",
    "group 1100017: open",
    "door a0b0c0d0e0f00010: excluded",
    "issuer with role grant, epoch 1",
    "verifies: yes",
  ]) {
    expect(output).toContain(part);
  }
  const data = JSON.parse((await city.run("inspect", city.path("shift.cose"), ...trust, "--json")).output);
  expect(data.object).toMatchObject({
    verdict: { kind: "verified" },
    window: { standing: "valid" },
    value: { sub: "AQIDBAUGBwg" },
  });
  const blind = JSON.parse((await city.run("inspect", city.path("shift.cose"), "--json")).output);
  expect(blind.object.verdict.kind).toBe("not-judged");
});

test("a changed byte, another city's trust and an unknown issuer are told apart", async () => {
  const city = newCity();
  const trust = await granted(city);
  const bytes = readFileSync(city.path("shift.cose"));
  bytes[60] = (bytes[60] ?? 0) ^ 1;
  writeFileSync(city.path("changed.cose"), bytes);
  const changed = JSON.parse((await city.run("verify", city.path("changed.cose"), ...trust, "--json")).output);
  expect(changed[0].verdict.code).toBe("cose/signature-invalid");
  expect((await city.run("verify", city.path("changed.cose"), ...trust)).exit).toBe(1);
  expect((await city.run("inspect", city.path("changed.cose"), ...trust)).exit).toBe(1);

  await city.run("keygen", city.path("other"), "--root");
  // `nofile` is base64 as well: which of the words it was, and how it was read, has to be said.
  const strange = await city.run("verify", city.path("shift.cose"), "nofile", ...trust);
  expect([strange.exit, strange.errors]).toEqual([
    3,
    expect.stringContaining("nofile (argument, base64) is no signed object"),
  ]);
  const other = await city.run("verify", city.path("shift.cose"), "--trust", city.path("other.trust.json"), "--json");
  expect([other.exit, JSON.parse(other.output)[0].verdict.code]).toEqual([8, "trust/issuer-unknown"]);
});

test.each([
  ["after the issuer's certificate has ended", ["from=2027-11-01 07:00", "until=2027-11-01 16:00"], 8, "trust/window"],
  ["by an issuer of lists", ["from=2026-11-23 07:00", "until=2026-11-23 16:00"], 8, "trust/role"],
  ["that ends before it begins", ["from=2026-11-23 07:00", "until=2026-11-23 06:00"], 3, "objects/not-issuable"],
  ["in an hour that comes twice", ["from=2026-10-25 02:30", "until=2026-11-23 06:00"], 3, "cli/document"],
])("a grant %s is not issued", async (name, window, exit, code) => {
  const city = newCity();
  const trust = await founded(city);
  const by = name.includes("lists") ? "lists.key" : "grants.key";
  const set = ["holder=0102030405060708", `key=${city.path("vera.pub")}`, "groups=[7]", ...window].flatMap((one) => [
    "--set",
    one,
  ]);
  const ran = await city.run(
    "issue",
    "grant",
    "--by",
    city.path(by),
    ...trust,
    ...set,
    "--out",
    city.path("no.cose"),
    "--json",
  );
  expect([ran.exit, JSON.parse(ran.errors).error.code]).toEqual([exit, code]);
  expect(readdirSync(city.path(""))).not.toContain("no.cose");
});

test("an expired issuer cannot issue a list (SPEC TRU-4)", async () => {
  const city = newCity();
  const trust = await founded(city);
  const words = [
    "issue",
    "revocation-list",
    "--by",
    city.path("lists.key"),
    ...trust,
    "--set",
    "list=12",
    "--set",
    "version=1",
    "--set",
    "entries=[{kind: key, id: 0102030405060708}]",
  ];
  expect((await city.run(...words)).exit).toBe(0);
  const late = await city.run(...words, "--at", "2027-11-01 00:00", "--json");
  expect([late.exit, JSON.parse(late.errors).error.code]).toEqual([8, "trust/window"]);
});

test("a list is sorted as doors want it (SPEC OBJ-8), and a policy has its defaults", async () => {
  const city = newCity();
  const trust = await founded(city);
  const entries =
    "entries=[{kind: group, id: 9}, {kind: key, id: ff00000000000000}, {kind: key, id: 0100000000000000}]";
  const list = await city.run(
    "issue",
    "revocation-list",
    "--by",
    city.path("lists.key"),
    ...trust,
    "--set",
    "list=12",
    "--set",
    "version=3",
    "--set",
    entries,
  );
  const read = JSON.parse((await city.run("inspect", list.output.trim(), ...trust, "--json")).output).object;
  expect(read.value.entries.map((entry: { id: unknown }) => entry.id)).toEqual([
    "0100000000000000",
    "ff00000000000000",
    9,
  ]);
  expect(read.verdict.kind).toBe("verified");

  await city.run("keygen", city.path("policies"));
  const certificate = ["key", "roles", "from", "until"].map(
    (name, index) => `${name}=${[city.path("policies.pub"), "policy", "2026-11-01 00:00", "2027-11-01 00:00"][index]}`,
  );
  await city.run(
    "issue",
    "certificate",
    "--by",
    city.path("city.key"),
    ...trust,
    ...certificate.flatMap((one) => ["--set", one]),
    "--out",
    city.path("policies.cose"),
  );
  const fields = [
    "cylinder=0102030405060708",
    "version=1",
    "door=0807060504030201",
    "mount=1",
    "state=active",
    "groups=[9, 3]",
    "activation=asked",
    "kind=apartment",
  ];
  const policy = await city.run(
    "issue",
    "door-policy",
    "--by",
    city.path("policies.key"),
    ...trust,
    "--certificate",
    city.path("policies.cose"),
    ...fields.flatMap((one) => ["--set", one]),
  );
  const shown = JSON.parse((await city.run("inspect", policy.output.trim(), "--json")).output).object.value;
  expect(shown).toMatchObject({ groups: [3, 9], longestGrantSeconds: 57_600, widestIntervalSeconds: 180, lists: [] });
});

test("mistakes in a file have their place", async () => {
  const city = newCity();
  const trust = await founded(city);
  writeFileSync(
    city.path("bad.yaml"),
    `key: ${city.path("vera.pub")}\nholder: 01\nform: 2026-11-23 07:00\nuntil: 2026-11-23 16:00\n`,
  );
  const ran = await city.run(
    "issue",
    "grant",
    city.path("bad.yaml"),
    "--by",
    city.path("grants.key"),
    ...trust,
    "--json",
  );
  expect(ran.exit).toBe(3);
  expect(JSON.parse(ran.errors).error.findings).toMatchObject([
    { code: "document/missing", line: 1 },
    { code: "document/value", line: 2, column: 9 },
    { code: "document/unknown-field", line: 3, column: 1, remedy: "did you mean from?" },
  ]);
});

test("a root transition verifies under the trust that announced it (SPEC TRU-9), and session objects are not judged", async () => {
  const city = newCity();
  const trust = await founded(city);
  const { defaultProvider, fromHex, issueObject, keyId, rootTransitionObject, deviceProofObject, toHex } = await import(
    "@nyckelfri/protocol"
  );
  const { seed } = JSON.parse(readFileSync(city.path("city-successor.key"), "utf8")) as { seed: string };
  const { fleet } = JSON.parse(readFileSync(city.path("city.trust.json"), "utf8")) as { fleet: string };
  const rootPublicKey = defaultProvider.publicKeyOf(fromHex(seed));
  const signer = {
    provider: defaultProvider,
    seed: fromHex(seed),
    kid: keyId(defaultProvider, rootPublicKey),
    fleetId: fromHex(fleet),
  };
  const value = { rootPublicKey, successorThumbprint: new Uint8Array(32).fill(9), epoch: 2, nbf: 1_795_000_000 };
  const transition = toHex(issueObject(rootTransitionObject, value, signer).bytes);
  expect((await city.run("verify", transition, ...trust)).exit).toBe(0);
  const again = toHex(issueObject(rootTransitionObject, { ...value, epoch: 1 }, signer).bytes);
  expect((await city.run("verify", again, ...trust)).exit).toBe(8);
  const proof = toHex(issueObject(deviceProofObject, { nonce: new Uint8Array(16), exchange: "dock" }, signer).bytes);
  const judged = await city.run("verify", proof, ...trust, "--json");
  expect([judged.exit, JSON.parse(judged.output)[0].verdict.kind]).toEqual([1, "not-judged"]);
});

test("a receipt is signed by an issuer of receipts alone, from the fields that the log's lines have", async () => {
  const city = newCity();
  const trust = await founded(city);
  const { path, run } = city;
  await run("keygen", path("receipts"));
  const year = ["--set", "from=2026-11-01 00:00", "--set", "until=2027-11-01 00:00"];
  const role = ["--set", `key=${path("receipts.pub")}`, "--set", "roles=receipt", ...year];
  await run("issue", "certificate", "--by", path("city.key"), ...trust, ...role, "--add-to-trust");
  const fields = { device: "0102030405060708", store: "openings", number: 7, head: "ab".repeat(16) };
  writeFileSync(path("receipt.json"), JSON.stringify(fields));
  const words = ["issue", "upload-receipt", path("receipt.json"), ...trust];
  const signed = await run(...words, "--by", path("receipts.key"), "--out", path("receipt.cose"));
  expect([signed.exit, signed.output]).toEqual([0, expect.stringContaining("n: 7")]);
  expect((await run("verify", path("receipt.cose"), ...trust)).exit).toBe(0);
  expect((await run(...words, "--by", path("grants.key"))).exit).toBe(8);
  for (const wrong of ["number=0", "store=everything", "head=ab"]) {
    expect((await run(...words, "--by", path("receipts.key"), "--set", wrong)).exit).toBe(3);
  }
});

test("the announced successor takes over, and the trust file follows; nobody else can", async () => {
  const city = newCity();
  const trust = await founded(city);
  const { path, run } = city;
  await run("keygen", path("next"));
  const before = JSON.parse(readFileSync(path("city.trust.json"), "utf8")) as Record<string, unknown>;
  const fields = ["--set", `successor=${path("next.pub")}`, "--set", "from=2026-12-01 00:00"];
  const words = ["issue", "root-transition", ...trust, ...fields, "--add-to-trust"];
  for (const wrong of ["city", "grants", "next"]) {
    expect((await run(...words, "--by", path(`${wrong}.key`))).exit).toBe(8);
  }
  expect(JSON.parse(readFileSync(path("city.trust.json"), "utf8"))).toEqual(before);
  expect((await run(...words, "--by", path("city-successor.key"), "--out", path("transition.cose"))).exit).toBe(0);
  const { publicKey } = JSON.parse(readFileSync(path("city-successor.pub"), "utf8"));
  const { thumbprint } = JSON.parse(readFileSync(path("next.pub"), "utf8"));
  expect(JSON.parse(readFileSync(path("city.trust.json"), "utf8"))).toEqual({
    ...before,
    ...{ root: publicKey, successor: thumbprint, epoch: "2", certificates: [] },
  });
  const role = ["--set", `key=${path("grants.pub")}`, "--set", "roles=grant"];
  const year = ["--set", "from=2026-12-01 00:00", "--set", "until=2027-11-01 00:00"];
  const certificate = ["issue", "certificate", ...trust, ...role, ...year, "--add-to-trust"];
  expect((await run(...certificate, "--by", path("city.key"))).exit).toBe(8);
  expect((await run(...certificate, "--by", path("city-successor.key"))).exit).toBe(0);
});

test("a certificate stands in the trust file once; what cannot go there is told before anything is written", async () => {
  const city = newCity();
  const trust = await founded(city);
  const { path, run } = city;
  const role = ["--set", `key=${path("grants.pub")}`, "--set", "roles=grant"];
  const year = ["--set", "from=2026-11-01 00:00", "--set", "until=2027-11-01 00:00"];
  const before = readFileSync(path("city.trust.json"), "utf8");
  await run("issue", "certificate", "--by", path("city.key"), ...trust, ...role, ...year, "--add-to-trust");
  expect(readFileSync(path("city.trust.json"), "utf8")).toBe(before);
  writeFileSync(path("shift.yaml"), `key: ${path("vera.pub")}${SHIFT}`);
  const grant = ["issue", "grant", path("shift.yaml"), "--by", path("grants.key"), ...trust, "--add-to-trust"];
  expect((await run(...grant, "--out", path("shift.cose"))).exit).toBe(2);
  expect(readdirSync(path(""))).not.toContain("shift.cose");
});
