/** One table of exit codes for all commands: a script can tell what kind of thing went wrong, and the code says exactly what. */

export interface ExitClass {
  readonly name: string;
  readonly code: number;
  readonly meaning: string;
}

export const EXIT_CLASSES = [
  { name: "ok", code: 0, meaning: "it was done, and what was checked holds" },
  {
    name: "check-failed",
    code: 1,
    meaning: "it ran, and what was checked does not hold: a property, a signature, a missing record",
  },
  { name: "usage", code: 2, meaning: "the command line is wrong" },
  { name: "input", code: 3, meaning: "the content of a file or argument is wrong: a roster, a frame, an object" },
  { name: "unknown-port", code: 4, meaning: "there is no such port or station" },
  { name: "busy-port", code: 5, meaning: "another program has the port" },
  {
    name: "no-answer",
    code: 6,
    meaning: "the port is open and nothing that speaks the protocol answers: power, cable, wrong device",
  },
  { name: "version", code: 7, meaning: "the two sides have no protocol version in common: one is too old or too new" },
  {
    name: "trust",
    code: 8,
    meaning: "the signer is not trusted: unknown issuer, expired certificate, ended epoch, wrong role",
  },
  { name: "file", code: 9, meaning: "a file cannot be read or written, or a private key is open to others" },
  { name: "port-rights", code: 10, meaning: "this user may not open the port" },
  { name: "peer", code: 11, meaning: "the other side answered, and broke the protocol or refused" },
  {
    name: "wrong-speed",
    code: 12,
    meaning: "the port has not this speed, or the other side speaks at another: what comes is noise",
  },
  { name: "internal", code: 70, meaning: "a fault of this program" },
  { name: "interrupted", code: 130, meaning: "stopped by Ctrl-C, or because nobody reads what it prints" },
] as const;
EXIT_CLASSES satisfies readonly ExitClass[];

export type ExitName = (typeof EXIT_CLASSES)[number]["name"];

export function exitCode(name: ExitName): number {
  const found = EXIT_CLASSES.find((one) => one.name === name);
  if (found === undefined) throw new TypeError(`no exit class ${name}`);
  return found.code;
}

/** Codes whose area does not say it all. */
const BY_CODE: Readonly<Record<string, ExitName>> = {
  "link/bad-uri": "usage",
  "link/speed": "wrong-speed",
  "link/unknown-port": "unknown-port",
  "link/not-a-port": "unknown-port",
  "link/no-folder": "unknown-port",
  "link/owner-gone": "unknown-port",
  "link/unreachable": "unknown-port",
  "link/unknown-station": "unknown-port",
  "link/busy": "busy-port",
  "link/no-permission": "port-rights",
  "link/capture": "input",
  "link/capture-file": "file",
  "link/no-virtual-port": "usage",
  "link/closed": "internal",
  "station/other-device": "unknown-port",
  "station/aborted": "interrupted",
  "station/closed": "internal",
  "framing/no-reply": "no-answer",
  "messages/version": "version",
  "cose/signature-invalid": "check-failed",
  "caller/argument": "internal",
};

/** By the part before the slash, for the codes of registry.json and of this program. */
const BY_AREA: Readonly<Record<string, ExitName>> = {
  link: "no-answer",
  station: "no-answer",
  framing: "peer",
  messages: "peer",
  trust: "trust",
  cbor: "input",
  schema: "input",
  cose: "input",
  objects: "input",
  document: "input",
  roster: "input",
};

/** The exit class of an error code that a library gave. */
export function exitOfCode(code: string): ExitName {
  const area = code.split("/")[0] ?? "";
  return (Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined) ?? BY_AREA[area] ?? "internal";
}
