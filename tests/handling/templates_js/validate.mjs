// Reads element templates as JSON from standard input; writes for each whether modelers take it, and what is wrong.

import { readFileSync } from "node:fs";

import { validate } from "@bpmn-io/element-templates-validator";

const templates = JSON.parse(readFileSync(0, "utf8"));

console.log(
  JSON.stringify(
    templates.map((template) => {
      const { valid, errors } = validate(template);
      return { id: template.id, valid, errors: (errors ?? []).map(({ message, instancePath }) => `${instancePath}: ${message}`) };
    }),
  ),
);
