/** The table of commands. Help, completion, arguments and the README's table are all made from it. */
import { CAMPAIGNS } from "../campaign/campaign-commands.ts";
import { ISSUABLE } from "../issue/issuable.ts";
import type { Command, Operand, Option } from "./command.ts";
import { SHELLS } from "./completion.ts";
import type { ExitName } from "./exit-codes.ts";

const TRUST: Option = { name: "trust", value: "FILE", summary: "trust file of the fleet (made by keygen --root)" };
const CERTIFICATE: Option = {
  name: "certificate",
  value: "FILE",
  many: true,
  summary: "a certificate besides those of the trust file",
};
const AT: Option = {
  name: "at",
  value: "TIME",
  summary: "judge at this time instead of now: 2026-11-23 07:00, @1795413600",
};
const ZONE: Option = { name: "zone", value: "ZONE", summary: "time zone of local times; this computer's by default" };

const STATION: Operand = {
  name: "uri",
  presence: "required",
  summary: "serial:/dev/ttyACM0, station:<id>, tcp://localhost:7000",
};
/** What everything that talks to a station can end with. */
const AT_STATION: readonly ExitName[] = [
  ...(["unknown-port", "busy-port", "no-answer", "version", "port-rights", "peer", "wrong-speed"] as const),
  "interrupted",
];

