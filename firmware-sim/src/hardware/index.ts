/**
 * @nyckelfri/firmware-sim/hardware: memory that tears and wears, oscillators that drift, batteries that sag, contacts that bounce, serial
 * lines with errors, the cylinder's energy store and its clutch: values and pure functions, every fault drawn from outside.
 */
export * from "./backup-capacitor.ts";
export * from "./battery.ts";
export * from "./clutch.ts";
export * from "./contact.ts";
export * from "./draws.ts";
export * from "./energy-store.ts";
export * from "./nvm.ts";
export * from "./nvm-at-rest.ts";
export * from "./nvm-cuts.ts";
export * from "./nvm-damages.ts";
export * from "./nvm-pages.ts";
export * from "./nvm-word.ts";
export * from "./rtc.ts";
export * from "./uart.ts";
