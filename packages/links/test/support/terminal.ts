/** What node-pty has in its hands, for tests that take it away. */
import type { ReadStream } from "node:tty";
import nodePty from "@lydell/node-pty";

interface Terminal {
  readonly master: ReadStream;
  readonly slave: ReadStream;
  readonly ptsName: string;
}

interface Library {
  open(options: { encoding: null }): Terminal;
}

/** Runs what opens a virtual port, and gives the stream beneath it too. */
export async function streamBeneath<T>(
  opens: () => Promise<T>,
): Promise<{ readonly opened: T; readonly stream: ReadStream }> {
  const library = nodePty as unknown as Library;
  const { open } = library;
  const terminals: Terminal[] = [];
  library.open = (options) => {
    const terminal = open(options);
    terminals.push(terminal);
    return terminal;
  };
  try {
    const opened = await opens();
    const [terminal] = terminals;
    if (terminal === undefined) throw new Error("no terminal was opened");
    return { opened, stream: terminal.master };
  } finally {
    library.open = open;
  }
}

/** A pty whose other end nobody reads: a device that has stopped working. */
export function openDeafTerminal(): { readonly path: string; free(): void } {
  const { open } = nodePty as unknown as Library;
  const terminal = open({ encoding: null });
  terminal.master.pause();
  terminal.slave.destroy();
  return { path: terminal.ptsName, free: () => void terminal.master.destroy() };
}
