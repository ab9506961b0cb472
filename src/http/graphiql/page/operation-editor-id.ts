/** The id of the editor for operations, where the skip link leads. */
export const operationEditorId = 'operation-editor'
