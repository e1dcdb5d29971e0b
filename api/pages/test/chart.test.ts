import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  addFile,
  contentPath,
  LARGEST,
  nameOf,
  readChart,
  refusalOf,
  saidIn,
  showSize,
  TYPES,
  wereThere,
  type ChartMeeting,
} from "../src/clinic/chart";
import { Client } from "../src/clinic/client";
import { KEY_SCOPES } from "../src/clinic/house";

const PAGE = "https://clinic.example/";

function serving(answers: Record<string, unknown>): { client: Client; requests: Request[] } {
  const requests: Request[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(request);
    return Response.json(answers[`${request.method} ${new URL(request.url).pathname}`]);
  };
  return { client: new Client(PAGE, fetcher), requests };
}

const MEETING: ChartMeeting = {
  id: "m",
  status: "ended",
  startsAt: "2027-03-04T12:00:00Z",
  participants: [
    { kind: "staff", subjectId: "o", name: "Olga", joinedAt: "2027-03-04T12:00:00Z" },
    { kind: "patient", subjectId: "p", name: "Pat", joinedAt: null },
  ],
  receipts: [],
  items: [],
};

test("a file is sent as it is, and its name in a body of its own", async () => {
  const path = "/api/v1/patients/p/files";
  const added = { id: "f", patientId: "p" };
  const { client, requests } = serving({
    [`POST ${path}`]: added,
    [`PATCH ${path}/f`]: { ...added, name: "knee.jpg" },
  });
  const file = new File(["bytes"], "knee.jpg", { type: "image/jpeg" });
  const done = await addFile(client, "p", file, "m");
  const [sent, named] = requests;
  assert.equal(done.name, "knee.jpg");
  assert.equal(sent?.headers.get("content-type"), "application/octet-stream");
  assert.equal(await sent?.text(), "bytes");
  assert.equal(sent?.url, `${PAGE}api/v1/patients/p/files?meetingId=m`);
  assert.notEqual(sent?.headers.get("idempotency-key"), null);
  assert.deepEqual(await named?.json(), { name: "knee.jpg" });
  assert.ok(requests.every(({ url }) => !url.includes("knee")));
});

test("a file without a name that can be kept keeps the server's", async () => {
  const { client, requests } = serving({ "POST /api/v1/patients/p/files": { id: "f" } });
  await addFile(client, "p", new File(["x"], "\u0001 "), null);
  assert.equal(requests.length, 1);
  assert.equal(nameOf(` a\tb${"c".repeat(300)}`).length, 200);
});

test("what the server would refuse is not sent", () => {
  assert.equal(refusalOf({ size: LARGEST, type: "image/png" }), undefined);
  assert.equal(refusalOf({ size: 1, type: "" }), undefined); // it looks itself
  assert.equal(refusalOf({ size: LARGEST + 1, type: "image/png" }), "file_too_large");
  assert.equal(refusalOf({ size: 1, type: "image/svg+xml" }), "wrong_type");
});

test("types, size and scopes are the server's", () => {
  const contents = readFileSync("../rules/contents.py", "utf8");
  const types = [...contents.matchAll(/^ {4}[A-Z]+ = "([a-z]+\/[a-z]+)"$/gm)].map(([, type]) => type);
  assert.deepEqual(types, [...TYPES]);
  assert.ok(contents.includes("LARGEST = 50 * 2**20"));
  const roles = readFileSync("../rules/roles.py", "utf8");
  assert.deepEqual(KEY_SCOPES.filter((scope) => !roles.includes(`= "${scope}"`)), []);
});

test("a chart has all visits and all files, the newest first", async () => {
  const { client } = serving({
    "GET /api/v1/patients/p/chart": { items: [MEETING], next: null },
    "GET /api/v1/patients/p/files": { items: [{ id: "a" }, { id: "b" }], next: null },
  });
  const { meetings, files } = await readChart(client, "p");
  assert.deepEqual(meetings, [MEETING]);
  assert.deepEqual(files.map(({ id }) => id), ["b", "a"]);
  const file = { id: "f", patientId: "p" } as unknown as Parameters<typeof contentPath>[0];
  assert.equal(client.address(contentPath(file)), `${PAGE}api/v1/patients/p/files/f/content`);
});

test("the newest word on each scope counts, in whatever order receipts come", () => {
  const receipt = { kind: "patient", subjectId: "p", policyVersion: 1 } as const;
  const receipts = [
    { ...receipt, number: 2, scopes: ["video"], given: false } as const,
    { ...receipt, number: 1, scopes: ["audio", "video"], given: true } as const,
    { ...receipt, number: 3, subjectId: "gone", scopes: ["ai"], given: false } as const,
  ];
  assert.deepEqual(saidIn({ ...MEETING, receipts }), [
    { name: "Pat", yes: ["audio"], no: ["video"] },
    { name: null, yes: [], no: ["ai"] },
  ]);
  assert.deepEqual(wereThere(MEETING), ["Olga"]);
});

test("sizes are told as the language has them", () => {
  assert.equal(showSize(12, "en"), "1 kB");
  assert.equal(showSize(41_700, "en"), "42 kB");
  assert.equal(showSize(1_250_000, "fr").replace(/\s/g, " "), "1,3 Mo");
});
