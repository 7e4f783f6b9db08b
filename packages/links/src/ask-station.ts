/** Asks what is at the other end of a link: one hello of the exchange `serve` and its answer (SPEC FRM-8, MSG-3). */
import { randomBytes, randomInt } from "node:crypto";
import {
  decodeError,
  decodeReply,
  EnvironmentError,
  encodeRequest,
  FrameDecoder,
  type Link,
  messageNamed,
  newRequester,
  type RequesterEffect,
  type RequesterInput,
  type ServeWelcome,
  SPOKEN_VERSIONS,
  stepRequester,
  timingOf,
} from "@nyckelfri/protocol";
import { type AbortSignalLike, throwIfAborted } from "./abort-signal.ts";
import { closedError } from "./carried-link.ts";

/**
 * What answers, in its own words and unproven: a station, box or cabinet says which kind it is in `kind`. The link stays open;
 * who goes on with it begins a session of their own. Throws `framing/no-reply` (after 2 s of silence), `PeerError`s for an
 * answer that is none or an error, such as `messages/version`, and what ended the link. `signal` ends the wait with its reason.
 */
export async function askStation(link: Link, signal?: AbortSignalLike): Promise<ServeWelcome> {
  throwIfAborted(signal);
  const entry = messageNamed("serve", "hello");
  const body = encodeRequest("serve", "hello", {
    versions: SPOKEN_VERSIONS,
    exchange: "serve",
    nonce: new Uint8Array(randomBytes(16)),
  });
  const decoder = new FrameDecoder();
  let state = newRequester();
  let timer: NodeJS.Timeout | undefined;
  const undo: (() => void)[] = [() => clearTimeout(timer)];
  try {
    return await new Promise<ServeWelcome>((resolve, reject) => {
      const step = (input: RequesterInput): void => {
        const next = stepRequester(state, input);
        state = next.state;
        next.effects.forEach(carryOut);
      };
      const carryOut = (effect: RequesterEffect): void => {
        switch (effect.kind) {
          case "write":
            // The close listener says why it failed.
            link.write(effect.bytes).catch(() => {});
            return;
          case "set-timer":
            clearTimeout(timer);
            timer = setTimeout(() => step({ kind: "timeout", timer: effect.timer }), effect.milliseconds);
            return;
          case "clear-timer":
            clearTimeout(timer);
            return;
          case "answered":
            if (effect.outcome === "error") reject(decodeError(effect.body));
            else resolve(decodeReply("serve", "hello", effect.body));
            return;
          case "failed":
            reject(new EnvironmentError("framing/no-reply", { uri: link.uri }));
            return;
          case "notified":
            return;
        }
      };
      const abort = (): void => reject(signal?.reason);
      signal?.addEventListener("abort", abort);
      undo.push(
        () => signal?.removeEventListener("abort", abort),
        link.onClose((closed) => reject(closedError(link.uri, closed))),
        link.onData((chunk) => {
          try {
            for (const event of decoder.push(chunk)) {
              if (event.kind === "frame") step({ kind: "received", frame: event.frame });
            }
          } catch (error) {
            reject(error);
          }
        }),
      );
      const session = randomInt(1, 0x1_0000_0000);
      step({ kind: "open", session, message: entry.number, body, timing: timingOf(entry) });
    });
  } finally {
    for (const undoOne of undo) undoOne();
  }
}
