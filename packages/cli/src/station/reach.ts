/** One station for one command: its port opened, the station greeted, everything closed again; or the reason why not, and what to do. */

import { askStation, DEFAULT_BAUD_RATE, openLink, parseLinkUri } from "@nyckelfri/links";
import {
  defaultProvider,
  EnvironmentError,
  type ErrorCode,
  type Link,
  NyckelfriError,
  type ServeWelcome,
  SPOKEN_VERSIONS,
  type VersionRange,
} from "@nyckelfri/protocol";
import { connectStation, type StationClient, StationError, type StationOptions } from "@nyckelfri/station-client";
import { Failure } from "../program/failure.ts";
import type { Terminal } from "../program/terminal.ts";
import { Heard, spanOf } from "./heard.ts";

export interface HostOptions extends Pick<StationOptions, "stateTime" | "signer" | "cursors"> {
  /** Called before anything is sent, so that no event is missed. */
  readonly listen?: (client: StationClient) => void;
}

const OPEN_MS = 5_000;
const AGAIN_MS = 1_000;

/**
 * `use` runs once the station has answered. From then on the client mends the line by itself; before, the first thing that goes
 * wrong ends it, because a person waits. Throws `link/…`, `framing/no-reply`, `messages/…`, `cli/wrong-speed`, `cli/version`.
 */
export async function atStation<T>(
  uri: string,
  terminal: Terminal,
  { listen, ...options }: HostOptions,
  use: (client: StationClient, welcome: ServeWelcome) => Promise<T>,
): Promise<T> {
  let heard: Heard | undefined;
  let failed: unknown;
  const open = async (signal: Parameters<StationOptions["open"]>[0]): Promise<Link> => {
    try {
      const link = await openLink(uri, { signal, timeoutMs: OPEN_MS });
      heard = new Heard(link);
      return link;
    } catch (error) {
      failed = error;
      throw error;
    }
  };
  const client = connectStation({ ...options, ...surroundings(terminal), open, program: "nyckelfri" });
  listen?.(client);
  const leave = (): void => void client.close();
  terminal.interrupted.addEventListener("abort", leave);
  try {
    if (terminal.interrupted.aborted) throw new StationError("station/aborted");
    const trouble = await firstTrouble(client);
    if (trouble === "none") return await use(client, await client.ready());
    await client.close();
    if (terminal.interrupted.aborted) throw new StationError("station/aborted");
    throw failed ?? (await explain(trouble, uri, heard, terminal));
  } finally {
    terminal.interrupted.removeEventListener("abort", leave);
    await client.close();
  }
}

/** This machine, for a client. */
export function surroundings(
  terminal: Terminal,
): Pick<StationOptions, "nowMs" | "setTimer" | "randomBytes" | "provider"> {
  return {
    nowMs: () => performance.now(),
    setTimer: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    randomBytes: terminal.random,
    provider: defaultProvider,
  };
}

/** What keeps the first session from standing; "none" when it stands. */
async function firstTrouble(client: StationClient): Promise<ErrorCode | "none"> {
  const judge = ({ phase, trouble = "station/timeout" }: StationClient["status"]) => {
    if (phase === "ready") return "none";
    return phase === "stalled" || phase === "backing-off" || phase === "closed" ? trouble : undefined;
  };
  return new Promise((resolve) => {
    const stop = client.onStatus((status) => {
      const verdict = judge(status);
      if (verdict === undefined) return;
      stop();
      resolve(verdict);
    });
  });
}

/** Why a port that opened led to no session. */
export async function explain(
  trouble: ErrorCode,
  uri: string,
  heard: Heard | undefined,
  terminal: Terminal,
): Promise<Error> {
  if (trouble === "messages/version") {
    const ask = (link: Link): Promise<VersionRange | undefined> => spanOf(link, terminal.random);
    return versionFailure(heard?.welcome?.versions ?? (await again(uri, ask)));
  }
  if (trouble !== "framing/no-reply") return new StationError(trouble, { uri });
  if (heard?.isNoise === true) {
    return new Failure("cli/wrong-speed", `${heard.bytes} bytes came from ${uri}, and none of them made a frame`);
  }
  const usual = usualSpeed(uri);
  const answers = usual !== undefined && (await again(usual, (link) => askStation(link))) !== undefined;
  if (!answers) return new EnvironmentError("framing/no-reply", { uri });
  return new Failure("cli/wrong-speed", `nothing answers at ${uri}, and a station does at ${usual}`, {
    remedy: `Use ${usual}.`,
  });
}

/** Too old or too new, and so which side is to be updated. */
export function versionFailure(theirs: VersionRange | undefined): Failure {
  const { oldest, newest } = SPOKEN_VERSIONS;
  const ours = `this program speaks wire versions ${oldest} to ${newest}`;
  if (theirs === undefined) {
    return new Failure("cli/version", `${ours}, and the station none of them`);
  }
  const said = `${ours}, and the station ${theirs.oldest} to ${theirs.newest}`;
  return theirs.newest < oldest
    ? new Failure("cli/version", `${said}: the station is too old`, { remedy: "Update the station's firmware." })
    : new Failure("cli/version", `${said}: the station is too new`, { remedy: "Update nyckelfri." });
}

/** The port without `?baud=`, where another speed was asked for. */
function usualSpeed(uri: string): string | undefined {
  const link = parseLinkUri(uri);
  return link.kind === "serial" && link.baudRate !== DEFAULT_BAUD_RATE ? uri.replace(/\?.*$/s, "") : undefined;
}

/** A second opening, for a question that only explains the first one's failure: its own failure explains nothing. */
async function again<T>(uri: string, ask: (link: Link) => Promise<T>): Promise<T | undefined> {
  let link: Link | undefined;
  try {
    link = await openLink(uri, { timeoutMs: AGAIN_MS });
    return await ask(link);
  } catch (error) {
    if (error instanceof NyckelfriError) return undefined;
    throw error;
  } finally {
    await link?.close();
  }
}
