import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    target: "es2022",
    // The content security policy allows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Two builds of the same sources are the same files; 80 kB is the limit of the design.
    chunkSizeWarningLimit: 300,
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
  test: { include: ["tests/**/*.test.ts"] },
});
