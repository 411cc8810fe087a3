import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const api = process.env.API_URL ?? 'http://localhost:3000';

export default {
  // A page on localhost sends cookies to localhost, whatever the port, and to 127.0.0.1 none.
  define: { API_URL: JSON.stringify(api.replace('127.0.0.1', 'localhost')) },
  resolve: { alias: { 'api-client': `${project}/dist/clients/typescript/lib/index.js` } },
  server: { port: 5173, strictPort: true, fs: { allow: [project] } }, // ALLOWED_ORIGINS has this port
  cacheDir: `${project}/dist/vite`,
};
