/** Documents that people write: rosters as YAML and as a table, what is to be issued, and times. */
import { textBytes } from "../corpus.ts";
import type { Subject } from "../subject.ts";
import { must, type Outcome, type Target, textOf } from "../target.ts";
import { decoded, HEX32, NOW, refusing, TEXT, TIMES, TRAPS, words } from "./text.ts";

interface RosterReading {
  readonly kind: "roster" | "refused";
  readonly findings: readonly Finding[];
}
interface Finding {
  readonly severity: string;
  readonly line: number;
  readonly column: number;
}

export function documentTargets(subject: Subject): readonly Target[] {
  const { modules } = subject;
  const { parseRoster } = modules["roster"] as unknown as {
    readonly parseRoster: (text: string, format: "yaml" | "csv") => RosterReading;
  };
  const { readYaml } = modules["yaml"] as unknown as { readonly readYaml: (text: string, findings: object) => unknown };
  const { Findings } = modules["documents"] as unknown as {
    readonly Findings: new () => { readonly hasErrors: boolean; readonly sorted: readonly Finding[] };
  };
  const { readDraft } = modules["written"] as unknown as {
    readonly readDraft: (kind: string, node: unknown, defaults: object, findings: object) => unknown;
  };
  const { parseTime } = modules["times"] as unknown as {
    readonly parseTime: (text: string, context: object) => unknown;
  };

  const reading =
    (format: "yaml" | "csv") =>
    (bytes: Uint8Array): Outcome => {
      const text = decoded(bytes);
      const value = parseRoster(text, format);
      const lines = text.split("\n").length;
      for (const { line, column } of value.findings) {
        must(line >= 1 && line <= lines + 1 && column >= 1, `a finding at ${line}:${column} of ${lines} lines`);
      }
      const errors = value.findings.filter(({ severity }) => severity === "error").length;
      must(errors > 0 === (value.kind === "refused"), "refused without an error, or taken with one");
      return { kind: value.kind === "roster" ? "built" : "refused", value, why: "findings" };
    };
  const drafts = ["certificate", "grant", "door-policy", "revocation-list"];
  const defaults = { zone: "Europe/Stockholm", now: NOW, epoch: 1, random: (length: number) => new Uint8Array(length) };
  return [
    {
      ...{ ...TEXT, name: "roster.yaml", most: 1_600 },
      ...{
        seeds: [textBytes(SMALL_YAML), ...words("a: &x 1\nb: *x\n", "- 1\n- ? 2\n")],
        words: words(...TRAPS, ...TIMES, "- ", "{ id: ", "}", "[", "zone: ", "patrols:"),
      },
      run: reading("yaml"),
    },
    {
      ...{ ...TEXT, name: "roster.csv", most: 1_600 },
      ...{
        seeds: [textBytes(SMALL_CSV)],
        words: words(...TRAPS, ...TIMES, ";", "\t", ",", '"', "row,", "visit,", "door,"),
      },
      run: reading("csv"),
    },
    {
      ...{ ...TEXT, name: "draft", most: 1_500 },
      ...{
        seeds: DRAFTS.map((text, kind) => textBytes(`${kind}${text}`)),
        words: words(...TRAPS, ...TIMES, "ffffffffffffffff", "key: ", "roles: ", "groups: "),
      },
      run: (bytes) =>
        refusing(subject, () => {
          const findings = new Findings();
          const node = readYaml(decoded(bytes.subarray(1)), findings);
          const kind = drafts[(bytes[0] ?? 0) & 3] ?? "";
          const draft = node === undefined ? undefined : readDraft(kind, node, defaults, findings);
          must(draft !== undefined || findings.hasErrors, "nothing read, and nothing said of it");
          return [textOf((draft as { readonly value?: unknown } | undefined)?.value, 99_999), findings.sorted];
        }),
    },
    {
      ...{ ...TEXT, name: "time", shapes: [], most: 60 },
      ...{ seeds: words(...TIMES), words: words(...TRAPS, ...TIMES, "+", "-", ":", "Z", "9999-12-31") },
      run: (bytes) => {
        const zones = ["Europe/Stockholm", "UTC", "Pacific/Apia"];
        const parse = (zone: string) =>
          [{ zone }, { zone, date: "2026-11-23" }].map((context) => parseTime(decoded(bytes), context));
        return { kind: "built", value: zones.map(parse) };
      },
    },
  ];
}

const SMALL_YAML = `title: A
zone: UTC
date: 2026-11-23
margin: 30 min
providers: [{ id: p, name: P, kind: municipal }]
patrols: [{ id: d, name: D, provider: p, kind: day, group: 7, from: 07:00, until: 16:00 }]
workers: [{ id: w, name: W, provider: p, key: K-1, patrols: [d] }]
doors: [{ id: a, kind: apartment, address: B 1 }]
clients: [{ id: c, name: C, patrols: [d], doors: [a] }]
visits: [{ at: 08:00, worker: w, client: c }]
incidents: [{ kind: lost-key, at: 10:00, worker: w, reported: 11:40 }]
`;
const SMALL_CSV = `row;id;name;kind;title;zone;date;margin;provider;group;from;until;key;patrols;doors;address;at;worker;client
roster;;;;"A ""B""";UTC;2026-11-23;30 min
provider;p;P;municipal
patrol;d;D;day;;;;;p;7;07:00;16:00
worker;w;W;;;;;;p;;;;K-1;d
door;a;;apartment;;;;;;;;;;;;B 1
client;c;C;;;;;;;;;;;d;a
visit;;;;;;;;;;;;;;;;08:00;w;c
`;
const DRAFTS = [
  `key: ${HEX32}\nroles: grant\nfrom: 2026-11-01 00:00\nuntil: 2027-11-01 00:00\n`,
  `key: ${HEX32}\nholder: 0011223344556677\ngroups: [7, 9]\ndoors: [0102030405060708]\nfrom: 2026-11-23 07:00\nuntil: 2026-11-23 16:00\n`,
  `door: 0102030405060708\ncylinder: 0102030405060708\ngroups: [1]\nlists: []\nversion: 1\n`,
  `list: 3\nversion: 4\nentries:\n  - { kind: key, id: 0102030405060708, until: 2026-11-23 07:00 }\n`,
];
