import { ApiError } from './errors.js';
import type { Client } from './generated/client/index.js';
import { login, type LoginJson, logout, refresh, type TokenPair } from './generated/index.js';

const PATIENCE = 30_000; // ms: the gateway answers within them

export type TokenStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
type Tokens = Pick<TokenPair, 'access_token' | 'refresh_token'>;

/** The tokens of a sign-in and their renewal, one at a time in all tabs that share a storage. */
export class Session {
  readonly #client: Client;
  readonly #storage: TokenStorage;
  readonly #key: string;
  #renewal: Promise<string | undefined> | undefined;

  constructor(client: Client, storage: TokenStorage = inMemory()) {
    this.#client = client;
    this.#storage = storage;
    this.#key = `tokens of ${client.getConfig().baseUrl}`;
  }

  get accessToken(): string | undefined {
    return this.#read()?.access_token;
  }

  async start(credentials: LoginJson): Promise<void> {
    this.#write(await login({ client: this.#client, body: credentials }));
  }

  async end(): Promise<void> {
    const tokens = this.#read();
    this.#storage.removeItem(this.#key);
    if (tokens) await logout({ client: this.#client, body: { refresh_token: tokens.refresh_token } });
  }

  /** Returns another access token than the refused one; undefined where the session has ended. */
  renew(refused: string): Promise<string | undefined> {
    this.#renewal ??= locked(this.#key, () => this.#exchange(refused)).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #exchange(refused: string): Promise<string | undefined> {
    const old = this.#read();
    if (old?.access_token !== refused) return old?.access_token; // another tab was first
    try {
      const body = { refresh_token: old.refresh_token };
      const pair = await refresh({ client: this.#client, body, signal: AbortSignal.timeout(PATIENCE) });
      if (this.#holds(old)) this.#write(pair);
    } catch (error) {
      if (!(error instanceof ApiError && (error.status === 401 || error.status === 403))) throw error;
      if (this.#holds(old)) this.#storage.removeItem(this.#key);
    }
    return this.accessToken; // another tab's, where no lock kept it from being first
  }

  #holds(tokens: Tokens): boolean {
    return this.#read()?.refresh_token === tokens.refresh_token;
  }

  #read(): Tokens | undefined {
    return JSON.parse(this.#storage.getItem(this.#key) ?? 'null') ?? undefined;
  }

  #write({ access_token, refresh_token }: Tokens): void {
    this.#storage.setItem(this.#key, JSON.stringify({ access_token, refresh_token }));
  }
}

/** Without locks (pages that are not served by HTTPS) the API's grace for a refresh token just spent has to do. */
async function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  return locks ? await locks.request(name, work) : work();
}

function inMemory(): TokenStorage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
