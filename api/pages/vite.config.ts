// Builds the page for the wheel. Nothing is inlined, because the server's content security
// policy allows neither inline scripts nor data: scripts and styles.
import { defineConfig } from "vite";

export default defineConfig({
  build: {
    outDir: "built",
    emptyOutDir: true,
    target: ["chrome111", "firefox115", "safari16.4"],
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    license: { fileName: "licenses.md" },
    chunkSizeWarningLimit: 600, // kB before gzip: livekit-client is 140 kB of the 300 kB gzipped that we allow
  },
});
