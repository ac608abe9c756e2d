// A program of somebody else: it signs in, records an entry and pulls it back. All that it knows of the API are the types that
// openapi-typescript makes of the server's OpenAPI document, so it does not compile where the document lacks a body.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

const [baseUrl, username, password] = process.argv.slice(2) as [string, string, string];

async function signIn(): Promise<string> {
  const { data, error } = await createClient<paths>({ baseUrl }).POST("/api/v1/session", { body: { username, password } });
  if (!data) throw new Error(error.detail);
  return data.token;
}

const token = await signIn();
const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

async function push(mutation: components["schemas"]["Mutation"]): Promise<components["schemas"]["PushResult"]> {
  const { data, error } = await client.POST("/api/v1/sync/push", {
    body: { client_id: crypto.randomUUID(), mutations: [mutation] },
  });
  const result = data?.results[0];
  if (!result) throw new Error(error?.detail ?? "no result");
  return result;
}

async function pull(id: string): Promise<components["schemas"]["Record"] | undefined> {
  for (let cursor: string | undefined, more = true; more; ) {
    const { data, error } = await client.GET("/api/v1/sync/pull", { params: { query: { cursor, limit: 2000 } } });
    if (!data) throw new Error(error.detail);
    const found = data.records.find((record) => record.id === id);
    if (found) return found;
    cursor = data.cursor;
    more = data.more;
  }
  return undefined;
}

const id = crypto.randomUUID();
const result = await push({
  seq: 1,
  kind: "entry",
  id,
  base_rev: 0,
  op: "put",
  fields: { activity: "field_survey", date: "2026-11-20", place: "522728109", values: { times: 3 } },
});
console.log(JSON.stringify({ id, outcome: result.outcome, record: await pull(id) }));
