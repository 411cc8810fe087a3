// Two tabs that share one sign-in, and renew it at the same moment.

import { createClient, getMe, register } from 'api-client';

const channel = new BroadcastChannel('tabs');
const nextMessage = () => new Promise<unknown>((resolve) => (channel.onmessage = ({ data }) => resolve(data)));

export async function lead(origin: string, username: string, rounds: number) {
  const client = createClient({ baseUrl: origin, storage: localStorage });
  const [email, password] = [`${username}@example.com`, 'a long way down 1865'];
  await register({ client, body: { username, email, password } });
  await client.signIn({ username, password });
  const key = localStorage.key(0)!;
  for (let round = 0; round < rounds; round++) {
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)!), access_token: 'spoilt' }));
    const other = nextMessage();
    channel.postMessage('go');
    const me = await getMe({ client });
    const said = await other;
    if (me.username !== username || said !== username) return `round ${round}: ${said}`;
  }
  channel.postMessage('end');
  return 'signed in';
}

export async function follow(origin: string) {
  const client = createClient({ baseUrl: origin, storage: localStorage });
  while ((await nextMessage()) === 'go') {
    channel.postMessage(await getMe({ client }).then(({ username }) => username, String));
  }
}
