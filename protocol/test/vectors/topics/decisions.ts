// Decisions (SPEC chapter 9): what a door holds, what a key presents, and the first row of the table that refuses.
import { reasons } from "#src/registry.ts";
import { accepted, refused, type Vector, type VectorFile } from "../build.ts";
import { cases } from "./decision-cases.ts";
import { type Case, common, type Fields, materialOf } from "./decision-material.ts";

const clauseOf = (reason: string): string => {
  const row = reasons.find(({ name }) => name === reason);
  if (row === undefined) throw new RangeError(`no reason ${reason}`);
  return `DEC-${row.number}`;
};
const resultOf = (reason: string) => reasons.find(({ name }) => name === reason)?.result;

function vectorOf(one: Case): Vector {
  const { fields, interval } = materialOf(one);
  const clauses = [...new Set([one.row, ...(one.clauses?.split(" ") ?? [])].filter((row) => row !== "permit"))];
  const cited = clauses.map((clause) => (/^[A-Z]{3}-\d+$/.test(clause) ? clause : clauseOf(clause))).join(" ");
  const name = `${one.row}: ${one.name}`;
  if (one.refuses !== undefined) {
    return refused(name, cited, one.refuses, { ...fields, result: resultOf(one.refuses) });
  }
  const permit: Fields = { action: one.proof?.action === 4 ? "service" : "open", interval };
  return accepted(name, cited === "" ? "DEC-20 DEC-21" : cited, { ...fields, permit });
}

export const decisions: VectorFile = {
  description:
    "Decisions (SPEC chapter 9). `door` is what the cylinder holds, as JSON; `presented` the exact bytes of a visit: for the `message` open the bodies of hello, challenge and updates, for lifecycle those of hello and welcome and the policy that it brings; grant, ticket and proof; `certificates` those that the door holds or was supplied with, by what they are looked up for: `grantIssuers` for the grant, `boxes` ([box's, its issuer's]) for the ticket; one counts when it is of the kid that is looked for and its chain holds under `rootPublicKey`, without regard to its epoch, which the decision judges. `common` is what every vector has besides, as far as it does not say otherwise. A valid vector is a permit, with its action and the key's interval as the door uses it; an invalid one is refused for `reason`, the first row of the table that refuses, with the coarse `result` on the wire. Each name begins with the row that it tries; permits stand at the edges of rows.",
  common,
  vectors: cases.map(vectorOf),
};
