/** A city with one flat, a key in its shift and an activation box, and visits of that key at a rig. */
import {
  activationTicketObject,
  type CryptoProvider,
  defaultProvider,
  encodeReply,
  encodeRequest,
  type Grant,
  type Need,
  type OpenProof,
  openProofExtra,
  openProofObject,
  type ReplyBody,
  type Role,
  type Signed,
  SPOKEN_VERSIONS,
  supplyFor,
  type UpdateOutcome,
} from "@nyckelfri/protocol";
import type { Nvm } from "#src/hardware/nvm.ts";
import { Authority, OPEN, SERVICE } from "#src/world/authority.ts";
import type { Party } from "#src/world/parties.ts";
import { rootStream } from "#src/world/streams.ts";
import { Rig, type RigOptions } from "./rig.ts";

export const HOUR = 3_600;
export const DAY = 24 * HOUR;
export const NBF = 1_793_599_200;
export const EXP = NBF + 9 * HOUR;
export const NOW = NBF + 2 * HOUR;

/** The default provider, counting. */
export function counting(): CryptoProvider & { verified: number } {
  const counter = {
    ...{ name: defaultProvider.name, verified: 0 },
    verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
      counter.verified += 1;
      return defaultProvider.verify(publicKey, message, signature);
    },
    sign: (seed: Uint8Array, message: Uint8Array) => defaultProvider.sign(seed, message),
    publicKeyOf: (seed: Uint8Array) => defaultProvider.publicKeyOf(seed),
    sha256: (data: Uint8Array) => defaultProvider.sha256(data),
    hmacSha256: (key: Uint8Array, data: Uint8Array) => defaultProvider.hmacSha256(key, data),
  };
  return counter;
}

export function foundTown(options: Partial<RigOptions> = {}) {
  const provider = counting();
  const stream = rootStream(7).fork("city");
  const city = new Authority({ provider: defaultProvider, stream, foundedAt: NBF - 30 * DAY });
  const north = city.addProvider("north", ["day"]);
  const south = city.addProvider("south", ["alarm"]);
  const flat = city.addDoor("flat 3");
  const day = north.groups["day"] as number;
  const home = city.addHome("home 3", [flat], [day]);
  const cylinder = city.party("cylinder");
  const key = city.party("key");
  const box = city.party("box");
  const tool = city.party("tool");
  city.certify(box, "activation-box", NBF - DAY);
  const anna = city.addHolder("anna", north);
  const otto = city.addHolder("otto", south);
  const window = { iat: NBF - 12 * HOUR, nbf: NBF, exp: EXP };
  const grant = city.grantShift({ holder: anna, key, groups: [day], ...window });
  const order = city.grantWorkOrder({ technician: otto, key: tool, door: flat, ...window });
  const make = {
    seed: cylinder.seed,
    deviceSecret: stream.fork("secret").bytes(32),
    serialNumber: "SIM-1",
    firmware: [1, 0, 0],
  } as const;
  const rig = new Rig({ provider, make, ...options });
  const first = city.mount(flat, cylinder, NBF - 2 * DAY);
  return {
    make,
    provider,
    city,
    north,
    south,
    flat,
    home,
    day,
    cylinder,
    key,
    box,
    tool,
    anna,
    otto,
    grant,
    order,
    rig,
    first,
    window,
  };
}
export type Town = ReturnType<typeof foundTown>;

/** The same town, going on by itself, with another cylinder of the same make: this memory and seed. */
export function again(town: Town, nvm: Nvm, seed = 1): Town {
  const rig = new Rig({ provider: town.provider, make: town.make, seed });
  rig.nvm = nvm;
  return { ...town, city: town.city.copy(), rig };
}

export function ticketFor({ city, box }: Town, grant: Signed<Grant>) {
  const { nbf: from, exp: until } = grant.value;
  const grantDigest = defaultProvider.sha256(grant.bytes);
  return city.centre.sign(box, activationTicketObject, { grantDigest, from, until, method: "pin", boxCounter: 1 });
}

let keyCounter = 0;
function proofValue(town: Town, at: number, changes: Partial<OpenProof> = {}): OpenProof {
  const carried = { epoch: town.city.centre.trust.epoch, policy: 0, lists: [] };
  keyCounter += 1;
  const usual = {
    lo: at - 1,
    widthSeconds: 4,
    quality: "running",
    keyCounter,
    action: "open",
    timeSource: town.box.kid,
  } as const;
  return { ...usual, carried, ...changes };
}

export interface VisitOptions {
  readonly at?: number;
  readonly grant?: Signed<Grant>;
  readonly key?: Party;
  readonly updates?: readonly Uint8Array[];
  readonly ticket?: "sent" | "kept" | "none";
  readonly by?: "grant" | "cti";
  readonly proof?: Partial<OpenProof>;
  /** Ms that the key waits before `open`. */
  readonly waitMs?: number;
  /** The box's certificate and that of its issuer, where they are not the city's own books'. */
  readonly boxChain?: readonly Uint8Array[];
  /** What is supplied in the place of the city's own. */
  readonly supplied?: Partial<Record<Need, Uint8Array>>;
}

