// Child processes of the workspace's own commands: environment, progress, exit codes and signals in one place.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** The workspace's root folder. */
export const root = fileURLToPath(new URL("../", import.meta.url));

const heartbeatMs = 10_000;

// npm hands its own settings down as variables; pnpm and the next npm would take them for orders. How to reach the
// registry is the one thing they must keep.
const keptNpmSetting =
  /^npm_config_(registry|ca|cafile|cert|key|strict_ssl|cache|userconfig|globalconfig|offline|https?_proxy|proxy|noproxy|no_proxy|@.*|\/\/.*)$/i;

/**
 * The environment for children: what npm, an editor or a deployment added to it is gone. `NODE_ENV=production` would
 * leave out the development dependencies, and vitest would resolve other files.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnvironment(env = process.env) {
  const kept = Object.entries(env).filter(([name]) => {
    if (name === "NODE_ENV") return false;
    if (/^npm_config_/i.test(name)) return keptNpmSetting.test(name);
    return !/^npm_(package|lifecycle)_/i.test(name);
  });
  return Object.fromEntries(kept);
}

/**
 * Runs a program with our terminal and resolves to its exit code (128 + signal number if a signal ended it). While it
 * runs, a line every ten seconds says that it still does, if `doing` names what.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ doing?: string, shell?: boolean }} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, { doing, shell = false } = {}) {
  return new Promise((resolve) => {
    const startedMs = Date.now();
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env: cleanEnvironment(), shell });
    const heartbeat = setInterval(() => {
      if (doing !== undefined) say(`still ${doing} (${Math.round((Date.now() - startedMs) / 1000)} s)`);
    }, heartbeatMs);

    // Ctrl-C reaches the child from the terminal; we only wait for it to end. A SIGTERM is for us alone: hand it on.
    const wait = () => {};
    const handOn = () => child.kill("SIGTERM");
    process.on("SIGINT", wait);
    process.on("SIGTERM", handOn);
    const end = (/** @type {number} */ code) => {
      clearInterval(heartbeat);
      process.off("SIGINT", wait);
      process.off("SIGTERM", handOn);
      resolve(code);
    };
    child.on("error", (error) => {
      say(`cannot run ${command}: ${error.message}`);
      end(127);
    });
    child.on("exit", (code, signal) => end(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** @param {string} line */
export function say(line) {
  console.log(`nyckelfri: ${line}`);
}
