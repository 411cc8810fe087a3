import { ApiError } from './errors.js';
import type { Client } from './generated/client/index.js';
import {
  login,
  type LoginJson,
  logout,
  refresh,
  type TokenPair,
  webLogin,
  webLogout,
  webRefresh,
} from './generated/index.js';

const PATIENCE = 30_000; // ms: the gateway answers within them

export type TokenStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
type Tokens = Pick<TokenPair, 'access_token' | 'refresh_token'>;

/** A sign-in and its renewal, one at a time in all tabs. */
export abstract class Session {
  protected readonly key: string;
  #renewal: Promise<string | undefined> | undefined;

  constructor(protected readonly client: Client) {
    this.key = `tokens of ${client.getConfig().baseUrl}`;
  }

  abstract readonly accessToken: string | undefined;
  abstract start(credentials: LoginJson): Promise<void>;
  abstract end(): Promise<void>;
  /** Renews the tokens, unless `refused` is no longer the one in use. */
  protected abstract exchange(refused: string | undefined): Promise<string | undefined>;

  /** Returns the token of a call, undefined for none. */
  async token(): Promise<string | undefined> {
    return this.accessToken;
  }

  /** Returns another access token than the refused one; undefined where the session has ended. */
  renew(refused: string | undefined): Promise<string | undefined> {
    this.#renewal ??= locked(this.key, () => this.exchange(refused)).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }
}

/** Keeps both tokens in a storage, which tabs may share. */
export class StoredSession extends Session {
  readonly #storage: TokenStorage;

  constructor(client: Client, storage: TokenStorage = inMemory()) {
    super(client);
    this.#storage = storage;
  }

  get accessToken(): string | undefined {
    return this.#read()?.access_token;
  }

  async start(credentials: LoginJson): Promise<void> {
    this.#write(await login({ client: this.client, body: credentials }));
  }

  async end(): Promise<void> {
    const tokens = this.#read();
    this.#storage.removeItem(this.key);
    if (tokens) await logout({ client: this.client, body: { refresh_token: tokens.refresh_token } });
  }

  protected async exchange(refused: string | undefined): Promise<string | undefined> {
    const old = this.#read();
    if (old?.access_token !== refused) return old?.access_token; // another tab was first
    if (old === undefined) return undefined;
    try {
      const body = { refresh_token: old.refresh_token };
      const pair = await refresh({ client: this.client, body, signal: AbortSignal.timeout(PATIENCE) });
      if (this.#holds(old)) this.#write(pair);
    } catch (error) {
      throwUnlessRefused(error);
      if (this.#holds(old)) this.#storage.removeItem(this.key);
    }
    return this.accessToken; // another tab's, where no lock kept it from being first
  }

  #holds(tokens: Tokens): boolean {
    return this.#read()?.refresh_token === tokens.refresh_token;
  }

  #read(): Tokens | undefined {
    return JSON.parse(this.#storage.getItem(this.key) ?? 'null') ?? undefined;
  }

  #write({ access_token, refresh_token }: Tokens): void {
    this.#storage.setItem(this.key, JSON.stringify({ access_token, refresh_token }));
  }
}

/** Leaves the refresh token in a cookie, and keeps the access token in memory. */
export class CookieSession extends Session {
  accessToken: string | undefined;
  #mayHaveCookie = true; // of an earlier visit, until the API says no

  override async token(): Promise<string | undefined> {
    return this.accessToken ?? (this.#mayHaveCookie ? this.renew(undefined) : undefined);
  }

  async start(credentials: LoginJson): Promise<void> {
    const answer = await webLogin({ client: this.client, body: credentials, credentials: 'include' });
    this.accessToken = answer.access_token;
    this.#mayHaveCookie = true;
  }

  async end(): Promise<void> {
    this.accessToken = undefined;
    this.#mayHaveCookie = false;
    await webLogout({ client: this.client, credentials: 'include' });
  }

  protected async exchange(refused: string | undefined): Promise<string | undefined> {
    if (this.accessToken !== refused) return this.accessToken;
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const answer = await webRefresh({ client: this.client, credentials: 'include', signal });
      this.accessToken = this.#mayHaveCookie ? answer.access_token : undefined; // signed out meanwhile
    } catch (error) {
      throwUnlessRefused(error);
      this.accessToken = undefined;
      this.#mayHaveCookie = false;
    }
    return this.accessToken;
  }
}

function throwUnlessRefused(error: unknown): void {
  if (!(error instanceof ApiError && (error.status === 401 || error.status === 403))) throw error;
}

/**
 * Without locks (pages that are not served by HTTPS) the API's grace for a refresh token just spent has to do. With
 * them too, where a storage hands on another tab's tokens later than the lock.
 */
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
