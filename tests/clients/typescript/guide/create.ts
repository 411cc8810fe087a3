import { createOnce, register, type User } from 'api-client';
import { client } from './client.js';

export function signUp(username: string, email: string, password: string): Promise<User> {
  return createOnce(register, { client, body: { username, email, password } });
}
