/** What power cuts have found, by the id under which it was found, and why it was so. */
import { expect, test } from "vitest";
import { CutTrials, cutScenarioNames, parseCase } from "#src/faults/power-cuts/index.ts";

test.each([
  {
    was: "a door that had lost its cache could not name the certificate of a ticket that it lacked, and refused a good key",
    id: "opening-first/cylinder/nvm:99:torn",
  },
  {
    was: "a door that held nothing named five needs in an answer that holds four, and the key tried again for ever",
    id: "roll-over-door/cylinder/nvm:400:before",
  },
  {
    was: "a door out of service verified three certificates for a refusal that was certain",
    id: "mounting-again/key/at:2000us",
  },
])("$id: $was", { timeout: 120_000 }, ({ id }) => {
  const { scenario, cuts } = parseCase(id, cutScenarioNames);
  expect(new CutTrials(scenario).try(cuts)).toMatchObject({ id, verdict: "held", breaches: [] });
});
