/** The labels of a rule's fields, by the names in the API's errors. */
export const ruleLabels = {
  events: 'Event types',
  destination_ids: 'Destinations',
  min_severity: 'Minimum severity',
  on_unhealthy: 'While a destination is unhealthy',
}
