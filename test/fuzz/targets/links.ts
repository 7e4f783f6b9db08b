/** What names a link, what was recorded of one, and what repeats a run. */
import type { Subject } from "../subject.ts";
import { must, type Target, textOf } from "../target.ts";
import { decoded, refusing, TEXT, TRAPS, words } from "./text.ts";

export function linkTargets(subject: Subject): readonly Target[] {
  const { capture, linkUri, firmware, hardware } = subject;
  const header = '{"nyckelfri-capture":1,"uri":"serial:/dev/ttyACM0","startedAt":"2026-11-02T06:41:00.000Z"}\n';
  return [
    {
      ...{ ...TEXT, name: "capture", work: { each: 20, fixed: 1_000 }, most: 2_000 },
      seeds: words(
        `${header}{"ms":0.812,"direction":"out","hex":"0001"}\n{"ms":7.034,"direction":"in","hex":"01ff"}\n{"ms":9120.5,"closed":"hang-up","detail":"EIO"}\n`,
        header,
      ),
      words: words(...TRAPS, '{"ms":1e999,', '"closed":"stalled"', '"hex":"', "null", "[]", "{}", "-0", "1e999"),
      run: (bytes) => {
        const outcome = refusing(subject, () => capture.parseCapture(decoded(bytes)));
        if (outcome.kind !== "built") return outcome;
        const { header, entries } = outcome.value as ReturnType<typeof capture.parseCapture>;
        const again = capture.parseCapture(
          [capture.formatHeader(header), ...entries.map(capture.formatEntry)].join(""),
        );
        must(
          textOf(positive(again), 999_999) === textOf(positive({ header, entries }), 999_999),
          "a capture that does not come back",
        );
        return outcome;
      },
    },
    {
      ...{ ...TEXT, name: "link-uri", work: { each: 20, fixed: 1_000 }, shapes: [], most: 200 },
      seeds: words(
        ...[
          "serial:/dev/ttyACM0?baud=9600",
          "serial:COM3",
          "station:0123456789abcdef",
          "pty:./station0",
          "tcp://localhost:7000",
        ],
        ...[
          "tcp://[::1]:7000",
          "tcp-listen://0.0.0.0:0",
          "memory:name",
          "replay:a%20b.jsonl?play=out&pace=now",
          "memory:%3F%25",
        ],
      ),
      words: words(
        ...TRAPS,
        "%25",
        "%3F",
        "?",
        "&",
        "=",
        "baud=",
        "://",
        "[",
        "]",
        "%",
        "%C3%A5",
        "constructor:",
        "65535",
        "65536",
      ),
      run: (bytes) => {
        const outcome = refusing(subject, () => linkUri.parseLinkUri(decoded(bytes)));
        if (outcome.kind !== "built") return outcome;
        const uri = linkUri.formatLinkUri(outcome.value as ReturnType<typeof linkUri.parseLinkUri>);
        const again = textOf(linkUri.parseLinkUri(uri), 9_999);
        must(again === textOf(outcome.value, 9_999), `${uri} is another link`);
        return outcome;
      },
    },
    {
      ...{ ...TEXT, name: "repeat-line", work: { each: 20, fixed: 100_000 }, shapes: [], most: 300 },
      seeds: words(
        firmware.reproduceLine({ seed: 42, options: firmware.optionsOf(42) }),
        "3.torn+7.before+7.after",
        "seed=abc",
      ),
      words: words(...TRAPS, "seed=", "table=", "=0", " ", "+", ".marginal", "99999999999999"),
      run: (bytes) => {
        const text = decoded(bytes);
        const line = refusing(subject, () => firmware.parseReproduceLine(text));
        if (line.kind === "built") {
          const run = line.value as ReturnType<typeof firmware.parseReproduceLine>;
          const again = firmware.parseReproduceLine(firmware.reproduceLine(run));
          must(textOf(again, 99_999) === textOf(run, 99_999), "another run comes back");
        }
        const cuts = hardware.parseNvmCuts(text);
        if (cuts !== undefined) must(hardware.formatNvmCuts(cuts) === text, "another schedule of cuts comes back");
        return { kind: "built", value: [line, cuts] };
      },
    },
  ];
}

/** -0 is written as 0. */
function positive(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? Buffer.from(one).toString("hex") : one)),
  );
}
