/** Why the clinic's server did not do what it was asked (RFC 9457). */

import { hasText, t } from "../texts/lookup";
import { showWait } from "./when";

export class Problem extends Error {
  constructor(
    readonly status: number, // 0: no answer came
    readonly kind: string, // a word for programs
    readonly sentence = "", // for people, by the server
    readonly fields: Readonly<Record<string, string>> = {}, // by name, what is wrong with it
    readonly wait: number | undefined = undefined, // seconds until it may be tried again
  ) {
    super(kind);
  }
}

/** Of a session that is over, or that there is none. */
const SIGNED_OUT = new Set(["not_signed_in", "signed_off", "too_long", "idle"]);

export function isSignedOut(error: unknown): error is Problem {
  return error instanceof Problem && error.status === 401 && SIGNED_OUT.has(error.kind);
}

type WaitKey = "clinic.problem.too_many_tries";

/** In the words of the page where it has some, else in those of the server. */
export function explain(error: unknown): string {
  if (!(error instanceof Problem)) return t("clinic.failed");
  const key = `clinic.problem.${error.kind}`;
  if (!hasText(key)) return error.sentence === "" ? t("clinic.failed") : error.sentence;
  return t(key as WaitKey, { wait: showWait(error.wait ?? 0) }); // which most of them have no blank for
}

/** `body.birthDate` and the like are about a field of the form. */
export function readProblem(status: number, body: unknown, retryAfter: string | null): Problem {
  const { title, detail, fields } = (body ?? {}) as Record<string, unknown>;
  const wait = Number(retryAfter ?? NaN);
  const named = Object.entries((fields ?? {}) as Record<string, unknown>).map(
    ([place, text]) => [place.split(".").at(-1) ?? "", String(text)] as const,
  );
  return new Problem(
    status,
    typeof title === "string" ? title : "failed",
    typeof detail === "string" ? detail : "",
    Object.fromEntries(named),
    Number.isFinite(wait) ? wait : undefined,
  );
}
