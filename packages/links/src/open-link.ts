/** The one door: a URI in, an open link out. What a kind of link needs is loaded when the first of its kind is opened. */
import { CallerError, EnvironmentError, type Link } from "@nyckelfri/protocol";
import { type AbortSignalLike, throwIfAborted } from "./abort-signal.ts";
import { formatLinkUri, type LinkUri, parseLinkUri } from "./link-uri.ts";
import { listPorts, type PortInfo } from "./list-ports.ts";
import type { LinkLogger } from "./logger.ts";
import { openMemory } from "./memory-link.ts";
import { messageOf } from "./system-errors.ts";

export interface OpenOptions {
  /** Ends the opening, not the open link; `openLink` then rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
  /** Longest time that opening may take; 5 s. */
  readonly timeoutMs?: number;
  /** How long the other side may take no byte before a link is closed as stalled, or a virtual port drops them; 2 s. */
  readonly stallMs?: number;
  /** A file to record the link into; one that is there is replaced. */
  readonly record?: string;
  readonly logger?: LinkLogger;
  /** Where `station:` looks; the ports of this machine. */
  readonly listPorts?: () => Promise<readonly PortInfo[]>;
}

const TIMEOUT_MS = 5_000;
const STALL_MS = 2_000;

interface Opening {
  readonly signal: AbortSignal;
  readonly stallMs: number;
  readonly log: LinkLogger;
  readonly listPorts: () => Promise<readonly PortInfo[]>;
}

/**
 * Opens one link; listen (`onData`) before the first `await` after it, because what comes before is lost. Every failure is a
 * `NyckelfriError` whose code begins with `link/` and whose `remedy` says what to do: `link/bad-uri`, `link/speed`,
 * `link/unknown-port`, `link/busy`, `link/no-permission`, `link/not-a-port`, `link/owner-gone`, `link/no-folder`,
 * `link/no-virtual-port`, `link/unreachable`, `link/unknown-station`, `link/open-timeout`, `link/carrier-error`, `link/capture`, `link/capture-file`.
 * Besides: the reason of an aborted `signal`, and `caller/argument` for a time that no timer has.
 */
export async function openLink(uri: string, options: OpenOptions = {}): Promise<Link> {
  const parsed = parseLinkUri(uri);
  requireMilliseconds("timeoutMs", options.timeoutMs);
  requireMilliseconds("stallMs", options.stallMs);
  const log = options.logger ?? (() => {});
  // Loaded before the port is open: what came meanwhile would be lost.
  const recorder = options.record === undefined ? undefined : await import("./recorder.ts");
  const link = await openWithin(formatLinkUri(parsed), options, (signal) =>
    openParsed(parsed, {
      signal,
      stallMs: options.stallMs ?? STALL_MS,
      log,
      listPorts: options.listPorts ?? listPorts,
    }),
  );
  log({ event: "opened", uri: link.uri });
  link.onClose((closed) => log({ event: "closed", uri: link.uri, ...closed }));
  if (options.record === undefined || recorder === undefined) return link;
  try {
    return recorder.recordLink(link, recorder.captureFile(options.record), { log });
  } catch (error) {
    await link.close();
    throw error;
  }
}

async function openParsed(parsed: LinkUri, { signal, stallMs, log, listPorts }: Opening): Promise<Link> {
  const uri = formatLinkUri(parsed);
  switch (parsed.kind) {
    case "serial":
      return (await native("link/carrier-error", uri, import("./serial-link.ts"))).openSerial({
        ...parsed,
        uri,
        stallMs,
      });
    case "station": {
      const { openStation } = await native("link/carrier-error", uri, import("./station-link.ts"));
      return openStation({ ...parsed, uri, stallMs, listPorts }, signal, log);
    }
    case "pty":
      return (await native("link/no-virtual-port", uri, import("./pty-link.ts"))).openPty(
        { ...parsed, uri, stallMs },
        log,
      );
    case "tcp":
      return (await import("./tcp-link.ts")).openTcp({ ...parsed, uri, stallMs }, signal);
    case "tcp-listen":
      return (await import("./tcp-link.ts")).openTcpListen({ ...parsed, uri, stallMs }, signal, log);
    case "memory":
      return openMemory(parsed.name, signal);
    case "replay": {
      const { readCapture } = await import("./recorder.ts");
      const { replayLink } = await import("./replay-link.ts");
      return replayLink(await readCapture(parsed.path), { ...parsed, uri });
    }
  }
}

/** A timer that is given more, or no number, ends at once. */
const MOST_MILLISECONDS = 0x7fff_ffff;

function requireMilliseconds(argument: string, value: number | undefined): void {
  if (value === undefined || (value >= 0 && value <= MOST_MILLISECONDS)) return;
  throw new CallerError("caller/argument", { argument, takes: `0 to ${MOST_MILLISECONDS} milliseconds`, value });
}

/** A native module that was not built for this system is the system's fault, and said as such. */
async function native<T>(
  code: "link/carrier-error" | "link/no-virtual-port",
  uri: string,
  module: Promise<T>,
): Promise<T> {
  try {
    return await module;
  } catch (error) {
    throw new EnvironmentError(code, { uri, detail: messageOf(error) });
  }
}

/** Some openings cannot be called off; the link of one that finishes too late is closed. */
async function openWithin(
  uri: string,
  { signal, timeoutMs = TIMEOUT_MS }: OpenOptions,
  open: (signal: AbortSignal) => Promise<Link>,
): Promise<Link> {
  throwIfAborted(signal);
  const controller = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
  });
  const forward = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", forward);
  const timer = setTimeout(
    () => controller.abort(new EnvironmentError("link/open-timeout", { uri, timeoutMs })),
    timeoutMs,
  );
  const opening = open(controller.signal);
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    opening.then(
      (late) => late.close(),
      () => {},
    );
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", forward);
  }
}
