// The API's documentation page is served from here too, so that it works without another site.
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const from = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const to = join(import.meta.dirname, "../../src/dankmeme/assets/web/docs-ui");
const start = `SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true });\n`;

await mkdir(to, { recursive: true });
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE"]) {
  await copyFile(join(from, name), join(to, name));
}
await writeFile(join(to, "start.js"), start);
