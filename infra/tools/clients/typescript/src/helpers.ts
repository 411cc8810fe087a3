import { ApiError } from './errors.js';
import type { Client } from './generated/client/index.js';
import { pause } from './pause.js';

const CREATE_ATTEMPTS = 4;
const UPDATE_ATTEMPTS = 5;

// An operation of the generated client. `any`: each has options of its own.
type Operation = (options: any) => Promise<unknown>;
type Options<F extends Operation> = Parameters<F>[0];
type Answer<F extends Operation> = NonNullable<Awaited<ReturnType<F>>>;
type Row<F extends Operation> = Answer<F> extends (infer T)[] ? T : never;
type ListOperation = (options: any) => Promise<unknown[] | undefined>;

/** Yields a list page by page, each when it is asked for. `query.limit` is a page's length. */
export async function* pages<F extends ListOperation>(list: F, options: Options<F>): AsyncGenerator<Answer<F>> {
  let query = options.query;
  for (;;) {
    const [page, response] = await answered(list, { ...options, query });
    yield page;
    const next = response.headers.get('link')?.match(/<([^>]*)>; rel="next"/)?.[1];
    if (next === undefined) return;
    const cursor = new URL(next, options.client.getConfig().baseUrl).searchParams.get('cursor');
    query = { ...query, cursor, offset: undefined };
  }
}

/** Yields a list row by row, a page at a time. */
export async function* rows<F extends ListOperation>(list: F, options: Options<F>): AsyncGenerator<Row<F>> {
  for await (const page of pages(list, options)) yield* page as Row<F>[];
}

/** Creates one thing, also where answers are lost: repeats the call with one Idempotency-Key. */
export async function createOnce<F extends Operation>(create: F, options: Options<F>): Promise<Answer<F>> {
  const headers = { 'Idempotency-Key': randomKey(), ...options.headers };
  for (let attempt = 1; ; attempt++) {
    try {
      return (await create({ ...options, headers })) as Answer<F>;
    } catch (error) {
      if (!(error instanceof ApiError) || attempt === CREATE_ATTEMPTS || !mayHaveCreated(error)) throw error;
      await pause(error, options.signal, 2 ** attempt / 4);
    }
  }
}

function mayHaveCreated({ status, code }: ApiError): boolean {
  return status === 0 || status >= 500 || code === 'idempotency_in_progress';
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is there on HTTPS alone
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Reads, and writes what `change` makes of it, so that nobody else's change is lost: where somebody was first, it
 * reads again and asks `change` again.
 */
export async function update<R extends Operation, W extends Operation>(
  read: R,
  write: W,
  options: Omit<Options<W>, 'body'>,
  change: (current: Answer<R>) => Options<W>['body'],
): Promise<Answer<W>> {
  for (let attempt = 1; ; attempt++) {
    const [current, response] = await answered(read, options as Options<R>);
    const headers = { ...options.headers, 'If-Match': response.headers.get('etag') };
    try {
      return (await write({ ...options, headers, body: change(current) })) as Answer<W>;
    } catch (error) {
      const isStale = error instanceof ApiError && error.code === 'precondition_failed';
      if (!isStale || attempt === UPDATE_ATTEMPTS) throw error;
    }
  }
}

async function answered<F extends Operation>(
  operation: F,
  options: Options<F> & { client: Client },
): Promise<[Answer<F>, Response]> {
  const send = options.fetch ?? options.client.getConfig().fetch;
  let response: Response | undefined;
  const data = await operation({ ...options, fetch: async (request: Request) => (response = await send(request)) });
  return [data as Answer<F>, response as Response];
}
