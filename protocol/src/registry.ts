// Generated from ../registry.json by scripts/generate-registry.mjs: edit the JSON, then run that script.

export const spec = "0.1" as const;

export const wire = {
  "version": 1,
  "oldest": 1
} as const;

export const limits = {
  "cborDepth": 8,
  "cborBytes": 4096,
  "frameBytes": 1024,
  "transferBytes": 65536,
  "objectBytes": 1000,
  "scopeEntries": 16,
  "policyGroups": 16,
  "policyLists": 4,
  "listEntries": 48,
  "segmentRecords": 24,
  "segmentOpenings": 8,
  "journalEntries": 16,
  "updatesPerSession": 3,
  "updatesPerService": 16,
  "certificateCache": 8,
  "grantCache": 8,
  "refusalRing": 64,
  "pinAttempts": 5,
  "carryBytesPerInsertion": 1024,
  "openingBatteryReserve": 20,
  "epochStep": 16,
  "busyReplies": 60
} as const;

export const objects = [
  {
    "name": "certificate",
    "typ": 65000,
    "signer": "root or an issuer with role device"
  },
  {
    "name": "root-transition",
    "typ": 65001,
    "signer": "the successor it reveals"
  },
  {
    "name": "grant",
    "typ": 65002,
    "signer": "issuer with role grant"
  },
  {
    "name": "activation-ticket",
    "typ": 65003,
    "signer": "device with role ticket"
  },
  {
    "name": "door-policy",
    "typ": 65004,
    "signer": "issuer with role policy"
  },
  {
    "name": "revocation-list",
    "typ": 65005,
    "signer": "issuer with role list"
  },
  {
    "name": "time-statement",
    "typ": 65006,
    "signer": "issuer with role time, device with role time-source, or a key"
  },
  {
    "name": "open-proof",
    "typ": 65007,
    "signer": "the key that the grant names"
  },
  {
    "name": "log-segment",
    "typ": 65008,
    "signer": "the cylinder"
  },
  {
    "name": "upload-receipt",
    "typ": 65009,
    "signer": "issuer with role receipt"
  },
  {
    "name": "key-journal",
    "typ": 65010,
    "signer": "the key"
  },
  {
    "name": "pin-verifier",
    "typ": 65011,
    "signer": "issuer with role device"
  },
  {
    "name": "enrolment",
    "typ": 65012,
    "signer": "the device itself"
  },
  {
    "name": "host-command",
    "typ": 65013,
    "signer": "device with role host"
  },
  {
    "name": "device-proof",
    "typ": 65014,
    "signer": "the device itself"
  },
  {
    "name": "device-transfer",
    "typ": 65015,
    "signer": "the current root"
  }
] as const;

export const roles = {
  "grant": 1,
  "policy": 2,
  "list": 4,
  "receipt": 8,
  "time": 16,
  "device": 32,
  "time-source": 64,
  "ticket": 128,
  "host": 256,
  "collector": 512
} as const;

export const rights = {
  "open": 1,
  "collect-log": 2,
  "service": 4
} as const;

export const coarseResults = [
  {
    "name": "opened",
    "number": 0,
    "holder": "the door is open"
  },
  {
    "name": "try-again",
    "number": 1,
    "holder": "insert the key once more"
  },
  {
    "name": "clock",
    "number": 2,
    "holder": "the key needs the time: station or activation box"
  },
  {
    "name": "activate",
    "number": 3,
    "holder": "activate the key in an activation box"
  },
  {
    "name": "not-permitted-now",
    "number": 4,
    "holder": "this key may not open this door at this time"
  },
  {
    "name": "door-out-of-service",
    "number": 5,
    "holder": "the door's digital side is out of service: follow the routine for no access"
  },
  {
    "name": "update-key",
    "number": 6,
    "holder": "update the key at a sync station"
  }
] as const;

export const reasons = [
  {
    "name": "malformed",
    "number": 1,
    "result": "try-again"
  },
  {
    "name": "door-not-active",
    "number": 2,
    "result": "door-out-of-service"
  },
  {
    "name": "issuer-unknown",
    "number": 3,
    "result": "update-key"
  },
  {
    "name": "issuer-epoch",
    "number": 4,
    "result": "update-key"
  },
  {
    "name": "issuer-not-for-this",
    "number": 5,
    "result": "not-permitted-now"
  },
  {
    "name": "grant-signature",
    "number": 6,
    "result": "update-key"
  },
  {
    "name": "proof-signature",
    "number": 7,
    "result": "try-again"
  },
  {
    "name": "time-untrusted",
    "number": 8,
    "result": "clock"
  },
  {
    "name": "behind-floor",
    "number": 9,
    "result": "clock"
  },
  {
    "name": "not-yet",
    "number": 10,
    "result": "not-permitted-now"
  },
  {
    "name": "expired",
    "number": 11,
    "result": "not-permitted-now"
  },
  {
    "name": "grant-too-long",
    "number": 12,
    "result": "update-key"
  },
  {
    "name": "not-activated",
    "number": 13,
    "result": "activate"
  },
  {
    "name": "revoked",
    "number": 14,
    "result": "not-permitted-now"
  },
  {
    "name": "update-withheld",
    "number": 15,
    "result": "try-again"
  },
  {
    "name": "no-access",
    "number": 16,
    "result": "not-permitted-now"
  },
  {
    "name": "energy",
    "number": 17,
    "result": "try-again"
  }
] as const;

export const exchanges = {
  "open": 1,
  "dock": 2,
  "activate": 3,
  "store": 4,
  "serve": 5,
  "service": 6
} as const;

