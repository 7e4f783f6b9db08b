/** What is true in a world, for checkers: read from its parts at the moment of the question. */
import { CallerError, type CryptoProvider } from "@nyckelfri/protocol";
import type { Truth } from "../checkers/checker.ts";
import type { View } from "./entity.ts";
import type { Site } from "./fixtures.ts";

export function truthIn(view: View, site: Pick<Site, "cast" | "city" | "bodies">, provider: CryptoProvider): Truth {
  const cast = () => view.part(site.cast);
  return {
    get now() {
      return view.now;
    },
    get unixMicroseconds() {
      return view.unixMicroseconds;
    },
    get ledger() {
      return view.part(site.city).ledger;
    },
    provider,
    member: (id) => {
      const member = cast().member(id);
      if (member !== undefined) return member;
      throw new CallerError("caller/argument", { argument: "id", takes: "a device of this world", id });
    },
    find: (id) => cast().member(id),
    members: () => cast().members(),
    memberOf: (kid) => cast().memberOf(kid),
    doorOf: (cylinder) => cast().doorOf(cylinder),
    memory: (id) => {
      const body = view.part(site.bodies).any(id);
      if (body !== undefined) return body.nvm;
      throw new CallerError("caller/argument", { argument: "id", takes: "a device with a memory", id });
    },
    state: (id) => view.state({ id }),
    stateOf: (ref) => view.state(ref),
  };
}
