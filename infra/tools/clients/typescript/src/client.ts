import { ApiError } from './errors.js';
import { type Client, type Config, createClient as createPlainClient } from './generated/client/index.js';
import type { LoginJson } from './generated/index.js';
import { CookieSession, type Session, StoredSession, type TokenStorage } from './session.js';
import { pause } from './pause.js';

export interface ClientSettings extends Config {
  /** The origin of the API: `https://api.example.com`. */
  baseUrl: string;
  /** Keeps the tokens. `localStorage` shares them among tabs and over reloads; without it they stay in memory. */
  storage?: TokenStorage;
  /** Keeps the refresh token in a cookie that no script reads, and the access token in memory. */
  cookie?: boolean;
  /** How many times a call waits for the seconds of `Retry-After` and is repeated. Default 0. */
  waits?: number;
  /** Gives the access token where another issuer signs users in. */
  auth?: Config['auth'];
}

export interface ApiClient extends Client {
  signIn(credentials: LoginJson): Promise<void>;
  /** Forgets the tokens, whether the API can be reached or not. */
  signOut(): Promise<void>;
  isSignedIn(): boolean;
}

/** A client that signs its calls, renews its tokens and throws `ApiError`. Give it to each operation. */
export function createClient(settings: ClientSettings): ApiClient {
  const { storage, cookie = false, waits = 0, fetch: send = fetch, ...config } = settings;
  const client = createPlainClient({ throwOnError: true, ...config });
  const session = cookie ? new CookieSession(client) : new StoredSession(client, storage);
  client.setConfig({
    auth: config.auth ?? (() => session.token()),
    fetch: (input, init) => sendSigned(new Request(input, init), (request) => send(request), session, waits),
  });
  return Object.assign(client, {
    signIn: (credentials: LoginJson) => session.start(credentials),
    signOut: () => session.end(),
    isSignedIn: () => session.accessToken !== undefined,
  });
}

async function sendSigned(
  request: Request,
  send: (request: Request) => Promise<Response>,
  session: Session,
  waits: number,
): Promise<Response> {
  for (let waited = 0, renewed = false; ; ) {
    const response = await send(request.clone()).catch((cause) => {
      throw ApiError.unreachable(cause);
    });
    if (response.ok) return response;
    const error = await ApiError.of(response);
    const token = request.headers.get('Authorization')?.replace('Bearer ', '');
    if (error.status === 401 && error.code === 'unauthorized' && token && !renewed) {
      const other = await session.renew(token);
      if (other === undefined) throw error;
      request.headers.set('Authorization', `Bearer ${other}`);
      renewed = true;
    } else if (error.retryAfter !== undefined && waited < waits && isRepeatable(request, error)) {
      await pause(error, request.signal);
      waited++;
    } else {
      throw error;
    }
  }
}

/** A POST without a key may have had its effect, save where the rate limit refused it. */
function isRepeatable(request: Request, error: ApiError): boolean {
  return error.status === 429 || request.method !== 'POST' || request.headers.has('Idempotency-Key');
}
