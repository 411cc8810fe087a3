// `node scenario.js ORIGIN`: a day with the TypeScript client. Compiled by tsc --strict.

import { type Follow, followUser, getMe, listFollowing, login, refresh, register } from 'api-client';
import { createClient } from 'api-client/client';

declare const process: { argv: string[] };

const origin = process.argv[2] ?? 'http://127.0.0.1:3000';
const password = 'a long way down 1865';
const count = 23;

/** Everybody whom the user follows, page by page, as the `Link` header leads. */
async function* listed(client: ReturnType<typeof createClient>, id: number): AsyncGenerator<Follow> {
  let cursor: string | undefined;
  do {
    const page = await listFollowing({ client, path: { id }, query: { limit: 10, cursor }, throwOnError: true });
    yield* page.data;
    cursor = page.response.headers.get('link')?.match(/cursor=([^>]+)>/)?.[1];
  } while (cursor !== undefined);
}

function check(holds: boolean, what: unknown): asserts holds {
  if (!holds) throw new Error(JSON.stringify(what));
}

const anyone = createClient({ baseUrl: origin });
const email = 'typescript@example.com';
const user = (
  await register({ client: anyone, body: { username: 'typescript', email, password }, throwOnError: true })
).data;
const pair = (await login({ client: anyone, body: { email, password }, throwOnError: true })).data;

const client = createClient({ baseUrl: origin, auth: () => pair.access_token });
for (let number = 0; number < count; number++) {
  const username = `typescript_${number}`;
  const body = { username, email: `${username}@example.com`, password };
  const other = (await register({ client: anyone, body, throwOnError: true })).data;
  const { error } = await followUser({ client, path: { id: other.id } });
  check(error === undefined, error);
}
const names: string[] = [];
for await (const follow of listed(client, user.id)) names.push(follow.username);
const expected = Array.from({ length: count }, (_, number) => `typescript_${count - 1 - number}`);
check(names.join() === expected.join(), names);

const again = (await refresh({ client: anyone, body: { refresh_token: pair.refresh_token }, throwOnError: true })).data;
const renewed = createClient({ baseUrl: origin, auth: () => again.access_token });
await getMe({ client: renewed, throwOnError: true });
const refused = await getMe({ client: anyone });
check(refused.response?.status === 401 && refused.error !== undefined, refused.data);
console.log(`${names.length} users in pages of 10`);
