import { createOnce, createPost, type Post } from 'routewise-client';
import { client } from './client.js';

export function post(content: string): Promise<Post> {
  return createOnce(createPost, { client, body: { content } });
}
