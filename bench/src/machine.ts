import { cpus, totalmem } from "node:os";

export interface Machine {
  readonly node: string;
  readonly v8: string;
  readonly openssl: string;
  readonly cpu: string;
  readonly cores: number;
  readonly gibibytes: number;
}

export function thisMachine(): Machine {
  return {
    node: process.version,
    v8: process.versions.v8,
    openssl: process.versions.openssl,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    gibibytes: Math.round(totalmem() / 2 ** 30),
  };
}
