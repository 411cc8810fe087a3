import type { ApiError } from './errors.js';

const LONGEST = 60; // seconds: the window of the rate limit

/** Waits as long as the error says, else `seconds`. Throws the error where that is too long, or on abort. */
export async function pause(error: ApiError, signal?: AbortSignal, seconds = 1): Promise<void> {
  const wait = error.retryAfter ?? seconds;
  if (wait > LONGEST) throw error;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, wait * 1000);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
