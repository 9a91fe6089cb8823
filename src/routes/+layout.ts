/** The app lives in the tab: workers, storage and canvases; nothing is rendered on the server. */
export const ssr = false;
