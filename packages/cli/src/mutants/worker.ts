/** A thread that judges one mutant after the other; workers.ts starts it. */
import { parentPort, workerData } from "node:worker_threads";
import { mutantNamed } from "./catalogue/catalogue.ts";
import { startFoundry } from "./foundry.ts";
import { judge } from "./matrix.ts";
import type { Share } from "./workers.ts";

const { code, names } = workerData as Share;
const foundry = startFoundry(code);
for (const name of names) parentPort?.postMessage(judge(foundry, mutantNamed(name)));
