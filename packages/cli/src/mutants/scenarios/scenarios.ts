/**
 * Small worlds in which a property would break: a door or two, somebody or two with keys, and the one situation that tells a sound
 * firmware from a broken one. Each is run with the sound firmware too, and must show no breach of any property.
 */
import { doorScenarios } from "./door-scenarios.ts";
import { honestScenarios } from "./honest-scenarios.ts";
import { officeScenarios } from "./office-scenarios.ts";
import { rogueScenarios } from "./rogue-scenarios.ts";
import type { Scenarios } from "./street.ts";

export const scenarios: Scenarios = { ...honestScenarios, ...doorScenarios, ...officeScenarios, ...rogueScenarios };
