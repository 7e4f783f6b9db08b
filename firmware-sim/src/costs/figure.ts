/**
 * A figure of the cost model: a number with where it comes from, or with why it is only an estimate. Names of figures end
 * in their unit. All are whole numbers, so that sums of them are the same on every machine.
 */

/** A number that a document states, or that follows from stated numbers by the arithmetic that the source text shows. */
export interface SourcedFigure {
  readonly value: number;
  readonly source: string;
}

/** A number that nobody was found to state: a judgement, or read second-hand and not yet in its data sheet. */
export interface EstimatedFigure {
  readonly value: number;
  readonly estimated: true;
  readonly why: string;
}

export type Figure = SourcedFigure | EstimatedFigure;

export function sourced(value: number, source: string): SourcedFigure {
  return { value, source };
}

export function estimate(value: number, why: string): EstimatedFigure {
  return { value, estimated: true, why };
}

/** The figures that a result was computed from, in the order of their first use. */
export type FiguresUsed = Set<Figure>;

/** The figure's value, noted in `used`. */
export function takeFigure(figure: Figure, used: FiguresUsed | undefined): number {
  used?.add(figure);
  return figure.value;
}

/** A figure with its place in a profile, such as `processor.cyclesPerSha256Block`. */
export interface NamedFigure {
  readonly name: string;
  readonly figure: Figure;
}

/** All figures in a profile or a nest of profiles, in the order of its properties. */
export function figuresOf(profile: object, prefix: string = ""): NamedFigure[] {
  return Object.entries(profile).flatMap(([key, value]: [string, unknown]): NamedFigure[] => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (typeof value !== "object" || value === null) return [];
    return isFigure(value) ? [{ name, figure: value }] : figuresOf(value, name);
  });
}

function isFigure(value: object): value is Figure {
  return "value" in value && ("source" in value || "estimated" in value);
}
