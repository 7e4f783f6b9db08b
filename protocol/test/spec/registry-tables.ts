/** The tables of SPEC.md that come from registry.json. */
import { readFileSync } from "node:fs";
import { table } from "./sections.ts";

interface Message {
  exchanges: string[];
  name: string;
  number: number;
  from: string;
  request: string;
  reply: string;
  timeoutMs: number;
  retries: number;
  busy: boolean;
}
interface Registry {
  errors: { code: string; number: number; fault: string; cause: string; remedy: string; retry: string }[];
  objects: { name: string; typ: number; signer: string }[];
  messages: Message[];
  notifications: { exchanges: string[]; name: string; number: number; from: string; body: string }[];
  answers: { name: string; number: number; body: string }[];
  limits: Record<string, number>;
  times: Record<string, number>;
}

const registry = JSON.parse(readFileSync(new URL("../../registry.json", import.meta.url), "utf8")) as Registry;

export const objectsTable = (): string =>
  table(
    ["object", "typ", "signed by"],
    registry.objects.map(({ name, typ, signer }) => [name, typ, signer]),
  );

export function messagesTable(): string {
  const requests = registry.messages.map((message) => [
    message.number,
    message.name,
    message.exchanges.join(", "),
    message.from,
    `${message.request} → ${message.reply}`,
    message.timeoutMs,
    message.retries,
    message.busy ? "yes" : "no",
  ]);
  const others = [
    ...registry.notifications.map(({ number, name, exchanges, from, body }) => [
      number,
      name,
      exchanges.join(", "),
      from,
      `${body} (notification)`,
      "",
      "",
      "",
    ]),
    ...registry.answers.map(({ number, name, body }) => [
      number,
      name,
      "all",
      "responder",
      `${body} (answer)`,
      "",
      "",
      "",
    ]),
  ];
  return table(
    ["#", "message", "exchanges", "sent by", "bodies in the CDDL", "time-out, ms", "retries", "may answer BUSY"],
    [...requests, ...others],
  );
}

export const limitsTable = (): string =>
  table(["limit or time", "value"], [...Object.entries(registry.limits), ...Object.entries(registry.times)]);

export const errorsTable = (): string =>
  table(
    ["code", "#", "whose fault", "cause", "what to do", "retry"],
    registry.errors.map(({ code, number, fault, cause, remedy, retry }) => [
      `\`${code}\``,
      number,
      fault,
      cause,
      remedy,
      retry,
    ]),
  );
