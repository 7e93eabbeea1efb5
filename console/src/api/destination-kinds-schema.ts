// Written by hand until `infra/openapi.json` describes `GET /v1/notifications/destination-kinds`.

export type KindField = {
  name: string
  label: string
  type: 'text' | 'url' | 'email' | 'tel' | 'password' | 'lines' | 'threshold' | 'project'
  required: boolean
  placeholder: string | null
  hint: string | null
}

export type DestinationKind = {
  kind: string
  title: string
  platform: boolean
  summary: string
  note: string | null
  api: 'stack' | 'providers' | 'config'
  hosts: string[]
  fields: KindField[]
}

export type DestinationKindsPath = {
  '/v1/notifications/destination-kinds': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never }
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: {
          headers: { [name: string]: unknown }
          content: { 'application/json': { kinds: DestinationKind[] } }
        }
      }
    }
  }
}
