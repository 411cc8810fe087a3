// Two tabs that share one sign-in, and renew it at the same moment.
//
// The tabs speak by the storage too. What a tab writes reaches another one in order, but it may arrive after that
// tab's messages and locks; a round that began before that would not be about two tabs at once.

import { createClient, getMe, register } from 'api-client';

function say(name: string, round: number, text = ''): void {
  localStorage.setItem(name, `${round}:${text}`);
}

async function heard(name: string, round: number): Promise<string> {
  for (;;) {
    const [said, text] = (localStorage.getItem(name) ?? '').split(':', 2);
    if (said === String(round)) return text ?? '';
    await new Promise((resolve) => addEventListener('storage', resolve, { once: true }));
  }
}

export async function lead(origin: string, username: string, rounds: number) {
  const client = createClient({ baseUrl: origin, storage: localStorage });
  const [email, password] = [`${username}@example.com`, 'a long way down 1865'];
  await register({ client, body: { username, email, password } });
  await client.signIn({ username, password });
  const key = `tokens of ${origin}`;
  for (let round = 0; round < rounds; round++) {
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)!), access_token: 'spoilt' }));
    say('go', round);
    const me = await getMe({ client });
    const other = await heard('done', round);
    if (me.username !== username || other !== username) return `round ${round}: ${other}`;
  }
  return 'signed in';
}

export async function follow(origin: string, rounds: number) {
  const client = createClient({ baseUrl: origin, storage: localStorage });
  for (let round = 0; round < rounds; round++) {
    await heard('go', round);
    say('done', round, await getMe({ client }).then(({ username }) => username, String));
  }
}
