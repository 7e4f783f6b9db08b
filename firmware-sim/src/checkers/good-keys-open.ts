/** P14 (SPEC OPN-5, OPN-7, ERR-4): once faults have ended, a key with every right opens a healthy door soon. */
import type { Checker } from "./checker.ts";
import { SECOND } from "./observed.ts";
import { checkerOf } from "./watching.ts";

const INSERTIONS = 3;
const MICROSECONDS: number = 10 * SECOND;

export function goodKeysOpen(): Checker {
  return checkerOf({
    property: "P14",
    says: "once faults stop, a good key opens a healthy door within 3 insertions and 10 s",
    begin: () => ({}),
    watch: {
      liveness: ({ key, cylinder, insertions, microseconds, opened }, { breach }) => {
        const said = `${insertions} insertions and ${microseconds} us`;
        if (opened === "no") breach(cylinder, `${key} did not open it in ${said}`);
        else if (insertions > INSERTIONS || microseconds > MICROSECONDS)
          breach(cylinder, `${key} opened it only after ${said}`);
      },
    },
  });
}
