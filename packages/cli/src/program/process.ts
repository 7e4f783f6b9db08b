/** This process as a terminal. Importing this file runs the command line. */
import { getRandomValues } from "node:crypto";
import { createInterface } from "node:readline";
import { addAbortSignal } from "node:stream";
import { MOST_BYTES, tooLarge } from "../files/read-file.ts";
import { systemZone } from "../times/zoned-time.ts";
import { exitCode } from "./exit-codes.ts";
import { main } from "./main.ts";

/** How long a command may take to put away what it holds. */
const LEAVING_MS = 5_000;

const interruption = new AbortController();
const interrupted = interruption.signal;

/** Lets a command close its ports, end its processes and remove its folders. */
function interrupt(): void {
  if (interrupted.aborted) return;
  interruption.abort();
  setTimeout(() => process.exit(exitCode("interrupted")), LEAVING_MS).unref();
}

// The first Ctrl-C lets a command end; the second ends it where it stands. So do a closed terminal and a service manager.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (interrupted.aborted) process.exit(exitCode("interrupted"));
    interrupt();
  });
}

async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of addAbortSignal(interrupted, process.stdin)) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MOST_BYTES) throw tooLarge("standard input does not end");
    chunks.push(chunk as Uint8Array);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Why nobody takes what is printed any more: a reader that has enough (`nyckelfri … | head`), or a full disk. */
let outputGone: NodeJS.ErrnoException | undefined;
let printed: Promise<void> = Promise.resolve();

function outputFailed(error: NodeJS.ErrnoException): void {
  outputGone ??= error;
  interrupt();
}
process.stdout.on("error", outputFailed);
// Whom errors are told has gone: the exit code still says it.
process.stderr.on("error", () => {});

function print(text: string): void {
  if (outputGone !== undefined) return;
  printed = new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) return resolve();
      outputFailed(error);
      reject(error);
    });
  });
  printed.catch(() => {});
}

const ended = await main(process.argv.slice(2), {
  readInput,
  lines: () => createInterface({ input: process.stdin }),
  print,
  printed: () => (outputGone === undefined ? printed : Promise.reject(outputGone)),
  warn: (text) => process.stderr.write(text),
  environment: process.env,
  output: process.stdout.isTTY === true ? "terminal" : "pipe",
  errors: process.stderr.isTTY === true ? "terminal" : "pipe",
  now: () => Math.trunc(Date.now() / 1000),
  random: (length) => getRandomValues(new Uint8Array(length)),
  interrupted,
  zone: systemZone(),
});
await printed.catch(() => {});
process.exitCode = ended;
if (outputGone !== undefined && outputGone.code !== "EPIPE") {
  process.stderr.write(`nyckelfri: standard output cannot be written (${outputGone.code})\n`);
  process.exitCode = exitCode("file");
}
