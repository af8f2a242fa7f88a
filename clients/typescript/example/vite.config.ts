import { defineConfig } from "vite";

export default defineConfig({
  // The page asks its own origin for /api, and the dev server passes it on to the gateway. So no CORS is needed.
  server: { proxy: { "/api": "http://localhost:8080" } },
  // The client is a link to the folder above, which has a React of its own for its tests; an installed one does not.
  resolve: { dedupe: ["react", "react-dom"] },
});
