/** P12 to P22 over whole worlds: what devices and people do to each other. */
import { type Proof, prove } from "./prove.ts";

const proofs: readonly Proof[] = [
  {
    property: "P12",
    says: "no bytes crash a device or make it open",
    weights: { visit: 8, faults: 8, slip: 5, cut: 1 },
    sees: { opened: 4, "broken-off": 1 },
  },
  {
    property: "P13",
    says: "nonces are fresh, whatever is cut when",
    weights: { visit: 8, cutVisit: 6, slip: 6, battery: 1 },
    sees: { opened: 4, "cylinder dark before its decision": 1 },
  },
  {
    property: "P14",
    says: "once faults stop, a good key opens soon",
    weights: {
      ...{ slip: 2, edge: 1, battery: 1, tamper: 1, desk: 1, revoke: 1, epoch: 1, remount: 1, policy: 1, lose: 1 },
      ...{ cut: 4, host: 2, faults: 2, mechanical: 1 },
    },
    sees: { opened: 4 },
  },
  {
    property: "P15",
    says: "fast and careless holders lose no record and brick nothing",
    weights: { visit: 8, slip: 8, faults: 4, battery: 3 },
    sees: { opened: 4, "key dark": 2, "cylinder dark before its decision": 1 },
  },
  {
    property: "P16",
    says: "one key that lies, or is lost, harms nobody else",
    weights: { lyingVisit: 3, lose: 3, revokedVisit: 1, activate: 4, battery: 1, host: 1 },
    sees: { opened: 4, activated: 4 },
  },
  {
    property: "P17",
    says: "nobody discards a record before a receipt covers it",
    weights: { cutVisit: 3, dock: 5, host: 3, slip: 1 },
    sees: { opened: 4, "collected new": 4 },
  },
  {
    property: "P18",
    says: "a new epoch holds at every visited door and docked key",
    weights: { visit: 8, dock: 5, activate: 4, epoch: 3, cut: 1, host: 1 },
    sees: { opened: 4, "door in a new epoch": 1 },
  },
  {
    property: "P19",
    says: "re-mounting and re-granting change no past record",
    weights: { remount: 5, dock: 4, slip: 1, epoch: 1 },
    sees: { opened: 4, "door dismounted": 1, "door active": 1, "collected new": 2 },
  },
  {
    property: "P20",
    says: "strangers learn what is on the list and no more",
    weights: { visit: 10, lose: 2, remount: 1, tamper: 1, faults: 1, desk: 1 },
    sees: { opened: 4, "refused: no-access": 1 },
  },
  {
    property: "P21",
    says: "any wrong time is repaired by message",
    weights: { lyingVisit: 8, desk: 4, battery: 2, epoch: 1, host: 1 },
    sees: { opened: 4, "key in conflict": 1 },
  },
  {
    property: "P22",
    says: "those for whom nothing opens wear little",
    weights: { visit: 10, revokedVisit: 5, lose: 2, faults: 2, slip: 4, cut: 1 },
    sees: { "refused: no-access": 1, "refused: revoked": 1 },
  },
];

for (const proof of proofs) prove(proof);
