/** Who opens a TCP link does not load a serial driver, and who reads a capture loads nothing native at all. */
import { afterEach, expect, test } from "vitest";
import { newFolder, program, whyNoPty } from "./support/pty.ts";

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** Names of the native modules that a fresh process has loaded after running `code`. */
async function nativeAfter(code: string): Promise<string> {
  const child = program(`${code}
    const objects = process.report.getReport().sharedObjects.filter((path) => path.endsWith(".node"));
    console.log("native:" + objects.map((path) => path.split("/").at(-1)).sort().join() + ";");
    setInterval(() => {}, 1000);`);
  undo.push(() => child.end("SIGKILL"));
  return (await child.says("native:")).trim();
}

test("nothing native is loaded by the package, nor by links that need nothing native", async () => {
  const code = `
    await Promise.all([links.openLink("memory:a"), links.openLink("memory:a")]);
    const far = await links.openLink("tcp-listen://127.0.0.1:0");
    await links.openLink(far.uri.replace("tcp-listen", "tcp"));
    await links.openLink("serial:/dev/nothing").catch(() => {});
    links.parseLinkUri("station:0011223344556677");`;
  expect(await nativeAfter("")).toBe("native:;");
  const withSerial = await nativeAfter(code);
  const without = await nativeAfter(code.replace(/await links.openLink\("serial:.*\n/, ""));
  expect(without).toBe("native:;");
  // The control: opening a serial port is seen.
  expect(withSerial).not.toBe("native:;");
});

test("a port list on Linux loads nothing native either", async () => {
  const native = await nativeAfter("await links.listPorts();");
  expect(native === "native:;" || process.platform !== "linux").toBe(true);
});

test("a virtual port loads the pty, and a serial port alone does not", async () => {
  const { path, remove } = newFolder();
  undo.push(remove);
  const reason = await whyNoPty();
  const serial = await nativeAfter(`await links.openLink("serial:/dev/nothing").catch(() => {});`);
  const pty = await nativeAfter(`await links.openLink(${JSON.stringify(`pty:${path}/x`)}).catch(() => {});`);
  expect(serial).not.toContain("pty.node");
  expect(pty.includes("pty.node") || reason !== undefined).toBe(true);
});
