/** One URI names one byte link. What is after the scheme is percent-encoded UTF-8, so a path may hold any character. */
import { CallerError } from "@nyckelfri/protocol";

export type LinkUri =
  /** A serial port of this machine: 8 data bits, no parity, 1 stop bit, no flow control (SPEC SER-2). */
  | Readonly<{ kind: "serial"; path: string; baudRate: number }>
  /** A station wherever it is plugged in; `id` is its kid in 16 lower-case hex digits (SPEC SER-1). */
  | Readonly<{ kind: "station"; id: string }>
  /** A virtual serial port that is made here, with a symbolic link at `path` that leads to it. */
  | Readonly<{ kind: "pty"; path: string }>
  | Readonly<{ kind: "tcp"; host: string; port: number }>
  /** Waits for connections as a serial port waits for programs: one after the other. Port 0 takes any that is free. */
  | Readonly<{ kind: "tcp-listen"; host: string; port: number }>
  /** Two openers of one name in one process get the two ends of one link. */
  | Readonly<{ kind: "memory"; name: string }>
  /** Plays what one side of a recorded link said; see replay-link.ts. */
  | Readonly<{ kind: "replay"; path: string; play: "in" | "out"; pace: ReplayPace }>;

export type ReplayPace = (typeof PACES)[number];

/** Speed where the URI names none (SPEC SER-2). */
export const DEFAULT_BAUD_RATE = 115_200;

const PACES = ["answers", "recorded", "now"] as const;
const PLAYS = ["in", "out"] as const;
/** What a POSIX terminal and the fastest USB bridges are set to. */
const LEAST_BAUD_RATE = 50;
const MOST_BAUD_RATE = 12_000_000;

/** What each scheme takes, for messages. */
const TAKES = {
  serial: "serial:<path>[?baud=<rate>], such as serial:/dev/ttyACM0 or serial:COM3?baud=9600",
  station: "station:<id>, the id in 16 hex digits as on the station",
  pty: "pty:<path of the symbolic link to make>, such as pty:./station0",
  tcp: "tcp://<host>:<port>, such as tcp://localhost:7000 or tcp://[::1]:7000",
  "tcp-listen": "tcp-listen://<host>:<port>, such as tcp-listen://localhost:7000",
  memory: "memory:<name>",
  replay: "replay:<file>[?play=in|out][&pace=answers|recorded|now]",
} as const;

type Scheme = keyof typeof TAKES;

/** A port as the system names it, without its scheme: what people write first. */
const A_PORT = /^(\/dev\/|COM\d+$)/;

/** Throws `link/bad-uri`, and `link/speed` for a baud rate that no port has. */
export function parseLinkUri(uri: string): LinkUri {
  const [, scheme, body = "", query] = /^([a-z-]+):([^?]*)(?:\?(.*))?$/s.exec(uri) ?? [];
  if (!isScheme(scheme)) {
    throw badUri(uri, A_PORT.test(uri) ? `serial:${uri} for a serial port` : Object.values(TAKES).join("; "));
  }
  const refuse = (): CallerError => badUri(uri, TAKES[scheme]);
  const parameters = parametersOf(query, refuse);
  const take = (name: string): string | undefined => {
    const value = parameters.get(name);
    parameters.delete(name);
    return value;
  };
  const parsed = parseBody(scheme, decoded(body, refuse), take, refuse);
  if (parameters.size > 0) throw refuse();
  return parsed;
}

/** The URI that `parseLinkUri` takes apart into `link`; what has its default value is left out. */
export function formatLinkUri(link: LinkUri): string {
  switch (link.kind) {
    case "serial":
      return `serial:${encoded(link.path)}${link.baudRate === DEFAULT_BAUD_RATE ? "" : `?baud=${link.baudRate}`}`;
    case "station":
      return `station:${link.id}`;
    case "pty":
      return `pty:${encoded(link.path)}`;
    case "tcp":
    case "tcp-listen":
      return `${link.kind}://${link.host.includes(":") ? `[${link.host}]` : encoded(link.host)}:${link.port}`;
    case "memory":
      return `memory:${encoded(link.name)}`;
    case "replay": {
      const play = link.play === "in" ? [] : [`play=${link.play}`];
      const pace = link.pace === "answers" ? [] : [`pace=${link.pace}`];
      const query = [...play, ...pace].join("&");
      return `replay:${encoded(link.path)}${query === "" ? "" : `?${query}`}`;
    }
  }
}

function parseBody(
  scheme: Scheme,
  body: string,
  take: (name: string) => string | undefined,
  refuse: () => CallerError,
): LinkUri {
  if (body === "") throw refuse();
  switch (scheme) {
    case "serial":
      return { kind: "serial", path: body, baudRate: baudRateOf(take("baud")) };
    case "station": {
      const id = body.toLowerCase();
      if (!isStationId(id)) throw refuse();
      return { kind: "station", id };
    }
    case "pty":
      return { kind: "pty", path: body };
    case "tcp":
    case "tcp-listen":
      return { kind: scheme, ...endpointOf(body, scheme === "tcp" ? 1 : 0, refuse) };
    case "memory":
      return { kind: "memory", name: body };
    case "replay":
      return {
        kind: "replay",
        path: body,
        play: oneOf(PLAYS, take("play"), refuse),
        pace: oneOf(PACES, take("pace"), refuse),
      };
  }
}

/** Whether a USB serial number, in lower case, is one that a station has (SPEC SER-1). */
export function isStationId(id: string): boolean {
  return /^[0-9a-f]{16}$/.test(id);
}

function isScheme(scheme: string | undefined): scheme is Scheme {
  return scheme !== undefined && Object.hasOwn(TAKES, scheme);
}

function baudRateOf(value: string | undefined): number {
  if (value === undefined) return DEFAULT_BAUD_RATE;
  const rate = /^[1-9]\d{0,8}$/.test(value) ? Number(value) : 0;
  if (rate < LEAST_BAUD_RATE || rate > MOST_BAUD_RATE) {
    throw new CallerError("link/speed", { baud: value, takes: `${LEAST_BAUD_RATE} to ${MOST_BAUD_RATE}` });
  }
  return rate;
}

function endpointOf(body: string, leastPort: number, refuse: () => CallerError): { host: string; port: number } {
  const [, bracketed, plain, digits = ""] = /^\/\/(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(body) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < leastPort || port > 0xffff) throw refuse();
  return { host, port };
}

/** The first choice stands for a parameter that is not given. */
function oneOf<T extends string>(
  choices: readonly [T, ...T[]],
  value: string | undefined,
  refuse: () => CallerError,
): T {
  if (value === undefined) return choices[0];
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw refuse();
  return choice;
}

function parametersOf(query: string | undefined, refuse: () => CallerError): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const parameter of query === undefined ? [] : query.split("&")) {
    const [, name, value] = /^([a-z]+)=([^=]+)$/.exec(parameter) ?? [];
    if (name === undefined || value === undefined || parameters.has(name)) throw refuse();
    parameters.set(name, decoded(value, refuse));
  }
  return parameters;
}

function decoded(text: string, refuse: () => CallerError): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse();
  }
}

/** Only what would change the meaning is encoded, so that paths stay readable. */
function encoded(text: string): string {
  return text.replace(/[%?]/g, (character) => encodeURIComponent(character));
}

function badUri(uri: string, takes: string): CallerError {
  return new CallerError("link/bad-uri", { uri, takes });
}
