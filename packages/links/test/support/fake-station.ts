/** As much of a station as answers a hello. */
import {
  decodeRequest,
  encodeFrame,
  encodeReply,
  FrameDecoder,
  fromHex,
  type Link,
  SPOKEN_VERSIONS,
} from "@nyckelfri/protocol";

/** Answers every hello on `link` as the station `id`, after ignoring the first `deafFor` of them. */
export function answerHellos(link: Link, id: string, deafFor = 0): void {
  const decoder = new FrameDecoder();
  let heard = 0;
  link.onData((chunk) => {
    for (const event of decoder.push(chunk)) {
      if (event.kind !== "frame" || heard++ < deafFor) continue;
      const { version, message, session, sequence, body } = event.frame;
      const hello = decodeRequest("serve", message, body);
      if (hello.name !== "hello") continue;
      const welcome = encodeReply("serve", "hello", {
        versions: SPOKEN_VERSIONS,
        device: fromHex(id),
        nonce: new Uint8Array(16).fill(9),
        fleetId: new Uint8Array(32),
        kind: "station",
        firmware: [1, 2, 3],
        capabilities: [],
        slots: 4,
      });
      void link.write(encodeFrame({ version, kind: "reply", message, session, sequence, body: welcome }));
    }
  });
}
