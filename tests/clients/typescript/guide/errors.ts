import { ApiError } from 'api-client';

/** A sentence for people. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) throw error; // a mistake in the page itself
  switch (error.code) {
    case 'unauthorized':
      return 'Please sign in.';
    case 'invalid_credentials':
      return 'That name and password do not match.';
    case 'rate_limited':
      return `Please try again in ${error.retryAfter} seconds.`;
    case 'network_error':
      return 'There is no connection. Please try again.';
    case 'validation_error':
      return (error.details?.errors ?? []).map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join('; ');
    default:
      return `${error.message} (${error.requestId})`;
  }
}
