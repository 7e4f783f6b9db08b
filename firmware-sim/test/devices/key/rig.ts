/** A key on its virtual memory, with what it sends, shows and asks for; and the city that it belongs to. */
import {
  type Battery,
  type CryptoProvider,
  defaultProvider,
  type Frame,
  FrameDecoder,
  type Grant as GrantValue,
  type Signed,
} from "@nyckelfri/protocol";
import { manufactureKey, USUAL_LAYOUT, USUAL_NVM, USUAL_QUOTAS } from "#src/devices/key/factory.ts";
import type { KeySignal } from "#src/devices/key/signals.ts";
import type { KeyConfig, KeyEffect, KeyInput, KeyOn, KeyState } from "#src/devices/key/state.ts";
import { KEY_OFF, keyDevice } from "#src/devices/key/step.ts";
import type { Draws } from "#src/hardware/draws.ts";
import { type Nvm, type NvmCut, type NvmOperation, type NvmProfile, runNvm } from "#src/hardware/nvm.ts";
import type { OscillatorStopFlag } from "#src/hardware/rtc.ts";
import { Authority, type Shift } from "#src/world/authority.ts";
import type { Party } from "#src/world/parties.ts";
import { rootStream } from "#src/world/streams.ts";

export const provider = defaultProvider;
export const HOUR = 3_600;
export const DAY = 24 * HOUR;
export const NBF = 1_793_599_200;
export const EXP = NBF + 9 * HOUR;
export const NOW = NBF + 2 * HOUR;

/** What was signed, byte for byte, besides what the provider does. */
export function signingProvider(): { readonly provider: CryptoProvider; readonly signed: Uint8Array[] } {
  const signed: Uint8Array[] = [];
  const sign = (seed: Uint8Array, message: Uint8Array) => {
    signed.push(message.slice());
    return provider.sign(seed, message);
  };
  return { provider: { ...provider, sign }, signed };
}

export const config: KeyConfig = { provider, layout: USUAL_LAYOUT, quotas: USUAL_QUOTAS };

/** Inputs as a test writes them: the rig puts the tick on. */
type Untimed = KeyInput extends infer I ? (I extends KeyInput ? Omit<I, "tickMs"> : never) : never;

export interface RigOptions {
  readonly config?: KeyConfig;
  readonly profile?: NvmProfile;
  readonly draws?: Draws;
  /** Of its random source: two keys in one town have different ones. */
  readonly luck?: string;
}

export class KeyRig {
  readonly config: KeyConfig;
  state: KeyState = KEY_OFF;
  nvm: Nvm;
  tickMs = 1_000;
  /** Power ends at this operation of the memory. */
  cut: NvmCut | undefined;
  isCut = false;
  /** How long each write takes. */
  late = 0;
  readonly effects: KeyEffect[] = [];
  readonly received: Frame[] = [];
  readonly #decoder: FrameDecoder = new FrameDecoder();
  readonly #draws: Draws;
  readonly #luck: string;
  #powerUps = 0;

  constructor(nvm: Nvm, options: RigOptions = {}) {
    this.config = options.config ?? config;
    this.nvm = nvm;
    this.#draws = options.draws ?? { below: () => 0 };
    this.#luck = options.luck ?? "entropy";
  }

  input(input: Untimed): this {
    const device = keyDevice(this.config);
    const pending: KeyInput[] = [{ ...input, tickMs: this.tickMs } as KeyInput];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const stepped = device.step(this.state, next);
      this.state = stepped.state;
      for (const effect of stepped.effects) {
        this.effects.push(effect);
        if (effect.kind === "send") this.#decode(effect.bytes);
        if (effect.kind !== "nvm") continue;
        const { nvm, outcomes } = runNvm(this.nvm, effect.operations, this.#draws, this.cut);
        this.nvm = nvm;
        const outcome = outcomes.at(-1) ?? { kind: "done" };
        if (outcome.kind === "cut") {
          this.isCut = true;
          this.state = device.step(this.state, { kind: "power-lost", tickMs: this.tickMs }).state;
          return this;
        }
        this.tickMs += this.late;
        pending.push({ kind: "nvm-done", nvm, outcome, tickMs: this.tickMs });
      }
    }
    return this;
  }

  /** Carries out operations that a step outside this rig has asked for. */
  finish(operations: readonly NvmOperation[]): this {
    const { nvm, outcomes } = runNvm(this.nvm, operations, this.#draws);
    this.nvm = nvm;
    return this.input({ kind: "nvm-done", nvm, outcome: outcomes.at(-1) ?? { kind: "done" } });
  }

  powerOn(stopFlag: OscillatorStopFlag = "clear", battery: Battery = "ok"): this {
    this.isCut = false;
    this.#powerUps += 1;
    const entropy = rootStream(`${this.#luck}-${this.#powerUps}`).bytes(32);
    return this.input({ kind: "power-on", nvm: this.nvm, stopFlag, battery, entropy });
  }

  pass(ms: number): this {
    this.tickMs += ms;
    return this;
  }

  get on(): KeyOn {
    if (this.state.power !== "on") throw new Error(`the key is ${this.state.power}`);
    return this.state;
  }

  /** The signals since the last time this was asked. */
  signals(): KeySignal[] {
    const shown = this.effects.flatMap((effect) => (effect.kind === "signal" ? [effect.signal] : []));
    this.effects.length = 0;
    return shown;
  }

  #decode(bytes: Uint8Array): void {
    for (const event of this.#decoder.push(bytes)) if (event.kind === "frame") this.received.push(event.frame);
  }
}

/** A city with a home, a key in its shift, a station, a box and a cabinet. */
export function foundCity(seed = 1) {
  const city = new Authority({ provider, stream: rootStream(seed).fork("city"), foundedAt: NBF - 30 * DAY });
  const north = city.addProvider("north", ["day", "night"]);
  const flat = city.addDoor("flat 3");
  const day = north.groups["day"] as number;
  const home = city.addHome("home 3", [flat], [day]);
  const cylinder = city.party("cylinder");
  const key = city.party("key");
  const box = city.party("box");
  const station = city.party("station");
  const cabinet = city.party("cabinet");
  city.certify(box, "activation-box", NBF - DAY);
  city.certify(station, "station", NBF - DAY);
  city.certify(cabinet, "key-cabinet", NBF - DAY);
  const list = city.revoke(north.list, NBF - 2 * DAY);
  const policy = city.mount(flat, cylinder, NBF - 2 * DAY);
  const anna = city.addHolder("anna", north);
  const bo = city.addHolder("bo", north);
  const shift: Shift = { holder: anna, key, groups: [day], iat: NBF - 12 * HOUR, nbf: NBF, exp: EXP };
  const grant: Signed<GrantValue> = city.grantShift(shift);
  return {
    ...{ city, north, flat, day, home, cylinder, key, box, station, cabinet, list, policy, anna, bo, shift, grant },
  };
}
export type City = ReturnType<typeof foundCity>;

export function commissioned({ city, key }: City, options: RigOptions = {}): KeyRig {
  const made = {
    seed: (key as Party).seed,
    commission: withReceipts(city),
    salt: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  };
  return new KeyRig(manufactureKey(options.config ?? config, options.profile ?? USUAL_NVM, made), options);
}

/** A key believes the receipt issuer too. */
function withReceipts(city: Authority) {
  const commission = city.commission();
  return { ...commission, issuers: [...commission.issuers, ...city.centre.chainOf("receipt")] };
}
