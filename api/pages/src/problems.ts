/** What can be wrong with a camera or microphone, so that the page can say how to put it right. */

export type Problem = "insecure" | "denied" | "system" | "missing" | "busy" | "unknown";

const PROBLEMS: Readonly<Record<string, Problem>> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** `error` is what getUserMedia or getDisplayMedia raised. */
export function problemOf(error: unknown): Problem {
  const { name, message } = (error ?? {}) as { name?: string; message?: string };
  // Chromium's words when the operating system refuses, not the person.
  if (name === "NotAllowedError" && /system/i.test(message ?? "")) return "system";
  return PROBLEMS[name ?? ""] ?? "unknown";
}
