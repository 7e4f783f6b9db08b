/** `nyckelfri station sync`: gives a station the time, and brings it objects and the bundles of keys. */
import { defaultProvider, fromHex, issueObject, timeStatementObject, type UpdateOutcome } from "@nyckelfri/protocol";
import type { StationClient, StationOptions } from "@nyckelfri/station-client";
import { type Invocation, optionValue, type Report } from "../program/command.ts";
import type { ExitName } from "../program/exit-codes.ts";
import { Failure } from "../program/failure.ts";
import { progressOn, styleFor, type Terminal } from "../program/terminal.ts";
import { readZoneOption } from "../times/time-options.ts";
import { type Delivery, readDeliveries } from "./deliveries.ts";
import { clockText } from "./info.ts";
import { atStation } from "./reach.ts";
import { readPapers, readSigner } from "./signer.ts";

/** A computer that keeps its time by NTP is better than this; `now` is cut to whole seconds. */
const OWN_UNCERTAINTY_MS = 2_000;

interface Brought extends Pick<Delivery, "path" | "object" | "to"> {
  readonly outcome: UpdateOutcome;
}

type TimeGiven = Awaited<ReturnType<StationClient["giveTime"]>>;

export async function run(invocation: Invocation, terminal: Terminal): Promise<Report> {
  const [uri = "", ...paths] = invocation.operands;
  const zone = readZoneOption(invocation, terminal);
  const stateTime = timeIssuer(invocation, terminal, zone);
  const deliveries = readDeliveries(paths);
  if (stateTime === undefined && deliveries.length === 0) {
    throw new Failure("cli/usage", "there is nothing to bring", {
      remedy: "Name files or folders with objects, or --time-key to give the station the time.",
    });
  }
  const progress = progressOn(terminal);
  const options = stateTime === undefined ? {} : { stateTime };
  const { time, brought } = await atStation(uri, terminal, options, async (client) => {
    const time = stateTime === undefined ? undefined : await client.giveTime();
    // With the time a station can do more than it said in its first welcome (SPEC SRV-5).
    if (time !== undefined) await client.hello();
    const brought: Brought[] = [];
    for (const delivery of deliveries) {
      progress.show(`${brought.length} of ${deliveries.length}: ${delivery.path}`);
      const { path, object, to } = delivery;
      brought.push({ path, object, to, outcome: await bring(client, delivery) });
    }
    progress.clear();
    return { time, brought };
  });
  const style = styleFor(terminal, "output");
  const lines = brought.map(({ path, object, to, outcome }) => {
    const shown = style(WELL.has(outcome) ? "good" : "bad", outcome);
    return `${shown}  ${path} (${object}${to === "all" ? "" : ` for key ${to}`})${ADVICE[outcome]}`;
  });
  const told = time === undefined ? [] : [timeLine(time, zone)];
  return {
    exit: worst([
      time === undefined ? "ok" : TIME_EXITS[time.verdict],
      ...brought.map(({ outcome }) => EXITS[outcome]),
    ]),
    data: { ...(time === undefined ? {} : { time }), brought },
    text: [...told, ...lines].join("\n"),
  };
}

async function bring(client: StationClient, { bytes, to }: Delivery): Promise<UpdateOutcome> {
  if (to === "all") return client.deliver(bytes);
  const { outcomes } = await client.sendBundle({ key: fromHex(to), objects: [bytes] });
  return outcomes[0] ?? "refused";
}

/** This computer's clock, in an issuer's words: over the nonce that the station has just drawn (SPEC TIM-6, TIM-8). */
function timeIssuer(invocation: Invocation, terminal: Terminal, zone: string): StationOptions["stateTime"] {
  const path = optionValue(invocation, "time-key");
  if (path === undefined) return undefined;
  const papers = readPapers(invocation);
  if (papers.file === undefined) {
    throw new Failure("cli/usage", "--time-key needs --trust", { remedy: "Name the trust file of the fleet." });
  }
  const { fleetId } = papers.file.trust;
  const { key, certificates } = readSigner(path, "time", papers, { now: terminal.now(), zone });
  const signer = { provider: defaultProvider, seed: key.seed, kid: key.kid, fleetId };
  return async ({ nonce }) => {
    const value = { nonce, t: terminal.now(), uncertaintyMs: OWN_UNCERTAINTY_MS, source: "issuer" } as const;
    return { statement: issueObject(timeStatementObject, value, signer).bytes, certificates };
  };
}

const WELL: ReadonlySet<UpdateOutcome> = new Set(["stored", "known", "older"]);

/** `older`: the station has a newer one and keeps it, as it should. */
const EXITS: Readonly<Record<UpdateOutcome, ExitName>> = {
  stored: "ok",
  known: "ok",
  older: "ok",
  refused: "peer",
  "need-certificate": "trust",
};

const ADVICE: Readonly<Record<UpdateOutcome, string>> = {
  stored: "",
  known: "",
  older: ": it has a newer one",
  refused: ": verify it with `nyckelfri verify` under this fleet's trust file; is there room?",
  "need-certificate": ": bring the certificate of its issuer along",
};

const TIME_EXITS: Readonly<Record<TimeGiven["verdict"], ExitName>> = {
  accepted: "ok",
  stale: "no-answer",
  earlier: "peer",
  conflict: "peer",
  "too-wide": "peer",
  window: "trust",
  source: "trust",
};

const TIME_ADVICE: Readonly<Record<TimeGiven["verdict"], string>> = {
  accepted: "",
  stale: ": the answer came too late; try again",
  earlier: ": the station knows that it is later already; check this computer's clock",
  conflict:
    ": the station's clock and this computer's contradict each other; check this computer's clock, then try again",
  "too-wide": ": what it knows would become less exact",
  window: ": outside the time key's certificate; have a new one issued",
  source: ": the station does not believe this time key; is its certificate of this fleet and epoch?",
};

function timeLine({ verdict, clock }: TimeGiven, zone: string): string {
  return `time ${verdict}${TIME_ADVICE[verdict]}; its clock: ${clockText(clock, zone)}`;
}

function worst(exits: readonly ExitName[]): ExitName {
  return exits.find((exit) => exit !== "ok") ?? "ok";
}
