/** Somebody identifies at the reader of a cabinet, by badge or PIN pad, and asks for their key (SPEC STO-1). */
import type { DeviceFixture, Site } from "./fixtures.ts";
import type { Holder } from "./parties.ts";
import type { MainsRef } from "./wiring/mains-wiring.ts";

/** For `World.build`. */
export function presentAt({ kernel, wiring }: Site, { id }: Pick<DeviceFixture, "id">, { pseudonym }: Holder): void {
  const cabinet: MainsRef<unknown> = { id };
  wiring.happen(kernel, { kind: "presented", cabinet: id, holder: pseudonym });
  kernel.send(cabinet, {
    kind: "own",
    input: { kind: "holder-presented", holder: pseudonym } as { readonly kind: string },
  });
}
