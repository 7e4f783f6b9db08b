/** A worker thread: takes one seed after the other. */
import { parentPort } from "node:worker_threads";
import { perform, type Work } from "./work.ts";

parentPort?.on("message", async (work: Work) => {
  parentPort?.postMessage(await perform(work));
});
