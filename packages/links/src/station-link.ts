/** A station wherever it is plugged in: by its USB serial number (SPEC SER-1), else by asking the ports that may lead to it. */
import { EnvironmentError, type Link, NyckelfriError, toHex } from "@nyckelfri/protocol";
import { askStation } from "./ask-station.ts";
import { DEFAULT_BAUD_RATE, formatLinkUri } from "./link-uri.ts";
import type { PortInfo } from "./list-ports.ts";
import type { LinkLogger } from "./logger.ts";
import { openSerial } from "./serial-link.ts";

export interface StationOptions {
  readonly uri: string;
  readonly id: string;
  readonly stallMs: number;
  readonly listPorts: () => Promise<readonly PortInfo[]>;
}

/** The link's `uri` is that of the port. Throws `link/unknown-station`, and what `serial:` throws for the station's own port. */
export async function openStation(options: StationOptions, signal: AbortSignal, log: LinkLogger): Promise<Link> {
  const ports = await options.listPorts();
  const own = ports.filter(({ station }) => station === options.id);
  const [only] = own;
  if (only !== undefined && own.length === 1) return openPort(only, options.stallMs);

  // One USB device may have several ports, a console of its maker's beside the station's: then these are asked, and no other.
  // Bytes can do harm to a device that is no station, so else only USB devices are asked, and none that is another station.
  const candidates =
    own.length > 0 ? own : ports.filter(({ vendorId, station }) => vendorId !== undefined && station === undefined);
  const answers = await Promise.all(candidates.map((port) => linkIfFound(port, options, signal, log)));
  const [found, ...others] = answers.filter((link) => link !== undefined);
  await Promise.all(others.map((link) => link.close()));
  if (found === undefined) {
    const { uri } = options;
    throw new EnvironmentError("link/unknown-station", { uri, ports: ports.length, asked: candidates.length });
  }
  return found;
}

async function linkIfFound(
  port: PortInfo,
  { id, stallMs }: StationOptions,
  signal: AbortSignal,
  log: LinkLogger,
): Promise<Link | undefined> {
  const uri = uriOf(port);
  let link: Link | undefined;
  try {
    link = await openPort(port, stallMs);
    const station = toHex((await askStation(link, signal)).device);
    log({ event: "asked", uri, station });
    if (station === id) return link;
  } catch (error) {
    // One port that is busy or silent says nothing of the others.
    log({
      event: "asked",
      uri,
      station: undefined,
      detail: error instanceof NyckelfriError ? error.code : String(error),
    });
  }
  await link?.close();
  return undefined;
}

function openPort(port: PortInfo, stallMs: number): Promise<Link> {
  return openSerial({ uri: uriOf(port), path: port.path, baudRate: DEFAULT_BAUD_RATE, stallMs });
}

function uriOf({ path }: PortInfo): string {
  return formatLinkUri({ kind: "serial", path, baudRate: DEFAULT_BAUD_RATE });
}
