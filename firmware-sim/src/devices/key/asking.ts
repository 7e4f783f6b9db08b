/** What a key that asks has in common in all exchanges: its hello, its line and its timer, and what it shows. */
import type { RequesterEffect } from "@nyckelfri/protocol";
import { draw, type Pool } from "../shared/pool.ts";
import { readUint32 } from "../shared/transactions.ts";
import type { KeySignal } from "./signals.ts";
import type { KeyConfig, KeyEffect, KeyOn, Turn } from "./state.ts";

export interface HelloDraw {
  /** 32 bits, not zero. */
  readonly session: number;
  readonly nonce: Uint8Array;
  readonly pool: Pool;
}

export function drawHello({ provider }: KeyConfig, key: KeyOn, nonceBytes: number): HelloDraw {
  const { bytes, pool } = draw(provider, key.pool, 4 + nonceBytes);
  return { session: readUint32(bytes, 0) || 1, nonce: bytes.subarray(4), pool };
}

/** What a requester does on the line and with its timer. */
export function onLine(effect: Exclude<RequesterEffect, { kind: "answered" | "failed" }>): readonly KeyEffect[] {
  switch (effect.kind) {
    case "write":
      return [{ kind: "send", bytes: effect.bytes }];
    case "set-timer":
      return [{ kind: "arm", name: "reply", delayMs: effect.milliseconds }];
    case "clear-timer":
      return [{ kind: "disarm", name: "reply" }];
    case "notified":
      return [];
  }
}

export function joined(first: Turn, second: Turn): Turn {
  if (first.effects.length === 0) return second;
  return { ...second, effects: [...first.effects, ...second.effects] };
}

export function signal(name: KeySignal): KeyEffect {
  return { kind: "signal", signal: name };
}
