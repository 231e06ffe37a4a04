import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.DANK_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  // The server says where all this lies: it puts a path of its own in place of each "./" of the page.
  base: "./",
  plugins: [react()],
  // The content policy allows no data: fonts or scripts, so nothing is inlined.
  build: {
    assetsInlineLimit: 0,
    emptyOutDir: true,
    license: { fileName: "licenses.md" },
    // What three pages share is one file: a file of 300 bytes comes with a kilobyte of headers.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 3 }] } } },
    outDir: "../src/dankmeme/assets/web",
    target: "es2022",
  },
  server: { proxy: { "/api": server } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
