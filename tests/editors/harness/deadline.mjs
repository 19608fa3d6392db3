// How long to wait for what has to come. Only a failing test waits so long.
export const DEADLINE_MS = Number(process.env.PTDAP_DEADLINE_MS ?? 120_000);
