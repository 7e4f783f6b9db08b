/** The clock of this machine, as a host hands it in. */
import type { Clock } from "./virtual-time.ts";

export const realClock: Clock = {
  nowMs: () => performance.now(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
