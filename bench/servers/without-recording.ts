/*
 * Preloaded into a Postern that does not record last uses, to measure what recording costs. There is no such setting,
 * so this replaces the recorder before the server creates one.
 */

const recorder = new URL('../../dist/src/domain/usage/last-use-recorder.js', import.meta.url).href
const { LastUseRecorder } = await import(recorder)
LastUseRecorder.prototype.record = async () => undefined