export const messages = [
  {
    "exchanges": [
      "open"
    ],
    "name": "hello",
    "number": 0,
    "from": "key",
    "request": "open-hello",
    "reply": "challenge",
    "timeoutMs": 200,
    "retries": 2,
    "busy": false
  },
  {
    "exchanges": [
      "service"
    ],
    "name": "hello",
    "number": 0,
    "from": "key or host",
    "request": "service-hello",
    "reply": "service-welcome",
    "timeoutMs": 200,
    "retries": 2,
    "busy": false
  },
  {
    "exchanges": [
      "dock",
      "activate",
      "store"
    ],
    "name": "hello",
    "number": 0,
    "from": "station, box or cabinet",
    "request": "dock-hello",
    "reply": "dock-welcome",
    "timeoutMs": 200,
    "retries": 2,
    "busy": false
  },
  {
    "exchanges": [
      "serve"
    ],
    "name": "hello",
    "number": 0,
    "from": "host",
    "request": "serve-hello",
    "reply": "serve-welcome",
    "timeoutMs": 500,
    "retries": 3,
    "busy": false
  },
  {
    "exchanges": [
      "dock",
      "activate",
      "store",
      "serve",
      "service"
    ],
    "name": "chunk",
    "number": 3,
    "from": "the side that asks",
    "request": "chunk-request",
    "reply": "chunk-reply",
    "timeoutMs": 500,
    "retries": 3,
    "busy": true
  },
  {
    "exchanges": [
      "open",
      "service"
    ],
    "name": "update",
    "number": 4,
    "from": "key",
    "request": "update-request",
    "reply": "update-reply",
    "timeoutMs": 600,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "open"
    ],
    "name": "open",
    "number": 5,
    "from": "key",
    "request": "open-request",
    "reply": "open-reply",
    "timeoutMs": 900,
    "retries": 1,
    "busy": true
  },
  {
    "exchanges": [
      "open"
    ],
    "name": "supply",
    "number": 6,
    "from": "key",
    "request": "supply-request",
    "reply": "open-reply",
    "timeoutMs": 900,
    "retries": 1,
    "busy": true
  },
  {
    "exchanges": [
      "open"
    ],
    "name": "collect",
    "number": 7,
    "from": "key",
    "request": "collect-request",
    "reply": "collect-reply",
    "timeoutMs": 1000,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "open"
    ],
    "name": "receipt",
    "number": 8,
    "from": "key",
    "request": "receipt-request",
    "reply": "receipt-reply",
    "timeoutMs": 1000,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "open",
      "activate",
      "store"
    ],
    "name": "fetch",
    "number": 9,
    "from": "key, box or cabinet",
    "request": "fetch-request",
    "reply": "fetch-reply",
    "timeoutMs": 500,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "dock",
      "activate",
      "store"
    ],
    "name": "prove",
    "number": 10,
    "from": "station, box or cabinet",
    "request": "prove-request",
    "reply": "empty",
    "timeoutMs": 1500,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "dock",
      "activate",
      "store",
      "serve"
    ],
    "name": "time-challenge",
    "number": 11,
    "from": "the side that gives time",
    "request": "empty",
    "reply": "time-challenge-reply",
    "timeoutMs": 200,
    "retries": 2,
    "busy": false
  },
  {
    "exchanges": [
      "dock",
      "activate",
      "store",
      "serve"
    ],
    "name": "time",
    "number": 12,
    "from": "the side that gives time",
    "request": "time-request",
    "reply": "time-reply",
    "timeoutMs": 1500,
    "retries": 0,
    "busy": false
  },
  {
    "exchanges": [
      "dock",
      "activate",
      "store",
      "serve"
    ],
    "name": "deliver",
    "number": 13,
    "from": "station, box, cabinet or host",
    "request": "deliver-request",
    "reply": "deliver-reply",
    "timeoutMs": 1500,
    "retries": 3,
    "busy": true
  },
  {
    "exchanges": [
      "dock",
      "activate",
      "store"
    ],
    "name": "journal",
    "number": 14,
    "from": "station, box or cabinet",
    "request": "journal-request",
    "reply": "journal-reply",
    "timeoutMs": 1000,
    "retries": 3,
    "busy": true
  },
  {
    "exchanges": [
      "dock",
      "activate",
      "store"
    ],
    "name": "carried",
    "number": 15,
    "from": "station, box or cabinet",
    "request": "carried-request",
    "reply": "carried-reply",
    "timeoutMs": 500,
    "retries": 3,
    "busy": true
  },
  {
    "exchanges": [
      "dock"
    ],
    "name": "pin-enrol",
    "number": 17,
    "from": "station",
    "request": "pin-enrol-request",
    "reply": "pin-enrol-reply",
    "timeoutMs": 1000,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "activate",
      "store"
    ],
    "name": "grant",
    "number": 18,
    "from": "box or cabinet",
    "request": "empty",
    "reply": "grant-reply",
    "timeoutMs": 500,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "activate"
    ],
    "name": "pin",
    "number": 19,
    "from": "box",
    "request": "pin-request",
    "reply": "pin-reply",
    "timeoutMs": 1000,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "activate"
    ],
    "name": "activate",
    "number": 20,
    "from": "box",
    "request": "activate-request",
    "reply": "activate-reply",
    "timeoutMs": 2000,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "activate",
      "store"
    ],
    "name": "time-ask",
    "number": 21,
    "from": "box or cabinet",
    "request": "time-ask-request",
    "reply": "time-ask-reply",
    "timeoutMs": 1500,
    "retries": 0,
    "busy": false
  },
  {
    "exchanges": [
      "store"
    ],
    "name": "check-in",
    "number": 22,
    "from": "cabinet",
    "request": "check-in-request",
    "reply": "check-in-reply",
    "timeoutMs": 1000,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "store"
    ],
    "name": "check-out",
    "number": 23,
    "from": "cabinet",
    "request": "check-out-request",
    "reply": "check-out-reply",
    "timeoutMs": 500,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "serve"
    ],
    "name": "info",
    "number": 24,
    "from": "host",
    "request": "empty",
    "reply": "info-reply",
    "timeoutMs": 500,
    "retries": 3,
    "busy": false
  },
  {
    "exchanges": [
      "serve"
    ],
    "name": "counters",
    "number": 25,
    "from": "host",
    "request": "empty",
    "reply": "counters-reply",
    "timeoutMs": 500,
    "retries": 3,
    "busy": false
  },
  {
    "exchanges": [
      "serve"
    ],
    "name": "self-test",
    "number": 26,
    "from": "host",
    "request": "empty",
    "reply": "self-test-reply",
    "timeoutMs": 5000,
    "retries": 1,
    "busy": true
  },
  {
    "exchanges": [
      "serve"
    ],
    "name": "docks",
    "number": 27,
    "from": "host",
    "request": "empty",
    "reply": "docks-reply",
    "timeoutMs": 500,
    "retries": 3,
    "busy": false
  },
  {
    "exchanges": [
      "serve"
    ],
    "name": "bundle",
    "number": 28,
    "from": "host",
    "request": "bundle-request",
    "reply": "bundle-reply",
    "timeoutMs": 1500,
    "retries": 3,
    "busy": true
  },
  {
    "exchanges": [
      "serve"
    ],
    "name": "command",
    "number": 29,
    "from": "host",
    "request": "command-request",
    "reply": "command-reply",
    "timeoutMs": 1500,
    "retries": 3,
    "busy": true
  },
  {
    "exchanges": [
      "serve"
    ],
    "name": "acknowledge",
    "number": 30,
    "from": "host",
    "request": "acknowledge-request",
    "reply": "empty",
    "timeoutMs": 500,
    "retries": 3,
    "busy": true
  },
  {
    "exchanges": [
      "activate"
    ],
    "name": "pin-verdict",
    "number": 31,
    "from": "box",
    "request": "pin-verdict-request",
    "reply": "empty",
    "timeoutMs": 500,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "service",
      "serve"
    ],
    "name": "enrol",
    "number": 36,
    "from": "technician's device or host",
    "request": "enrol-request",
    "reply": "enrol-reply",
    "timeoutMs": 1500,
    "retries": 2,
    "busy": true
  },
  {
    "exchanges": [
      "service",
      "serve"
    ],
    "name": "commission",
    "number": 37,
    "from": "technician's device or host",
    "request": "commission-request",
    "reply": "empty",
    "timeoutMs": 3000,
    "retries": 3,
    "busy": true
  },
  {
    "exchanges": [
      "service"
    ],
    "name": "lifecycle",
    "number": 38,
    "from": "key",
    "request": "lifecycle-request",
    "reply": "lifecycle-reply",
    "timeoutMs": 3000,
    "retries": 3,
    "busy": true
  },
  {
    "exchanges": [
      "service",
      "serve"
    ],
    "name": "transfer",
    "number": 39,
    "from": "technician's device or host",
    "request": "transfer-request",
    "reply": "empty",
    "timeoutMs": 3000,
    "retries": 3,
    "busy": true
  }
] as const;

