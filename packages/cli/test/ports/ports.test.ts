import { toHex } from "@nyckelfri/protocol";
import { expect, test } from "vitest";
import { foundFleet } from "../support/fleet.ts";
import { newFolder } from "../support/folder.ts";
import { serveAt, stationAt } from "../support/station.ts";
import { Shell } from "../support/terminal.ts";

test("each port is told with what answers there, and one that is silent or absent hinders no other", async () => {
  const shell = new Shell();
  const fleet = await foundFleet(newFolder(), shell);
  const { uri } = stationAt(fleet.nvm);
  const mute = serveAt(() => {});
  const asked = ["--also", uri, "--also", mute, "--also", "serial:/dev/no-such-port"];
  const { exit, output } = await shell.run(["ports", ...asked, "--json"]);
  expect(exit).toBe(0);
  const rows = JSON.parse(output) as readonly { readonly uri: string; readonly answer: unknown }[];
  const answers = Object.fromEntries(rows.map((row) => [row.uri, row.answer]));
  expect(answers[uri]).toMatchObject({
    kind: "station",
    welcome: { kind: "station", device: toHex(fleet.station.kid) },
  });
  expect(answers[mute]).toEqual({ kind: "silent" });
  expect(answers["serial:/dev/no-such-port"]).toMatchObject({ kind: "failed", code: "link/unknown-port" });
});

test("a URI that is none is told before anything is asked", async () => {
  const { exit, errors } = await new Shell().run(["ports", "--also", "ttyACM0"]);
  expect([exit, errors]).toEqual([2, expect.stringContaining("code: link/bad-uri")]);
});
