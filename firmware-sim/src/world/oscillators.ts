/** What happens to oscillators, besides their drift and the weather. */
import type { Kernel } from "./kernel.ts";

/**
 * The oscillator of a key, station, box or cabinet stands still for a moment: its count begins anew and its flag is set (SPEC TIM-9).
 * Throws `caller/argument` for a device that is not in this world.
 */
export function stopOscillator({ kernel }: { readonly kernel: Kernel }, device: string): void {
  kernel.send({ id: device }, { kind: "oscillator-stop" });
}
