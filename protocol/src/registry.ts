// Generated from ../registry.json by scripts/generate-registry.mjs: edit the JSON, then run that script.

export const spec = "0.1" as const;

export const wire = {
  version: 1,
  oldest: 1,
} as const;

export const errors = [
  {
    code: "caller/argument",
    number: 1,
    fault: "caller",
    cause: "An argument of a function of this library has the wrong type, length or range.",
    remedy: "Correct the call; `details` names the argument and what it takes.",
    retry: "no",
  },
] as const;

/** Every error code that this library throws. */

export type ErrorCode = (typeof errors)[number]["code"];