export const notifications = [
  {
    "exchanges": [
      "serve"
    ],
    "name": "dock-event",
    "number": 32,
    "from": "station, box or cabinet",
    "body": "dock-event"
  },
  {
    "exchanges": [
      "serve"
    ],
    "name": "cabinet-event",
    "number": 33,
    "from": "key cabinet",
    "body": "cabinet-event"
  }
] as const;

export const answers = [
  {
    "name": "error",
    "number": 1,
    "body": "error-reply"
  },
  {
    "name": "busy",
    "number": 2,
    "body": "busy-reply"
  }
] as const;

export const counters = [
  "bytesReceived",
  "bytesDiscarded",
  "framesAccepted",
  "emptyFrames",
  "discardedOversize",
  "discardedCobs",
  "discardedShort",
  "discardedCrc",
  "discardedVersion",
  "discardedKind",
  "discardedSessionZero",
  "discardedUnfinished",
  "requestsHandled",
  "repliesRepeated",
  "busySent",
  "sequenceReused",
  "sequenceGap",
  "staleHello",
  "otherSession",
  "otherVersion",
  "unexpectedKind",
  "staleAnswers",
  "notificationsSent",
  "notificationsDropped"
] as const;

export const reserved = {
  "messages": [
    {
      "number": 48,
      "for": "symmetric fast path"
    },
    {
      "number": 49,
      "for": "symmetric fast path"
    },
    {
      "number": 50,
      "for": "firmware update"
    },
    {
      "number": 51,
      "for": "firmware update"
    },
    {
      "number": 52,
      "for": "firmware update"
    },
    {
      "number": 53,
      "for": "firmware update"
    },
    {
      "number": 54,
      "for": "timed echo"
    },
    {
      "number": 55,
      "for": "timed echo"
    }
  ],
  "typ": [
    {
      "number": 65020,
      "for": "sealed log body"
    },
    {
      "number": 65021,
      "for": "firmware image"
    },
    {
      "number": 65022,
      "for": "fast-path key"
    }
  ],
  "labels": [
    {
      "object": "log-segment",
      "label": 7,
      "for": "sealed: 1 = encrypted to the city"
    }
  ],
  "capabilities": [
    {
      "number": 16,
      "for": "symmetric fast path"
    },
    {
      "number": 17,
      "for": "sealed log bodies"
    },
    {
      "number": 18,
      "for": "firmware update"
    },
    {
      "number": 19,
      "for": "timed echo"
    }
  ]
} as const;

export const times = {
  "driftPpm": 200,
  "expiryMarginSeconds": 5,
  "floorMarginSeconds": 60,
  "futureIatSeconds": 60,
  "keyNonceMs": 2000,
  "deviceNonceMs": 10000,
  "serveUncertaintyMs": 60000,
  "challengeMs": 2000,
  "engageMs": 4500,
  "engagedMs": 10000,
  "widestIntervalSeconds": 180,
  "longestGrantSeconds": 57600,
  "issueAheadSeconds": 604800,
  "activateEarlySeconds": 3600,
  "activateBackSeconds": 60,
  "timeCertificateSeconds": 1209600,
  "deviceCertificateSeconds": 34560000,
  "issuerCertificateSeconds": 69120000,
  "offlineHorizonSeconds": 604800,
  "capacitorHoldSeconds": 300,
  "blockedDockMs": 200,
  "busyMs": 500
} as const;

