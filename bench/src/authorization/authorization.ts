/** The first section of the report: how fast a decision is, against what else, and what limits it. */
import { sodium } from "@nyckelfri/protocol/ed25519-sodium";
import { type BenchOptions, type CaseResult, resultOf, runRounds } from "../side-by-side.ts";
import {
  authorizationCases,
  BARE_NODE,
  bareName,
  CONTROL,
  gateName,
  PROVIDERS,
  SHIFTS,
  seenName,
  verifyName,
} from "./cases.ts";
import { ownTricks } from "./own-tricks.ts";
import { type AbsentPeer, startPeers, versionOf } from "./peer-roster.ts";
import type { Reaction } from "./peers/peer.ts";
import { makeTown } from "./shifts.ts";
import type { TrickName } from "./tricks.ts";

/** What takes credentials, ours by provider and the peers, in one shape. */
export interface AuthorizationRow {
  readonly name: string;
  readonly version: string;
  readonly format: string;
  readonly wireBytes: number;
  /** Ratios to the bare verification of node:crypto in the same round. */
  readonly verify: CaseResult;
  readonly gate: CaseResult;
  readonly gateSeen: CaseResult | undefined;
  readonly tricks: Readonly<Record<TrickName, Reaction>>;
}

export interface AuthorizationReport {
  readonly rounds: number;
  readonly floors: readonly CaseResult[];
  readonly rows: readonly AuthorizationRow[];
  readonly absent: readonly AbsentPeer[];
  /** Each with what it asks for. */
  readonly aims: readonly Aim[];
  readonly control: CaseResult;
}

export interface Aim {
  readonly what: string;
  readonly aim: number;
  readonly measured: number;
  readonly low: number;
  readonly high: number;
  /** What it would be if nothing but the bare signature checks were done. */
  readonly bound: number;
}

const PEER_SHIFTS = SHIFTS;

export async function measureAuthorization(options: BenchOptions): Promise<AuthorizationReport> {
  const town = makeTown(sodium, SHIFTS);
  const { running, absent } = await startPeers(PEER_SHIFTS);
  try {
    const peerCases = running.flatMap((peer) => [
      peer.caseOf("verify"),
      peer.caseOf("gate"),
      ...(peer.remembers ? [peer.caseOf("gateSeen")] : []),
    ]);
    const rounds = await runRounds([...authorizationCases(town), ...peerCases], options);
    const beside = (name: string, baseline: string = BARE_NODE): CaseResult => resultOf(rounds, name, baseline);
    const tricks = await ownTricks();
    const wireBytes = (town.shifts[0] as (typeof town.shifts)[number]).open.grant.length;
    const own = PROVIDERS.map(
      (provider): AuthorizationRow => ({
        name: `Nyckelfri, ${provider.name}`,
        ...{ version: versionOf("@nyckelfri/protocol"), format: "COSE_Sign1, Grant", wireBytes, tricks },
        verify: beside(verifyName(provider)),
        gate: beside(gateName(provider)),
        gateSeen: beside(seenName(provider)),
      }),
    );
    const peers = running.map(
      (peer): AuthorizationRow => ({
        ...{
          name: peer.name,
          version: peer.version,
          format: peer.format,
          wireBytes: peer.wireBytes,
          tricks: peer.tricks,
        },
        verify: beside(`verify, ${peer.name}`),
        gate: beside(`gate, ${peer.name}`),
        gateSeen: peer.remembers ? beside(`gateSeen, ${peer.name}`) : undefined,
      }),
    );
    const best = peers.reduce((one, other) => (other.gate.ratio > one.gate.ratio ? other : one)).name;
    const aim = (what: string, goal: number, { ratio, ratioLow, ratioHigh }: CaseResult, bound: number): Aim => ({
      ...{ what, aim: goal, measured: ratio, low: ratioLow, high: ratioHigh, bound },
    });
    // A gate decision checks two signatures, of the grant and of its holder.
    const gateBound = (provider: (typeof PROVIDERS)[number]): number =>
      beside(bareName(provider), `gate, ${best}`).ratio / 2;
    const [node, native] = PROVIDERS as [(typeof PROVIDERS)[number], (typeof PROVIDERS)[number]];
    return {
      rounds: options.rounds,
      floors: PROVIDERS.map((provider) => beside(bareName(provider))),
      rows: [...own, ...peers],
      absent,
      aims: [
        ...PROVIDERS.map((provider) =>
          aim(`verify to its own floor, ${provider.name}`, 0.95, beside(verifyName(provider), bareName(provider)), 1),
        ),
        aim(
          `gate decision to ${best}'s, sodium-native`,
          2.5,
          beside(gateName(native), `gate, ${best}`),
          gateBound(native),
        ),
        aim(`gate decision to ${best}'s, node:crypto`, 1.1, beside(gateName(node), `gate, ${best}`), gateBound(node)),
        ...PROVIDERS.map((provider) =>
          aim(`seen grant to an unseen one, ${provider.name}`, 1.85, beside(seenName(provider), gateName(provider)), 2),
        ),
      ],
      control: beside(CONTROL),
    };
  } finally {
    await Promise.all(running.map((peer) => peer.stop()));
  }
}
