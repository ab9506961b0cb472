import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import './page.css'
import './explorer.css'
import './sign-in-dialog.css'
import { createRoot } from 'react-dom/client'
import { ExplorerPage } from './explorer-page.tsx'
import { readExampleOperations } from './read-example-operations.ts'

const place = document.getElementById('page')
if (place === null) throw new Error('The page has no element for GraphiQL.')
createRoot(place).render(<ExplorerPage operations={readExampleOperations()} />)
