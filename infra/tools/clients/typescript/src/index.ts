export { type ApiClient, type ClientSettings, createClient } from './client.js';
export { ApiError } from './errors.js';
export * from './generated/index.js';
export { createOnce, pages, rows, update } from './helpers.js';
export type { TokenStorage } from './session.js';
