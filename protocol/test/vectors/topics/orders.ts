// Which message may come when (SPEC MSG-2, MSG-7, OPN, TIM-3, SVC-4): requests and how they were answered, in order.
import { messages as table } from "#src/registry.ts";
import { accepted, refused, times, type Vector, type VectorFile } from "../build.ts";

type Answer = "reply" | "error" | Readonly<{ result: number }> | Readonly<{ needs: readonly string[] }>;
type Exchange = (typeof table)[number]["exchanges"][number];
type Said = string | readonly [message: string, answer: Answer];

const opened: Answer = { result: 0 };
const needs: Answer = { needs: ["ticket"] };

function stepOf(exchange: Exchange, said: Said, verdict: string) {
  const [message, answer] = typeof said === "string" ? ([said, "reply"] as const) : said;
  const rows = table.filter(({ name }) => name === message);
  const own = rows.find(({ exchanges }) => (exchanges as readonly Exchange[]).includes(exchange)) ?? rows[0];
  if (own === undefined) throw new RangeError(`no message ${message}`);
  // What the exchange does not have is known to it by number only.
  return { ...(verdict === "messages/unexpected" ? {} : { message }), number: own.number, answer, verdict };
}

/** `said` is allowed, all of it. */
const may = (exchange: Exchange, name: string, clauses: string, ...said: readonly Said[]): Vector =>
  accepted(`${exchange}: ${name}`, clauses, { exchange, steps: said.map((one) => stepOf(exchange, one, "allowed")) });

/** The last of `said` is refused, and nothing else. */
function mayNot(
  exchange: Exchange,
  name: string,
  clauses: string,
  said: readonly Said[],
  code = "messages/out-of-turn",
): Vector {
  const steps = said.map((one, index) => stepOf(exchange, one, index === said.length - 1 ? code : "allowed"));
  return refused(`${exchange}: ${name}`, clauses, code, { exchange, steps });
}

const reserved = (number: number, use: string): Vector =>
  refused(`serve: a message that is reserved: ${use}`, "MSG-2 VER-3", "messages/reserved", {
    exchange: "serve",
    steps: [stepOf("serve", "hello", "allowed"), { number, answer: "error", verdict: "messages/reserved" }],
  });

const updates = (count: number): readonly Said[] => times(count, () => "update");
const unexpected = "messages/unexpected";

