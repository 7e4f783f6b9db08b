/**
 * What can be cut and when, and the id by which a case is repeated, e.g. `opening-first/cylinder/nvm:17:torn`,
 * `dock-sync/contact/byte:key>station:133` or `activation/box/nvm:3:after+key/at:2500us`.
 */
import { CallerError } from "@nyckelfri/protocol";
import { NVM_CUT_STAGES, type NvmCutStage } from "../../hardware/nvm.ts";

/** Devices by their part in a scenario. */
export const CUT_DEVICES = ["key", "cylinder", "station", "box"] as const;
export type CutDevice = (typeof CUT_DEVICES)[number];

/** Of the key's contact. `contact`: the hand slips, and puts it in again; the others make by themselves after so many microseconds. */
export const CONTACT_BREAKS = {
  contact: "slips",
  "contact-500us": 500,
  "contact-5ms": 5_000,
  "contact-50ms": 50_000,
} as const;
export type ContactBreak = keyof typeof CONTACT_BREAKS;
export const contactBreaks: readonly ContactBreak[] = Object.keys(CONTACT_BREAKS) as ContactBreak[];

/** Who speaks on a line, and who listens: a device of the scenario or the host of one. */
export type Speaker = CutDevice | "host";

/** Counted from the cut before, or from the beginning of the act. */
export type CutMoment =
  /** At an operation of the device's own memory; 0 is the first that begins. */
  | { readonly kind: "nvm"; readonly operation: number; readonly stage: NvmCutStage }
  /** When so many bytes have gone from one to the other; before the first one where it is 0. */
  | { readonly kind: "byte"; readonly from: Speaker; readonly to: Speaker; readonly byte: number }
  | { readonly kind: "at"; readonly microseconds: number };

export interface PowerCut {
  /** Whose power goes, or how the contact breaks. */
  readonly struck: CutDevice | ContactBreak;
  readonly moment: CutMoment;
}

export interface CutCase<Scenario extends string = string> {
  readonly scenario: Scenario;
  /** In the order in which they strike. */
  readonly cuts: readonly PowerCut[];
}

/** The case in which nothing is cut. */
export const NO_CUTS = "none";

export function formatCase({ scenario, cuts }: CutCase): string {
  return `${scenario}/${cuts.length === 0 ? NO_CUTS : cuts.map(formatCut).join("+")}`;
}

export function formatCut({ struck, moment }: PowerCut): string {
  switch (moment.kind) {
    case "nvm":
      return `${struck}/nvm:${moment.operation}:${moment.stage}`;
    case "byte":
      return `${struck}/byte:${moment.from}>${moment.to}:${moment.byte}`;
    case "at":
      return `${struck}/at:${moment.microseconds}us`;
  }
}

/** Throws `caller/argument` for a text that is no id of a case of one of these scenarios. */
export function parseCase<Scenario extends string>(id: string, scenarios: readonly Scenario[]): CutCase<Scenario> {
  const [, name = "", rest = ""] = /^([^/]+)\/(.+)$/.exec(id) ?? [];
  const scenario = scenarios.find((one) => one === name);
  if (scenario === undefined) return refuse(id, `<scenario>/<cut>, with one of ${scenarios.join(", ")}`);
  if (rest === NO_CUTS) return { scenario, cuts: [] };
  return { scenario, cuts: rest.split("+").map((text) => parseCut(text) ?? refuse(text, CUT_FORMS)) };
}

const CUT_FORMS = "<device>/nvm:17:torn, <device or contact>/byte:key>cylinder:133, <device or contact>/at:2500us";
const NUMBER = "(0|[1-9][0-9]{0,11})";
const MOMENT: RegExp = new RegExp(`^(?:nvm:${NUMBER}:([a-z]+)|byte:([a-z]+)>([a-z]+):${NUMBER}|at:${NUMBER}us)$`);

function parseCut(text: string): PowerCut | undefined {
  const [, name = "", said = ""] = /^([^/]+)\/([^/]+)$/.exec(text) ?? [];
  const device = CUT_DEVICES.find((one) => one === name);
  const struck = device ?? contactBreaks.find((one) => one === name);
  const moment = parseMoment(said);
  // A contact has no memory.
  if (struck === undefined || moment === undefined || (moment.kind === "nvm" && device === undefined)) return undefined;
  return { struck, moment };
}

function parseMoment(text: string): CutMoment | undefined {
  const [, operation, stageName, fromName, toName, byte, microseconds] = MOMENT.exec(text) ?? [];
  if (microseconds !== undefined) return { kind: "at", microseconds: Number(microseconds) };
  if (operation !== undefined) {
    const stage = NVM_CUT_STAGES.find((one) => one === stageName);
    return stage && { kind: "nvm", operation: Number(operation), stage };
  }
  const [from, to] = [speaker(fromName), speaker(toName)];
  return from && to && from !== to ? { kind: "byte", from, to, byte: Number(byte) } : undefined;
}

function speaker(name: string | undefined): Speaker | undefined {
  return name === "host" ? name : CUT_DEVICES.find((one) => one === name);
}

function refuse(found: string, takes: string): never {
  throw new CallerError("caller/argument", { argument: "id", takes, found });
}
