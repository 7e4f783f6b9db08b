/** TCP: to a port server or a simulated device, and, where there is no pty, as the virtual port that a device is served at. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { EnvironmentError, type Link } from "@nyckelfri/protocol";
import { CarriedLink } from "./carried-link.ts";
import type { LinkLogger } from "./logger.ts";
import { closedBy, messageOf } from "./system-errors.ts";

const PIECE_BYTES = 65_536;
/** How long what was written before `close` may take to leave. */
const LINGER_MS = 250;
/** After so long without traffic the system asks whether the other side is still there. */
const KEEP_ALIVE_MS = 10_000;

export interface TcpOptions {
  readonly uri: string;
  readonly host: string;
  readonly port: number;
  readonly stallMs: number;
}

/** Throws `link/unreachable`. */
export function openTcp({ uri, host, port, stallMs }: TcpOptions, signal: AbortSignal): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    const giveUp = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const refuse = (error: Error): void =>
      reject(new EnvironmentError("link/unreachable", { uri, detail: messageOf(error) }));
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("error", refuse);
    socket.once("connect", () => {
      signal.removeEventListener("abort", giveUp);
      socket.off("error", refuse);
      const link: CarriedLink = new CarriedLink({
        uri,
        pieceBytes: PIECE_BYTES,
        stallMs,
        carrier: { take: (piece) => taken(socket, piece), release: () => hangUp(socket) },
      });
      let failure: Error | undefined;
      socket.on("data", (chunk) => link.received(chunk));
      socket.on("error", (error) => {
        failure = error;
      });
      socket.on("end", () => link.ended({ reason: "hang-up" }));
      socket.on("close", () => link.ended(failure === undefined ? { reason: "hang-up" } : closedBy(failure)));
      resolve(link);
    });
  });
}

/**
 * Waits for connections as a serial port waits for programs: the link is open all the time, its other side comes and goes
 * untold, a second one is turned away while the first may still speak, and bytes that nobody takes are dropped. The link's `uri`
 * names the port that it got. Throws `link/busy`, `link/no-permission`, `link/unreachable` for an address that is not here.
 */
export async function openTcpListen(options: TcpOptions, signal: AbortSignal, log: LinkLogger): Promise<Link> {
  // Half open: a program that has nothing more to say (`printf ... | nc`) still waits for the answer.
  const half = { allowHalfOpen: true } as const;
  const server = createServer({ ...half, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  await listening(server, options, signal);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const uri = options.uri.replace(/:\d+$/, `:${port}`);
  let client: Socket | undefined;
  /** The client that has nothing more to say: it has as long as any to take its answer, and gives way to the next. */
  let leaving: Socket | undefined;
  const link: CarriedLink = new CarriedLink({
    uri,
    pieceBytes: PIECE_BYTES,
    stallMs: "carrier",
    carrier: {
      take: async (piece) => {
        if (client === undefined) return log({ event: "dropped", uri, bytes: piece.length });
        await takenOrDropped(client, piece, options.stallMs, (bytes) => log({ event: "dropped", uri, bytes }));
      },
      release: async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        if (client !== undefined) await hangUp(client);
        await closed;
      },
    },
  });
  server.on("connection", (socket) => {
    if (client !== undefined && client !== leaving) return void socket.destroy();
    leaving?.destroySoon();
    client = socket;
    let timer: NodeJS.Timeout | undefined;
    socket.on("data", (chunk) => link.received(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => {
      leaving = socket;
      timer = setTimeout(() => socket.destroySoon(), options.stallMs);
    });
    socket.on("close", () => {
      clearTimeout(timer);
      if (leaving === socket) leaving = undefined;
      if (client === socket) client = undefined;
    });
  });
  server.on("error", (error) => link.ended(closedBy(error)));
  return link;
}

const LISTEN_FAILURES: Readonly<Record<string, "link/busy" | "link/no-permission">> = {
  EADDRINUSE: "link/busy",
  EACCES: "link/no-permission",
};

function listening(server: Server, { uri, host, port }: TcpOptions, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      const code = LISTEN_FAILURES[error.code ?? ""] ?? "link/unreachable";
      reject(new EnvironmentError(code, { uri, detail: messageOf(error) }));
    };
    const giveUp = (): void => {
      server.close();
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    server.once("error", refuse);
    server.listen({ host, port, exclusive: true }, () => {
      signal.removeEventListener("abort", giveUp);
      server.off("error", refuse);
      resolve();
    });
  });
}

/** Resolves when the kernel has the piece, which a peer that does not read can put off for ever. */
function taken(socket: Socket, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(piece, (error) => (error == null ? resolve() : reject(error)));
  });
}

/** A device does not wait for a program that reads nothing: it is disconnected, as if its cable had been pulled. */
async function takenOrDropped(
  socket: Socket,
  piece: Uint8Array,
  stallMs: number,
  dropped: (bytes: number) => void,
): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), stallMs);
  try {
    await taken(socket, piece);
  } catch {
    dropped(piece.length);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets leave what was written, for a moment, and reads on meanwhile: closing over unread bytes would reset the connection. */
function hangUp(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
    socket.end();
  });
}
