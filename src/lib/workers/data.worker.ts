/** The data worker: owns the browser's storage, the catalogue and SQL. */
import { serveData } from './serve-data.ts';

serveData();
