// Names the module format of each half of dist, so that Node and TypeScript read it as what it is.
import { writeFileSync } from "node:fs";

for (const [folder, type] of [["cjs", "commonjs"], ["esm", "module"]]) {
  writeFileSync(new URL(`../dist/${folder}/package.json`, import.meta.url), `${JSON.stringify({ type })}\n`);
}
