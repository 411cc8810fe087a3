import { getMe, register, type User } from 'routewise-client';
import { client } from './client.js';

export async function signUp(username: string, email: string, password: string): Promise<void> {
  await register({ client, body: { username, email, password } });
}

export async function signIn(email: string, password: string): Promise<User> {
  await client.signIn({ email, password });
  return getMe({ client });
}

export async function signOut(): Promise<void> {
  await client.signOut();
}
