/** Reports of all visits to a world's doors, as rows of figures: a city's day has a hundred thousand, and reads each once. */
import {
  type PhaseCost,
  VISIT_PHASES,
  type VisitOutcome,
  type VisitPhaseName,
  type VisitReport,
} from "./visit-report.ts";

const FIGURES = [
  "from",
  "until",
  "resultMicroseconds",
  "challengeMicroseconds",
  "bytesToResult",
  "bytes",
  "roundTrips",
  "verifications",
  "signatures",
  "batteryNanojoules",
] as const;
const COSTS = ["microseconds", "cylinderNanojoules", "keyNanojoules"] as const;
/** Of a row: the figures, then the costs of each phase. */
const ROW = FIGURES.length + VISIT_PHASES.length * COSTS.length;
const FIRST_ROWS = 4;
/** A figure that a report does not have. */
const ABSENT = -1;

export class VisitList {
  /** Of each visit, in their order. */
  #keys: string[] = [];
  #cylinders: string[] = [];
  #outcomes: VisitOutcome[] = [];
  #rows: Float64Array = new Float64Array(0);

  add(report: VisitReport): void {
    const start = this.#keys.length * ROW;
    if (start === this.#rows.length) this.#grow(start);
    this.#keys.push(report.key);
    this.#cylinders.push(report.cylinder);
    this.#outcomes.push(report.outcome);
    let at = start;
    for (const name of FIGURES) this.#rows[at++] = report[name] ?? ABSENT;
    for (const phase of VISIT_PHASES) for (const name of COSTS) this.#rows[at++] = report.phases[phase][name];
  }

  get length(): number {
    return this.#keys.length;
  }

  /** From the visit with this place on, oldest first; made anew each time. */
  from(first: number): VisitReport[] {
    return this.#keys.slice(first).map((_, place) => this.#report(first + place));
  }

  /** Goes on by itself. */
  copy(): VisitList {
    const copy = new VisitList();
    copy.#keys = [...this.#keys];
    copy.#cylinders = [...this.#cylinders];
    copy.#outcomes = [...this.#outcomes];
    copy.#rows = this.#rows.slice();
    return copy;
  }

  /** By a quarter. */
  #grow(length: number): void {
    const rows = new Float64Array(length + Math.max(FIRST_ROWS, Math.ceil(length / ROW / 4)) * ROW);
    rows.set(this.#rows);
    this.#rows = rows;
  }

  #report(visit: number): VisitReport {
    const figure = (name: (typeof FIGURES)[number]): number =>
      this.#rows[visit * ROW + FIGURES.indexOf(name)] as number;
    const report: { -readonly [F in keyof VisitReport]: VisitReport[F] } = {
      key: this.#keys[visit] as string,
      cylinder: this.#cylinders[visit] as string,
      from: figure("from"),
      until: figure("until"),
      outcome: this.#outcomes[visit] as VisitOutcome,
      phases: this.#phases(visit),
      bytesToResult: figure("bytesToResult"),
      bytes: figure("bytes"),
      roundTrips: figure("roundTrips"),
      verifications: figure("verifications"),
      signatures: figure("signatures"),
      batteryNanojoules: figure("batteryNanojoules"),
    };
    for (const name of ["resultMicroseconds", "challengeMicroseconds"] as const) {
      if (figure(name) !== ABSENT) report[name] = figure(name);
    }
    return report;
  }

  #phases(visit: number): VisitReport["phases"] {
    const costs = VISIT_PHASES.map((phase, index): [VisitPhaseName, PhaseCost] => {
      const at = visit * ROW + FIGURES.length + index * COSTS.length;
      const [microseconds = 0, cylinderNanojoules = 0, keyNanojoules = 0] = this.#rows.subarray(at, at + COSTS.length);
      return [phase, { microseconds, cylinderNanojoules, keyNanojoules }];
    });
    return Object.fromEntries(costs) as VisitReport["phases"];
  }
}