const open: readonly Vector[] = [
  may("open", "hello and open", "OPN-2 OPN-8", "hello", ["open", opened]),
  may("open", "three updates before", "OPN-7", "hello", ...updates(3), ["open", opened]),
  may("open", "what the door lacks is supplied", "OPN-9", "hello", ["open", needs], ["supply", opened]),
  may(
    "open",
    "log, receipts and fetching after it",
    "OPN-15",
    "hello",
    ["open", opened],
    "collect",
    "receipt",
    "receipt",
    "fetch",
    "fetch",
    "collect",
  ),
  may("open", "log after a supply that opened", "OPN-15", "hello", ["open", needs], ["supply", opened], "collect"),
  may("open", "log for a key that is not permitted now", "OPN-15", "hello", ["open", { result: 4 }], "collect"),
  mayNot("open", "update before hello", "OPN-2 MSG-2", ["update"]),
  mayNot("open", "open before hello", "OPN-2 MSG-2", ["open"]),
  mayNot("open", "open after a hello that was answered by an error", "OPN-2", [["hello", "error"], "open"]),
  mayNot("open", "fourth update", "OPN-7", ["hello", ...updates(4)]),
  mayNot("open", "update after open", "OPN-7", ["hello", ["open", { result: 6 }], "update"]),
  mayNot("open", "update between open and supply", "OPN-7 OPN-9", ["hello", ["open", needs], "update"]),
  mayNot("open", "second open after a refusal", "OPN-16", ["hello", ["open", { result: 1 }], ["open", opened]]),
  mayNot("open", "second open after an opening", "OPN-16", ["hello", ["open", opened], ["open", opened]]),
  mayNot("open", "second open after an error", "OPN-16", ["hello", ["open", "error"], ["open", opened]]),
  mayNot("open", "open in the place of a supply", "OPN-9 OPN-16", ["hello", ["open", needs], ["open", opened]]),
  mayNot("open", "supply that nobody asked for", "OPN-9", ["hello", ["supply", opened]]),
  mayNot("open", "supply after a result", "OPN-9", ["hello", ["open", { result: 4 }], ["supply", opened]]),
  mayNot("open", "second supply", "OPN-9", ["hello", ["open", needs], ["supply", { result: 1 }], ["supply", opened]]),
  mayNot(
    "open",
    "the door asks a second time for what it lacks",
    "OPN-9 TRU-11",
    ["hello", ["open", needs], ["supply", needs]],
    "messages/asked-again",
  ),
  mayNot("open", "collect before open", "OPN-15 OPN-17", ["hello", "collect"]),
  mayNot("open", "collect while a supply is due", "OPN-15", ["hello", ["open", needs], "collect"]),
  ...[1, 2, 3, 5, 6].map((result) =>
    mayNot("open", `collect after result ${result}`, "OPN-15", ["hello", ["open", { result }], "collect"]),
  ),
  mayNot("open", "receipt before open", "OPN-15 OPN-17", ["hello", "receipt"]),
  mayNot("open", "receipt after a refusal", "OPN-15", ["hello", ["open", { result: 4 }], "receipt"]),
  mayNot("open", "fetch before open", "OPN-15", ["hello", "fetch"]),
  mayNot("open", "fetch after a refusal", "OPN-15", ["hello", ["open", { result: 4 }], "fetch"]),
  mayNot("open", "chunk", "MSG-2 FRM-9", ["hello", "chunk"], unexpected),
  mayNot("open", "lifecycle", "MSG-2", ["hello", "lifecycle"], unexpected),
  mayNot("open", "time-challenge", "MSG-2", ["hello", "time-challenge"], unexpected),
];

const proven: readonly Said[] = ["hello", "prove"];
const docks = (["dock", "activate", "store"] as const).flatMap((exchange) => [
  may(exchange, "what says nothing of the holder needs no proof", "DCK-3 DCK-5", "hello", "deliver", "chunk"),
  may(exchange, "journal and segments for a proven collector", "MSG-7 DCK-2", ...proven, "journal", "carried"),
  may(
    exchange,
    "time, twice, each with its own nonce",
    "TIM-3 DCK-3",
    ...["hello", ...twice("time-challenge", "time")],
  ),
  mayNot(exchange, "journal before hello", "DCK-1", ["journal"]),
  mayNot(exchange, "journal without a proof", "MSG-7 DCK-2", ["hello", "journal"]),
  mayNot(exchange, "journal after a proof that failed", "MSG-7 DCK-2", ["hello", ["prove", "error"], "journal"]),
  mayNot(exchange, "segments without a proof", "MSG-7 DCK-2", ["hello", "carried"]),
  mayNot(exchange, "time without a nonce", "TIM-3 DCK-3", ["hello", "time"]),
  mayNot(exchange, "second time for one nonce", "TIM-3 DCK-3", ["hello", "time-challenge", "time", "time"]),
  mayNot(exchange, "second time after an error", "TIM-3 DCK-3", ["hello", "time-challenge", ["time", "error"], "time"]),
  mayNot(exchange, "open", "MSG-2", ["hello", ["open", opened]], unexpected),
  mayNot(exchange, "update", "MSG-2", ["hello", "update"], unexpected),
]);

function twice(...said: readonly Said[]): readonly Said[] {
  return [...said, ...said];
}

