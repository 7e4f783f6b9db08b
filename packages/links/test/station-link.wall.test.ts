import { join } from "node:path";
import type { Link } from "@nyckelfri/protocol";
import { afterEach, expect, test } from "vitest";
import type { PortInfo } from "#src/list-ports.ts";
import type { LinkLogEntry } from "#src/logger.ts";
import { openLink } from "#src/open-link.ts";
import { answerHellos } from "./support/fake-station.ts";
import { newFolder, whyNoPty } from "./support/pty.ts";
import { codeOf, within } from "./support/wait.ts";

const OURS = "00112233445566aa";
const OTHER = "00112233445566bb";

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** Virtual ports whose USB facts are told, as the system would tell those of real ones. */
async function ports(...stations: readonly { id: string; usb: Partial<PortInfo> }[]): Promise<PortInfo[]> {
  const { path: folder, remove } = newFolder();
  undo.push(remove);
  return Promise.all(
    stations.map(async ({ id, usb }, index) => {
      const path = join(folder, `port${index}`);
      const link = await within(openLink(`pty:${path}`), path);
      undo.push(() => link.close());
      if (id !== "") answerHellos(link, id);
      return { path, ...usb };
    }),
  );
}

async function find(known: readonly PortInfo[]): Promise<{ link: Link; log: LinkLogEntry[] }> {
  const log: LinkLogEntry[] = [];
  const options = { listPorts: async () => known, logger: (entry: LinkLogEntry) => log.push(entry), timeoutMs: 15_000 };
  const link = await openLink(`station:${OURS}`, options);
  undo.push(() => link.close());
  return { link, log };
}

const usb = { vendorId: "1209", productId: "0001" };

test("virtual ports stand for USB stations here", async () => {
  const reason = await whyNoPty();
  if (reason !== undefined) console.info(`the tests of station: are left out: ${reason}`);
  expect(reason === undefined || process.platform !== "linux").toBe(true);
});

for (const define of (await whyNoPty()) === undefined ? [stationTests] : []) define();

function stationTests(): void {
  test("a station is found by its serial number without a byte to any port, under whatever path it is", async () => {
    const known = await ports({ id: "", usb }, { id: "", usb: { ...usb, station: OURS } });
    const { link, log } = await find(known);
    expect(link.uri).toBe(`serial:${known[1]?.path}`);
    expect(log.map(({ event }) => event)).toEqual(["opened"]);
    await link.close();
    const moved = await ports({ id: "", usb: { ...usb, station: OURS } });
    expect((await find(moved)).link.uri).toBe(`serial:${moved[0]?.path}`);
  });

  test("of several ports of one device, the station's is found by asking those alone", async () => {
    const known = await ports(
      { id: "", usb: { ...usb, station: OURS } }, // a console of its maker's
      { id: OURS, usb: { ...usb, station: OURS } },
      { id: OURS, usb },
    );
    const { link, log } = await find(known);
    expect(link.uri).toBe(`serial:${known[1]?.path}`);
    const asked = log.flatMap((entry) => (entry.event === "asked" ? [[entry.uri, entry.station]] : []));
    expect(asked.sort()).toEqual([
      [`serial:${known[0]?.path}`, undefined],
      [`serial:${known[1]?.path}`, OURS],
    ]);
  });

  test("a station that does not tell is found by asking, and no other port stays open or is asked for nothing", async () => {
    const known = await ports(
      { id: OTHER, usb },
      { id: OURS, usb: { ...usb, serialNumber: "SN-7" } },
      { id: OURS, usb: {} }, // no USB device: a byte might do harm there
      { id: OURS, usb: { ...usb, station: OTHER } }, // says that it is another one
    );
    const { link, log } = await find(known);
    expect(link.uri).toBe(`serial:${known[1]?.path}`);
    const asked = log.filter((entry) => entry.event === "asked");
    expect(asked.map(({ uri, station }) => [uri, station]).sort()).toEqual([
      [`serial:${known[0]?.path}`, OTHER],
      [`serial:${known[1]?.path}`, OURS],
    ]);
    const other = await openLink(`serial:${known[0]?.path}`);
    await other.close();
    expect(await codeOf(openLink(link.uri))).toBe("link/busy");
  });

  test("a station that is nowhere, and one whose port is held, are said so", async () => {
    const silent = await ports({ id: "", usb }, { id: OTHER, usb });
    expect(await codeOf(find(silent))).toBe("link/unknown-station");
    expect(await codeOf(find([]))).toBe("link/unknown-station");
    const known = await ports({ id: OURS, usb: { ...usb, station: OURS } });
    await find(known);
    expect(await codeOf(find(known))).toBe("link/busy");
  });
}
