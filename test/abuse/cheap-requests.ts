import { getIntrospectionQuery } from 'graphql'

export const json = 'content-type: application/json'

/** Requests that anybody can send, and that need no secret and no slow client. */
export const cheapRequests: Readonly<Record<string, string>> = {
  'GET /metrics': request('GET /metrics'),
  'GET /readyz': request('GET /readyz'),
  GraphiQL: request('GET /graphql', 'accept: text/html'),
  'a path that does not exist': request('GET /none'),
  'introspection of the schema': request('POST /graphql', json, JSON.stringify({ query: getIntrospectionQuery() })),
  'an invalid document': request('POST /graphql', json, '{"query": "{"}'),
  'an invalid scope': request('GET /token?scope=a'),
  'an invalid device code': request(
    'POST /oauth/token',
    'content-type: application/x-www-form-urlencoded',
    'grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=cli&device_code=a',
  ),
  'reports with a wrong secret': request('POST /registry/events', `${json}\r\nauthorization: Bearer a`, '{}'),
}

/** The text of an HTTP/1.1 request. */
export function request(line: string, header = 'x: y', body = ''): string {
  return `${line} HTTP/1.1\r\nhost: localhost\r\n${header}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}