const stations: readonly Vector[] = [
  may("dock", "a PIN is enrolled for a proven collector", "DCK-8", ...proven, "pin-enrol"),
  mayNot("dock", "a PIN is enrolled without a proof", "DCK-8", ["hello", "pin-enrol"]),
  mayNot("dock", "grant", "MSG-2", [...proven, "grant"], unexpected),
  may("activate", "grant, PIN, ticket", "ACT-1 ACT-2 ACT-5", ...proven, "grant", "pin", "activate"),
  may("activate", "a wrong PIN, and then the right one", "ACT-2", ...proven, "pin", "pin-verdict", "pin", "activate"),
  may("activate", "a box renews its certificate from a key", "ACT-8", "hello", "fetch"),
  mayNot("activate", "grant without a proof", "MSG-7 ACT-1", ["hello", "grant"]),
  mayNot("activate", "PIN without a proof", "MSG-7 ACT-2", ["hello", "pin"]),
  mayNot("activate", "ticket without a PIN", "ACT-2 ACT-3", [...proven, "grant", "activate"]),
  mayNot("activate", "ticket after a PIN that was answered by an error", "ACT-2", [
    ...proven,
    ["pin", "error"],
    "activate",
  ]),
  mayNot("activate", "verdict without a PIN", "ACT-2", [...proven, "pin-verdict"]),
  mayNot("activate", "check-in", "MSG-2", [...proven, "check-in"], unexpected),
  may("store", "checked in and out", "STO-1", ...proven, "check-in", "check-out"),
  may("store", "a cabinet reads the grant", "STO-1", ...proven, "grant"),
  mayNot("store", "grant without a proof", "MSG-7 STO-1", ["hello", "grant"]),
  mayNot("store", "pin", "MSG-2", [...proven, "pin"], unexpected),
];

const serve: readonly Vector[] = [
  may("serve", "any order", "SRV-1", "hello", "bundle", "docks", "info", "counters", "command", "acknowledge"),
  may("serve", "time", "SRV-1 TIM-3", "hello", "time-challenge", "time"),
  mayNot("serve", "info before hello", "SRV-1", ["info"]),
  mayNot("serve", "second hello", "FRM-8", ["hello", "hello"]),
  mayNot("serve", "time without a nonce", "TIM-3", ["hello", "time"]),
  mayNot("serve", "prove", "MSG-2", ["hello", "prove"], unexpected),
  mayNot("serve", "journal", "MSG-2", ["hello", "journal"], unexpected),
  mayNot("serve", "lifecycle", "MSG-2", ["hello", "lifecycle"], unexpected),
  reserved(48, "symmetric fast path"),
  reserved(50, "firmware update"),
  reserved(54, "timed echo"),
];

const service: readonly Vector[] = [
  may("service", "enrolled and commissioned", "SVC-2 SVC-3", "hello", "enrol", "chunk", "commission"),
  may("service", "mounted after sixteen updates", "SVC-4", "hello", ...updates(16), "lifecycle"),
  mayNot("service", "commission before hello", "SVC-3", ["commission"]),
  mayNot("service", "seventeenth update", "SVC-4", ["hello", ...updates(17)]),
  mayNot("service", "update after lifecycle", "SVC-4 OPN-7", ["hello", "lifecycle", "update"]),
  mayNot("service", "update after a lifecycle that ended in an error", "SVC-4 OPN-7", [
    "hello",
    ["lifecycle", "error"],
    "update",
  ]),
  mayNot("service", "open", "MSG-2 SVC-7", ["hello", ["open", opened]], unexpected),
  mayNot("service", "collect", "MSG-2", ["hello", "collect"], unexpected),
];

export const orders: VectorFile = {
  description:
    "Which message may come when. `steps` are the requests of a session in the order in which they come, each with its `message` and `number`, how it was answered (`reply`, `error`, or what an open-reply says: `result` with its number, or `needs` with the names of the CDDL), and the `verdict`: `allowed`, or the code of the error that answers it instead. Only the last step may be refused; `valid` and `reason` are about it. A refusal has no effect. With `messages/asked-again` it is the answer that is not taken, by who asked. A second hello is one within a session as its application sees it: that of a new session number begins another one (sessions.json).",
  vectors: [...open, ...docks, ...stations, ...serve, ...service],
};
