/**
 * Every order of what can come, at one device alone: a device is a pure function, so its states can be kept, and each of them be given
 * everything. A world of wire and clocks delivers answers when they are due, and so leaves out most orders.
 *
 * What a peer that behaves would do next costs nothing, each other move costs one. Nodes are taken in the order of what they
 * cost, and each kind of node (`fingerprint`) once: so with a budget of two, two things go wrong at any two places of any way.
 */

export interface Interleaving<Node, Move extends string> {
  /** A start may have used up a part of the budget. */
  readonly starts: readonly { readonly node: Node; readonly cost: number }[];
  readonly moves: readonly Move[];
  /** What a well-behaved peer does next: free of charge. */
  readonly isUsual: (node: Node, move: Move) => boolean;
  /** The node after the move, or `not-here` where it means nothing. Throws when something is wrong. */
  readonly next: (node: Node, move: Move) => Node | "not-here";
  /** Nodes that will do the same have the same. */
  readonly fingerprint: (node: Node) => string;
  /** What a kind of node is called, to tell whether all were there. */
  readonly nameOf: (node: Node) => string;
  /** What holds for each kind of node, looked at once. */
  readonly arrived?: (node: Node) => void;
}

export interface Explored {
  /** How many kinds of node have each name. */
  readonly names: ReadonlyMap<string, number>;
  readonly nodes: number;
  readonly steps: number;
  /** Whether every node within the budget was given every move. */
  readonly isWhole: boolean;
}

interface Way<Node> {
  readonly from: Reached<Node> | undefined;
  readonly by: string;
}
interface Reached<Node> extends Way<Node> {
  readonly node: Node;
  readonly cost: number;
  readonly print: string;
}

/** What a test gives itself: short as a rule, and long with `NYCKELFRI_RUNS`, which `.ci/run` sets. */
export interface Effort {
  readonly budget: number;
  readonly steps: number;
  /** `any`: where there are fewer steps than nodes ask for, each run goes other ways; what it finds tells its way. */
  readonly order: "shortest-first" | "any";
}

export const IS_LONG: boolean = process.env["NYCKELFRI_RUNS"] !== undefined;

export function explore<Node, Move extends string>(
  world: Interleaving<Node, Move>,
  { budget, steps: most, order }: Effort,
): Explored {
  const layers: Reached<Node>[][] = Array.from({ length: budget + 1 }, () => []);
  const cheapest = new Map<string, number>();
  const names = new Map<string, number>();
  let steps = 0;
  const arrive = (arriving: Omit<Reached<Node>, "print">): void => {
    const print = world.fingerprint(arriving.node);
    const reached: Reached<Node> = { ...arriving, print };
    const known = cheapest.get(print);
    if (known !== undefined && known <= reached.cost) return;
    cheapest.set(print, reached.cost);
    if (known === undefined) {
      const name = world.nameOf(reached.node);
      names.set(name, (names.get(name) ?? 0) + 1);
      told(reached, () => world.arrived?.(reached.node));
    }
    layers[reached.cost]?.push(reached);
  };
  for (const { node, cost } of world.starts) arrive({ node, cost, from: undefined, by: "start" });
  for (const layer of layers) {
    // It grows while it is gone through.
    for (let place = 0; place < layer.length; place++) {
      if (order === "any") swap(layer, place, place + Math.floor(Math.random() * (layer.length - place)));
      const from = layer[place];
      if (from === undefined || (cheapest.get(from.print) ?? 0) < from.cost) continue;
      for (const move of world.moves) {
        const cost = from.cost + (world.isUsual(from.node, move) ? 0 : 1);
        if (cost > budget) continue;
        if (steps === most) return { names, nodes: cheapest.size, steps, isWhole: false };
        const node = told({ from, by: move }, () => world.next(from.node, move));
        if (node === "not-here") continue;
        steps++;
        arrive({ node, cost, from, by: move });
      }
    }
  }
  return { names, nodes: cheapest.size, steps, isWhole: true };
}

function swap<T>(list: T[], one: number, other: number): void {
  const [a, b] = [list[one], list[other]];
  if (a !== undefined && b !== undefined) [list[one], list[other]] = [b, a];
}

/** What is wrong, with the way that leads to it. */
function told<Node, Result>(at: Way<Node>, what: () => Result): Result {
  try {
    return what();
  } catch (error) {
    throw new Error(`${wayTo(at).join(", ")}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

function wayTo<Node>(at: Way<Node>): string[] {
  const way: string[] = [];
  for (let one: Way<Node> | undefined = at; one?.from !== undefined; one = one.from) way.unshift(one.by);
  return way;
}

/** Thrown where a sentence does not hold. */
export function demand(holds: boolean, says: string): asserts holds {
  if (!holds) throw new Error(says);
}
