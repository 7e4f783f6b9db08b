// The commands behind `npm start`, `npm test` and `npm run build`, `bench`, `district`, `city` and `fuzz`: install what is missing,
// compile what changed, then do the job. A second run skips what is up to date.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { root, run, say } from "./child.mjs";
import { pinnedPnpm, pnpm } from "./pnpm.mjs";

const installStamp = join(root, "node_modules/.nyckelfri-installed");
const compiler = join(root, "node_modules/typescript/bin/tsc");
const testRunner = join(root, "node_modules/vitest/vitest.mjs");
const testReport = join(root, ".build/test-report.json");
const program = join(root, "packages/cli/bin/nyckelfri.mjs");

/** @type {Readonly<Record<string, (args: readonly string[]) => Promise<number>>>} */
const jobs = {
  start: (args) => run(process.execPath, [program, "shift", ...args]),
  test,
  bench: (args) => run(process.execPath, [join(root, "bench/dist/main.js"), ...args]),
  fuzz: (args) => run(process.execPath, [join(root, "test/.build/out/fuzz/main.js"), ...args]),
  district: (args) => run(process.execPath, [join(root, "bench/dist/world/district.js"), ...args]),
  city: (args) => run(process.execPath, [join(root, "bench/dist/world/city.js"), ...args]),
  build: async () => 0,
};

/**
 * @param {string | undefined} name
 * @param {readonly string[]} args handed through to the job
 */
export async function main(name, args) {
  const job = jobs[name ?? ""];
  if (job === undefined) {
    console.error(`usage: node scripts/bootstrap.mjs ${Object.keys(jobs).join("|")} [arguments]`);
    process.exitCode = 2;
    return;
  }
  process.exitCode = (await install()) || (await compile()) || (await job(args));
}

/** Installs unless the stamp says that exactly this was installed here. */
async function install() {
  const wanted = installFingerprint();
  if (existsSync(installStamp) && readFileSync(installStamp, "utf8") === wanted && existsSync(compiler)) return 0;
  say(`installing what is missing with ${pinnedPnpm} (about 15 s the first time; needs the npm registry)`);
  const options = ["--frozen-lockfile", "--prefer-offline", "--reporter=append-only", "--loglevel=info"];
  const code = await pnpm(["install", ...options], "installing");
  if (code !== 0) {
    say(`the installation failed (exit code ${code}); the lines above say why. The usual causes:`);
    console.log("  - npm is not on the PATH: it comes with Node;");
    console.log("  - the registry cannot be reached: check the network, HTTPS_PROXY and `npm config get registry`;");
    console.log("  - a package.json was changed and the lockfile was not: run `node scripts/pnpm.mjs install`.");
    return code;
  }
  writeFileSync(installStamp, wanted);
  return 0;
}

/** What an installation depends on: the manifests, the lockfile, and the machine its binaries are for. */
function installFingerprint() {
  const hash = createHash("sha256");
  const manifests = packageFolders().map((folder) => join(folder, "package.json"));
  for (const file of [...manifests, join(root, "pnpm-lock.yaml"), join(root, "pnpm-workspace.yaml")]) {
    hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.update([process.platform, process.arch, process.versions.modules].join()).digest("hex");
}

function packageFolders() {
  const within = (/** @type {string} */ folder) =>
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return [root, ...within(root), ...within(join(root, "packages"))]
    .filter((folder) => !folder.endsWith("node_modules") && existsSync(join(folder, "package.json")))
    .sort();
}

/** Compiles every project of tsconfig.json; 0.2 s when nothing changed. */
async function compile() {
  for (const project of compiledProjects()) tidyOutput(project);
  const startedMs = Date.now();
  say("compiling");
  const code = await run(process.execPath, [compiler, "-b", "--stopBuildOnErrors"], { doing: "compiling" });
  if (code === 0) say(`compiled in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  else say("the compiler found errors (above); nothing was run");
  return code;
}

function compiledProjects() {
  const { references } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"));
  return references.map((/** @type {{ path: string }} */ { path }) => {
    const target = resolve(root, path);
    const file = path.endsWith(".json") ? target : join(target, "tsconfig.json");
    const { rootDir, outDir, tsBuildInfoFile } = JSON.parse(readFileSync(file, "utf8")).compilerOptions;
    const from = (/** @type {string} */ name) => resolve(dirname(file), name);
    return { sources: from(rootDir), output: from(outDir), buildInfo: from(tsBuildInfoFile) };
  });
}

/**
 * `tsc -b` looks at its build info alone: it neither writes a deleted output again nor deletes the output of a source
 * that is gone, which would then be tested and packed.
 * @param {{ sources: string, output: string, buildInfo: string }} project
 */
function tidyOutput({ sources, output, buildInfo }) {
  if (!existsSync(output)) {
    rmSync(buildInfo, { force: true });
    return;
  }
  for (const name of readdirSync(output, { recursive: true, encoding: "utf8" })) {
    const source = join(sources, name.replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts"));
    if (!existsSync(source) && statSync(join(output, name)).isFile()) rmSync(join(output, name));
  }
}

/** @param {readonly string[]} args vitest's own: file filters, `-t name`, `--project source` */
async function test(args) {
  mkdirSync(dirname(testReport), { recursive: true });
  rmSync(testReport, { force: true }); // a run that crashes must not leave the report of an earlier one
  // On a terminal vitest shows its own progress; elsewhere it is silent during a long file.
  const options = process.stdout.isTTY ? {} : { doing: "testing" };
  return run(process.execPath, [testRunner, "run", ...args], options);
}
