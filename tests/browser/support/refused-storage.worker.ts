/** A data worker in a browser that refuses its own storage, as private browsing does. */
import { serveData } from '../../../src/lib/workers/serve-data.ts';

serveData({
  root: () => Promise.reject(new DOMException('storage is not allowed in this context', 'SecurityError'))
});
