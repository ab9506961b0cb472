import { useGraphiQLActions } from '@graphiql/react'
import { useEffect, useRef } from 'react'

/** Has GraphiQL read the schema again with another token: a refused one may have kept it from the documentation. */
export function RefreshSchema({ token }: { token: string }) {
  const { introspect } = useGraphiQLActions()
  const lastToken = useRef(token)
  useEffect(() => {
    if (lastToken.current === token) return
    lastToken.current = token
    void introspect()
  }, [token, introspect])
  return null
}
