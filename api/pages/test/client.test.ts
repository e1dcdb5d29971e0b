import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "../src/clinic/client";
import { explain, Problem } from "../src/clinic/problem";

const PAGE = "https://clinic.example/#l=hcl_secret";

function asking(answer: () => Response): { client: Client; requests: Request[] } {
  const requests: Request[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    requests.push(new Request(input, init));
    return answer();
  };
  return { client: new Client(PAGE, fetcher), requests };
}

function refusal(status: number, body: object, headers = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

async function problemOf(answer: () => Response): Promise<Problem> {
  const asked = asking(answer).client.ask("GET", "/staff");
  const error: unknown = await asked.then(
    () => assert.fail("answered"),
    (raised: unknown) => raised,
  );
  assert.ok(error instanceof Problem);
  return error;
}

test("a change says which version it is made to, and nothing of the page's address goes along", async () => {
  const { client, requests } = asking(() => Response.json({ id: "1" }));
  const answer = await client.ask("PATCH", "/patients/1", { body: { name: "Pat" }, seen: 3 });
  const [request] = requests;
  assert.deepEqual(answer, { id: "1" });
  assert.equal(request?.url, "https://clinic.example/api/v1/patients/1");
  assert.equal(request?.headers.get("if-match"), '"3"');
  assert.equal(request?.headers.get("housecall-unattended"), null);
  assert.deepEqual(await request?.json(), { name: "Pat" });
});

test("what the page asks by itself keeps nobody signed in", async () => {
  const { client, requests } = asking(() => Response.json({}));
  await client.ask("GET", "/meetings", { unattended: true });
  assert.equal(requests[0]?.headers.get("housecall-unattended"), "?1");
});

test("what the page asks again is not told anew when it is as it was", async () => {
  const answers = [
    Response.json({ items: [1] }, { headers: { etag: '"a"' } }),
    new Response(null, { status: 304 }),
  ];
  const { client, requests } = asking(() => answers.shift() ?? assert.fail("asked too often"));
  const first = await client.ask("GET", "/meetings", { again: true });
  const again = await client.ask("GET", "/meetings", { again: true });
  assert.deepEqual(first, { items: [1] });
  assert.deepEqual(again, first);
  assert.equal(requests[1]?.headers.get("if-none-match"), '"a"');
});

test("who shows nothing yet is not made to wait for news by what another page has seen", async () => {
  const { client, requests } = asking(() => Response.json({}, { headers: { etag: '"a"' } }));
  await client.ask("GET", "/waiting?wait=25", { again: true });
  await client.ask("GET", "/waiting?wait=25", { again: true, fresh: true });
  await client.ask("GET", "/waiting?wait=25", { again: true });
  const known = requests.map(({ headers }) => headers.get("if-none-match"));
  assert.deepEqual(known, [null, null, '"a"']);
});

test("an answer without content is none", async () => {
  const { client } = asking(() => new Response(null, { status: 204 }));
  assert.equal(await client.ask("DELETE", "/sessions/current"), undefined);
});

test("a refusal tells its kind, its sentence, its fields and how long to wait", async () => {
  const body = {
    title: "invalid",
    detail: "See fields.",
    fields: { "body.birthDate": "a date is needed" },
  };
  const problem = await problemOf(() => refusal(422, body, { "retry-after": "7" }));
  assert.equal(problem.kind, "invalid");
  assert.deepEqual(problem.fields, { birthDate: "a date is needed" });
  assert.equal(problem.wait, 7);
  assert.equal(explain(new Problem(429, "too_many_tries", "", {}, 7)).includes("7 seconds"), true);
});

test("a kind without a text of the page's own is told in the server's words", () => {
  assert.equal(explain(new Problem(403, "of_tomorrow", "It is new.")), "It is new.");
  assert.notEqual(explain(new Problem(500, "failed")), "");
  assert.notEqual(explain(new TypeError("x")), "");
});

test("whatever a proxy answers is a problem that can be shown", async () => {
  for (const answer of ["", "<html>", "null", "[]", '{"fields": null}']) {
    const problem = await problemOf(() => new Response(answer, { status: 502 }));
    assert.equal(problem.status, 502);
    assert.notEqual(explain(problem), "");
  }
  const dead = await problemOf(() => {
    throw new TypeError("failed to fetch");
  });
  assert.equal(dead.kind, "unreachable");
});

test("the end of a session is told once by an event, unless one asks quietly", async () => {
  const { client } = asking(() => refusal(401, { title: "idle", detail: "" }));
  const told: string[] = [];
  client.addEventListener("signed-out", (event) =>
    told.push((event as MessageEvent<Problem>).data.kind),
  );
  await assert.rejects(client.ask("GET", "/staff"));
  await assert.rejects(client.ask("GET", "/staff", { quiet: true }));
  assert.deepEqual(told, ["idle"]);
});

test("a wrong password ends no session", async () => {
  const { client } = asking(() => refusal(401, { title: "wrong_credentials", detail: "" }));
  client.addEventListener("signed-out", () => assert.fail("signed out"));
  await assert.rejects(client.ask("POST", "/sessions", { body: {} }));
});
