/** What came over a line, so that silence, noise and another version of the protocol can be told apart when nobody is understood. */
import {
  decodeReply,
  encodeFrame,
  encodeRequest,
  FrameDecoder,
  HELLO_VERSION,
  type Link,
  messageNamed,
  NyckelfriError,
  type ServeWelcome,
  type VersionRange,
} from "@nyckelfri/protocol";

const ANY_VERSION: VersionRange = { oldest: 1, newest: 255 };
const HELLO = messageNamed("serve", "hello").number;
const SPAN_MS = 2_000;

/** Everything that one link says, from the moment it is handed over. */
export class Heard {
  bytes = 0;
  frames = 0;
  welcome: ServeWelcome | undefined;
  readonly #decoder: FrameDecoder = new FrameDecoder(ANY_VERSION);

  constructor(link: Link, changed: () => void = () => {}) {
    link.onData((chunk) => {
      this.bytes += chunk.length;
      for (const event of this.#decoder.push(chunk)) {
        if (event.kind !== "frame") continue;
        this.frames += 1;
        const { kind, message, body } = event.frame;
        if (kind === "reply" && message === HELLO) this.welcome = welcomeIn(body) ?? this.welcome;
      }
      changed();
    });
  }

  /** At another speed bytes come and no frame survives. */
  get isNoise(): boolean {
    return this.bytes > 0 && this.frames === 0;
  }
}

function welcomeIn(body: Uint8Array): ServeWelcome | undefined {
  try {
    return decodeReply("serve", "hello", body);
  } catch (error) {
    if (error instanceof NyckelfriError) return undefined;
    throw error;
  }
}

/**
 * The wire versions that the other side has. One that shares none with this program says only that there is none (SPEC MSG-3), so
 * it is asked by a hello that names them all. Undefined when it does not say.
 */
export async function spanOf(link: Link, random: (length: number) => Uint8Array): Promise<VersionRange | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), SPAN_MS);
    const heard = new Heard(link, () => {
      if (heard.welcome === undefined) return;
      clearTimeout(timer);
      resolve(heard.welcome.versions);
    });
    link.onClose(() => {
      clearTimeout(timer);
      resolve(heard.welcome?.versions);
    });
    const body = encodeRequest("serve", "hello", { versions: ANY_VERSION, exchange: "serve", nonce: random(16) });
    const [a = 0, b = 0, c = 0] = random(3);
    const session = 1 + ((a << 16) | (b << 8) | c);
    const frame = encodeFrame({ version: HELLO_VERSION, kind: "request", message: HELLO, session, sequence: 0, body });
    // SPEC FRM-8: a flush before the hello. That it does not leave is told by the closing.
    link.write(Uint8Array.of(0, ...frame)).catch(() => {});
  });
}
