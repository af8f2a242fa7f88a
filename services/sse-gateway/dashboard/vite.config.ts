import { defineConfig } from "vite";

// Names without hashes: the gateway revalidates each file, and a rebuild changes only the files whose content changed.
export default defineConfig({
  base: "/static/",
  build: {
    outDir: "../src/sse_gateway/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      output: { entryFileNames: "app.js", assetFileNames: "[name][extname]", chunkFileNames: "[name].js" },
    },
  },
});
