/**
 * What every link promises, once for all carriers: writes leave in order and settle in bounded time, a closed link is told
 * once and after the last data, and nothing comes after it. A carrier only moves pieces of bytes.
 */
import {
  CallerError,
  EnvironmentError,
  type Link,
  type LinkClosed,
  type NyckelfriError,
  type Unsubscribe,
} from "@nyckelfri/protocol";
import { closedBy } from "./system-errors.ts";

export interface Carrier {
  /** Resolves when the system has taken the whole piece; rejects with the system's error. Called for one piece at a time. */
  take(piece: Uint8Array): Promise<void>;
  /** Gives back everything that is held, in bounded time. Called once; from then on nothing may be handed over. */
  release(closed: LinkClosed): Promise<void>;
}

export interface CarriedLinkOptions {
  readonly uri: string;
  readonly carrier: Carrier;
  /** Longest piece that the carrier is given. */
  readonly pieceBytes: number;
  /** How long the carrier may sit on one piece before the link is closed as stalled; "carrier": it bounds this by itself. */
  readonly stallMs: number | "carrier";
}

type State =
  | Readonly<{ kind: "open" }>
  /** `told` settles when the carrier has let go and the listeners were called. */
  | Readonly<{ kind: "closed"; closed: LinkClosed; told: Promise<void> }>;

export class CarriedLink implements Link {
  readonly uri: string;
  readonly #options: CarriedLinkOptions;
  #state: State = { kind: "open" };
  /** Settles, never rejects, when everything written so far was taken or given up. */
  #written: Promise<void> = Promise.resolve();
  /** Ends the wait for the piece that the carrier is holding. */
  #giveUp: (() => void) | undefined;
  // Boxes, because the same function may listen twice.
  readonly #dataListeners = new Set<{ readonly call: (chunk: Uint8Array) => void }>();
  readonly #closeListeners = new Set<{ readonly call: (closed: LinkClosed) => void }>();

  constructor(options: CarriedLinkOptions) {
    this.uri = options.uri;
    this.#options = options;
  }

  onData(listener: (chunk: Uint8Array) => void): Unsubscribe {
    const box = { call: listener };
    if (this.#state.kind === "open") this.#dataListeners.add(box);
    return () => this.#dataListeners.delete(box);
  }

  onClose(listener: (closed: LinkClosed) => void): Unsubscribe {
    const box = { call: listener };
    this.#closeListeners.add(box);
    const state = this.#state;
    if (state.kind === "closed") state.told.then(() => this.#tell(box, state.closed));
    return () => this.#closeListeners.delete(box);
  }

  write(bytes: Uint8Array): Promise<void> {
    const sent = this.#written.then(() => this.#send(bytes));
    this.#written = sent.catch(() => {});
    return sent;
  }

  close(): Promise<void> {
    this.ended({ reason: "closed-here" });
    return this.#state.kind === "closed" ? this.#state.told : Promise.resolve();
  }

  /** For the carrier: bytes came. They are copied, so its buffer is its own again. */
  received(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const chunk = new Uint8Array(bytes);
    for (const box of [...this.#dataListeners]) {
      // A listener may have ended another's subscription, or closed the link.
      if (this.#dataListeners.has(box)) callListener(() => box.call(chunk));
    }
  }

  /**
   * For the carrier: no byte will come any more. The first cause counts. Listeners are told when the carrier has let go, so
   * that whoever opens a new link to the same port at once does not find it held by this one.
   */
  ended(closed: LinkClosed): void {
    if (this.#state.kind === "closed") return;
    this.#dataListeners.clear();
    const told = this.#options.carrier.release(closed).then(
      () => this.#tellAll(closed),
      () => this.#tellAll(closed),
    );
    this.#state = { kind: "closed", closed, told };
    this.#giveUp?.();
  }

  #tellAll(closed: LinkClosed): void {
    for (const box of [...this.#closeListeners]) this.#tell(box, closed);
  }

  #tell(box: { readonly call: (closed: LinkClosed) => void }, closed: LinkClosed): void {
    if (this.#closeListeners.delete(box)) callListener(() => box.call(closed));
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const { pieceBytes } = this.#options;
    this.#requireOpen();
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      if ((await this.#takePiece(bytes.subarray(from, from + pieceBytes))) === "given-up") this.#requireOpen();
    }
  }

  #takePiece(piece: Uint8Array): Promise<"taken" | "given-up"> {
    if (this.#state.kind === "closed") return Promise.resolve("given-up");
    const { carrier, stallMs } = this.#options;
    return new Promise((resolve) => {
      const timer = stallMs === "carrier" ? undefined : setTimeout(() => this.ended({ reason: "stalled" }), stallMs);
      const settle = (outcome: "taken" | "given-up"): void => {
        clearTimeout(timer);
        this.#giveUp = undefined;
        resolve(outcome);
      };
      this.#giveUp = () => settle("given-up");
      carrier.take(piece).then(
        () => settle("taken"),
        (error: unknown) => {
          this.ended(closedBy(error));
          settle("given-up");
        },
      );
    });
  }

  #requireOpen(): void {
    if (this.#state.kind === "closed") throw closedError(this.uri, this.#state.closed);
  }
}

/** What a write on a closed link rejects with: `link/closed`, `link/hang-up`, `link/stalled` or `link/carrier-error`. */
export function closedError(uri: string, { reason, detail }: LinkClosed): NyckelfriError {
  switch (reason) {
    case "closed-here":
      return new CallerError("link/closed", { uri });
    case "hang-up":
      return new EnvironmentError("link/hang-up", { uri, detail });
    case "stalled":
      return new EnvironmentError("link/stalled", { uri, detail });
    case "carrier-error":
      return new EnvironmentError("link/carrier-error", { uri, detail });
  }
}

/** One listener's exception is the program's to see, but not the other listeners' to suffer. */
function callListener(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