export interface Visited {
  readonly result: string;
  readonly record: number | undefined;
  readonly updates: readonly (UpdateOutcome | "silence")[];
  readonly needs: readonly Need[];
  readonly signatures: number;
}

/** What a key has of a cylinder's answers. */
export function greet({ rig }: Town) {
  rig.insert();
  const body = { versions: SPOKEN_VERSIONS, exchange: "open", nonce: rig.stream.bytes(8), battery: "ok" } as const;
  return { body, answered: rig.hello("open", body) };
}

/** Inserts the key and tries to open; the key stays in the door. */
export function visit(town: Town, options: VisitOptions = {}): Visited {
  const { rig, city, provider } = town;
  const { at = NOW, grant = town.grant, key = town.key, updates = [], ticket: sends = "sent", by = "grant" } = options;
  const before = provider.verified;
  const { body, answered } = greet(town);
  const outcomes: (UpdateOutcome | "silence")[] = [];
  const end = (result: string, rest: Partial<Visited> = {}): Visited => {
    return { result, record: undefined, updates: outcomes, needs: [], signatures: provider.verified - before, ...rest };
  };
  if (answered.kind !== "reply") return end(answered.kind);
  const said: Uint8Array[] = [];
  for (const object of updates) {
    const updated = rig.ask("open", "update", { object });
    if (updated.kind === "reply") {
      said.push(encodeRequest("open", "update", { object }), encodeReply("open", "update", updated.body));
    }
    outcomes.push(updated.kind === "reply" ? updated.body.outcome : "silence");
  }
  rig.tickMs += options.waitMs ?? 0;
  const hello = encodeRequest("open", "hello", body);
  const challenge = encodeReply("open", "hello", answered.body);
  const ticket = sends === "none" ? undefined : ticketFor(town, grant).bytes;
  const extra = openProofExtra(provider, { hello, challenge, updates: said }, grant.bytes, ticket);
  const proof = city.centre.sign(key, openProofObject, proofValue(town, at, options.proof), extra).bytes;
  const presented = by === "grant" ? { by, grant: grant.bytes } : { by, cti: grant.value.cti };
  const withTicket = sends === "sent" && ticket !== undefined ? { ticket } : {};
  const opened = rig.ask("open", "open", { ...presented, ...withTicket, proof });
  if (opened.kind === "error") return end(opened.code);
  if (opened.kind === "silence") return end("silence");
  if (opened.body.kind === "result") return end(opened.body.result, { record: opened.body.record });
  const { needs } = opened.body;
  const [boxCertificate, boxIssuer] = (options.boxChain ?? boxChain(town)) as [Uint8Array, Uint8Array];
  const held: Partial<Record<Need, Uint8Array>> = {
    grant: grant.bytes,
    ...(ticket && { ticket }),
    "certificate-of-grant": city.centre.issuer("grant").certificate.bytes,
    "certificate-of-ticket": boxCertificate,
    "certificate-of-box-issuer": boxIssuer,
    ...options.supplied,
  };
  const supplied = rig.ask("open", "supply", supplyFor(needs, held));
  if (supplied.kind !== "reply") return end(supplied.kind, { needs });
  const reply: ReplyBody<"open", "supply"> = supplied.body;
  return reply.kind === "result" ? end(reply.result, { record: reply.record, needs }) : end("needs again", { needs });
}

export function serve(town: Town) {
  town.rig.insert();
  const body = { versions: SPOKEN_VERSIONS, exchange: "service", nonce: town.rig.stream.bytes(16) } as const;
  return { body, answered: town.rig.hello("service", body) };
}

export function commission(town: Town) {
  serve(town);
  return town.rig.ask("service", "commission", town.city.commission(town.first));
}

/** A technician's lifecycle with this policy. */
export function moveTo(
  town: Town,
  policy: Uint8Array,
  updates: readonly Uint8Array[] = [],
  said: Partial<OpenProof> = {},
) {
  const { rig, city, order, tool, provider } = town;
  const { body, answered } = serve(town);
  if (answered.kind !== "reply") return answered.kind;
  for (const object of updates) rig.ask("service", "update", { object });
  const hello = encodeRequest("service", "hello", body);
  const welcome = encodeReply("service", "hello", answered.body);
  const ticket = ticketFor(town, order).bytes;
  const extra = openProofExtra(provider, { hello, welcome, policy }, order.bytes, ticket);
  const value = proofValue(town, NOW, { action: "service", ...said });
  const proof = city.centre.sign(tool, openProofObject, value, extra).bytes;
  const done = rig.ask("service", "lifecycle", { policy, grant: order.bytes, proof, ticket });
  return done.kind === "reply" ? done.body.outcome : done.kind;
}

/** Certificates of the box that a door needs to believe its tickets. */
export function boxChain({ city, box }: Town): readonly Uint8Array[] {
  return city.centre.chainOf({ kid: box.kid, role: "ticket" as Role });
}

/** A town whose cylinder is mounted at the flat and active. */
export function mountedTown(options: Partial<RigOptions> = {}): Town {
  const town = foundTown(options);
  commission(town);
  moveTo(town, town.first.bytes, boxChain(town).slice(0, 1));
  town.rig.pull();
  return town;
}

export { OPEN, SERVICE };
