import { getMe, type User } from 'api-client';
import { client } from './client.js';

export async function signIn(email: string, password: string): Promise<User> {
  await client.signIn({ email, password });
  return getMe({ client });
}

export async function signOut(): Promise<void> {
  await client.signOut();
}
