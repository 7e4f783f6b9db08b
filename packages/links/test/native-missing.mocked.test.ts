/** A system for which no native module was built: every failure still has a code, and says what to do. */
import { expect, test, vi } from "vitest";
import { openLink } from "#src/open-link.ts";

vi.mock("serialport", () => {
  throw new Error("no native build was found for platform=linux arch=riscv64");
});
vi.mock("@lydell/node-pty", () => {
  throw new Error("no native build was found for platform=linux arch=riscv64");
});

test.each([
  ["serial:/dev/null", "link/carrier-error"],
  ["station:00112233445566aa", "link/carrier-error"],
  ["pty:/nowhere/station0", "link/no-virtual-port"],
])("%s cannot be opened where the library cannot be loaded", async (uri, code) => {
  await expect(openLink(uri)).rejects.toMatchObject({ code, details: { uri, detail: expect.any(String) } });
});
