import { type Follow, listFollowers, pages, rows } from 'api-client';
import { client } from './client.js';

/** Returns a function for a "load more" button: a page at each call, undefined after the last one. */
export function followersOf(id: number): () => Promise<Follow[] | undefined> {
  const list = pages(listFollowers, { client, path: { id }, query: { limit: 50 } });
  return async () => {
    const { value, done } = await list.next();
    return done ? undefined : value;
  };
}

export async function followerNames(id: number): Promise<string[]> {
  const names = [];
  for await (const { username } of rows(listFollowers, { client, path: { id } })) names.push(username);
  return names;
}
