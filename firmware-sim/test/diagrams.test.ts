/** The README's state diagrams are those of the tables that the devices run by (else: UPDATE_DIAGRAMS=1 npm test -- firmware-sim/test/diagrams). */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { activationBoxDiagram } from "#src/devices/activation-box/diagram.ts";
import { cylinderDiagram } from "#src/devices/cylinder/diagram.ts";
import { keyDiagram } from "#src/devices/key/diagram.ts";
import { cabinetDiagram } from "#src/devices/key-cabinet/diagram.ts";
import { stationDiagram } from "#src/devices/station/diagram.ts";

const README = new URL("../README.md", import.meta.url);
const diagrams = {
  cylinder: cylinderDiagram,
  key: keyDiagram,
  station: stationDiagram,
  "activation-box": activationBoxDiagram,
  "key-cabinet": cabinetDiagram,
} as const;

function section(name: string, diagram: string): string {
  return `<!-- generated: ${name} -->\n\n\`\`\`mermaid\n${diagram.trim()}\n\`\`\`\n\n<!-- end -->`;
}

const sectionOf = (name: string): RegExp => new RegExp(`<!-- generated: ${name} -->[\\s\\S]*?<!-- end -->`);

if (process.env["UPDATE_DIAGRAMS"] === "1") {
  let text = readFileSync(README, "utf8");
  for (const [name, diagram] of Object.entries(diagrams))
    text = text.replace(sectionOf(name), section(name, diagram()));
  writeFileSync(README, text);
}

test.each(Object.entries(diagrams))("%s", (name, diagram) => {
  const [found] = sectionOf(name).exec(readFileSync(README, "utf8")) ?? [];
  expect(found).toBe(section(name, diagram()));
  expect(diagram()).toMatch(/^stateDiagram-v2/);
});
