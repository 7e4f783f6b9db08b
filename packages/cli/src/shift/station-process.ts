/** A simulated station as a process of its own, and the lines that drive the world behind it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Failure } from "../program/failure.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/nyckelfri.mjs", import.meta.url));
const BEGINS_WITHIN_MS = 20_000;
const ENDS_WITHIN_MS = 5_000;

export interface StationOptions {
  /** Where the virtual port's symbolic link goes. */
  readonly folder: string;
  readonly seed: number;
  /** Unix seconds. */
  readonly beginsAt: number;
  /** Where the world is kept; without it the world ends with its process. */
  readonly state?: string;
}

/** The world's side of a simulated station: where its port is, and whom to ask. */
export type City = Pick<StationProcess, "uri" | "ask">;

/** With a process that lives; `over` says why nothing is answered any more. */
interface Conversation {
  readonly asked: Map<number, Asked>;
  over: Failure | undefined;
}

interface Asked {
  readonly answered: (result: unknown) => void;
  readonly failed: (error: Error) => void;
}

export class StationProcess {
  /** What a host opens. */
  readonly uri: string;
  /** Settles when the process has ended, however it did. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #conversation: Conversation;
  #next = 1;

  constructor(uri: string, child: ChildProcess, conversation: Conversation, ended: Promise<void>) {
    this.uri = uri;
    this.#child = child;
    this.#conversation = conversation;
    this.ended = ended;
  }

  /** On a virtual serial port, or over TCP where the system has none; `noted` is told so. */
  static async start(options: StationOptions, noted: (note: string) => void): Promise<StationProcess> {
    const path = join(options.folder, "station0");
    try {
      return await begin(`pty:${path}`, `serial:${path}`, options);
    } catch (error) {
      if (!(error instanceof Failure) || !error.message.includes("link/no-virtual-port")) throw error;
      noted("no virtual serial port here: the station is reached over TCP instead");
      const port = await freePort();
      return begin(`tcp-listen://localhost:${port}`, `tcp://localhost:${port}`, options);
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The world's answer to one line. Throws a `Failure` `cli/station-process` for its errors, and when the process ends. */
  ask<Result>(verb: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Result> {
    const id = this.#next++;
    const { asked, over } = this.#conversation;
    if (over !== undefined) return Promise.reject(over);
    return new Promise<Result>((resolve, reject) => {
      asked.set(id, { answered: (result) => resolve(result as Result), failed: reject });
      this.#child.stdin?.write(`${JSON.stringify({ id, do: verb, ...fields })}\n`);
    });
  }

  /** Ends it as its own Ctrl-D; a process that does not end is killed. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), ENDS_WITHIN_MS);
    await this.ended;
    clearTimeout(timer);
  }
}

function begin(at: string, uri: string, { seed, beginsAt, state }: StationOptions): Promise<StationProcess> {
  const options = ["--at", at, "--seed", String(seed), "--begin", String(beginsAt), "--rt-ratio", "0"];
  if (state !== undefined) options.push("--state", state);
  const words = [PROGRAM, "sim", "serve", "--device", "station", ...options];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "pipe"] });
  const conversation: Conversation = { asked: new Map(), over: undefined };
  const { asked } = conversation;
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-2_000);
  });
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return new Promise<StationProcess>((resolve, reject) => {
    const fail = (what: string): void => {
      const failure = new Failure("cli/station-process", `${what}${said === "" ? "" : `: ${said.trim()}`}`);
      conversation.over ??= failure;
      reject(failure);
      for (const one of asked.values()) one.failed(failure);
      asked.clear();
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail("the simulated station did not begin");
    }, BEGINS_WITHIN_MS);
    child.once("error", ({ message }) => fail(`the simulated station cannot be started: ${message}`));
    child.once("close", () => {
      clearTimeout(timer);
      fail("the simulated station has ended");
    });
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = JSON.parse(text) as { id?: number; event?: string; ok?: unknown; error?: { message: string } };
      if (line.event === "ready") {
        clearTimeout(timer);
        resolve(new StationProcess(uri, child, conversation, ended));
      }
      const one = asked.get(line.id ?? 0);
      if (one === undefined) return;
      asked.delete(line.id ?? 0);
      if (line.error === undefined) one.answered(line.ok);
      else one.failed(new Failure("cli/station-process", `the simulated world: ${line.error.message}`));
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "localhost", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
