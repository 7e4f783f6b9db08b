// `npm start`, `npm test`, `npm run build`, `npm run bench`, `npm run district` and `npm run city` on a machine that has Node and git and nothing else.
// Only the check of Node's version stands here, in syntax that an old Node still parses; the work is in workspace.mjs.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `nyckelfri: this is Node ${process.versions.node}; Node 20.19 or newer is needed (20, 22 and 24 are tested).\n` +
      "Install one from https://nodejs.org or with your version manager, then run the same command again.",
  );
  process.exitCode = 1;
} else {
  import("./workspace.mjs").then((workspace) => workspace.main(process.argv[2], process.argv.slice(3)));
}
