// Writes src/schemas.ts from docs/schemas, which `make schemas` makes from the payload models. Run by `npm run types`.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const folder = new URL("../../../../docs/schemas/", import.meta.url);
const names = ["drift", "falco", "state_change", "attribution"];

// The gateway always sends every member, also those that a sender may leave out.
function withAllRequired(schema) {
  if (Array.isArray(schema)) return schema.map(withAllRequired);
  if (schema === null || typeof schema !== "object") return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).filter(([key]) => key !== "title").map(([key, value]) => [key, withAllRequired(value)]),
  );
  if (copy.properties) copy.required = Object.keys(copy.properties);
  if (copy.properties) copy.additionalProperties = false;
  return copy;
}

const definitions = {};
for (const name of names) {
  const { $defs = {}, $schema, ...schema } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
  Object.assign(definitions, $defs);
  definitions[schema.title] = schema;
}
const titles = Object.entries(definitions).map(([name, schema]) => [name, withAllRequired(schema)]);
const text = await compile(
  { title: "Payloads", type: "object", additionalProperties: false, definitions: Object.fromEntries(titles), $defs: Object.fromEntries(titles) },
  "Payloads",
  { unreachableDefinitions: true, bannerComment: "/* Made by `npm run types` from docs/schemas; do not edit. */", format: true },
);
const body = text
  .replace(/ \*\n \* This interface was referenced by `Payloads`'s JSON-Schema\n \* via the `definition` "[^"]+"\.\n/g, "")
  .replace(/export interface Payloads \{\s*\}\n/, "");
writeFileSync(new URL("../src/schemas.ts", import.meta.url), body);
