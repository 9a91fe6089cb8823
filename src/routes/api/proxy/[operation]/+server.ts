/** `GET /api/proxy/OPERATION?…`: a named operation of the guarded proxy, or a `WireError` as JSON. */
import { json } from '@sveltejs/kit';
import type { ErrorCode } from '../../../../lib/core/errors.ts';
import { asAppError, toWire } from '../../../../lib/core/errors.ts';
import type { RequestHandler } from './$types';

const STATUS: Partial<Record<ErrorCode, number>> = {
  'proxy.operation': 400,
  'proxy.limit': 429,
  'network.refused': 502,
  'network.unavailable': 503
};

export const GET: RequestHandler = async ({ params, url, locals, getClientAddress, request }) => {
  try {
    const answer = await locals.services.proxy.call({
      operation: params.operation,
      parameters: Object.fromEntries(url.searchParams),
      client: getClientAddress(),
      signal: request.signal
    });
    return json({
      format: 'furlong-fetch/1',
      operation: params.operation,
      parameters: answer.parameters,
      fetchedMillis: answer.fetchedMillis,
      body: JSON.parse(answer.body) as unknown
    });
  } catch (thrown) {
    const error = asAppError(thrown, params.operation);
    const { stack: _stack, cause: _cause, ...wire } = toWire(error);
    return json(wire, { status: STATUS[error.code] ?? 500 });
  }
};
