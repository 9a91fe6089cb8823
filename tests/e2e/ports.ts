/** Where the end-to-end tests find the app. */
export const isolatedPort = 4319;
