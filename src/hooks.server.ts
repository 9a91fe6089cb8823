/** Every request to the server passes here: one instance of the services, and refusal of other sites' calls. */
import type { Handle } from '@sveltejs/kit';
import { makeServices } from '../server/services.ts';

const services = makeServices();

export const handle: Handle = async ({ event, resolve }) => {
  event.locals.services = services;
  if (event.url.pathname.startsWith('/api/') && event.request.headers.get('sec-fetch-site') === 'cross-site') {
    return new Response('another site may not call this server', { status: 403 });
  }
  const response = await resolve(event);
  response.headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  response.headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  return response;
};
