// Uses each part of the guide once, as a page would.

import { createProject } from 'routewise-client';
import { client } from './client.js';
import { post } from './create.js';
import { explain } from './errors.js';
import { morePosts, projectNames } from './lists.js';
import { signIn, signOut, signUp } from './sign-in.js';
import { addLine } from './update.js';

export async function walk() {
  const [name, email, password] = ['guide', 'guide@example.com', 'a long way down 1865'];
  await signUp(name, email, password);
  const { username } = await signIn(email, password);
  await post('Hello');
  const first = await morePosts();
  const end = await morePosts();
  const { id } = await createProject({ client, body: { name: 'Moon base' } });
  await addLine(id, 'airlock');
  const { description } = await addLine(id, 'dome');
  const names = await projectNames();
  const invalid = await post('').catch(explain);
  await signOut();
  const unknown = await signIn(email, 'another one 1865').catch(explain);
  const stranger = await projectNames().catch(explain);
  return { username, posts: first?.map(({ content }) => content), end, description, names, invalid, unknown, stranger };
}
