/**
 * All checkers (DESIGN chapter 9; P23, SPEC Appendix F).
 *
 * | property | checker                          | watches                                                     |
 * |----------|----------------------------------|-------------------------------------------------------------|
 * | P1       | expired-never-opens.ts           | engagements against true time, and against their proofs     |
 * | P2       | early-never-opens.ts             | the same; tickets of honest boxes, and the PINs before them |
 * | P3       | only-granted-doors-open.ts       | engagements against grant and policy, as they were issued   |
 * | P4       | revoked-never-opens.ts           | the same against the lists that door and key hold           |
 * | P5       | nobody-else-opens.ts             | who asked, on the wire                                      |
 * | P6       | doubtful-clocks-never-open.ts    | stop flags, verdicts on time, floors                        |
 * | P7       | intent-before-opening.ts         | the memory at the moment of an engagement, booted           |
 * | P8       | records-reach-the-city.ts        | confirmed records and collected ones                        |
 * | P9       | mechanical-key-turns.ts          | the mechanical keyway                                       |
 * | P10      | pairs-never-go-back.ts           | the states of all devices                                   |
 * | P11      | clutch-falls-with-power.ts       | clutch, power and time; what refusals cost                  |
 * | P12      | nothing-crashes.ts               | crashes and lifecycle states                                |
 * | P13      | nonces-are-fresh.ts              | challenges on the wire                                      |
 * | P14      | good-keys-open.ts                | tries after the faults                                      |
 * | P15      | careless-holders-break-nothing.ts| states in which devices end, newest records                 |
 * | P16      | one-rogue-harms-nobody.ts        | clocks, floors and locks of honest devices; tries of PINs   |
 * | P17      | nothing-is-discarded-early.ts    | journals, segments and marks against receipts               |
 * | P18      | new-epochs-hold.ts               | epochs of grants, of doors, and of keys that were docked    |
 * | P19      | past-records-stay.ts             | who and where, when it opened and as the city reads it      |
 * | P20      | strangers-learn-little.ts        | what honest devices send                                    |
 * | P21      | wrong-times-are-repaired.ts      | verdicts on the issuer's time, floors of new epochs         |
 * | P22      | strangers-wear-little.ts         | writes, refusals and caches while nothing opens             |
 * | P23      | keys-go-to-their-holders.ts      | bolts of cabinets, and who had asked                        |
 */
import { carelessHoldersBreakNothing } from "./careless-holders-break-nothing.ts";
import type { Checker } from "./checker.ts";
import { clutchFallsWithPower } from "./clutch-falls-with-power.ts";
import { doubtfulClocksNeverOpen } from "./doubtful-clocks-never-open.ts";
import { earlyNeverOpens } from "./early-never-opens.ts";
import { expiredNeverOpens } from "./expired-never-opens.ts";
import { goodKeysOpen } from "./good-keys-open.ts";
import { intentBeforeOpening } from "./intent-before-opening.ts";
import { keysGoToTheirHolders } from "./keys-go-to-their-holders.ts";
import { mechanicalKeyTurns } from "./mechanical-key-turns.ts";
import { newEpochsHold } from "./new-epochs-hold.ts";
import { nobodyElseOpens } from "./nobody-else-opens.ts";
import { noncesAreFresh } from "./nonces-are-fresh.ts";
import { nothingCrashes } from "./nothing-crashes.ts";
import { nothingIsDiscardedEarly } from "./nothing-is-discarded-early.ts";
import { oneRogueHarmsNobody } from "./one-rogue-harms-nobody.ts";
import { onlyGrantedDoorsOpen } from "./only-granted-doors-open.ts";
import { pairsNeverGoBack } from "./pairs-never-go-back.ts";
import { pastRecordsStay } from "./past-records-stay.ts";
import { recordsReachTheCity } from "./records-reach-the-city.ts";
import { revokedNeverOpens } from "./revoked-never-opens.ts";
import { strangersLearnLittle } from "./strangers-learn-little.ts";
import { strangersWearLittle } from "./strangers-wear-little.ts";
import { wrongTimesAreRepaired } from "./wrong-times-are-repaired.ts";

export type { Breach, CastMember, Checker, PropertyId, Truth, Watch } from "./checker.ts";
export { BREACHES_KEPT } from "./checker.ts";

/** One for each property, in their order, each with a memory of its own. */
export function allCheckers(): Checker[] {
  return [
    expiredNeverOpens(),
    earlyNeverOpens(),
    onlyGrantedDoorsOpen(),
    revokedNeverOpens(),
    nobodyElseOpens(),
    doubtfulClocksNeverOpen(),
    intentBeforeOpening(),
    recordsReachTheCity(),
    mechanicalKeyTurns(),
    pairsNeverGoBack(),
    clutchFallsWithPower(),
    nothingCrashes(),
    noncesAreFresh(),
    goodKeysOpen(),
    carelessHoldersBreakNothing(),
    oneRogueHarmsNobody(),
    nothingIsDiscardedEarly(),
    newEpochsHold(),
    pastRecordsStay(),
    strangersLearnLittle(),
    wrongTimesAreRepaired(),
    strangersWearLittle(),
    keysGoToTheirHolders(),
  ];
}