export const COMMANDS: readonly Command[] = [
  {
    name: "inspect",
    summary: "explain a frame, CBOR, COSE, object or message",
    operands: [{ name: "input", presence: "required", summary: "a file, hex, base64, or - for standard input" }],
    options: [TRUST, CERTIFICATE, AT, ZONE],
    examples: [
      {
        line: "nyckelfri inspect grant.cose --trust city.trust.json",
        says: "who signed it, whether it verifies, when it is valid",
      },
      { line: "nyckelfri inspect a201820101024568656c6c6f", says: "hex: whatever it is, or what it is not" },
      { line: "xxd -p capture.bin | nyckelfri inspect - --json", says: "frames as data" },
    ],
    exits: ["check-failed", "input", "trust", "file"],
    load: () => import("../inspect/inspect.ts"),
  },
  {
    name: "keygen",
    summary: "make a key pair, or the root of a new fleet",
    operands: [
      { name: "name", presence: "required", summary: "files are called <name>.key (only for you) and <name>.pub" },
    ],
    options: [{ name: "root", summary: "a root: its successor and <name>.trust.json too" }],
    examples: [
      { line: "nyckelfri keygen city --root", says: "root, successor and trust file of a fleet called city" },
      { line: "nyckelfri keygen grants", says: "a key pair for an issuer or a device" },
    ],
    exits: ["file"],
    load: () => import("../trust/keygen.ts"),
  },
  {
    name: "issue",
    summary: "sign what a city signs: certificates, grants, policies, lists, receipts, root transitions",
    operands: [
      { name: "kind", presence: "required", summary: "what to issue", choices: ISSUABLE },
      { name: "file", presence: "optional", summary: "YAML or JSON with its fields" },
    ],
    options: [
      { name: "by", value: "KEYFILE", summary: "private key of the signer" },
      TRUST,
      CERTIFICATE,
      { name: "set", value: "NAME=VALUE", many: true, summary: "a field, in place of the file's" },
      { name: "out", value: "FILE", summary: "write the object here; hex on standard output by default" },
      {
        name: "add-to-trust",
        summary: "the trust file follows: it has the certificate, or the new root of a root transition",
      },
      AT,
      ZONE,
    ],
    examples: [
      {
        line: "nyckelfri issue certificate --by city.key --trust city.trust.json --set key=grants.pub --set roles=grant --set 'from=2026-11-01 00:00' --set 'until=2027-11-01 00:00' --add-to-trust",
        says: "an issuer of grants for a year",
      },
      {
        line: "nyckelfri issue grant shift.yaml --by grants.key --trust city.trust.json --out shift.cose",
        says: "a grant from a file",
      },
    ],
    exits: ["check-failed", "input", "trust", "file"],
    load: () => import("../issue/issue.ts"),
  },
  {
    name: "verify",
    summary: "does an object hold, under this trust and at this time?",
    operands: [{ name: "object", presence: "many", summary: "a file, hex, base64, or - for standard input" }],
    options: [TRUST, CERTIFICATE, AT, ZONE],
    examples: [
      {
        line: "nyckelfri verify shift.cose --trust city.trust.json",
        says: "exit 0 only if it verifies and is valid now",
      },
      {
        line: "nyckelfri verify shift.cose --trust city.trust.json --at '2026-11-23 07:00' --zone Europe/Stockholm",
        says: "at another time",
      },
    ],
    exits: ["check-failed", "input", "trust", "file"],
    load: () => import("../trust/verify.ts"),
  },
  {
    name: "roster",
    summary: "check a roster and show its plan in local times",
    operands: [
      { name: "file", presence: "optional", summary: "YAML or CSV; the invented city of Exempelstad by default" },
    ],
    options: [],
    examples: [
      { line: "nyckelfri roster week48.yaml", says: "every mistake with line and column, or the plan" },
      { line: "nyckelfri roster week48.csv --json", says: "the roster as data, times as Unix seconds" },
    ],
    exits: ["input", "file"],
    load: () => import("../roster/command.ts"),
  },
  {
    name: "ports",
    summary: "list serial ports, and what answers as a station behind them",
    operands: [],
    options: [
      { name: "also", value: "URI", many: true, summary: "ask there too: serial:./station0, tcp://localhost:7000" },
      { name: "ask-all", summary: "ask also at ports that are no USB devices" },
      { name: "no-ask", summary: "list only, and send nothing" },
    ],
    examples: [{ line: "nyckelfri ports", says: "stations, and the URIs under which they are reached" }],
    exits: ["interrupted"],
    load: () => import("../ports/ports.ts"),
  },
  {
    name: "station info",
    summary: "who answers, what it can do, its clock, counters and docks",
    operands: [STATION],
    options: [ZONE],
    examples: [
      { line: "nyckelfri station info serial:/dev/ttyACM0", says: "at a port" },
      { line: "nyckelfri station info station:00112233445566aa --json", says: "wherever it is plugged in, as data" },
    ],
    exits: AT_STATION,
    load: () => import("../station/info.ts"),
  },
  {
    name: "station sync",
    summary: "give a station the time, objects, and the bundles of keys",
    operands: [STATION, { name: "path", presence: "any", summary: "files or folders with signed objects" }],
    options: [
      { name: "time-key", value: "KEYFILE", summary: "issuer of time: the station gets this computer's time" },
      TRUST,
      CERTIFICATE,
      ZONE,
    ],
    examples: [
      {
        line: "nyckelfri station sync serial:/dev/ttyACM0 certificates/ shift.cose --time-key time.key --trust city.trust.json",
        says: "the time, certificates, and a grant into the bundle of its key",
      },
    ],
    exits: [...AT_STATION, "input", "file", "trust"],
    load: () => import("../station/sync.ts"),
  },
  {
    name: "station log",
    summary: "read a station's records as JSON lines",
    operands: [STATION],
    options: [
      { name: "host-key", value: "KEYFILE", summary: "private key of this host; its certificate has the role host" },
      TRUST,
      CERTIFICATE,
      { name: "cursor", value: "FILE", summary: "how far was read is kept here; next time it goes on there" },
      { name: "from", value: "N", summary: "begin here instead; 0 is the oldest" },
      ZONE,
    ],
    examples: [
      {
        line: "nyckelfri station log serial:/dev/ttyACM0 --host-key host.key --trust city.trust.json --cursor station0.cursor",
        says: "what is new since the last time, verified",
      },
    ],
    exits: ["check-failed", ...AT_STATION, "input", "file", "trust"],
    load: () => import("../station/log.ts"),
  },
  {
    name: "station selftest",
    summary: "have a station look at itself",
    operands: [STATION],
    options: [],
    examples: [
      { line: "nyckelfri station selftest serial:/dev/ttyACM0", says: "exit 0 only if every check has passed" },
    ],
    exits: ["check-failed", ...AT_STATION],
    load: () => import("../station/selftest.ts"),
  },
  {
    name: "station watch",
    summary: "tell what happens at a station, until Ctrl-C",
    operands: [STATION],
    options: [ZONE],
    examples: [{ line: "nyckelfri station watch serial:/dev/ttyACM0 --json", says: "one JSON line for each event" }],
    exits: AT_STATION,
    load: () => import("../station/watch.ts"),
  },
  {
    name: "doctor",
    summary: "find out why a station does not answer, or what is wrong with it",
    operands: [STATION],
    options: [TRUST, AT, ZONE],
    examples: [
      {
        line: "nyckelfri doctor serial:/dev/ttyACM0 --trust city.trust.json",
        says: "each check ok, warning or failure, with what to do",
      },
      {
        line: "nyckelfri doctor serial:./station0 --at @1793595600",
        says: "a simulated station whose world has a time of its own",
      },
    ],
    exits: ["check-failed", ...AT_STATION, "trust"],
    load: () => import("../doctor/doctor.ts"),
  },
  {
    name: "monitor",
    summary: "show decoded traffic, live or from a recording",
    operands: [{ name: "source", presence: "required", summary: "a recording, or the URI of a line" }],
    options: [
      { name: "follow", short: "f", summary: "go on with a recording that is still being written, until it ends" },
      { name: "through", value: "URI", summary: "make this port for the host's program, hand on and show both sides" },
      { name: "record", value: "FILE", summary: "write a recording too" },
      ZONE,
    ],
    examples: [
      { line: "nyckelfri monitor shift.jsonl", says: "a recording" },
      { line: "nyckelfri monitor --follow shift.jsonl", says: "one that another program is writing, as tail -f does" },
      {
        line: "nyckelfri monitor serial:/dev/ttyACM0 --through pty:./tapped",
        says: "live: the host's program opens ./tapped",
      },
    ],
    exits: [
      "usage",
      "input",
      "unknown-port",
      "busy-port",
      "no-answer",
      "file",
      "port-rights",
      "wrong-speed",
      "interrupted",
    ],
    load: () => import("../monitor/monitor.ts"),
  },
  {
    name: "sim serve",
    summary: "a simulated station on a real line, with a world of keys and doors behind it",
    operands: [],
    options: [
      { name: "device", value: "DEVICE", choices: ["station"], summary: "what is simulated" },
      { name: "at", value: "URI", summary: "where: pty:./station0, tcp-listen://localhost:7000" },
      { name: "seed", value: "N", summary: "of the world, 1 by default: the same seed has the same devices" },
      {
        name: "begin",
        value: "@SECONDS",
        summary: "when the world begins, Unix time; now by default, or what --state holds",
      },
      {
        name: "rt-ratio",
        value: "R",
        summary: "seconds that pass in the world for each one outside; 1 by default, 0: only by lines",
      },
      {
        name: "state",
        value: "DIR",
        summary: "keep the world here: whoever kills this program loses nothing acknowledged",
      },
    ],
    examples: [
      {
        line: "nyckelfri sim serve --device station --at pty:./station0 --state ./state0",
        says: "any serial program opens ./station0; lines on standard input drive the world",
      },
    ],
    exits: [
      ...(["check-failed", "input", "unknown-port", "busy-port", "no-answer", "port-rights", "file"] as const),
      "interrupted",
    ],
    load: () => import("../sim/serve.ts"),
  },
  {
    name: "shift",
    summary: "one day and night of home care from a roster, over a real port: the main job",
    operands: [
      { name: "roster", presence: "optional", summary: "YAML or CSV; the invented city of Exempelstad by default" },
    ],
    options: [{ name: "record", value: "FILE", summary: "write a capture of everything on the line" }],
    examples: [
      { line: "nyckelfri shift", says: "a timeline, and whether everything held" },
      { line: "nyckelfri shift week48.yaml --json --record shift.jsonl", says: "the same as data, with a capture" },
    ],
    exits: ["check-failed", "input", "no-answer", "peer", "file", "interrupted"],
    load: () => import("../shift/command.ts"),
  },
  ...CAMPAIGNS,
  {
    name: "completion",
    summary: "print the completion script of a shell",
    operands: [{ name: "shell", presence: "required", summary: "which shell", choices: SHELLS }],
    options: [],
    examples: [
      { line: "source <(nyckelfri completion bash)", says: "in ~/.bashrc" },
      { line: "nyckelfri completion fish | source", says: "in fish's configuration" },
    ],
    exits: [],
    load: () => import("./completion-command.ts"),
  },
];
