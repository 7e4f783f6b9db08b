/** `nyckelfri ports`: the serial ports of this machine, and what answers behind them. */

import { askStation, formatLinkUri, listPorts, openLink, type PortInfo, parseLinkUri } from "@nyckelfri/links";
import { NyckelfriError } from "@nyckelfri/protocol";
import { type Invocation, optionValues, type Report } from "../program/command.ts";
import { progressOn, type Style, styleFor, type Terminal } from "../program/terminal.ts";
import { type WelcomeData, welcomeData } from "../station/info.ts";

/** Short, because most ports lead to no station. */
const ASK_MS = 1_500;
const OPEN_MS = 2_000;

type Answer =
  | { readonly kind: "station"; readonly welcome: WelcomeData }
  /** Not asked: bytes can do harm to what is no station. */
  | { readonly kind: "not-asked" }
  | { readonly kind: "silent" }
  | { readonly kind: "failed"; readonly code: string; readonly remedy: string };

interface Row {
  readonly uri: string;
  readonly port: PortInfo | undefined;
  readonly answer: Answer;
}

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const also = optionValues(invocation, "also").map((uri) => formatLinkUri(parseLinkUri(uri)));
  const found = await listPorts();
  const isAsked = (port: PortInfo): boolean =>
    !invocation.switches.has("no-ask") && (port.vendorId !== undefined || invocation.switches.has("ask-all"));
  const progress = progressOn(terminal);
  progress.show(`asking at ${found.filter(isAsked).length + also.length} ports`);
  const rows = await Promise.all([
    ...found.map(async (port): Promise<Row> => {
      const uri = formatLinkUri({ kind: "serial", path: port.path, baudRate: 115_200 });
      return { uri, port, answer: isAsked(port) ? await ask(uri, terminal) : { kind: "not-asked" } };
    }),
    ...also.map(async (uri): Promise<Row> => ({ uri, port: undefined, answer: await ask(uri, terminal) })),
  ]);
  progress.clear();
  const style = styleFor(terminal, "output");
  const data = rows.map(({ uri, port, answer }) => ({ uri, ...port, answer }));
  const text =
    rows.length === 0 ? "no serial port here: plug a station in" : rows.map((row) => line(row, style)).join("\n");
  return { exit: "ok", data, text };
}

async function ask(uri: string, terminal: Terminal): Promise<Answer> {
  let link: Awaited<ReturnType<typeof openLink>> | undefined;
  try {
    link = await openLink(uri, { timeoutMs: OPEN_MS, signal: terminal.interrupted });
    return { kind: "station", welcome: welcomeData(await askStation(link, AbortSignal.timeout(ASK_MS))) };
  } catch (error) {
    if (terminal.interrupted.aborted) throw error;
    if (!(error instanceof NyckelfriError)) {
      if (error instanceof DOMException && error.name === "TimeoutError") return { kind: "silent" };
      throw error;
    }
    const { code, remedy } = error;
    return code === "framing/no-reply" ? { kind: "silent" } : { kind: "failed", code, remedy };
  } finally {
    await link?.close();
  }
}

function line({ uri, port, answer }: Row, style: Style): string {
  const usb = [port?.manufacturer, port?.vendorId === undefined ? undefined : `USB ${port.vendorId}:${port.productId}`];
  const known = usb.filter((one) => one !== undefined).join(", ");
  return `${style("heading", uri)}  ${answerText(answer, style)}${known === "" ? "" : `  ${style("faint", `(${known})`)}`}`;
}

function answerText(answer: Answer, style: Style): string {
  switch (answer.kind) {
    case "station": {
      const { kind, device, firmware, slots } = answer.welcome;
      return style("good", `${kind} ${device}, firmware ${firmware}, ${slots} slots`);
    }
    case "not-asked":
      return "not asked";
    case "silent":
      return "nothing answers";
    case "failed":
      return `${style("doubtful", answer.code)}: ${answer.remedy}`;
    default:
      return answer satisfies never;
  }
}
