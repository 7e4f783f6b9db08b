/** This process as a terminal. Importing this file runs the command line. */
import { getRandomValues } from "node:crypto";
import { createInterface } from "node:readline";
import { addAbortSignal } from "node:stream";
import { systemZone } from "../times/zoned-time.ts";
import { exitCode } from "./exit-codes.ts";
import { main } from "./main.ts";

/** How long a command may take to put away what it holds. */
const LEAVING_MS = 2_000;

const interruption = new AbortController();
const interrupted = interruption.signal;

// The first Ctrl-C lets a command close its ports and end; the second ends it where it stands.
process.on("SIGINT", () => {
  if (interrupted.aborted) process.exit(exitCode("interrupted"));
  interruption.abort();
  setTimeout(() => process.exit(exitCode("interrupted")), LEAVING_MS).unref();
});

async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of addAbortSignal(interrupted, process.stdin)) chunks.push(chunk as Uint8Array);
  return new Uint8Array(Buffer.concat(chunks));
}

// `nyckelfri … | head`: whoever read has enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCode("ok"));
  throw error;
});

process.exitCode = await main(process.argv.slice(2), {
  readInput,
  lines: () => createInterface({ input: process.stdin }),
  print: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
  environment: process.env,
  output: process.stdout.isTTY === true ? "terminal" : "pipe",
  errors: process.stderr.isTTY === true ? "terminal" : "pipe",
  now: () => Math.trunc(Date.now() / 1000),
  random: (length) => getRandomValues(new Uint8Array(length)),
  interrupted,
  zone: systemZone(),
});
