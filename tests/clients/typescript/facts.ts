// Facts of the client's own code. Each runs in Node.js and in Chromium against a real stack.

import {
  ApiError,
  changePassword,
  createClient,
  createOnce,
  followUser,
  getMe,
  getUser,
  listFollowing,
  logout,
  pages,
  register,
  rows,
  type TokenStorage,
  update,
  updateMe,
} from 'api-client';

const password = 'a long way down 1865';
let people = 0;

interface Faults {
  fetch?: typeof fetch;
  waits?: number;
}

/** A new user, signed in. `calls` has the path of each call. */
async function person(origin: string, { fetch: send = fetch, waits = 0 }: Faults = {}) {
  const kept = new Map<string, string>();
  const storage: TokenStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
  const calls: string[] = [];
  const counted: typeof fetch = (input, init) => {
    calls.push(new URL((input as Request).url).pathname);
    return send(input, init);
  };
  const client = createClient({ baseUrl: origin, storage, fetch: counted, waits });
  const username = `u${Date.now()}_${people++}`;
  const email = `${username}@example.com`;
  await register({ client, body: { username, email, password } });
  await client.signIn({ username, password });
  const tokens = () => JSON.parse([...kept.values()][0] ?? 'null');
  const key = [...kept.keys()][0] ?? '';
  /** Makes the gateway refuse the access token, as an expired one. */
  const spoil = () => storage.setItem(key, JSON.stringify({ ...tokens(), access_token: 'spoilt' }));
  const refreshes = () => calls.filter((path) => path.endsWith('/refresh')).length;
  return { client, username, email, storage, tokens, spoil, refreshes };
}

