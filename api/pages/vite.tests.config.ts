// Bundles every test into one plain module that node's own test runner reads: Node 20 does not
// run TypeScript, and this spares a test framework.
import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

const tests = readdirSync(new URL("test", import.meta.url)).filter((name) =>
  name.endsWith(".test.ts"),
);

export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: "test/built",
    emptyOutDir: true,
    minify: false,
    rollupOptions: {
      input: tests.map((name) => `test/${name}`),
      output: { entryFileNames: "[name].js" },
    },
  },
  ssr: { noExternal: true, external: ["vite"] }, // one test parses our own sources with it
});
