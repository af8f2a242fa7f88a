/** JSON values: their canonical text, and what they look like on one line. */

export type Json = unknown;

/** A text that two values share exactly when they are equal; members of objects in any order. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value)) {
    const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

export function isObject(value: Json): value is Record<string, Json> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A value on one line: texts without quotes, nothing as "(unset)". */
export function inline(value: Json): string {
  if (value === null || value === undefined) return "(unset)";
  if (value === "") return '""';
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The JSON document in a text; undefined where it has none. Only objects and lists count as documents. */
export function parsedDocument(value: Json): Json | undefined {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return undefined;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return undefined;
  }
}

/** A list as it is; a single value as a list of one; nothing as an empty list. */
export function listed(value: Json): Json[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
