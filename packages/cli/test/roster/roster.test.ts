import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grantWindow, groupsOf, parseRoster, patrolAt, type Roster, readRoster } from "#src/index.ts";

import { newFolder } from "../support/folder.ts";

const shipped = (name: string) => fileURLToPath(new URL(`../../rosters/${name}`, import.meta.url));
const yaml = readFileSync(shipped("exempelstad.yaml"), "utf8");

function sound(text: string, format: "yaml" | "csv" = "yaml"): Roster {
  const reading = parseRoster(text, format);
  if (reading.kind === "refused") throw new Error(JSON.stringify(reading.findings));
  return reading.roster;
}

/** Line and column at which a text stands in a document. */
function placeOf(text: string, part: string, within = part) {
  const offset = text.indexOf(part) + part.indexOf(within);
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

test("a file in another encoding is told with its line, instead of names that nobody has", () => {
  const path = newFolder();
  const text = yaml.replaceAll("ä", "ö");
  const line = text.slice(0, text.search(/[öå]/)).split("\n").length;
  writeFileSync(path("old.yaml"), Buffer.from(text, "latin1"));
  expect(() => readRoster(path("old.yaml"))).toThrow(
    expect.objectContaining({ code: "cli/wrong-file", message: `${path("old.yaml")}:${line} is not UTF-8` }),
  );
  writeFileSync(path("wide.csv"), `\ufeff${text}`, "utf16le");
  expect(() => readRoster(path("wide.csv"))).toThrow(
    expect.objectContaining({ message: expect.stringContaining("UTF-16") }),
  );
  writeFileSync(path("marked.yaml"), `\ufeff${text.replaceAll("\n", "\r\n")}`);
  expect(readRoster(path("marked.yaml")).kind).toBe("roster");
});

describe("the roster that ships", () => {
  const roster = sound(yaml);

  test("is a day and night of four patrols, of a municipal and a private provider, and says that it is invented", () => {
    expect(readRoster(shipped("exempelstad.yaml"))).toMatchObject({ kind: "roster", findings: [] });
    expect(roster.notice).toContain("invented");
    expect(new Set(roster.patrols.map(({ kind }) => kind))).toEqual(new Set(["day", "evening", "night", "alarm"]));
    expect(new Set(roster.providers.map(({ kind }) => kind))).toEqual(new Set(["municipal", "private"]));
    expect(new Set(roster.incidents.map(({ kind }) => kind)).size).toBe(5);
    expect(roster.clients.length).toBe(12);
    expect(new Set(roster.doors.map(({ kind }) => kind))).toEqual(new Set(["apartment", "entrance"]));
  });

  test("is the same as a table", () => {
    expect(readRoster(shipped("exempelstad.csv"))).toEqual({ kind: "roster", roster, findings: [] });
  });

  test("is the same as a table of a spreadsheet that writes semicolons", () => {
    const table = readFileSync(shipped("exempelstad.csv"), "utf8");
    expect(sound(`\ufeff${table.replaceAll(",", ";").replaceAll("\n", "\r\n")}`, "csv").visits).toEqual(roster.visits);
  });

  test("its entrances serve the patrols of everybody behind them", () => {
    expect(groupsOf(roster, "E-kaj-14")).toEqual([1100031, 1100032, 2200004]);
    expect(groupsOf(roster, "A-tall-3")).toEqual([1100017, 1100032]);
  });

  test("a grant ends the margin after the shift, and not a second later", () => {
    const [patrol] = roster.patrols;
    const [vera] = roster.workers;
    if (patrol === undefined || vera === undefined) throw new Error("no patrol");
    const { nbf, exp } = grantWindow(roster, patrol);
    // SPEC TIM-10: a clock that is 180 s behind is inside when the shift begins.
    expect([nbf, exp]).toEqual([patrol.from - 180, patrol.until + 1800]);
    expect(patrolAt(roster, vera, exp - 1)?.id).toBe("dag-norr");
    expect(patrolAt(roster, vera, exp)).toBeUndefined();
    expect(patrolAt(roster, vera, patrol.from)?.id).toBe("dag-norr");
    expect(patrolAt(roster, vera, patrol.from - 1)).toBeUndefined();
  });
});

interface Mistake {
  readonly from: string;
  readonly to: string;
  readonly code: string;
  /** Where the finding points, in the changed text. */
  readonly at: string;
}

const MISTAKES: readonly Mistake[] = [
  { from: "zone: Europe/Stockholm", to: "zone: Europe/Stokholm", code: "document/value", at: "Europe/Stokholm" },
  { from: "date: 2026-11-23", to: "date: 2026-11-31", code: "document/time", at: "2026-11-31" },
  { from: "margin: 30 min", to: "margin: 30", code: "document/value", at: "30\n" },
  { from: "margin: 30 min", to: "margn: 30 min", code: "document/unknown-field", at: "margn" },
  { from: "kind: municipal", to: "kind: municpal", code: "document/value", at: "municpal" },
  { from: "group: 1100017", to: "group: many", code: "document/value", at: "many" },
  { from: "group: 1100031", to: "group: 1100017", code: "roster/duplicate", at: "1100017, from: 21:30" },
  {
    from: "key: K-0102",
    to: "key: K-0101",
    code: "roster/duplicate",
    at: "K-0101, patrols: [dag-norr] }\n  - { id: lin",
  },
  { from: "id: omar", to: "id: vera", code: "roster/duplicate", at: "vera, name: Omar" },
  { from: "{ id: k03,", to: "{ id: k 03,", code: "document/value", at: "k 03" },
  { from: "worker: omar, client: k09", to: "worker: omra, client: k09", code: "roster/unknown", at: "omra" },
  { from: "[A-tall-3]", to: "[A-tall-33]", code: "roster/unknown", at: "A-tall-33" },
  { from: "client: k09 }", to: "client: k99 }", code: "roster/unknown", at: "k99" },
  {
    from: "key: K-0201, patrols: [kvall-lyktan]",
    to: "key: K-0201, patrols: [natt]",
    code: "roster/provider",
    at: "natt] }\n  - { id: stig",
  },
  { from: "from: 07:00, until: 16:00", to: "from: 07:00, until: 06:00", code: "roster/shift", at: "06:00 }" },
  { from: "from: 07:00, until: 16:00", to: "from: 07:00, until: 22:40", code: "roster/limit", at: "22:40" },
  { from: "from: 07:00, until: 16:00", to: "from: 7, until: 16:00", code: "document/time", at: "7, until" },
  {
    from: "key: K-0301, patrols: [natt]",
    to: "key: K-0301, patrols: [natt, larm]",
    code: "roster/overlap",
    at: "natt, larm] }",
  },
  { from: "at: 07:35, worker: vera", to: "at: 06:35, worker: vera", code: "roster/visit", at: "06:35" },
  {
    from: "worker: vera, client: k02",
    to: "worker: vera, client: k07",
    code: "roster/visit",
    at: "k07 }\n  - { at: 08:20",
  },
  { from: "at: 16:20, worker: stig", to: "at: 18:20, worker: stig", code: "roster/visit", at: "18:20" },
  {
    from: "at: 17:10, worker: vera",
    to: "at: 16:10, worker: vera",
    code: "roster/incident",
    at: "16:10, worker: vera, door",
  },
  {
    from: "at: 13:30, worker: vera, door: A-kaj-14-1401",
    to: "at: 13:30, worker: vera, door: A-tall-3",
    code: "roster/incident",
    at: "A-tall-3 }\n  - { kind: lost",
  },
  { from: "worker: elsa, client: k12", to: "worker: noor, client: k12", code: "roster/incident", at: "+1d 03:25" },
  { from: "reported: 17:40", to: "reported: 16:40", code: "roster/incident", at: "16:40" },
  { from: ", reported: 17:40", to: "", code: "document/missing", at: "{ kind: lost-key" },
  { from: "doors: [A-tall-3]", to: "doors: [E-lind-40]", code: "roster/nobody", at: "[E-lind-40] }" },
  { from: "title: Exempelstad", to: "title: &a Exempelstad", code: "document/reference", at: "Exempelstad, Monday" },
  { from: "  - { at: 07:35", to: "\t- { at: 07:35", code: "document/syntax", at: "\t- { at" },
];

test.each(MISTAKES)("$to: $code at its line and column", ({ from, to, code, at }) => {
  expect(yaml.split(from).length).toBeGreaterThan(1);
  const text = yaml.replace(from, to);
  const reading = parseRoster(text, "yaml");
  expect(reading.kind).toBe("refused");
  const place = placeOf(text, at);
  expect(reading.findings).toContainEqual(expect.objectContaining({ severity: "error", code, ...place }));
  expect(reading.findings.filter(({ remedy }) => remedy === "")).toEqual([]);
});

test("all mistakes are told at once, in the order of the document", () => {
  const text = yaml
    .replace("worker: omar, client: k09", "worker: omra, client: k99")
    .replace("[A-tall-5]", "[A-tal-5]");
  const { findings } = parseRoster(text, "yaml");
  expect(findings.map(({ code }) => code)).toEqual(["roster/unknown", "roster/unknown", "roster/unknown"]);
  expect(findings.map(({ remedy }) => remedy)).toEqual([
    "did you mean A-tall-5?",
    "did you mean omar?",
    expect.stringContaining("k09"),
  ]);
});

test("mistakes in a table point at their cells", () => {
  const table = readFileSync(shipped("exempelstad.csv"), "utf8");
  for (const [from, to, code] of [
    [",vera,k02,", ",vear,k02,", "roster/unknown"],
    ["visit,", "vist,", "document/value"],
    ["Europe/Stockholm", "Mars/Olympus", "document/value"],
  ] as const) {
    const text = table.replace(from, to);
    const [first] = parseRoster(text, "csv").findings;
    expect(first).toMatchObject({ code, ...placeOf(text, to, to.replaceAll(",", "").slice(0, 4)) });
  }
  const extra = parseRoster(table.replace("row,id", "row,idd"), "csv").findings[0];
  expect(extra).toMatchObject({ code: "document/unknown-field", line: 2, column: 5, remedy: "did you mean id?" });
});

test("a visit so near to the end that its key may have expired is refused, and one in the margin is doubtful", () => {
  const findingsAt = (at: string) => {
    const reading = parseRoster(yaml.replace("at: 09:30", `at: "${at}"`), "yaml");
    return reading.findings.map(({ severity, code }) => `${severity} ${code}`);
  };
  expect(findingsAt("16:00")).toEqual(["warning roster/visit"]);
  expect(findingsAt("16:27")).toEqual(["error roster/visit"]);
});

describe("one key in two shifts", () => {
  const findingsOf = (from: string, visit: string, more = "") => {
    const text = `
title: Two shifts
zone: Europe/Stockholm
date: 2026-11-23
margin: 5 min
providers: [{ id: p, name: P, kind: municipal }]
patrols:
  - { id: day, name: Day, provider: p, kind: day, group: 1, from: 07:00, until: 16:00 }
  - { id: eve, name: Evening, provider: p, kind: evening, group: 2, from: ${from}, until: 22:00 }
workers: [{ id: w, name: W, provider: p, key: K1, patrols: [eve, day] }]
doors: [{ id: d, kind: apartment, address: Somewhere 1 }]
clients: [{ id: c, name: C, patrols: [day, eve], doors: [d] }]
visits: [{ at: ${visit}, worker: w, client: c }]
${more}`;
    return parseRoster(text, "yaml").findings.map(({ code, line }) => `${code} in line ${line}`);
  };

  test("needs time for the station and the box between them", () => {
    expect(findingsOf("16:10", "15:59")).toEqual([]);
    expect(findingsOf("16:09", "15:59")).toEqual(["roster/overlap in line 10"]);
    expect(findingsOf("16:04", "15:59")).toEqual(["roster/overlap in line 10"]);
  });

  test("opens nothing in the margin of the first, because it has the grant of the second by then", () => {
    expect(findingsOf("16:20", "16:01")).toContain("roster/visit in line 13");
    expect(findingsOf("17:30", "16:01")).toEqual(["roster/visit in line 13"]);
  });

  test("and after a battery change it has to be told the time", () => {
    const changed = "incidents: [{ kind: battery-change, at: 09:55, worker: w }]";
    expect(findingsOf("17:30", "10:04", changed)).toEqual(["roster/visit in line 13"]);
    expect(findingsOf("17:30", "10:05", changed)).toEqual([]);
    expect(findingsOf("17:30", "09:54", changed)).toEqual([]);
  });
});

describe("on the night the clocks change", () => {
  const night = (date: string, at: string) => `
title: One night
zone: Europe/Stockholm
date: ${date}
margin: 30 min
providers: [{ id: p, name: P, kind: municipal }]
patrols: [{ id: natt, name: Night, provider: p, kind: night, group: 1, from: 21:30, until: +1d 06:30 }]
workers: [{ id: w, name: W, provider: p, key: K1, patrols: [natt] }]
doors: [{ id: d, kind: apartment, address: Somewhere 1 }]
clients: [{ id: c, name: C, patrols: [natt], doors: [d] }]
visits:
  - { at: ${at}, worker: w, client: c }
`;

  test("October: an hour that comes twice asks which of the two", () => {
    const text = night("2026-10-24", "+1d 02:30");
    expect(parseRoster(text, "yaml").findings).toMatchObject([
      { code: "document/time-twice", ...placeOf(text, "+1d 02:30") },
    ]);
    const first = sound(night("2026-10-24", "+1d 02:30 +02:00")).visits[0]?.at ?? 0;
    const second = sound(night("2026-10-24", "+1d 02:30 +01:00")).visits[0]?.at ?? 0;
    expect(second - first).toBe(3600);
  });

  test("October: the shift lasts ten hours, and its grant with it", () => {
    const roster = sound(night("2026-10-24", "23:00"));
    expect(roster.patrols.map((patrol) => grantWindow(roster, patrol).exp - patrol.from)).toEqual([10.5 * 3600]);
  });

  test("March: an hour that does not exist is refused", () => {
    const text = night("2027-03-27", "+1d 02:30");
    expect(parseRoster(text, "yaml").findings).toMatchObject([
      { code: "document/time-skipped", ...placeOf(text, "+1d 02:30") },
    ]);
    const roster = sound(night("2027-03-27", "+1d 03:30"));
    expect(roster.patrols.map(({ from, until }) => until - from)).toEqual([8 * 3600]);
  });
});

test("no text whatever makes it throw, and what it refuses has a place in the text", () => {
  const words = fc.constantFrom(
    ...yaml.split(/(?<=[\s,:{}[\]])/),
    "- ",
    "\n",
    ": ",
    "&a ",
    "*a",
    "!!x ",
    '"',
    "{",
    "[",
    "\t",
  );
  const mess = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 60 }).map((parts) => parts.join("")),
    fc
      .tuple(fc.nat(yaml.length), fc.nat(40), fc.string({ maxLength: 5 }))
      .map(([at, length, put]) => yaml.slice(0, at) + put + yaml.slice(at + length)),
  );
  fc.assert(
    fc.property(mess, fc.constantFrom("yaml" as const, "csv" as const), (text, format) => {
      const lines = text.split("\n").length;
      for (const { line, column } of parseRoster(text, format).findings) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines);
        expect(column).toBeGreaterThanOrEqual(1);
      }
      expect(lines).toBeGreaterThan(0);
    }),
    { numRuns: 150 },
  );
});
