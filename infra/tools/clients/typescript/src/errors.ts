import type { ErrorBody, ErrorDetails, GatewayError } from './generated/index.js';

/** What a call throws: an answer that is no success, or no answer at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    /** Stable: `isbn_exists`. The gateway's own messages become `unauthorized`, `too_many_requests`; without an
     * answer it is `network_error`. */
    readonly code: string,
    /** The HTTP status; 0 without an answer. */
    readonly status: number,
    readonly details?: ErrorDetails,
    /** Finds the call in the logs of the API. */
    readonly requestId?: string,
    /** Seconds after which the call may be repeated. */
    readonly retryAfter?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  static async of(response: Response): Promise<ApiError> {
    const text = await response.text();
    const { message, error, details, request_id } = body(text, response);
    const code = error ?? message.toLowerCase().replace(/\W+/g, '_');
    const id = request_id ?? response.headers.get('apigw-requestid') ?? undefined;
    const seconds = Number(response.headers.get('retry-after') ?? NaN);
    return new ApiError(message, code, response.status, details, id, Number.isNaN(seconds) ? undefined : seconds);
  }

  /** Leaves the caller's own AbortError as it is. */
  static unreachable(cause: unknown): unknown {
    if (cause instanceof DOMException && cause.name === 'AbortError') return cause;
    return new ApiError('The API cannot be reached', 'network_error', 0, undefined, undefined, undefined, { cause });
  }
}

function body(text: string, response: Response): Partial<ErrorBody> & GatewayError {
  const otherwise = response.statusText || `HTTP ${response.status}`;
  try {
    return { message: otherwise, ...JSON.parse(text) };
  } catch {
    return { message: otherwise };
  }
}
