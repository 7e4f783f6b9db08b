/** A pty whose other end nobody reads: a device that has stopped working. */
import type { ReadStream } from "node:tty";
import nodePty from "@lydell/node-pty";

interface Terminal {
  readonly master: ReadStream;
  readonly slave: ReadStream;
  readonly ptsName: string;
}

export function openDeafTerminal(): { readonly path: string; free(): void } {
  const { open } = nodePty as unknown as { open(options: { encoding: null }): Terminal };
  const terminal = open({ encoding: null });
  terminal.master.pause();
  terminal.slave.destroy();
  return { path: terminal.ptsName, free: () => void terminal.master.destroy() };
}