function same(found: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${one} is not ${other}`);
}

async function refused(call: Promise<unknown>): Promise<ApiError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}

export async function a_user_signs_in_and_out(origin: string) {
  const { client, username, tokens } = await person(origin);
  same((await getMe({ client })).username, username);
  const refresh_token = tokens().refresh_token;
  await client.signOut();
  same([client.isSignedIn(), tokens()], [false, null]);
  same((await refused(getMe({ client }))).code, 'unauthorized');
  const other = await refused(client.post({ url: '/api/v1/auth/refresh', body: { refresh_token } }));
  same(other.code, 'invalid_refresh_token');
}

export async function twenty_calls_at_once_renew_once(origin: string) {
  const { client, spoil, refreshes, tokens } = await person(origin);
  const before = tokens();
  spoil();
  const found = await Promise.all(Array.from({ length: 20 }, () => getMe({ client })));
  same([found.length, refreshes()], [20, 1]);
  same(tokens().refresh_token !== before.refresh_token, true);
}

export async function a_wrong_password_renews_nothing(origin: string) {
  const { client, username, refreshes } = await person(origin);
  const body = { current_password: 'not this one 1865', new_password: 'looking glass 1871' };
  same((await refused(changePassword({ client, body }))).code, 'invalid_credentials');
  same((await refused(client.signIn({ username, password: 'not this one' }))).code, 'invalid_credentials');
  same([refreshes(), client.isSignedIn()], [0, true]);
}

export async function an_ended_session_signs_out(origin: string) {
  const { client, spoil, tokens, refreshes } = await person(origin);
  await logout({ client, body: { refresh_token: tokens().refresh_token } });
  spoil();
  const error = await refused(getMe({ client }));
  same([error.code, error.status, refreshes(), client.isSignedIn()], ['unauthorized', 401, 1, false]);
}

export async function a_renewal_without_an_answer_keeps_the_session(origin: string) {
  let down = false;
  const { client, spoil } = await person(origin, {
    fetch: (input, init) => {
      const fails = down && (input as Request).url.endsWith('/refresh');
      return fails ? Promise.reject(new TypeError('Failed to fetch')) : fetch(input, init);
    },
  });
  spoil();
  down = true;
  const error = await refused(getMe({ client }));
  same([error.code, error.status, client.isSignedIn()], ['network_error', 0, true]);
  down = false;
  await getMe({ client });
}

export async function a_list_comes_page_by_page_and_row_by_row(origin: string) {
  const { client, username } = await person(origin);
  const { id } = await getMe({ client });
  const names: string[] = [];
  for (let number = 0; number < 7; number++) {
    const body = { username: `${username}_${number}`, email: `${number}${username}@example.com`, password };
    await followUser({ client, path: { id: (await register({ client, body })).id } });
    names.unshift(body.username);
  }
  const lengths: number[] = [];
  for await (const page of pages(listFollowing, { client, path: { id }, query: { limit: 3 } })) {
    lengths.push(page.length);
  }
  same(lengths, [3, 3, 1]);
  const found: string[] = [];
  const some = rows(listFollowing, { client, path: { id }, query: { limit: 2, offset: 2 } });
  for await (const followed of some) found.push(followed.username);
  same(found, names.slice(2));
}

export async function a_create_whose_answers_are_lost_makes_one_row(origin: string) {
  let lost = 0;
  const { client, username } = await person(origin, {
    fetch: async (input, init) => {
      const answer = await fetch(input, init);
      const isLost = (input as Request).headers.has('Idempotency-Key') && lost++ < 2;
      if (isLost) throw new TypeError('Failed to fetch');
      return answer;
    },
  });
  const body = { username: `${username}_`, email: `_${username}@example.com`, password };
  const made = await createOnce(register, { client, body });
  same([made.username, lost], [body.username, 3]);
  same((await refused(createOnce(register, { client, body }))).code, 'username_exists'); // another key
}

export async function changes_at_once_are_merged(origin: string) {
  const { client } = await person(origin);
  const add = (word: string) => update(getMe, updateMe, { client }, ({ name }) => ({ name: (name ?? '') + word }));
  await Promise.all([add('a'), add('b')]);
  same([...((await getMe({ client })).name ?? '')].sort(), ['a', 'b']);
}

export async function an_error_says_all(origin: string) {
  const { client } = await person(origin);
  const invalid = await refused(updateMe({ client, body: { username: '' } }));
  same([invalid.status, invalid.code, invalid.name], [422, 'validation_error', 'ApiError']);
  same([invalid.details?.errors?.[0]?.loc, (invalid.requestId ?? '').length > 5], [['body', 'username'], true]);
  const missing = await refused(getUser({ client, path: { id: 2 ** 50 } }));
  same([missing.status, missing.code, missing.message], [404, 'user_not_found', 'User not found']);
  const gateways = await refused(client.get({ url: '/nowhere' }));
  same([gateways.status, gateways.code, gateways.message], [404, 'not_found', 'Not Found']);
  const nobody = await refused(getMe({ client: createClient({ baseUrl: 'http://127.0.0.1:9' }) }));
  same([nobody.status, nobody.code], [0, 'network_error']);
}

export async function an_abort_stays_an_abort(origin: string) {
  const { client } = await person(origin);
  try {
    await getMe({ client, signal: AbortSignal.abort() });
  } catch (error) {
    same((error as DOMException).name, 'AbortError');
    return;
  }
  throw new Error('the call succeeded');
}

export async function a_call_waits_for_retry_after_as_often_as_asked(origin: string) {
  let limited = 0;
  const fetchLimited: typeof fetch = async (input, init) => {
    if (limited-- <= 0) return fetch(input, init);
    const body = JSON.stringify({ error: 'rate_limited', message: 'Too many requests' });
    return new Response(body, { status: 429, headers: { 'Retry-After': '1' } });
  };
  const { client } = await person(origin, { fetch: fetchLimited, waits: 2 });
  const began = Date.now();
  limited = 2;
  await getMe({ client });
  same(Date.now() - began >= 1990, true);
  limited = 3;
  const error = await refused(getMe({ client }));
  same([error.code, error.retryAfter], ['rate_limited', 1]);
  limited = 1;
  const signal = AbortSignal.timeout(100);
  const aborted = await getMe({ client, signal }).catch((reason: Error) => reason.name);
  same(aborted, 'TimeoutError');
}
