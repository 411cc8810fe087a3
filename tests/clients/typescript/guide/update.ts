import { getMe, update, updateMe, type User } from 'api-client';
import { client } from './client.js';

export function addToName(word: string): Promise<User> {
  return update(getMe, updateMe, { client }, ({ name }) => ({ name: `${name ?? ''} ${word}`.trim() }));
}
