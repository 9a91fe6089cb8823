/** `GET /api/health`: that a server is there at all; the app works without one. */
import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = () => json({ ok: true, codeVersion: __CODE_VERSION__ });
