import { expect, test } from "vitest";
import { closedBy, openError } from "#src/system-errors.ts";

const system = (code: string): Error => Object.assign(new Error(`${code}: said by the system`), { code });

test.each([
  [system("ENOENT"), "link/unknown-port"],
  [system("ENOTDIR"), "link/unknown-port"],
  [system("EACCES"), "link/no-permission"],
  [system("EBUSY"), "link/busy"],
  [new Error("Error: No such file or directory, cannot open /dev/ttyACM9"), "link/unknown-port"],
  [new Error("Opening COM9: File not found"), "link/unknown-port"],
  [new Error("Error: Permission denied, cannot open /dev/ttyACM0"), "link/no-permission"],
  [new Error("Error Resource temporarily unavailable Cannot lock port"), "link/busy"],
  [new Error("Error: Device or resource busy, cannot open /dev/ttyACM0"), "link/busy"],
  [new Error("Opening COM3: Access denied"), "link/busy"],
  [new Error("Error: Inappropriate ioctl for device setting custom baud rate of 115200"), "link/not-a-port"],
  [new Error("Error: Invalid argument setting custom baud rate of 123457"), "link/speed"],
  [new Error("something else"), "link/carrier-error"],
  ["not even an error", "link/carrier-error"],
])("why a port did not open: %s", (error, code) => {
  const failure = openError(error, "serial:/dev/ttyACM0");
  expect([failure.code, failure.details["uri"]]).toEqual([code, "serial:/dev/ttyACM0"]);
});

test("who may not open a port is told which group to join", () => {
  expect(openError(system("EACCES"), "serial:/dev/ttyACM0").remedy).toContain("dialout");
});

test.each([
  [system("EIO"), "hang-up"],
  [system("ENXIO"), "hang-up"],
  [system("ECONNRESET"), "hang-up"],
  [new Error("bad file descriptor"), "hang-up"],
  [system("ENOSPC"), "carrier-error"],
])("why a link ended: %s", (error, reason) => {
  expect(closedBy(error).reason).toBe(reason);
});
