/** What a world has at the moment: a part of it, so that what is built in a fork is there alone. */
import type { Copyable } from "./entity.ts";
import type { DeviceFixture, Worker } from "./fixtures.ts";

export class Inventory implements Copyable<Inventory> {
  readonly devices: DeviceFixture[] = [];
  readonly workers: Worker[] = [];

  copy(): Inventory {
    const copy = new Inventory();
    copy.devices.push(...this.devices);
    copy.workers.push(...this.workers);
    return copy;
  }
}
