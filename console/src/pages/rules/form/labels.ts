/** The server's names of a rule's fields, as its errors have them. */
export const ruleLabels = {
  events: 'Event types',
  destination_ids: 'Destinations',
  min_severity: 'Least severity',
  on_unhealthy: 'While one is unhealthy',
}
