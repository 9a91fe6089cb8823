/** The document in which notebook cells run: one text without imports, a file of its own in a build. */
import frame from 'virtual:notebook-frame';

export const prerender = true;

export const GET = (): Response =>
  new Response(frame, {
    headers: { 'content-type': 'text/html; charset=utf-8', 'cross-origin-embedder-policy': 'require-corp' }
  });
