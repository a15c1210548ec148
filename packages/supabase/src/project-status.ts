/** Whether the database of a project in this state can be asked. Pure. */
export function isThere(status: string): boolean {
  return status === 'ACTIVE_HEALTHY' || status === 'ACTIVE_UNHEALTHY';
}

/** Whether the platform works on a project in this state, e.g. restores it. Pure. */
export function isAway(status: string): boolean {
  return /^(RESTORING|COMING_UP|GOING_DOWN|RESTARTING|UPGRADING|RESIZING)$/.test(status);
}
