// A page that keeps its refresh token in a cookie, in Chromium.

import { ApiError, createClient, getMe, register } from 'api-client';

const password = 'a long way down 1865';

/** Signs a new user in; `calls` has the path of each call, `spoil` makes the gateway refuse the next one. */
async function person(origin: string, username: string) {
  const calls: string[] = [];
  let spoilt = false;
  const send: typeof fetch = (input, init) => {
    const request = input as Request;
    calls.push(new URL(request.url).pathname);
    if (spoilt && request.headers.has('Authorization')) {
      spoilt = false;
      request.headers.set('Authorization', 'Bearer spoilt');
    }
    return fetch(request, init);
  };
  const client = createClient({ baseUrl: origin, cookie: true, fetch: send });
  await register({ client, body: { username, email: `${username}@example.com`, password } });
  await client.signIn({ username, password });
  return { client, calls, spoil: () => void (spoilt = true) };
}

const name = (origin: string) =>
  getMe({ client: createClient({ baseUrl: origin, cookie: true }) }).then(
    ({ username }) => username,
    (error: ApiError) => error.code,
  );

export async function visit(origin: string, username: string) {
  const { client, calls, spoil } = await person(origin, username);
  const signedIn = (await getMe({ client })).username;
  spoil();
  const renewed = await Promise.all([getMe({ client }), getMe({ client })]).then(
    () => true,
    () => false,
  );
  const refreshes = calls.filter((path) => path.endsWith('/web/refresh')).length;
  const scripts = [document.cookie, localStorage.length];
  const afterReload = await name(origin);
  await client.signOut();
  return { signedIn, renewed, refreshes, scripts, afterReload, afterSignOut: await name(origin) };
}
