/** Biscuit in wasm: the gate's groups and lists as a Datalog policy, which is what its users would write. */
import { Biscuit, PrivateKey, PublicKey, Rule } from "@biscuit-auth/biscuit-wasm";
import { claimsOf, EXP, GROUP, NBF, NOW, type ShiftClaims } from "../shifts.ts";
import { base64url, credentials, decide, issuerPublicKey, issuerSeed, type Peer, provider, reaction } from "./peer.ts";

const LIMITS = { max_facts: 1_000, max_iterations: 100, max_time_micro: 1_000_000 };

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const date = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`;

function code({ holder, cti, holderPublicKey }: ShiftClaims, exp: number): string {
  return [
    `sub(hex:${hex(holder)})`,
    `cti("${base64url(cti)}")`,
    `cnf("${base64url(holderPublicKey)}")`,
    `scope(${GROUP}, 1)`,
    `nbf(${date(NBF)})`,
    `exp(${date(exp)})`,
    `iat(${date(NBF - 3_600)})`,
  ].join(";\n");
}

export async function makePeer(count: number): Promise<Peer> {
  const privateKey = PrivateKey.fromBytes(issuerSeed);
  const publicKey = PublicKey.fromBytes(issuerPublicKey);
  const issue = (claims: ShiftClaims, exp: number = EXP): Uint8Array => {
    const builder = Biscuit.builder();
    builder.addCode(`${code(claims, exp)};`);
    return builder.build(privateKey).toBytes();
  };
  const made = await credentials(count, issue);
  const at = (index: number) => made[index] as (typeof made)[number];
  const read = (bytes: Uint8Array, under = publicKey): Biscuit => Biscuit.fromBytes(bytes, under);
  const gate = (index: number): boolean => {
    const token = read(at(index).token);
    const authorizer = token.getAuthorizer();
    authorizer.addCode(
      `time(${date(NOW)}); allow if scope($group, 1), [${GROUP}, 1900001].contains($group), time($t), nbf($n), exp($e), $n <= $t, $t < $e;`,
    );
    // Its limit of 1 ms is for servers; on a busy machine it would stop a round.
    authorizer.authorizeWithLimits(LIMITS);
    // The holder's key and the identifier come out of the token by a query, which is the library's way to read one.
    const [fact] = authorizer.queryWithLimits(Rule.fromString("claims($cti, $x) <- cti($cti), cnf($x)"), LIMITS) as [
      { toString(): string },
    ];
    const [, cti, holderX] = /^claims\("([^"]+)", "([^"]+)"\)$/.exec(fact.toString()) as unknown as [
      string,
      string,
      string,
    ];
    const held = decide({ nbf: NBF, exp: EXP, cti, holderX, groups: [GROUP] }, at(index).answer);
    authorizer.free();
    token.free();
    return held;
  };
  return {
    wireBytes: at(0).token.length,
    verify(index) {
      const token = read(at(index).token);
      const blocks = token.countBlocks();
      token.free();
      return blocks === 1;
    },
    gate,
    async tricks() {
      const claims = claimsOf(provider, 0);
      const good = at(0).token;
      const other = Biscuit.builder();
      other.addCode('receipt("of a log");');
      const twice = Biscuit.builder();
      twice.addCode(`${code(claims, 1_600_000_000)}; exp(${date(EXP)});`);
      return {
        "small-order": "not tried",
        "alg-unsigned": "not writable",
        "unknown-crit": "not writable",
        "duplicate-label": await reaction(() => read(twice.build(privateKey).toBytes())),
        "other-bytes": "not tried",
        "unsigned-extra": await reaction(() => read(Uint8Array.from([...good, 0x7a, 0x01, 0x00]))),
        "other-kind": await reaction(() => read(other.build(privateKey).toBytes())),
        expired: await reaction(() => read(issue(claims, 1_600_000_000))),
        trailing: await reaction(() => read(Uint8Array.from([...good, 0]))),
        "s-plus-l": "not tried",
      };
    },
  };
}
