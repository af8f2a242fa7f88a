// Writes src/schemas.ts from docs/schemas, which `make schemas` makes from the payload models. Run by `npm run types`.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const folder = new URL("../../../docs/schemas/", import.meta.url);
const names = ["drift", "falco", "state_change", "attribution"];

// The gateway always sends every member, also those that a sender may leave out.
function withAllRequired(schema) {
  const copy = { ...schema };
  delete copy.title;
  delete copy.examples;
  delete copy.default;
  if (!["type", "$ref", "anyOf", "enum", "const"].some((key) => key in copy)) copy.tsType = "unknown";
  if (copy.anyOf) copy.anyOf = copy.anyOf.map(withAllRequired);
  if (copy.items) copy.items = withAllRequired(copy.items);
  if (copy.properties) {
    copy.properties = Object.fromEntries(Object.entries(copy.properties).map(([name, of]) => [name, withAllRequired(of)]));
  }
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
