import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { linuxPorts, listPorts } from "#src/list-ports.ts";

const root = mkdtempSync(join(tmpdir(), "nyckelfri-sysfs-"));

afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, text: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), `${text}\n`);
}

function terminal(name: string, device: string): void {
  mkdirSync(join(root, "class/tty", name), { recursive: true });
  mkdirSync(join(root, device), { recursive: true });
  symlinkSync(join(root, device), join(root, "class/tty", name, "device"));
}

test("ports are told with what USB says of them, and a station by its serial number (SPEC SER-1)", () => {
  const station = "devices/pci0/usb1/1-1";
  file(`${station}/idVendor`, "1209");
  file(`${station}/idProduct`, "a001");
  file(`${station}/serial`, "00112233445566aa");
  file(`${station}/manufacturer`, "Lock & Söner");
  terminal("ttyACM0", `${station}/1-1:1.0`);
  file("devices/pci0/usb1/1-2/idVendor", "0403");
  file("devices/pci0/usb1/1-2/idProduct", "6001");
  file("devices/pci0/usb1/1-2/serial", "A50285BI");
  terminal("ttyUSB0", "devices/pci0/usb1/1-2/1-2:1.0/ttyUSB0");
  terminal("ttyS0", "devices/platform/serial8250/tty");
  file("class/tty/ttyS0/type", "4");
  terminal("ttyS1", "devices/platform/serial8250/none");
  file("class/tty/ttyS1/type", "0");
  mkdirSync(join(root, "class/tty/tty1"));

  expect(linuxPorts(root).sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
    {
      path: "/dev/ttyACM0",
      vendorId: "1209",
      productId: "a001",
      serialNumber: "00112233445566aa",
      manufacturer: "Lock & Söner",
      station: "00112233445566aa",
    },
    { path: "/dev/ttyS0" },
    { path: "/dev/ttyUSB0", vendorId: "0403", productId: "6001", serialNumber: "A50285BI" },
  ]);
});

test("a system without such files has no ports", () => {
  expect(linuxPorts(join(root, "nowhere"))).toEqual([]);
});

test("the ports of this machine can be listed, sorted by path", async () => {
  const paths = (await listPorts()).map(({ path }) => path);
  expect(paths).toEqual([...paths].sort());
});
