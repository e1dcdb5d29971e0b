/** Ask the clinic's API. The session is a cookie that no script can read. */

import { isSignedOut, Problem, readProblem } from "./problem";

export interface Asked {
  readonly body?: unknown;
  readonly file?: Blob; // sent as it is, in place of a body
  readonly seen?: number; // the version that a change is made to
  readonly unattended?: boolean; // by the page alone: it keeps nobody signed in
  readonly again?: boolean; // asked often: the server says whether there is anything new
  readonly fresh?: boolean; // whoever asks shows nothing yet: the answer must not wait for news
  readonly signal?: AbortSignal; // ends it
  readonly key?: string; // of a request that may be sent twice and shall count once
  readonly quiet?: boolean; // nobody is told that there is no session
}

/** Dispatches `signed-out` with a `MessageEvent` whose data is the `Problem`. */
export class Client extends EventTarget {
  readonly #seen = new Map<string, Seen>(); // by path, what the page asks for again and again

  /** `page` is the address of this page. */
  constructor(
    private readonly page: string,
    private readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
  ) {
    super();
  }

  /** Where a link leads, for what the browser itself gets. */
  address(path: string): string {
    return new URL(`/api/v1${path}`, this.page).href;
  }

  /** The answer's JSON; raises `Problem`. `path` begins with a slash and holds no health data. */
  async ask<Answer>(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    const address = this.address(path);
    const isKnown = asked.again === true && asked.fresh !== true;
    const known = isKnown ? this.#seen.get(path) : undefined;
    const request = requestOf(method, asked, known?.etag);
    const answer = await this.fetcher(address, request).catch(() => {
      throw new Problem(0, "unreachable");
    });
    if (answer.status === 304 && known !== undefined) return known.content as Answer;
    const text = await answer.text().catch(() => "");
    if (answer.ok) {
      const content = parse(text);
      const etag = answer.headers.get("etag");
      if (asked.again === true && etag !== null) this.#seen.set(path, { etag, content });
      return content as Answer;
    }
    const problem = problemOf(answer, text);
    if (isSignedOut(problem) && asked.quiet !== true) {
      this.dispatchEvent(new MessageEvent("signed-out", { data: problem }));
    }
    throw problem;
  }
}

interface Seen {
  readonly etag: string;
  readonly content: unknown;
}

function requestOf(
  method: string,
  { body, file, seen, unattended, key, signal }: Asked,
  etag: string | undefined,
): RequestInit {
  return {
    method,
    credentials: "same-origin",
    ...(signal !== undefined && { signal }),
    headers: {
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(file !== undefined && { "content-type": "application/octet-stream" }),
      ...(seen !== undefined && { "if-match": `"${seen}"` }),
      ...(unattended === true && { "housecall-unattended": "?1" }),
      ...(etag !== undefined && { "if-none-match": etag }),
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(file !== undefined && { body: file }),
  };
}

function problemOf(answer: Response, text: string): Problem {
  return readProblem(answer.status, parse(text), answer.headers.get("retry-after"));
}

/** Undefined for what is no JSON: a proxy's page, or nothing at all. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
