// How long to wait for what has to come. Only a failing test waits so long.
export const DEADLINE_MS = Number(process.env.PTDAP_DEADLINE_MS ?? 120_000);
// How long until something is done once more that the window seems not to have noticed.
export const AGAIN_MS = 5_000;
