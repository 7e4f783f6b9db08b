/** What is true in a world, for checkers: read from its parts at the moment of the question. */
import { CallerError, type CryptoProvider } from "@nyckelfri/protocol";
import type { CastMember, Truth } from "../checkers/checker.ts";
import type { Nvm } from "../hardware/nvm.ts";
import type { Cast } from "./cast.ts";
import type { EntityRef, View } from "./entity.ts";
import type { Site } from "./fixtures.ts";
import type { Ledger } from "./ledger.ts";
import type { Door } from "./parties.ts";

type Asked = Pick<Site, "cast" | "city" | "bodies">;

/** A class, because there is one for each device of a world. */
export class TruthIn implements Truth {
  readonly provider: CryptoProvider;
  readonly #view: View;
  readonly #site: Asked;

  constructor(view: View, site: Asked, provider: CryptoProvider) {
    this.#view = view;
    this.#site = site;
    this.provider = provider;
  }

  get now(): number {
    return this.#view.now;
  }

  get unixMicroseconds(): number {
    return this.#view.unixMicroseconds;
  }

  get ledger(): Ledger {
    return this.#view.part(this.#site.city).ledger;
  }

  get #cast(): Cast {
    return this.#view.part(this.#site.cast);
  }

  member(id: string): CastMember {
    const member = this.#cast.member(id);
    if (member !== undefined) return member;
    throw new CallerError("caller/argument", { argument: "id", takes: "a device of this world", id });
  }

  find(id: string): CastMember | undefined {
    return this.#cast.member(id);
  }

  members(): readonly CastMember[] {
    return this.#cast.members();
  }

  memberOf(kid: Uint8Array): CastMember | undefined {
    return this.#cast.memberOf(kid);
  }

  doorOf(cylinder: string): Door | undefined {
    return this.#cast.doorOf(cylinder);
  }

  memory(id: string): Nvm {
    const body = this.#view.part(this.#site.bodies).any(id);
    if (body !== undefined) return body.nvm;
    throw new CallerError("caller/argument", { argument: "id", takes: "a device with a memory", id });
  }

  state(id: string): unknown {
    return this.#view.state({ id });
  }

  stateOf<State>(ref: EntityRef<State, never>): State {
    return this.#view.state(ref);
  }
}
