/** Who plays in a world: devices by id and by key, and where cylinders sit. What checkers hold against what they see. */
import { toHex } from "@nyckelfri/protocol";
import type { CastMember } from "../checkers/checker.ts";
import type { Copyable } from "./entity.ts";
import type { Door } from "./parties.ts";

export class Cast implements Copyable<Cast> {
  readonly #members: Map<string, CastMember> = new Map();
  readonly #byKid: Map<string, CastMember> = new Map();
  readonly #doors: Map<string, Door> = new Map();

  add(member: CastMember): void {
    this.#members.set(member.id, member);
    const kid = toHex(member.party.kid);
    // A key that was extracted has somebody's key pair, and is not who it says.
    if (member.role !== "rogue" || !this.#byKid.has(kid)) this.#byKid.set(kid, member);
  }

  /** A key whose clock was opened. */
  tampered(id: string): void {
    const member = this.#members.get(id);
    if (member !== undefined) this.add({ ...member, clock: "tampered" });
  }

  member(id: string): CastMember | undefined {
    return this.#members.get(id);
  }

  memberOf(kid: Uint8Array): CastMember | undefined {
    return this.#byKid.get(toHex(kid));
  }

  members(): readonly CastMember[] {
    return [...this.#members.values()];
  }

  mount(cylinder: string, door: Door | "nowhere"): void {
    if (door === "nowhere") this.#doors.delete(cylinder);
    else this.#doors.set(cylinder, door);
  }

  doorOf(cylinder: string): Door | undefined {
    return this.#doors.get(cylinder);
  }

  copy(): Cast {
    const copy = new Cast();
    for (const member of this.#members.values()) copy.add(member);
    for (const [cylinder, door] of this.#doors) copy.#doors.set(cylinder, door);
    return copy;
  }
}