export const errors = [
  {
    "code": "caller/argument",
    "number": 1,
    "fault": "caller",
    "cause": "An argument of a function of this library has the wrong type, length or range.",
    "remedy": "Correct the call; `details` names the argument and what it takes.",
    "retry": "no"
  },
  {
    "code": "cbor/truncated",
    "number": 256,
    "fault": "peer",
    "cause": "The input ends inside a CBOR item.",
    "remedy": "Send the whole item; if it came in pieces, wait for the last one.",
    "retry": "no"
  },
  {
    "code": "cbor/trailing-bytes",
    "number": 257,
    "fault": "peer",
    "cause": "Bytes follow the one CBOR item of the input.",
    "remedy": "Send exactly one item; `details.offset` is the first byte after it.",
    "retry": "no"
  },
  {
    "code": "cbor/reserved-head",
    "number": 258,
    "fault": "peer",
    "cause": "A CBOR head uses an additional information value that no type defines.",
    "remedy": "Send the item in the deterministic form of SPEC chapter CBR; `details.offset` is where it departs from it.",
    "retry": "no"
  },
  {
    "code": "cbor/indefinite-length",
    "number": 259,
    "fault": "peer",
    "cause": "A CBOR item has an indefinite length, or a break stands outside one.",
    "remedy": "Write definite lengths only.",
    "retry": "no"
  },
  {
    "code": "cbor/not-shortest",
    "number": 260,
    "fault": "peer",
    "cause": "A CBOR integer or length is not in its shortest form.",
    "remedy": "Write every head in the fewest bytes (RFC 8949 section 4.2.1).",
    "retry": "no"
  },
  {
    "code": "cbor/integer-range",
    "number": 261,
    "fault": "peer",
    "cause": "A CBOR integer lies below -2^63.",
    "remedy": "Keep integers between -2^63 and 2^64-1.",
    "retry": "no"
  },
  {
    "code": "cbor/length-beyond-input",
    "number": 262,
    "fault": "peer",
    "cause": "A declared CBOR length or count is more than the rest of the input can hold.",
    "remedy": "Correct the length, or send the whole item.",
    "retry": "no"
  },
  {
    "code": "cbor/invalid-utf8",
    "number": 263,
    "fault": "peer",
    "cause": "A CBOR text string is not valid UTF-8.",
    "remedy": "Encode text as UTF-8 without overlong forms or surrogates (RFC 3629).",
    "retry": "no"
  },
  {
    "code": "cbor/byte-order-mark",
    "number": 264,
    "fault": "peer",
    "cause": "A CBOR text string begins with U+FEFF.",
    "remedy": "Leave the byte order mark out: some decoders drop it, others keep it.",
    "retry": "no"
  },
  {
    "code": "cbor/key-type",
    "number": 265,
    "fault": "peer",
    "cause": "A CBOR map key is not an integer from -24 to 23.",
    "remedy": "Send the item in the deterministic form of SPEC chapter CBR; `details.offset` is where it departs from it.",
    "retry": "no"
  },
  {
    "code": "cbor/unsorted-keys",
    "number": 266,
    "fault": "peer",
    "cause": "The keys of a CBOR map are not in the bytewise order of their encoding.",
    "remedy": "Sort the keys: 0 to 23 upwards, then -1 to -24 downwards.",
    "retry": "no"
  },
  {
    "code": "cbor/duplicate-key",
    "number": 267,
    "fault": "peer",
    "cause": "A CBOR map has the same key twice.",
    "remedy": "Write each key once.",
    "retry": "no"
  },
  {
    "code": "cbor/tag",
    "number": 268,
    "fault": "peer",
    "cause": "The CBOR input has a tag.",
    "remedy": "Send the item without its tag.",
    "retry": "no"
  },
  {
    "code": "cbor/float",
    "number": 269,
    "fault": "peer",
    "cause": "The CBOR input has a floating-point number.",
    "remedy": "Send an integer in the unit that the specification names.",
    "retry": "no"
  },
  {
    "code": "cbor/simple",
    "number": 270,
    "fault": "peer",
    "cause": "The CBOR input has a simple value other than false, true and null.",
    "remedy": "Send the item in the deterministic form of SPEC chapter CBR; `details.offset` is where it departs from it.",
    "retry": "no"
  },
  {
    "code": "cbor/too-deep",
    "number": 271,
    "fault": "peer",
    "cause": "CBOR arrays and maps are nested deeper than the limit.",
    "remedy": "Keep within `limits.cborDepth` of registry.json.",
    "retry": "no"
  },
  {
    "code": "cbor/too-large",
    "number": 272,
    "fault": "peer",
    "cause": "The CBOR input is larger than the limit.",
    "remedy": "Keep within `details.limit` bytes; what is larger travels in chunks.",
    "retry": "no"
  },
  {
    "code": "cbor/not-encodable",
    "number": 273,
    "fault": "caller",
    "cause": "A value has no form in the CBOR profile.",
    "remedy": "Correct the value; `details.path` names the place and `details.reason` what is wrong with it.",
    "retry": "no"
  },
  {
    "code": "schema/type",
    "number": 288,
    "fault": "peer",
    "cause": "A CBOR item has another type than its place asks for.",
    "remedy": "Correct the item that `details.path` names.",
    "retry": "no"
  },
  {
    "code": "schema/missing-label",
    "number": 289,
    "fault": "peer",
    "cause": "A CBOR map lacks a label that it must have.",
    "remedy": "Add the label that `details` names.",
    "retry": "no"
  },
  {
    "code": "schema/unknown-label",
    "number": 290,
    "fault": "peer",
    "cause": "A CBOR map has a label that its kind does not define.",
    "remedy": "Leave the label out: maps of the protocol are closed.",
    "retry": "no"
  },
  {
    "code": "schema/out-of-range",
    "number": 291,
    "fault": "peer",
    "cause": "A CBOR integer or constant is not one of the values that its place allows.",
    "remedy": "Correct the item that `details.path` names.",
    "retry": "no"
  },
  {
    "code": "schema/length",
    "number": 292,
    "fault": "peer",
    "cause": "A CBOR string or array has a length that its place does not allow.",
    "remedy": "Correct the item that `details.path` names.",
    "retry": "no"
  },
  {
    "code": "schema/text",
    "number": 293,
    "fault": "peer",
    "cause": "A CBOR text string does not follow the pattern of its place.",
    "remedy": "Correct the item that `details.path` names.",
    "retry": "no"
  },
  {
    "code": "schema/variant",
    "number": 294,
    "fault": "peer",
    "cause": "A CBOR array begins with a code that selects no known variant.",
    "remedy": "Use one of the codes that the specification lists for this place.",
    "retry": "no"
  },
  {
    "code": "schema/not-buildable",
    "number": 295,
    "fault": "caller",
    "cause": "A value does not fit the schema that is to encode it.",
    "remedy": "Correct the value; `details.path` names the place and `details.takes` what it accepts.",
    "retry": "no"
  },
  {
    "code": "cose/envelope",
    "number": 768,
    "fault": "peer",
    "cause": "The bytes are not an untagged COSE_Sign1: an array of protected header, empty map, payload and signature.",
    "remedy": "Build the envelope as SPEC COS-1 says; `details` names the element.",
    "retry": "no"
  },
  {
    "code": "cose/unprotected-not-empty",
    "number": 769,
    "fault": "peer",
    "cause": "The unprotected header, which no signature covers, is not empty.",
    "remedy": "Put every header parameter into the protected header.",
    "retry": "no"
  },
  {
    "code": "cose/protected-header",
    "number": 770,
    "fault": "peer",
    "cause": "The protected header's bytes do not hold a map.",
    "remedy": "Encode the protected header as SPEC COS-2 says.",
    "retry": "no"
  },
  {
    "code": "cose/crit-unknown",
    "number": 771,
    "fault": "peer",
    "cause": "The protected header has a crit parameter, and this profile defines no critical extension.",
    "remedy": "Leave crit out.",
    "retry": "no"
  },
  {
    "code": "cose/alg-missing",
    "number": 772,
    "fault": "peer",
    "cause": "The protected header names no algorithm.",
    "remedy": "Put label 1 with -19 into the protected header.",
    "retry": "no"
  },
  {
    "code": "cose/alg-unsupported",
    "number": 773,
    "fault": "peer",
    "cause": "The algorithm is not Ed25519 (-19).",
    "remedy": "Sign with Ed25519 and name it -19; -8 (EdDSA) is another identifier.",
    "retry": "no"
  },
  {
    "code": "cose/label-unknown",
    "number": 774,
    "fault": "peer",
    "cause": "The protected header has a label that this profile does not define.",
    "remedy": "Use only the labels 1, 4 and 16.",
    "retry": "no"
  },
  {
    "code": "cose/kid",
    "number": 775,
    "fault": "peer",
    "cause": "The kid is not a byte string of 8 bytes.",
    "remedy": "Use the first 8 bytes of the key's thumbprint (SPEC COS-11).",
    "retry": "no"
  },
  {
    "code": "cose/typ",
    "number": 776,
    "fault": "peer",
    "cause": "The protected header has no typ from 65000 to 65535.",
    "remedy": "Put label 16 with the object's number of registry.json into the protected header.",
    "retry": "no"
  },
  {
    "code": "cose/typ-mismatch",
    "number": 777,
    "fault": "peer",
    "cause": "The object is of another kind than the one expected here.",
    "remedy": "Send the kind of object that the place calls for.",
    "retry": "no"
  },
  {
    "code": "cose/payload-missing",
    "number": 778,
    "fault": "peer",
    "cause": "The payload is detached where an attached one is expected.",
    "remedy": "Send the object with its payload, or parse it as detached together with the payload.",
    "retry": "no"
  },
  {
    "code": "cose/payload-attached",
    "number": 779,
    "fault": "peer",
    "cause": "The payload is attached where a detached one is expected.",
    "remedy": "Send the object with null in the payload's place.",
    "retry": "no"
  },
  {
    "code": "cose/signature-length",
    "number": 780,
    "fault": "peer",
    "cause": "The signature is not 64 bytes long.",
    "remedy": "Send the 64 bytes R and S and nothing else.",
    "retry": "no"
  },
  {
    "code": "cose/signature-invalid",
    "number": 781,
    "fault": "peer",
    "cause": "The signature does not fit the object, the key, the fleet or the bound context.",
    "remedy": "Check which key signed, and that both sides build the same external_aad.",
    "retry": "no"
  },
  {
    "code": "cose/key",
    "number": 782,
    "fault": "peer",
    "cause": "The bytes are not the COSE_Key of an Ed25519 public key in this profile.",
    "remedy": "Encode the key as the map of labels 1, -1 and -2 that SPEC COS-10 shows.",
    "retry": "no"
  },
  {
    "code": "cose/key-private",
    "number": 783,
    "fault": "peer",
    "cause": "The COSE_Key holds a private key.",
    "remedy": "Treat that key as leaked; send public keys only.",
    "retry": "no"
  },
  {
    "code": "objects/not-ascending",
    "number": 1024,
    "fault": "peer",
    "cause": "A list of the object is not in strictly ascending order.",
    "remedy": "Sort the list and leave nothing in it twice; `details.list` names it.",
    "retry": "no"
  },
  {
    "code": "objects/window-empty",
    "number": 1025,
    "fault": "peer",
    "cause": "Two times of the object that must follow each other do not.",
    "remedy": "Issue it with a begin before its end; `details` gives both.",
    "retry": "no"
  },
  {
    "code": "objects/roles",
    "number": 1026,
    "fault": "peer",
    "cause": "A certificate's roles do not go together.",
    "remedy": "Give an issuer exactly one issuer role and a device device roles only; label 6 stands only beside role grant or list.",
    "retry": "no"
  },
  {
    "code": "objects/lifetime",
    "number": 1027,
    "fault": "peer",
    "cause": "A certificate is valid for longer than its kind may be.",
    "remedy": "Issue it for at most `details.longest` seconds.",
    "retry": "no"
  },
  {
    "code": "objects/public-key",
    "number": 1028,
    "fault": "peer",
    "cause": "A public key is not a point that may be trusted.",
    "remedy": "Have the device make a new key pair; `details.verdict` says what is wrong with this one.",
    "retry": "no"
  },
  {
    "code": "objects/scope-rights",
    "number": 1029,
    "fault": "peer",
    "cause": "A group stands in a scope without rights.",
    "remedy": "Leave the group out; rights 0 exclude a door only.",
    "retry": "no"
  },
  {
    "code": "objects/written-off",
    "number": 1030,
    "fault": "peer",
    "cause": "A policy writes openings off although it does not dismount the door.",
    "remedy": "Use label 13 only in state dismounted.",
    "retry": "no"
  },
  {
    "code": "objects/kid-presence",
    "number": 1031,
    "fault": "peer",
    "cause": "The envelope names a signer where its kind implies one, or the reverse.",
    "remedy": "Send the kid for every kind but open-proof.",
    "retry": "no"
  },
  {
    "code": "objects/not-issuable",
    "number": 1032,
    "fault": "caller",
    "cause": "The value to be signed breaks a rule of its kind.",
    "remedy": "Correct the value; `details.rule` names the rule.",
    "retry": "no"
  },
  {
    "code": "objects/nonce",
    "number": 1033,
    "fault": "peer",
    "cause": "The object answers another nonce than the one that was given.",
    "remedy": "Begin anew and answer the nonce of the present session.",
    "retry": "after-repair"
  },
  {
    "code": "objects/other-device",
    "number": 1034,
    "fault": "peer",
    "cause": "The object names another device than the one that received it.",
    "remedy": "Have it issued for this device.",
    "retry": "no"
  },
  {
    "code": "objects/kid-differs",
    "number": 1035,
    "fault": "peer",
    "cause": "The envelope's kid is not that of the key which the object carries.",
    "remedy": "Sign the object with the key that it carries, and name that key's kid.",
    "retry": "no"
  },
  {
    "code": "objects/kid-taken",
    "number": 1036,
    "fault": "peer",
    "cause": "A device with this kid is already enrolled.",
    "remedy": "Have the device make a new key pair, or leave the old enrolment in force.",
    "retry": "no"
  },
  {
    "code": "objects/record-numbers",
    "number": 1037,
    "fault": "peer",
    "cause": "A log's records have numbers outside 1 to 2^32-1.",
    "remedy": "Number the records of a log from 1; a log that reaches 2^32-1 has ended.",
    "retry": "no"
  },
  {
    "code": "objects/sequence",
    "number": 1038,
    "fault": "peer",
    "cause": "A host command's sequence number does not rise.",
    "remedy": "Give each command of a session a higher sequence number than the one before.",
    "retry": "after-repair"
  },
  {
    "code": "objects/exchange",
    "number": 1039,
    "fault": "peer",
    "cause": "A device proof was made for another exchange than the running one.",
    "remedy": "Make the proof for the exchange that the hello named.",
    "retry": "no"
  },
  {
    "code": "trust/issuer-unknown",
    "number": 1152,
    "fault": "peer",
    "cause": "The signer is not the one whose certificate is at hand.",
    "remedy": "Send the certificate of the signer, or have the object issued by a certified one.",
    "retry": "after-repair"
  },
  {
    "code": "trust/role",
    "number": 1153,
    "fault": "peer",
    "cause": "The signer's certificate has not the role that this kind of object asks for.",
    "remedy": "Have the object signed by an issuer or device with that role.",
    "retry": "no"
  },
  {
    "code": "trust/epoch",
    "number": 1154,
    "fault": "peer",
    "cause": "The certificate is of an epoch that has ended, or of another than its issuer's.",
    "remedy": "Have it issued anew in the present epoch.",
    "retry": "after-repair"
  },
  {
    "code": "trust/window",
    "number": 1155,
    "fault": "peer",
    "cause": "The object's times are outside its certificate's.",
    "remedy": "Renew the certificate, or issue the object inside its window.",
    "retry": "after-repair"
  },
  {
    "code": "trust/chain-length",
    "number": 1156,
    "fault": "peer",
    "cause": "A chain has no certificate, or more than two.",
    "remedy": "Send the signer's certificate, and its issuer's if the signer is a device.",
    "retry": "no"
  },
  {
    "code": "trust/groups",
    "number": 1157,
    "fault": "peer",
    "cause": "The object names a group, a door or a list outside what its issuer's certificate allows.",
    "remedy": "Issue it for the groups or lists of the issuer's certificate only.",
    "retry": "no"
  },
  {
    "code": "trust/successor",
    "number": 1158,
    "fault": "peer",
    "cause": "A RootTransition reveals another key than the announced successor.",
    "remedy": "Send the transition of this fleet's next root; transitions are taken in their order.",
    "retry": "after-repair"
  },
  {
    "code": "trust/epoch-step",
    "number": 1159,
    "fault": "peer",
    "cause": "A certificate or RootTransition opens an epoch that does not follow on the one at hand.",
    "remedy": "Certificates: at most limits.epochStep above the present epoch. Transitions: any epoch above it.",
    "retry": "after-repair"
  },
  {
    "code": "trust/time-class",
    "number": 1160,
    "fault": "peer",
    "cause": "A TimeStatement's class of source does not agree with its signer.",
    "remedy": "Name the class of the key that signs.",
    "retry": "no"
  },
  {
    "code": "trust/mounted",
    "number": 1161,
    "fault": "peer",
    "cause": "A cylinder that is mounted on a door cannot move to another fleet.",
    "remedy": "Dismount it first.",
    "retry": "no"
  },
  {
    "code": "framing/body-too-large",
    "number": 1536,
    "fault": "caller",
    "cause": "The body of a frame is longer than a frame holds.",
    "remedy": "Send at most limits.frameBytes - 11 bytes, or send the object in chunks.",
    "retry": "no"
  },
  {
    "code": "framing/request-outstanding",
    "number": 1537,
    "fault": "caller",
    "cause": "A request was made while another one of the same session waits for its reply.",
    "remedy": "Wait for `answered` or `failed`; queue requests in the caller.",
    "retry": "no"
  },
  {
    "code": "framing/no-session",
    "number": 1538,
    "fault": "caller",
    "cause": "A request was made before the hello of a session was answered.",
    "remedy": "Open a session first and wait for the answer to its hello.",
    "retry": "same"
  },
  {
    "code": "framing/sequence-reused",
    "number": 1539,
    "fault": "peer",
    "cause": "A sequence number came back with other bytes than the request it belongs to.",
    "remedy": "Send a retry bit for bit; open a new session with a hello before anything else.",
    "retry": "no"
  },
  {
    "code": "framing/sequence-gap",
    "number": 1540,
    "fault": "peer",
    "cause": "A request has neither the sequence number last answered nor the next one.",
    "remedy": "Open a new session with a hello; count requests 1 to 255 and then 1 again.",
    "retry": "no"
  },
  {
    "code": "framing/no-reply",
    "number": 1541,
    "fault": "environment",
    "cause": "No reply came within the time and the number of sends that the message table allows.",
    "remedy": "Check cable, contact, power and, on a serial port, its baud rate; then open a new session.",
    "retry": "same"
  },
  {
    "code": "framing/busy",
    "number": 1542,
    "fault": "peer",
    "cause": "The other side answered BUSY more often than the message table allows.",
    "remedy": "Open a new session later.",
    "retry": "same"
  },
  {
    "code": "framing/out-of-step",
    "number": 1543,
    "fault": "peer",
    "cause": "The other side no longer agrees on the sequence of this session.",
    "remedy": "Open a new session with a hello; what was asked may or may not have been done.",
    "retry": "same"
  },
  {
    "code": "framing/abandoned",
    "number": 1544,
    "fault": "caller",
    "cause": "The session was left before the reply came.",
    "remedy": "Nothing, if that was meant; what was asked may or may not have been done.",
    "retry": "same"
  },
  {
    "code": "framing/transfer-too-large",
    "number": 1545,
    "fault": "peer",
    "cause": "A transfer announces more bytes than limits.transferBytes.",
    "remedy": "Send a smaller object; `limits.transferBytes` is the most that one transfer carries.",
    "retry": "no"
  },
  {
    "code": "framing/transfer-chunk",
    "number": 1546,
    "fault": "peer",
    "cause": "A chunk is empty, reaches beyond its total, or its digest is not 32 bytes.",
    "remedy": "Cut the object into non-empty chunks that end at its total.",
    "retry": "no"
  },
  {
    "code": "framing/transfer-order",
    "number": 1547,
    "fault": "peer",
    "cause": "A chunk does not begin where the bytes received so far end.",
    "remedy": "Send the chunks in order, or begin again at offset 0.",
    "retry": "no"
  },
  {
    "code": "framing/transfer-differs",
    "number": 1548,
    "fault": "peer",
    "cause": "A chunk repeats an offset with other bytes, or another total, than the transfer it belongs to.",
    "remedy": "Begin again at offset 0.",
    "retry": "no"
  },
  {
    "code": "framing/transfer-digest",
    "number": 1549,
    "fault": "peer",
    "cause": "The bytes of a finished transfer do not have the digest that its chunks name.",
    "remedy": "Compute SHA-256 over the whole object and send it again.",
    "retry": "no"
  },
  {
    "code": "messages/unexpected",
    "number": 1792,
    "fault": "peer",
    "cause": "The message is not listed for the running exchange.",
    "remedy": "Send only the messages that registry.json lists for the exchange of the hello.",
    "retry": "no"
  },
  {
    "code": "messages/reserved",
    "number": 1793,
    "fault": "peer",
    "cause": "The number of the message is reserved for a later wire version.",
    "remedy": "Send it only after both sides have agreed on a wire version that has it.",
    "retry": "no"
  },
  {
    "code": "messages/version",
    "number": 1794,
    "fault": "peer",
    "cause": "The two sides have no wire version in common.",
    "remedy": "Update the side whose newest wire version is the lower one.",
    "retry": "no"
  },
  {
    "code": "messages/out-of-turn",
    "number": 1795,
    "fault": "peer",
    "cause": "The message is listed for the exchange but not at this point of the session.",
    "remedy": "Keep the order of the exchange's chapter; a new session begins anew.",
    "retry": "no"
  },
  {
    "code": "messages/inconsistent",
    "number": 1796,
    "fault": "peer",
    "cause": "Fields of a message contradict each other.",
    "remedy": "Correct the fields at `details.path`; SPEC.md says which go together.",
    "retry": "no"
  },
  {
    "code": "messages/asked-again",
    "number": 1797,
    "fault": "peer",
    "cause": "The other side asks a second time in one session for what it lacks.",
    "remedy": "Begin a new session with all that was asked for.",
    "retry": "same"
  },
  {
    "code": "messages/unexplained",
    "number": 1798,
    "fault": "peer",
    "cause": "The other side reports an error that it does not explain, or whose number this version does not know.",
    "remedy": "Look into the other side's own log; `details.number` is the number that it gave.",
    "retry": "no"
  },
  {
    "code": "link/bad-uri",
    "number": 2304,
    "fault": "caller",
    "cause": "A link URI is not one that this library opens.",
    "remedy": "Write it as `details.takes` says, such as serial:/dev/ttyACM0 or tcp://localhost:7000.",
    "retry": "no"
  },
  {
    "code": "link/speed",
    "number": 2305,
    "fault": "caller",
    "cause": "The baud rate is none that the port can be set to.",
    "remedy": "Leave it out for 115200, or name a rate that the port has.",
    "retry": "no"
  },
  {
    "code": "link/unknown-port",
    "number": 2306,
    "fault": "environment",
    "cause": "There is no such port.",
    "remedy": "Plug the device in, look at the cable, and list the ports; on another port it has another path.",
    "retry": "after-repair"
  },
  {
    "code": "link/busy",
    "number": 2307,
    "fault": "environment",
    "cause": "Another program has the port open, or another virtual port has the path.",
    "remedy": "End the other program, or wait until it has closed the port.",
    "retry": "after-repair"
  },
  {
    "code": "link/no-permission",
    "number": 2308,
    "fault": "environment",
    "cause": "This user may not open the port.",
    "remedy": "On Linux join the group that owns the port (`sudo usermod -aG dialout $USER`; on Arch uucp) and log in again.",
    "retry": "after-repair"
  },
  {
    "code": "link/not-a-port",
    "number": 2309,
    "fault": "environment",
    "cause": "What stands at the path is no serial port, or none that this program made.",
    "remedy": "Name another path; nothing there was changed.",
    "retry": "no"
  },
  {
    "code": "link/owner-gone",
    "number": 2310,
    "fault": "environment",
    "cause": "The program that made this virtual port has ended without taking it down.",
    "remedy": "Start the simulated device again: the path may lead to a stranger's terminal by now.",
    "retry": "after-repair"
  },
  {
    "code": "link/no-virtual-port",
    "number": 2311,
    "fault": "environment",
    "cause": "This system has no virtual serial port to give.",
    "remedy": "Use tcp://host:port instead; virtual ports need Linux or macOS and /dev/ptmx.",
    "retry": "no"
  },
  {
    "code": "link/unreachable",
    "number": 2312,
    "fault": "environment",
    "cause": "Nothing accepts connections at the host and port.",
    "remedy": "Start the other side first, and check host, port and firewall.",
    "retry": "after-repair"
  },
  {
    "code": "link/unknown-station",
    "number": 2313,
    "fault": "environment",
    "cause": "No port leads to the station.",
    "remedy": "Plug it in, switch it on, and close other programs that may hold its port.",
    "retry": "after-repair"
  },
  {
    "code": "link/open-timeout",
    "number": 2314,
    "fault": "environment",
    "cause": "The link did not open in time.",
    "remedy": "Check that the other side is there and answers, then try again.",
    "retry": "same"
  },
  {
    "code": "link/closed",
    "number": 2315,
    "fault": "caller",
    "cause": "The link was closed by this program.",
    "remedy": "Open a new link: one that is closed stays closed.",
    "retry": "no"
  },
  {
    "code": "link/hang-up",
    "number": 2316,
    "fault": "environment",
    "cause": "The other side hung up, or the device went away.",
    "remedy": "Check cable and power, then open a new link; the port may be back under another path.",
    "retry": "after-repair"
  },
  {
    "code": "link/stalled",
    "number": 2317,
    "fault": "environment",
    "cause": "The other side takes no bytes any more.",
    "remedy": "Check that the device runs; power it off and on, then open a new link.",
    "retry": "after-repair"
  },
  {
    "code": "link/carrier-error",
    "number": 2318,
    "fault": "environment",
    "cause": "The system reports an error of the port or connection.",
    "remedy": "Look at `details.detail`, then open a new link.",
    "retry": "same"
  },
  {
    "code": "link/capture",
    "number": 2319,
    "fault": "caller",
    "cause": "The file is no capture that this version reads.",
    "remedy": "Use a file that the recorder wrote; `details.line` is the first line that is wrong.",
    "retry": "no"
  },
  {
    "code": "link/capture-file",
    "number": 2320,
    "fault": "environment",
    "cause": "The file of a capture cannot be read or written.",
    "remedy": "Check the path, the folder, and who may read and write there; `details.detail` is the system's word.",
    "retry": "no"
  },
  {
    "code": "link/no-folder",
    "number": 2321,
    "fault": "environment",
    "cause": "The folder in which the virtual port would be named does not exist.",
    "remedy": "Make the folder first, or name a path in one that exists.",
    "retry": "after-repair"
  },
  {
    "code": "station/other-device",
    "number": 2560,
    "fault": "peer",
    "cause": "Another device answers than the one that is meant.",
    "remedy": "Plug the right one in, or connect to this one by its own kid.",
    "retry": "after-repair"
  },
  {
    "code": "station/call-lost",
    "number": 2561,
    "fault": "environment",
    "cause": "The connection was lost while the call was out.",
    "remedy": "Ask the device what is the case before you ask again: it may or may not have done it.",
    "retry": "same"
  },
  {
    "code": "station/timeout",
    "number": 2562,
    "fault": "environment",
    "cause": "The call had no answer in its time, waiting for the connection included.",
    "remedy": "Look at the connection's phase in `details.connection`; check port, cable and power.",
    "retry": "same"
  },
  {
    "code": "station/aborted",
    "number": 2563,
    "fault": "caller",
    "cause": "The signal of the call was aborted.",
    "remedy": "Nothing, if that was meant; what was asked may or may not have been done.",
    "retry": "same"
  },
  {
    "code": "station/closed",
    "number": 2564,
    "fault": "caller",
    "cause": "The client was closed.",
    "remedy": "Connect anew: a client that is closed stays closed.",
    "retry": "no"
  }
] as const;

/** Every error code that this library throws. */

export type ErrorCode = (typeof errors)[number]["code"];

