/**
 * The byte link that everything above the wire is written against: a serial port, a pty, a TCP stream, Web Serial, a pair in
 * memory. It uses no type of Node or of a browser, so that a carrier can be written for either.
 *
 * A link carries bytes in order and without marks; it may lose, change and delay them, and it may begin with bytes that were
 * meant for somebody else. Frames, sessions and retries live above it (SPEC FRM).
 *
 * A link is open when it is handed over and closes once. It is never opened again: a carrier that comes back is a new link,
 * because bytes queued for the old one must not reach the new one's session.
 */
export interface Link {
  /** What was opened, such as `serial:/dev/ttyACM0`; for messages and captures, not to be taken apart. */
  readonly uri: string;

  /**
   * Hands over every chunk of bytes that arrives from now on, in order; where it is cut means nothing. Bytes that arrive while
   * nobody listens are lost: listen before the first write. The link never changes a chunk that it has handed over, and a
   * listener must not either, because other listeners see the same one. Returns the function that ends the subscription.
   */
  onData(listener: (chunk: Uint8Array) => void): Unsubscribe;

  /**
   * Tells once, and after the last data, that the link is closed and why. On a link that is closed already the listener is
   * still called, soon but never before this method has returned, so that nobody waits for ever.
   */
  onClose(listener: (closed: LinkClosed) => void): Unsubscribe;

  /**
   * Sends bytes after all that were given before; they may be changed again once the promise has settled. It resolves when the
   * carrier has taken them over, which does not mean that anyone has read them. It rejects when the link is or becomes closed:
   * then some of the bytes may have left. It settles in bounded time: a carrier that takes nothing is closed as `stalled`.
   */
  write(bytes: Uint8Array): Promise<void>;

  /** Closes the link, without waiting for bytes that the other side does not take. Resolves also when it was closed already. */
  close(): Promise<void>;
}

/** Ends a subscription; calling it again does nothing. */
export type Unsubscribe = () => void;

/** Why a link is closed: the first cause that was seen. `detail` is the carrier's own text, for people only. */
export type LinkClosed = Readonly<{ reason: LinkClosedReason; detail?: string }>;

export type LinkClosedReason =
  /** `close()` was called on this side. */
  | "closed-here"
  /** The other side hung up, or the device went away. */
  | "hang-up"
  /** The carrier took no bytes for longer than it may. */
  | "stalled"
  /** The carrier reported an error. */
  | "carrier-error";
