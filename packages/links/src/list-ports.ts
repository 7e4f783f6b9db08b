/** The serial ports of this machine and what USB says of the devices behind them. */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { isStationId } from "./link-uri.ts";

export interface PortInfo {
  /** What `serial:` takes: `/dev/ttyACM0`, `COM3`. */
  readonly path: string;
  /** 4 hex digits each, of a USB device. */
  readonly vendorId?: string;
  readonly productId?: string;
  readonly serialNumber?: string;
  readonly manufacturer?: string;
  /** The station's id, where the serial number is one (SPEC SER-1). A station can still be behind a port without. */
  readonly station?: string;
}

/** Sorted by path. No port is opened, and nothing is sent. */
export async function listPorts(): Promise<readonly PortInfo[]> {
  const ports = process.platform === "linux" ? linuxPorts("/sys") : await libraryPorts();
  return ports.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Linux tells in files; the serial library would call `udevadm` for the same, which not every machine has. */
export function linuxPorts(sysfs: string): PortInfo[] {
  const terminals = join(sysfs, "class/tty");
  if (!existsSync(terminals)) return [];
  return readdirSync(terminals).flatMap((name) => {
    const device = join(terminals, name, "device");
    const real = realPath(device);
    // Consoles have no device; a serial port of type 0 has no chip behind it.
    if (real === undefined || line(join(terminals, name, "type")) === "0") return [];
    const usb = usbDeviceOf(real, realpathSync(sysfs));
    const read = (file: string): string | undefined => (usb === undefined ? undefined : line(join(usb, file)));
    return [
      portInfo(`/dev/${name}`, {
        vendorId: read("idVendor"),
        productId: read("idProduct"),
        serialNumber: read("serial"),
        manufacturer: read("manufacturer"),
      }),
    ];
  });
}

async function libraryPorts(): Promise<PortInfo[]> {
  const { SerialPort } = await import("serialport");
  return (await SerialPort.list()).map((port) => portInfo(port.path, port));
}

type UsbFacts = { readonly [Name in "vendorId" | "productId" | "serialNumber" | "manufacturer"]?: string | undefined };

function portInfo(path: string, { vendorId, productId, serialNumber, manufacturer }: UsbFacts): PortInfo {
  const id = serialNumber?.toLowerCase() ?? "";
  return {
    path,
    ...(vendorId === undefined ? {} : { vendorId }),
    ...(productId === undefined ? {} : { productId }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(manufacturer === undefined ? {} : { manufacturer }),
    ...(isStationId(id) ? { station: id } : {}),
  };
}

/** The interface is a folder below its USB device, which is the one that names its vendor. */
function usbDeviceOf(device: string, sysfs: string): string | undefined {
  for (let folder = device; folder.startsWith(sysfs) && folder !== sysfs; folder = dirname(folder)) {
    if (existsSync(join(folder, "idVendor"))) return folder;
  }
  return undefined;
}

/** Undefined for what is not there, also if it was unplugged a moment ago. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function line(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}
