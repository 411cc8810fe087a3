import { createClient } from 'api-client';

export const client = createClient({ baseUrl: 'http://127.0.0.1:3000', storage: localStorage });
