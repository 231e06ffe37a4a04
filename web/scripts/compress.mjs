// Files of text lie beside themselves in the two encodings that browsers take, so that no server has to compress them.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";

const TEXT = new Set([".js", ".css", ".svg", ".json", ".txt", ".md"]);
const SMALLEST = 300; // bytes: less is not worth a file
const root = join(import.meta.dirname, "../../src/dankmeme/assets/web");
const ways = [
  [".br", promisify(brotliCompress)],
  [".gz", (data) => promisify(gzip)(data, { level: 9 })],
];

for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !TEXT.has(extname(path))) continue;
  const data = await readFile(path);
  if (data.length < SMALLEST) continue;
  for (const [suffix, compress] of ways) {
    const small = await compress(data);
    if (small.length < data.length) await writeFile(path + suffix, small);
  }
}
