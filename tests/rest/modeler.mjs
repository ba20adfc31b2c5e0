// Speaks to a Watchbill as Camunda Modeler does, by the same fetch, FormData and Blob that its Electron has.
// Reads {url, credentials, origin, calls} as JSON from standard input; writes the answer to each call, in order.
// A call is {do: "check" | "version" | "deploy" | "start", ...}; a start takes the first definition of the last deployment.

import { readFileSync } from "node:fs";

const given = JSON.parse(readFileSync(0, "utf8"));

const authorization = ({ username, password, token }) => (token ? `Bearer ${token}` : `Basic ${btoa(`${username}:${password}`)}`);

async function call(path, options = {}) {
  const headers = { ...options.headers, accept: "application/json", origin: given.origin };
  if (given.credentials) {
    headers.authorization = authorization(given.credentials);
  }
  const answer = await fetch(given.url + path, { ...options, headers, signal: AbortSignal.timeout(5000) });
  return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.json() };
}

function form({ name, tenant, diagram, attachments = [] }) {
  const made = new FormData();
  made.append("deployment-name", name);
  made.append("deployment-source", "Camunda Modeler");
  made.append("enable-duplicate-filtering", "true");
  if (tenant) {
    made.append("tenant-id", tenant);
  }
  made.append(diagram.name, new Blob([diagram.content], { type: "text/xml" }), diagram.name);
  for (const { name: file, content } of attachments) {
    made.append(file, new Blob([content]), file);
  }
  return made;
}

const json = { "content-type": "application/json" };
let definition = null;

const DO = {
  check: () => call("/deployment?maxResults=0"),
  version: () => call("/version"),
  async deploy(asked) {
    const answer = await call("/deployment/create", { method: "POST", body: form(asked) });
    definition = Object.values(answer.body.deployedProcessDefinitions ?? {})[0] ?? null;
    return answer;
  },
  start: ({ businessKey = null, variables = null }) =>
    call(`/process-definition/${definition.id}/start`, { method: "POST", body: JSON.stringify({ businessKey, variables }), headers: json }),
};

const answers = [];
for (const each of given.calls) {
  answers.push(await DO[each.do](each));
}
process.stdout.write(JSON.stringify(answers));
