/** P1 to P11 over whole worlds: who opens, when, and what the door remembers of it. */
import { type Proof, prove } from "./prove.ts";

const proofs: readonly Proof[] = [
  {
    property: "P1",
    says: "expired keys never open, whatever the schedule",
    weights: { lateVisit: 8, shift: 2, battery: 1, cut: 1, tamper: 1 },
    sees: { opened: 4, "not asked: update-key": 2 },
  },
  {
    property: "P2",
    says: "nothing opens early, and no lying key without an honest box",
    weights: { earlyVisit: 6, lyingVisit: 3, policy: 1 },
    sees: { opened: 4, "not asked: not-permitted-now": 1, activated: 6 },
  },
  {
    property: "P3",
    says: "only granted doors open",
    weights: { visit: 10, policy: 3, remount: 1, epoch: 1 },
    sees: { opened: 4, "refused: no-access": 1 },
  },
  {
    property: "P4",
    says: "revoked keys open no door that knows",
    weights: { revokedVisit: 6, lose: 1, policy: 1, slip: 1 },
    sees: { opened: 4, "refused: revoked": 1 },
  },
  {
    property: "P5",
    says: "nobody else opens, whatever comes twice on the line",
    weights: { visit: 8, faults: 4, slip: 6, lose: 1 },
    sees: { opened: 4, "broken-off": 1 },
  },
  {
    property: "P6",
    says: "keys with a clock in doubt never open",
    weights: { lyingVisit: 8, battery: 4, desk: 1 },
    sees: { opened: 4, "clock lost": 1, "not asked: clock": 1 },
  },
  {
    property: "P7",
    says: "no energy is spent before a confirmed intent, wherever power is cut",
    weights: { cutVisit: 10, slip: 3 },
    sees: { opened: 4, "cylinder dark while committing": 1 },
  },
  {
    property: "P8",
    says: "every confirmed record comes to the city, and is there once",
    weights: { visit: 10, dock: 5, cut: 2, host: 2, slip: 1, epoch: 1 },
    sees: { opened: 4, "collected new": 2 },
  },
  {
    property: "P9",
    says: "the mechanical key always turns",
    weights: { mechanical: 8, cutVisit: 3, slip: 3 },
    sees: { opened: 4, "mechanical turn": 2 },
  },
  {
    property: "P10",
    says: "counters, versions and floors never go back",
    weights: { cutVisit: 10, policy: 2, revoke: 1, epoch: 1, battery: 1 },
    sees: { opened: 4, "key dark inside a commit": 1, "cylinder dark while committing": 1 },
  },
  {
    property: "P11",
    says: "the clutch falls with power, and refusals cost little",
    weights: { visit: 8, cutVisit: 5, slip: 5, faults: 1 },
    sees: { "disengaged by firmware": 4, "refused: no-access": 1 },
  },
];

for (const proof of proofs) prove(proof);
