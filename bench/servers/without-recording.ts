/*
 * Preloaded into a Postern that is to note no last uses: what that costs, only a Postern without it can tell. There is no
 * such setting, so the recorder is replaced before the server makes one.
 */

const recorder = new URL('../../dist/src/domain/usage/last-use-recorder.js', import.meta.url).href
const { LastUseRecorder } = await import(recorder)
LastUseRecorder.prototype.record = async () => undefined
