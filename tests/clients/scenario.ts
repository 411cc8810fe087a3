// `node scenario.js ORIGIN`: a day with the TypeScript client. Compiled by tsc --strict.

import { createItem, type Item, listItems, login, refresh, register } from 'api-client';
import { createClient } from 'api-client/client';

declare const process: { argv: string[] };

const origin = process.argv[2] ?? 'http://127.0.0.1:3000';
const password = 'a long way down 1865';
const count = 23;

/** Every item, page by page, as the `Link` header leads. */
async function* listed(client: ReturnType<typeof createClient>): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const page = await listItems({ client, query: { limit: 10, cursor }, throwOnError: true });
    yield* page.data;
    cursor = page.response.headers.get('link')?.match(/cursor=([^>]+)>/)?.[1];
  } while (cursor !== undefined);
}

function check(holds: boolean, what: unknown): asserts holds {
  if (!holds) throw new Error(JSON.stringify(what));
}

const anyone = createClient({ baseUrl: origin });
const email = 'typescript@example.com';
await register({ client: anyone, body: { username: 'typescript', email, password }, throwOnError: true });
const pair = (await login({ client: anyone, body: { email, password }, throwOnError: true })).data;

const client = createClient({ baseUrl: origin, auth: () => pair.access_token });
for (let number = 0; number < count; number++) {
  const { data, error } = await createItem({ client, body: { name: `typescript ${number}` } });
  check(data !== undefined, error);
}
const names: string[] = [];
for await (const item of listed(client)) {
  if (item.name.startsWith('typescript')) names.push(item.name);
}
const expected = Array.from({ length: count }, (_, number) => `typescript ${count - 1 - number}`);
check(names.join() === expected.join(), names);

const again = (await refresh({ client: anyone, body: { refresh_token: pair.refresh_token }, throwOnError: true })).data;
const renewed = createClient({ baseUrl: origin, auth: () => again.access_token });
await listItems({ client: renewed, throwOnError: true });
const refused = await listItems({ client: anyone });
check(refused.response?.status === 401 && refused.error !== undefined, refused.data);
console.log(`${names.length} items in pages of 10`);
