import { type ApiClient, createClient } from 'api-client';

export function serviceClient(baseUrl: string, id: string, secret: string): ApiClient {
  let token = '';
  let ends = 0; // ms: when to fetch another one
  async function auth(): Promise<string> {
    if (Date.now() < ends) return token;
    const response = await fetch(`${baseUrl}/api/v1/auth/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`${id}:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    if (!response.ok) throw new Error(`no token: ${await response.text()}`);
    const { access_token, expires_in } = await response.json();
    ends = Date.now() + (expires_in - 60) * 1000;
    token = access_token;
    return token;
  }
  return createClient({ baseUrl, auth });
}
