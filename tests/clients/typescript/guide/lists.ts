import { getFeed, listProjects, pages, type PostWithCounts, rows } from 'routewise-client';
import { client } from './client.js';

const feed = pages(getFeed, { client, query: { limit: 50 } });

/** The next page each time; undefined after the last one. For a "load more" button. */
export async function morePosts(): Promise<PostWithCounts[] | undefined> {
  const { value, done } = await feed.next();
  return done ? undefined : value;
}

export async function projectNames(): Promise<string[]> {
  const names = [];
  for await (const project of rows(listProjects, { client })) names.push(project.name);
  return names;
}
