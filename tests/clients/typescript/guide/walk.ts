// Uses each part of the guide once, as a page would.

import { followUser } from 'api-client';
import { client } from './client.js';
import { signUp } from './create.js';
import { explain } from './errors.js';
import { followerNames, followersOf } from './lists.js';
import { signIn, signOut } from './sign-in.js';
import { addToName } from './update.js';

export async function walk() {
  const [email, password] = ['guide@example.com', 'a long way down 1865'];
  const { id } = await signUp('known', 'known@example.com', password);
  await signUp('guide', email, password);
  const { username } = await signIn(email, password);
  await followUser({ client, path: { id } });
  const more = followersOf(id);
  const page = await more();
  const end = await more();
  await addToName('Alice');
  const { name } = await addToName('Liddell');
  const names = await followerNames(id);
  const taken = await signUp('guide', 'other@example.com', password).catch(explain);
  const invalid = await signUp('x', email, password).catch(explain);
  await signOut();
  const unknown = await signIn(email, 'another one 1865').catch(explain);
  const stranger = await addToName('Nobody').catch(explain);
  return { username, page: page?.length, end, name, names, taken: /^Username exists \(.+\)$/.test(String(taken)), invalid, unknown, stranger };
}
