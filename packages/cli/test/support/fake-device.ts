/** As much of a station as a hello needs, with what can be wrong with one. */
import {
  decodeRequest,
  encodeFrame,
  encodeReply,
  errors,
  type Frame,
  FrameDecoder,
  type Link,
  MESSAGE_ERROR,
  NyckelfriError,
  SPOKEN_VERSIONS,
  type VersionRange,
} from "@nyckelfri/protocol";

/** Speaks `versions` alone: refuses a hello that shares none of them (SPEC MSG-3), and welcomes one that does. */
export function refuseHellos(link: Link, versions: VersionRange): void {
  onHello(link, ({ session, message }, asked) => {
    const header = { version: 1, kind: "reply", session, sequence: 0 } as const;
    const shares = asked.oldest <= versions.newest && asked.newest >= versions.oldest;
    const number = errors.find(({ code }) => code === "messages/version")?.number ?? 0;
    const refusal = Uint8Array.of(0xa1, 0x01, 0x19, number >> 8, number & 0xff);
    return shares
      ? encodeFrame({ ...header, message, body: welcome(versions) })
      : encodeFrame({ ...header, message: MESSAGE_ERROR, body: refusal });
  });
}

/** Hears nothing of the first session, as at another speed, and welcomes the second. */
export function missFirstSession(): (link: Link) => void {
  let first: number | undefined;
  return (link) =>
    onHello(link, ({ session, message }) => {
      first ??= session;
      if (session === first) return undefined;
      return encodeFrame({ version: 1, kind: "reply", session, sequence: 0, message, body: welcome(SPOKEN_VERSIONS) });
    });
}

function onHello(link: Link, answer: (frame: Frame, versions: VersionRange) => Uint8Array | undefined): void {
  const decoder = new FrameDecoder();
  link.onData((chunk) => {
    for (const event of decoder.push(chunk)) {
      if (event.kind !== "frame" || event.frame.sequence !== 0) continue;
      const reply = answer(event.frame, versionsIn(event.frame));
      if (reply !== undefined) void link.write(reply).catch(() => {});
    }
  });
}

function versionsIn({ message, body }: Frame): VersionRange {
  try {
    const hello = decodeRequest("serve", message, body);
    return "versions" in hello.body ? (hello.body.versions as VersionRange) : SPOKEN_VERSIONS;
  } catch (error) {
    if (error instanceof NyckelfriError) return SPOKEN_VERSIONS;
    throw error;
  }
}

function welcome(versions: VersionRange): Uint8Array {
  return encodeReply("serve", "hello", {
    versions,
    device: new Uint8Array(8).fill(7),
    nonce: new Uint8Array(16).fill(9),
    fleetId: new Uint8Array(32),
    kind: "station",
    firmware: [9, 0, 0],
    capabilities: [],
    slots: 1,
  });
}
