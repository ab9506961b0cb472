import type { GraphiQLPlugin } from '@graphiql/react'
import type { ExampleOperation } from '../example-operation.ts'
import { OperationList } from './operation-list.tsx'

/** The pane of GraphiQL with the example operations. */
export function createOperationsPlugin(operations: ReadonlyArray<ExampleOperation>): GraphiQLPlugin {
  return {
    title: 'Operations',
    icon: ListIcon,
    content: () => <OperationList operations={operations} />,
  }
}

function ListIcon() {
  return (
    <svg
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M3 5h.01M3 10h.01M3 15h.01M7 5h10M7 10h10M7 15h10" />
    </svg>
  )
}
