// Runs the pnpm that package.json pins, fetched through npm if it is not in npm's cache: `node scripts/pnpm.mjs add -D …`.
// Not through corepack, whose older versions reject the signatures of today's packages.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run } from "./child.mjs";

/** `pnpm@x.y.z`, as pinned. @type {string} */
export const pinnedPnpm = JSON.parse(readFileSync(`${root}package.json`, "utf8")).packageManager.split("+")[0];

/**
 * @param {readonly string[]} args
 * @param {string} [doing] what to say while it runs
 * @returns {Promise<number>} the exit code
 */
export function pnpm(args, doing) {
  const exec = ["exec", "--yes", "--prefer-offline", `--package=${pinnedPnpm}`, "--", "pnpm", ...args];
  const options = doing === undefined ? {} : { doing };
  // `npm start` says where npm's JavaScript is. Without that, Windows needs a shell to find npm.cmd.
  const npm = process.env["npm_execpath"];
  if (npm !== undefined && /^np[mx]-cli\.c?js$/.test(basename(npm))) {
    return run(process.execPath, [npm.replace(/npx-cli(\.c?js)$/, "npm-cli$1"), ...exec], options);
  }
  return run("npm", exec, { ...options, shell: process.platform === "win32" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await pnpm(process.argv.slice(2));
